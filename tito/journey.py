"""How far a student is: the state of every module and stage, what comes next, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from tito.progress import CheckpointRecord, ModuleRecord, Progress
from tito.table import CapabilityTable, Checkpoint, Module, Stage


class State(StrEnum):
    """Where a module or a stage stands.

    A module that passed is *stale* once its notebook's code differs from what was tested. One that is
    partly right is *in progress*; *failed* is one where nothing passes, or no longer what once passed.
    """

    PASSED = "passed"
    IN_PROGRESS = "in progress"
    STALE = "stale"
    FAILED = "failed"
    NOT_STARTED = "not started"


GLYPHS = {
    State.PASSED: "✅",
    State.IN_PROGRESS: "🔄",
    State.STALE: "🕒",
    State.FAILED: "❌",
    State.NOT_STARTED: "⏳",
}


@dataclass(frozen=True)
class Step:
    """A module with the checkpoint that proves it. `handed_out`: its notebook is in the workspace."""

    module: Module
    checkpoint: Checkpoint
    state: State
    handed_out: bool
    record: ModuleRecord
    last: CheckpointRecord | None

    @property
    def fraction(self) -> float:
        """The part of the checkpoint's points that the last run earned, from 0 to 1."""
        return self.last.result.fraction if self.last else 0.0

    @property
    def glyph(self) -> str:
        """The sign of its state."""
        return GLYPHS[self.state]

    @property
    def latest(self) -> str:
        """The last time anything happened to it."""
        return max(self.record.latest, self.last.when if self.last else "")


@dataclass(frozen=True)
class Leg:
    """A stage with its steps. `goal`: it is the last one."""

    stage: Stage
    steps: tuple[Step, ...]
    goal: bool

    @property
    def fraction(self) -> float:
        """The part of all its checkpoints' points that is earned."""
        return _fraction(self.steps)

    @property
    def state(self) -> State:
        """Passed when all steps are, stale when some of those are stale, not started when none is."""
        states = {step.state for step in self.steps}
        for alone in (State.NOT_STARTED, State.PASSED):
            if states <= {alone}:
                return alone
        return State.STALE if states <= {State.PASSED, State.STALE} else State.IN_PROGRESS

    @property
    def glyph(self) -> str:
        """The sign of its state; a goal that is still ahead shows its own."""
        return self.stage.icon if self.goal and self.state is State.NOT_STARTED else GLYPHS[self.state]


@dataclass(frozen=True)
class Journey:
    """The whole course as one student stands in it."""

    table: CapabilityTable
    legs: tuple[Leg, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order of the modules."""
        return tuple(
            sorted((step for leg in self.legs for step in leg.steps), key=lambda step: step.module.number)
        )

    @property
    def fraction(self) -> float:
        """The part of all checkpoints' points that is earned."""
        return _fraction(self.steps)

    def step(self, module: Module) -> Step:
        """The step of a module."""
        return self.steps[module.number - 1]

    def leg(self, module: Module) -> Leg:
        """The stage a module belongs to."""
        return next(leg for leg in self.legs if leg.stage.name == module.stage)

    @property
    def current(self) -> Step | None:
        """The step to work on: what was touched last and isn't done, else the first that isn't passed."""
        at_work = [step for step in self.steps if step.state in (State.IN_PROGRESS, State.FAILED)]
        if at_work:
            return max(at_work, key=lambda step: step.latest)
        return next((step for step in self.steps if step.state is not State.PASSED), None)

    def missing_needs(self, module: Module) -> list[Step]:
        """The steps a module builds on that aren't passed."""
        needed = [self.step(self.table.module(name)) for name in module.needs]
        return [step for step in needed if step.state is not State.PASSED]

    def unlocked_by(self, module: Module) -> list[Step]:
        """The steps that only waited for this module."""
        waiting = (step for step in self.steps if module.name in step.module.needs)
        return [step for step in waiting if not self.missing_needs(step.module)]

    @property
    def next_command(self) -> str:
        """The one command to type next; empty when the course is finished."""
        step = self.current
        if step is None:
            return ""
        if not step.handed_out:
            return "tito init"
        if step.state is State.NOT_STARTED:
            return f"tito module start {step.module.name}"
        return f"tito module complete {step.module.name}"

    def to_json(self) -> dict[str, Any]:
        """The journey as plain data: version 1 of what `tito checkpoint status --json` writes."""
        current = self.current
        return {
            "version": 1,
            "course": self.table.name,
            "percent": percent(self.fraction),
            "current": current.module.id if current else None,
            "next": self.next_command or None,
            "stages": [
                {
                    "name": leg.stage.name,
                    "title": leg.stage.title,
                    "capability": leg.stage.capability,
                    "state": leg.state,
                    "percent": percent(leg.fraction),
                    "modules": [step_json(step) for step in leg.steps],
                }
                for leg in self.legs
            ],
        }


def step_json(step: Step) -> dict[str, Any]:
    """One module as plain data; a time is ISO 8601 in UTC, or null where it hasn't come."""
    last = step.last
    return {
        "module": step.module.id,
        "title": step.module.title,
        "checkpoint": step.checkpoint.id,
        "capability": step.checkpoint.capability,
        "state": step.state,
        "handed_out": step.handed_out,
        "percent": percent(step.fraction),
        "earned": last.result.earned if last else 0,
        "points": last.result.points if last else step.checkpoint.points,
        "tested": last.when if last else None,
        "first_passed": (last.first_passed if last else "") or None,
        "started": step.record.started or None,
        "exported": step.record.exported or None,
        "completed": step.record.completed or None,
    }


def percent(fraction: float) -> int:
    """Whole per cent, rounded down, so that 100 means all of it."""
    # NOTE: 0.29 * 100 is 28.999999999999996.
    return int(fraction * 100 + 1e-9)


def chart(
    table: CapabilityTable,
    progress: Progress,
    handed_out: Callable[[Module], bool],
    code_now: Callable[[Module], str],
) -> Journey:
    """The journey of a student with that progress.

    `handed_out` says whether a module's notebook is there; `code_now` is the hash of its code, and is
    asked only about modules whose checkpoint has passed.
    """

    def steps(stage: Stage) -> Iterator[Step]:
        for module in table.modules_of(stage):
            checkpoint = table.checkpoint_of(module)
            record, last = progress.module(module.name), progress.checkpoints.get(checkpoint.name)
            state = _state(record, last, module, code_now)
            yield Step(module, checkpoint, state, handed_out(module), record, last)

    final = table.stages[-1]
    return Journey(table, tuple(Leg(stage, tuple(steps(stage)), stage is final) for stage in table.stages))


def _state(
    record: ModuleRecord, last: CheckpointRecord | None, module: Module, code_now: Callable[[Module], str]
) -> State:
    if last is None:
        return State.IN_PROGRESS if record.latest else State.NOT_STARTED
    if last.result.passed:
        return State.PASSED if last.code == code_now(module) else State.STALE
    return State.FAILED if last.first_passed or not last.result.earned else State.IN_PROGRESS


def _fraction(steps: tuple[Step, ...]) -> float:
    """The steps' fractions, weighted by what the table says each checkpoint is worth."""
    worth = sum(step.checkpoint.points for step in steps)
    earned = sum(step.fraction * step.checkpoint.points for step in steps)
    return earned / worth if worth else 0.0
