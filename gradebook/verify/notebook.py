"""Verifying one notebook: student cells there, graded cells here, in the notebook's order."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gradebook.bridge.remote import RemoteModule, RemoteObject
from gradebook.grade.verdict import Ended
from gradebook.student.outputs import CellOutputs, Displays
from gradebook.verify.cells import GradedRun
from gradebook.verify.host import RemoteHost, remote_checkpoints, require
from gradebook.verify.plan import CellResult, CodeCell, Plan
from gradebook.verify.session import GoneError, Session
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
        """Every code cell's result, as it ends."""
        for cell in self.plan.cells:
            if not self._gone and time.monotonic() > self._deadline:
                self._gone = f"the notebook took longer than {self.plan.notebook_seconds:g} s"
            if self._gone:
                yield CellResult(cell.index, Ended.NOT_RUN, f"not run: {self._gone}")
            else:
                yield self._grade(cell) if cell.graded else self._run(cell)

    def verify_checkpoints(self) -> Iterator[CheckpointResult]:
        """The result of each checkpoint file, against the package that the student's process imports."""
        from pathlib import Path

        from tito.checks import load_checkpoint

        with remote_checkpoints(self.host):
            for file in self.plan.checkpoints:
                yield load_checkpoint(Path(file)).run()

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

    def _grade(self, cell: CodeCell) -> CellResult:
        run = GradedRun(cell, self.plan.given.get(cell.name, ""))
        self.host.ran.clear()
        try:
            with self.session.asking(self._seconds(), run.hear) as copy, remote_checkpoints(self.host):
                run.run(copy, self._kept, self._seconds())
        except GoneError as gone:
            self._gone = f"{_lower(str(gone))} before {cell.place}"
            return CellResult(cell.index, Ended.NOT_RUN, f"not run: {self._gone}")
        if run.ended is Ended.OK:
            try:
                require(run.tally.count, self.plan.asserted.get(cell.name, 0))
            except CheckFailure as failure:
                run.fail(failure)
        self._keep(run.left)
        return self._finish(cell, run)

    def _finish(self, cell: CodeCell, run: GradedRun) -> CellResult:
        shown: list[dict[str, Any]] = []
        text = None
        if isinstance(run.value, RemoteObject):
            kind = type(run.value).__name__
            run.fail(TypeError(f"the cell ends in a `{kind}` of the notebook, not in points"))
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
        asserted = {cell.name: run.tally.count, **self.host.ran}
        return CellResult(
            cell.index, run.ended, reason, (*outputs.outputs, *shown), text, asserted, checkpoint
        )

    def _keep(self, names: Mapping[str, Any]) -> None:
        """Leave a cell's values to the graded cells after it: nothing that would ask the copy it had."""
        self._kept |= {name: value for name, value in names.items() if not _asks(value)}

    def _seconds(self, most: float | None = None) -> float:
        left = self._deadline - time.monotonic()
        return max(0.1, min(self.plan.cell_seconds if most is None else most, left))


def _lower(text: str) -> str:
    return text if text.startswith("Python") else text[:1].lower() + text[1:]


def _asks(value: object) -> bool:
    """Whether a value is the student's, or looks its names up where the student's were."""
    return callable(value) or isinstance(value, RemoteObject | RemoteModule)
