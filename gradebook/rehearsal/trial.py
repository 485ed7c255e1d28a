"""Trying a notebook out quickly: its graded cells run in a forked process, without a kernel.

For checking the course's own notebooks (is every check a check?), not for grading: nothing is contained.
"""

import ast
import contextlib
import io
import multiprocessing
import os
import sys
import tempfile
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tito.checks
import tito.expect
from gradebook.build.notebooks import Cell, cells_of
from gradebook.verify.alarm import at_most
from gradebook.verify.assertions import COUNTER, Tally, counting
from gradebook.verify.host import counted_module
from tito.checks import Check, Host
from tito.expect import StudentCodeStopped, expect_close
from tito.results import Outcome

CELL_SECONDS, CHECK_SECONDS = 20.0, 5.0
# What every notebook imports, paid for once in the process that the others are forked from.
WARM = ["numpy", "matplotlib.pyplot", "tito.checks", "tito.table", "tito.render.html"]
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a notebook scored: points by graded cell, and `points`, what each is worth.

    checks: how each check of the checkpoint ended. messages: why each graded cell, or by `check NAME` each
    check, did not pass. margins: for each of these, the largest part of its tolerance that a comparison of
    numbers used up. asserted: how many assertions each of these made.
    """

    scores: dict[str, float] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    asserted: dict[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> set[str]:
        """The graded cells without full points."""
        return {cell for cell, score in self.scores.items() if score < self.points[cell]}

    @property
    def full(self) -> bool:
        """Whether it scored, and full points in every graded cell."""
        return bool(self.scores) and not self.lost

    @property
    def failed(self) -> set[str]:
        """The checks that failed; those that were not judged are not among them."""
        return {name for name, outcome in self.checks.items() if outcome == Outcome.FAILED}


def try_notebook(notebook: dict[str, Any], home: Path, *, seed: int = 0) -> Trial:
    """Run a notebook's cells in a process of its own, forked from a warm one, and score the autograded ones.

    home: what `TINYTORCH_HOME` is meanwhile, a folder with the package of earlier modules.
    Of cells that only show something, just imports and definitions run: all that a graded cell may rely on.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(WARM)
    with context.Pool(1) as pool:
        return pool.apply(_run, (cells_of(notebook), str(home), seed))


def _run(cells: Sequence[Cell], home: str, seed: int) -> Trial:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        return Rehearsal(home, seed).run(cells)


class Rehearsal(Host):
    """A notebook that runs in this process, which it takes over: `__main__`, the environment, the checks."""

    def __init__(self, home: str, seed: int) -> None:
        os.environ.update(TINYTORCH_HOME=home, TITO_SEED=str(seed), MPLBACKEND="agg")
        self._main = types.ModuleType("__main__")
        sys.modules["__main__"] = self._main
        self.trial = Trial()
        self._tally = Tally()
        vars(self._main)[COUNTER] = self._tally.ran
        self._place = ""
        tito.checks.host = self
        tito.checks.expect_close = tito.expect.expect_close = self._expect_close

    @contextlib.contextmanager
    def judging(self, check: Check) -> Iterator[None]:
        """Give a check a time of its own, and count its assertions."""
        place, self._place = self._place, f"check {check.name}"
        with at_most(CHECK_SECONDS), self._counting():
            yield
        self._place = place

    def load(self, path: Path) -> types.ModuleType:
        """Run a checkpoint file as a module whose assertions are counted."""
        return counted_module(path, self._tally)

    @contextlib.contextmanager
    def _counting(self) -> Iterator[None]:
        before = self._tally.count
        yield
        self.trial.asserted[self._place] = self._tally.count - before

    def run(self, cells: Iterable[Cell]) -> Trial:
        """Run cells; what all cells so far scored."""
        for cell in cells:
            if cell.type == "code":
                self._run_cell(cell)
        return self.trial

    def _run_cell(self, cell: Cell) -> None:
        name = self._place = cell.grade_id or f"cell {cell.position}"
        whole = bool(cell.nbgrader) or cell.source.startswith("#| export")
        with self._counting() if cell.autograded else contextlib.nullcontext():
            value, message = self._execute(cell.source, f"<{name}>", whole)
        trial = self.trial
        if message:
            trial.messages[name] = message
        if cell.autograded:
            trial.points[name] = cell.points
            trial.scores[name] = 0.0 if message else float(repr(value)) if value is not None else cell.points
        for check in getattr(value, "checks", ()):
            trial.checks[check.name] = str(check.outcome)
            if check.message:
                trial.messages[f"check {check.name}"] = check.message

    def _execute(self, source: str, name: str, whole: bool) -> tuple[object, str]:
        """The value of a cell's last expression and, where it failed, the error in one line."""
        quiet = io.StringIO()
        try:
            tree = counting(ast.parse(source, name))
            if not whole:
                tree.body = [node for node in tree.body if isinstance(node, DEFINES)]
            last = tree.body.pop() if tree.body else None
            if not isinstance(last, ast.Expr):
                tree.body += [last] if last else []
                last = None
            with at_most(CELL_SECONDS), contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
                names = vars(self._main)
                exec(compile(tree, name, "exec"), names)
                value = eval(compile(ast.Expression(last.value), name, "eval"), names) if last else None
        except (Exception, SystemExit, StudentCodeStopped) as error:  # noqa: BLE001 - whatever the cell raises
            return None, f"{type(error).__name__}: {error}"
        return value, ""

    def _expect_close(self, actual: Any, expected: Any, what: str, **options: Any) -> None:
        """`expect_close`, which also notes how near to its tolerance the numbers came."""
        import numpy as np

        expect_close(actual, expected, what, **options)
        given, wanted = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
        allowed = options.get("atol", 1e-6) + options.get("rtol", 1e-5) * np.abs(wanted)
        with np.errstate(invalid="ignore", divide="ignore"):
            used = np.abs(given - wanted) / allowed
        largest = float(np.max(used, initial=0.0, where=np.isfinite(used)))
        self.trial.margins[self._place] = max(largest, self.trial.margins.get(self._place, 0.0))
