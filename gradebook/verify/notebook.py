"""Verifying one notebook: student cells there, graded cells here, in the notebook's order."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from gradebook.bridge.remote import RemoteModule, RemoteObject
from gradebook.grade.verdict import Ended
from gradebook.student.outputs import CellOutputs, Displays
from gradebook.verify.cells import GradedRun
from gradebook.verify.host import RemoteHost, remote_checkpoints, require
from gradebook.verify.plan import CellResult, CodeCell, Plan
from gradebook.verify.session import Copy, GoneError, Session
from tito.expect import CheckFailure
from tito.results import CheckpointResult


class Verifier:
    """Takes a notebook's code cells through, one after the other.

    show: how a value looks in a notebook, as MIME data.
    """

    def __init__(self, plan: Plan, session: Session, show: Callable[[Any], dict[str, Any]]) -> None:
        self.plan, self.session, self.show = plan, session, show
        self.host = RemoteHost(session, lambda: self._seconds(plan.check_seconds), plan.asserted)
        self._kept: dict[str, Any] = {}
        self._displays = Displays()
        self._deadline = time.monotonic() + plan.notebook_seconds
        self._gone = ""

    def verify_cells(self) -> Iterator[CellResult]:
        """Every code cell's result, those with hidden tests last.

        All that students will see comes about before any hidden input leaves this process: hidden lines are
        asked of copies that were made in their place in the notebook and have waited since.
        """
        hidden: list[tuple[GradedRun, Copy]] = []
        for cell in self.plan.cells:
            if not self._gone and time.monotonic() > self._deadline:
                self._gone = f"the notebook took longer than {self.plan.notebook_seconds:g} s"
            if self._gone:
                yield self._not_run(cell)
            elif not cell.graded:
                yield self._run(cell)
            elif result := self._grade(cell, hidden):
                yield result
        for run, copy in hidden:
            yield self._finish(self._ask_again(run, copy))

    def _run(self, cell: CodeCell) -> CellResult:
        outputs = CellOutputs(displays=self._displays)
        reason = ""
        try:
            ended = self.session.run_cell(cell.source, self._seconds(), outputs.hear)
            if ended is Ended.TIMEOUT:
                reason = f"{cell.place} did not finish within {self.plan.cell_seconds:g} s"
        except GoneError as gone:
            ended, reason = gone.ended, f"{_lower(str(gone))} in {cell.place}"
            self._gone = reason
        return CellResult(cell.index, ended, reason, tuple(outputs.outputs))

    def _grade(self, cell: CodeCell, hidden: list[tuple[GradedRun, Copy]]) -> CellResult | None:
        """The result of a graded cell; None where there is more to ask, which then stands in `hidden`."""
        try:
            run, copy = self._ask(cell)
        except GoneError as gone:
            self._gone = f"{_lower(str(gone))} before {cell.place}"
            return self._not_run(cell)
        if copy is None:
            return self._finish(run)
        hidden.append((run, copy))
        return None

    def _not_run(self, cell: CodeCell) -> CellResult:
        return CellResult(cell.index, Ended.NOT_RUN, f"not run: {self._gone}")

    def _ask(self, cell: CodeCell) -> tuple[GradedRun, Copy | None]:
        """Run what students see of a test; with it, a copy for its hidden part where there is more to ask."""
        seconds = self._seconds()
        waiting = self.session.copy(seconds) if cell.hidden else None
        if waiting:
            waiting.fork()
        run = GradedRun(cell, self.plan.given.get(cell.name, ""), whole=not cell.hidden)
        self._carry_out(run, self.session.copy(seconds), seconds)
        if waiting and run.ended is not Ended.OK:
            waiting.close()
            waiting = None
        elif not waiting:
            self._require(run)
        self._kept |= {name: value for name, value in run.left.items() if not _asks(value)}
        return run, waiting

    def _ask_again(self, shown: GradedRun, copy: Copy) -> GradedRun:
        """Run a whole test, hidden lines included; what it showed is what the visible part did."""
        run = GradedRun(shown.cell, shown.given, whole=True)
        self._carry_out(run, copy, self._seconds())
        self._require(run)
        run.outputs, run.value = shown.outputs, run.value if run.ended is Ended.OK else None
        return run

    def _carry_out(self, run: GradedRun, copy: Copy, seconds: float) -> None:
        self.host.ran.clear()
        copy.hear = run.hear
        with self.session.asking(copy), remote_checkpoints(self.host):
            run.run(copy, self._kept, seconds)
        run.checks = dict(self.host.ran)

    def _require(self, run: GradedRun) -> None:
        """See that as many assertions ran as on the course's own solution."""
        if run.ended is Ended.OK:
            try:
                require(run.tally.count, self.plan.asserted.get(run.cell.name, 0))
            except CheckFailure as failure:
                run.fail(failure)

    def _finish(self, run: GradedRun) -> CellResult:
        cell = run.cell
        shown: list[dict[str, Any]] = []
        text = None
        if isinstance(run.value, RemoteObject):
            kind = type(run.value).__name__
            run.fail(TypeError(f"the cell ends in a `{kind}` of the notebook, not in points"))
        elif run.secret and run.value is not None and not _is_score(run.value, cell.points):
            run.fail(TypeError("the cell ends in something that is no number of points"))
        elif run.value is not None and run.ended is Ended.OK:
            data = self.show(run.value)
            text = str(data.get("text/plain", ""))
            result = {"output_type": "execute_result", "data": data, "metadata": {}}
            shown.append(result | {"execution_count": None})
        shown += [run.error] if run.error else []
        outputs = CellOutputs(displays=self._displays)
        for output in run.outputs:
            outputs.hear(output)
        reason = f"{run.reason}, in {cell.place}" if run.reason else ""
        checkpoint = run.value.to_json() if isinstance(run.value, CheckpointResult) else None
        asserted = {cell.name: run.tally.count, **run.checks}
        return CellResult(
            cell.index,
            run.ended,
            reason,
            (*outputs.outputs, *shown),
            text,
            asserted,
            checkpoint,
            secret=run.secret and run.error is not None,
        )

    def _seconds(self, most: float | None = None) -> float:
        left = self._deadline - time.monotonic()
        return max(0.1, min(self.plan.cell_seconds if most is None else most, left))


def _is_score(value: Any, points: float) -> bool:
    """Whether it shows as points; a text, or data that a student's code returned, is none."""
    if isinstance(value, CheckpointResult):
        return True
    try:
        return not isinstance(value, str | bytes) and bool(0 <= float(value) <= points)
    except (TypeError, ValueError, OverflowError):
        return False


def _lower(text: str) -> str:
    return text if text.startswith("Python") else text[:1].lower() + text[1:]


def _asks(value: object) -> bool:
    """Whether a value is the student's, or looks its names up where the student's were."""
    return callable(value) or isinstance(value, RemoteObject | RemoteModule)
