"""Running a graded cell: the course's own code, in this process, about the student's in the other."""

import ast
import contextlib
import io
import linecache
import traceback
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from gradebook.bridge.faults import Stopped
from gradebook.grade.verdict import Ended, ends_in_value
from gradebook.verify.alarm import OverdueTest, at_most
from gradebook.verify.assertions import COUNTER, Tally, counting
from gradebook.verify.namespace import Namespace
from gradebook.verify.plan import CodeCell, Plan
from gradebook.verify.session import Copy, GoneError
from tito.expect import StudentCodeStopped

LONGEST_PRINT = 100_000
AROUND = 2
UNTOLD = {
    Ended.TIMEOUT: "your code did not finish in time in the hidden part of the test",
    Ended.DIED: "your code ended Python in the hidden part of the test",
}
AGAIN = "this test held by itself, but not when it was asked again together with its hidden part"


class GradedRun:
    """One graded cell while it runs: what it shows, how it ended, and its value.

    whole: also its hidden lines are run; then nothing is shown of what student code shows, says or returns.
    """

    def __init__(self, cell: CodeCell, given: str, *, whole: bool) -> None:
        self.cell = cell
        self.given = given
        self.secret = whole and bool(cell.hidden)
        self.whole = whole
        self.tally = Tally()
        self.outputs: list[dict[str, Any]] = []
        self.error: dict[str, Any] | None = None
        self.ended = Ended.OK
        self.reason = ""
        self.value: Any = None
        self.left: dict[str, Any] = {}
        self.checks: dict[str, int] = {}

    @property
    def filename(self) -> str:
        """What tracebacks call the cell."""
        return f"<{self.cell.name}>"

    def hear(self, output: Any) -> None:
        """Keep what student code shows while it answers; results and errors are the test's own."""
        kind = output.get("output_type") if type(output) is dict else None
        if not self.secret and kind in ("stream", "display_data", "update_display_data"):
            self.outputs.append(output)

    def run(self, copy: Copy, kept: Mapping[str, Any], seconds: float) -> None:
        """Run it against a copy of the student's process; `kept` are names that earlier cells left."""
        space = Namespace(copy, {**kept, COUNTER: self.tally.ran, "__name__": "__main__"})
        printed = _Printed(self)
        try:
            with at_most(seconds), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                given = f"<given to {self.cell.name}>"
                _show_lines(self.given, given)
                exec(compile_counting(self.given, given), space)
                before = dict(space)
                self.value = self._run_statements(space)
        except BaseException as error:  # noqa: BLE001 - the boundary: whatever a test raises is its verdict
            self.fail(error)
            return
        missing = object()
        self.left = {
            name: value for name, value in space.own.items() if before.get(name, missing) is not value
        }

    def _run_statements(self, space: dict[str, Any]) -> Any:
        _show_lines(self.cell.source, self.filename)
        for lines, code, is_value in _statements(self.cell.source, self.filename):
            if self.whole or not self.cell.hidden.intersection(lines):
                if is_value:
                    return eval(code, space)
                exec(code, space)
        return None

    def fail(self, error: BaseException) -> None:
        """Let the cell have ended with this error."""
        self.ended = Ended.ERROR
        if isinstance(error, GoneError):
            self.ended, self.reason = error.ended, str(error)
        elif isinstance(error, Stopped):
            self.ended = Ended.TIMEOUT if error.overdue else Ended.DIED
            self.reason = str(error)
        elif isinstance(error, OverdueTest):
            self.ended, self.reason = Ended.TIMEOUT, str(error)
        elif isinstance(error, MemoryError):
            self.reason = "the test ran out of memory with what your code returned"
        if self.secret and self.reason:
            # What student code did then, and how, may tell of what it was asked.
            self.reason = UNTOLD.get(self.ended, "the hidden part of the test did not come to its end")
        self.error = self._describe(error)

    def _describe(self, error: BaseException) -> dict[str, Any]:
        """The error as a notebook shows it: the lines of this cell, then the student's."""
        name = "Stopped" if isinstance(error, StudentCodeStopped) else type(error).__name__
        lines = [f"{name:<50}Traceback (most recent call last)"]
        found = traceback.extract_tb(error.__traceback__)
        frames = [frame for frame in found if frame.filename == self.filename]
        source = self.cell.source.split("\n")
        for frame in frames:
            here = frame.lineno or 1
            lines.append(f"Cell In[{self.cell.index + 1}], line {here}")
            for number in range(max(1, here - AROUND), min(len(source), here + AROUND) + 1):
                mark = "---->" if number == here else "     "
                lines.append(f"{mark} {number} {source[number - 1]}")
        lines += [f"in your code: {line}" for line in getattr(error, "student_lines", ())]
        text = str(error)
        if self.secret and not any(frame.lineno in self.cell.hidden for frame in frames):
            # A visible line that held before: what it says now may tell of hidden ones.
            text, lines = AGAIN, lines[:1]
        lines.append(f"{name}: {text}" if text else name)
        return {"output_type": "error", "ename": name, "evalue": text, "traceback": lines}


class _Printed(io.TextIOBase):
    """What the test prints, among what the student's code shows."""

    def __init__(self, run: GradedRun) -> None:
        self._run, self._left = run, LONGEST_PRINT

    def write(self, text: str) -> int:
        if (kept := text[: self._left]) and not self._run.secret:
            self._run.outputs.append({"output_type": "stream", "name": "stdout", "text": kept})
            self._left -= len(kept)
        return len(text)


def prepare(plan: Plan) -> None:
    """Compile a notebook's graded cells, for this process and those that are forked from it."""
    for cell in plan.cells:
        if cell.graded:
            # What is wrong with a cell is told where it is run.
            with contextlib.suppress(SyntaxError, ValueError, RecursionError):
                compile_counting(plan.given.get(cell.name, ""), f"<given to {cell.name}>")
                _statements(cell.source, f"<{cell.name}>")


def _show_lines(source: str, filename: str) -> None:
    """Let tracebacks, and proxies that are asked for their truth value, read the line they are at."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


@lru_cache(maxsize=512)
def compile_counting(source: str, filename: str) -> CodeType:
    """Code of the course that counts its assertions; compiled once for this process and its forks."""
    return compile(counting(ast.parse(source, filename)), filename, "exec")


@lru_cache(maxsize=512)
def _statements(source: str, filename: str) -> list[tuple[range, CodeType, bool]]:
    """The cell's statements: the lines each stands on, its code, and whether it is the cell's value."""
    body = ast.parse(source, filename).body
    statements = []
    for position, statement in enumerate(body, start=1):
        is_value = position == len(body) and ends_in_value(source)
        tree: ast.Expression | ast.Module
        if is_value and isinstance(statement, ast.Expr):
            tree = ast.Expression(statement.value)
        else:
            tree = ast.Module([statement], [])
        code = compile(counting(tree), filename, "eval" if is_value else "exec")
        last = statement.end_lineno or statement.lineno
        statements.append((range(statement.lineno, last + 1), code, is_value))
    return statements
