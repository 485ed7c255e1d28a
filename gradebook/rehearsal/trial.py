"""Trying a notebook out quickly: its graded cells run in a forked process, without a kernel.

For checking the course's own notebooks (is every check a check?), not for grading: nothing is contained.
"""

import ast
import contextlib
import io
import multiprocessing
import os
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What every notebook imports, paid for once in the process that the others are forked from.
_WARM = ["numpy", "matplotlib.pyplot", "tito.checks", "tito.table", "tito.render.html"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a notebook scored: points and message by graded cell; `points` is what each is worth."""

    scores: dict[str, float]
    points: dict[str, float]
    messages: dict[str, str] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> set[str]:
        """The graded cells without full points."""
        return {cell for cell, score in self.scores.items() if score < self.points[cell]}


def try_notebook(notebook: dict[str, Any], home: Path, *, seed: int = 0) -> Trial:
    """Run a notebook's cells in a process of its own, forked from a warm one, and score the autograded ones.

    home: what `TINYTORCH_HOME` is meanwhile, a folder with the package of earlier modules.
    Of cells that only show something, just imports and definitions run: all that a graded cell may rely on.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_WARM)
    with context.Pool(1) as pool:
        return pool.apply(_run, (_plain(notebook), str(home), seed))


def _plain(notebook: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The code cells as (source, nbgrader metadata)."""
    return [
        (cell["source"], dict(cell["metadata"].get("nbgrader", {})))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def _run(cells: list[tuple[str, dict[str, Any]]], home: str, seed: int) -> Trial:
    os.environ.update(TINYTORCH_HOME=home, TITO_SEED=str(seed), MPLBACKEND="agg")
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    scores: dict[str, float] = {}
    points: dict[str, float] = {}
    messages: dict[str, str] = {}
    checks: dict[str, str] = {}
    for number, (source, nbgrader) in enumerate(cells):
        whole = bool(nbgrader) or source.startswith("#| export")
        value, message = _execute(source, f"<cell {number}>", main, whole)
        if nbgrader.get("grade"):
            name, worth = nbgrader["grade_id"], float(nbgrader["points"])
            points[name] = worth
            scores[name] = 0.0 if message else float(repr(value)) if value is not None else worth
            checks.update({check.name: str(check.outcome) for check in getattr(value, "checks", ())})
        if message:
            messages[nbgrader.get("grade_id", f"cell {number}")] = message
    return Trial(scores, points, messages, checks)


def _execute(source: str, name: str, main: types.ModuleType, whole: bool) -> tuple[object, str]:
    """The value of a cell's last expression and, where it failed, the error in one line."""
    try:
        tree = ast.parse(source, name)
        if not whole:
            kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
            tree.body = [node for node in tree.body if isinstance(node, kept)]
        last = tree.body.pop() if tree.body else None
        if not isinstance(last, ast.Expr):
            tree.body += [last] if last else []
            last = None
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(tree, name, "exec"), vars(main))
            value = eval(compile(ast.Expression(last.value), name, "eval"), vars(main)) if last else None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the cell raises is its result
        return None, f"{type(error).__name__}: {error}"
    return value, ""
