"""What the measurements come to: a row for each module and for each check, and the bars to reach."""

import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradebook.grade.verdict import CHECKPOINT
from gradebook.rehearsal.trial import Trial
from gradebook.validity.graded import BLANK
from gradebook.validity.measure import Validity
from tito.results import Outcome

# The least part of its mistakes that a module's checks find, all of them together and the checkpoint alone.
FOUND, FOUND_BY_CHECKPOINT, FOUND_OVERALL = 0.95, 0.90, 0.97


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """One module. `found` are mistakes that lose points anywhere, `by_checkpoint` those that do so there.

    unsteady: the cells and checks whose number of assertions depends on the seed.
    """

    module: str
    mutants: int
    equivalent: int
    found: int
    by_checkpoint: int
    wrong: int
    wrong_found: int
    right: int
    right_accepted: int
    runs: int
    flakes: int
    unsteady: int = 0

    @property
    def mistakes(self) -> int:
        """The mutants that are no equivalents."""
        return self.mutants - self.equivalent


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check. `found` are the mutants that fail it, `planted` and `inherited` the other mistakes.

    alone: the mistakes of all three kinds that fail no other check. difficulty: the part of the mutants that
    fails it, of those on which it was judged. discrimination: the correlation, from -1 to 1, of passing it
    with the number of other checks passed; None where all pass or all fail. margin: the largest part of its
    tolerance that the reference used up.
    """

    check: str
    found: int
    planted: int
    inherited: int
    alone: int
    difficulty: float
    discrimination: float | None
    margin: float


def module_row(validity: Validity) -> ModuleRow:
    """What a module's measurements come to."""
    verdicts = validity.verdicts
    return ModuleRow(
        validity.module.id,
        len(verdicts) + len(validity.equivalents),
        len(validity.equivalents),
        sum(verdict.killed for verdict in verdicts),
        sum(verdict.killed_by_checkpoint for verdict in verdicts),
        len(validity.wrong),
        sum(not trial.full for _, trial in validity.wrong),
        len(validity.right),
        len(validity.right) - len(validity.false_rejections),
        len(validity.repeated),
        len(validity.flakes),
        len(validity.unsteady),
    )


def check_rows(validity: Validity) -> list[CheckRow]:
    """Each check of the module's checkpoint, as an item of a test that the mistakes take."""
    mutants = [verdict.trial for verdict in validity.verdicts]
    planted = [trial for _, trial in validity.wrong]
    inherited = [trial for _, trial in validity.inherited]
    everything = [*mutants, *planted, *inherited]
    return [
        CheckRow(
            name,
            sum(name in trial.failed for trial in mutants),
            sum(name in trial.failed for trial in planted),
            sum(name in trial.failed for trial in inherited),
            sum(trial.failed == {name} for trial in everything),
            _difficulty(name, mutants),
            _discrimination(name, validity.checks, mutants),
            validity.margins.get(f"check {name}", 0.0),
        )
        for name in validity.checks
    ]


def _difficulty(name: str, trials: Sequence[Trial]) -> float:
    judged = [trial for trial in trials if trial.checks.get(name, Outcome.NOT_JUDGED) != Outcome.NOT_JUDGED]
    return sum(name in trial.failed for trial in judged) / len(judged) if judged else 0.0


def _discrimination(name: str, checks: Sequence[str], trials: Sequence[Trial]) -> float | None:
    import numpy as np

    passed = [[trial.checks[check] == Outcome.PASSED for check in checks] for trial in trials if trial.checks]
    scores = np.array(passed, dtype=float).reshape(-1, len(checks))
    own = scores[:, checks.index(name)]
    rest = scores.sum(axis=1) - own
    if len(own) == 0 or own.std() == 0 or rest.std() == 0:
        return None
    return float(np.corrcoef(own, rest)[0, 1])


def failures(rows: Sequence[ModuleRow]) -> Iterator[str]:
    """The bars that are missed, in sentences."""
    for row in rows:
        if row.found < FOUND * row.mistakes:
            yield f"`{row.module}`: {row.found} of {row.mistakes} mistakes are found; the bar is {FOUND:.0%}"
        if row.by_checkpoint < FOUND_BY_CHECKPOINT * row.mistakes:
            yield (
                f"`{row.module}`: its checkpoint finds {row.by_checkpoint} of {row.mistakes} mistakes;"
                f" the bar is {FOUND_BY_CHECKPOINT:.0%}"
            )
        if row.wrong_found < row.wrong:
            yield f"`{row.module}`: {row.wrong - row.wrong_found} planted wrong solutions lose nothing"
        if row.right_accepted < row.right:
            yield f"`{row.module}`: {row.right - row.right_accepted} right solutions lose points"
        if row.flakes:
            yield f"`{row.module}`: {row.flakes} of {row.runs} runs of the solution itself lose points"
        if row.unsteady:
            yield f"`{row.module}`: {row.unsteady} checks assert more with one seed than with another"
    found, mistakes = sum(row.found for row in rows), sum(row.mistakes for row in rows)
    if found < FOUND_OVERALL * mistakes:
        yield f"all modules: {found} of {mistakes} mistakes are found; the bar is {FOUND_OVERALL:.0%}"


def failures_in_engine(graded: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Where the engine gives a right notebook less than all points, or a blank one any, in sentences."""
    for module, parts in graded.items():
        for name, part in parts.items():
            if part != (0 if name == BLANK else 1):
                yield f"`{module}`: the engine gives {part:.1%} of the points to `{name}`"


def planted_rows(validity: Validity) -> list[dict[str, Any]]:
    """For each planted wrong solution: the cells that lose points, the first to fail, and what it says."""
    rows = []
    for name, trial in validity.wrong:
        told = [place for place in trial.messages if place in trial.lost or place.startswith("check ")]
        place = next((place for place in told if place != CHECKPOINT), "")
        says = _anywhere(trial.messages.get(place, ""))
        rows.append({"wrong": name, "loses": sorted(trial.lost), "fails": place, "says": says})
    return rows


def _anywhere(message: str) -> str:
    """A message without what is so on this machine, or in this run, alone."""
    text = message.removeprefix("CheckFailure: ").replace(platform.release(), "…")
    return re.sub(r"\b0x[0-9A-Fa-f]+|\b\d\.\d+e-0[6-9]\b", "…", text)


def to_json(validity: Validity) -> dict[str, Any]:
    """All of it as plain data."""
    from dataclasses import asdict

    return {
        "module": asdict(module_row(validity)),
        "checks": [asdict(row) for row in check_rows(validity)],
        "survivors": [
            {"cell": mutant.cell, "was": mutant.was, "now": mutant.now} for mutant in validity.survivors
        ],
        "equivalents": [
            {"cell": mutant.cell, "was": mutant.was, "now": mutant.now, "reason": equivalent.reason}
            for mutant, equivalent in validity.equivalents.items()
        ],
        "planted": planted_rows(validity),
    }
