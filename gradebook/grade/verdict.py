"""What a graded cell earns, judged from how it ran and what it showed. Where anything is amiss: nothing."""

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tito.results import MIME_TYPE

# The id of the cell whose value is the points of the module's checkpoint.
CHECKPOINT = "checkpoint"


class Ended(StrEnum):
    """How running one cell ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    DIED = "died"
    TAMPERED = "tampered"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Run:
    """How running one cell ended, and why where that is not in the cell's own output."""

    ended: Ended
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The points of a graded cell. `forged` says what can't come from the cell's own code, or is empty."""

    score: float
    forged: str = ""


def judge_cell(
    name: str, source: str, outputs: Sequence[Mapping[str, Any]], points: float, run: Run | None
) -> Verdict:
    """The points of an autograded code cell.

    Full points need proof that it ran to its end without an error. A cell that ends in an expression may
    show one number from 0 to `points`, which is then its score; the checkpoint's cell has to. Any other
    result is not the cell's own. Text on stderr costs nothing.
    """
    if (
        run is None
        or run.ended is not Ended.OK
        or any(output["output_type"] == "error" for output in outputs)
    ):
        return Verdict(0.0)
    results = [output for output in outputs if output["output_type"] == "execute_result"]
    if not results:
        return Verdict(0.0, "it showed no points") if name == CHECKPOINT else Verdict(points)
    if not ends_in_value(source):
        return Verdict(0.0, "it showed a result, though its code ends in none")
    if len(results) > 1:
        return Verdict(0.0, f"it showed {len(results)} results, though its code ends in one")
    text = str(results[0]["data"].get("text/plain", ""))
    try:
        score = float(text)
    except ValueError:
        return Verdict(0.0, "its result is not a number of points")
    if not (math.isfinite(score) and 0 <= score <= points):
        return Verdict(0.0, f"its result is not between 0 and {points:g}")
    return Verdict(score)


def ends_in_value(source: str) -> bool:
    """Whether IPython shows the value of the cell's last line."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(body) and isinstance(body[-1], ast.Expr) and not source.rstrip().endswith(";")


def names_read(source: str) -> list[str]:
    """The names that a cell takes from the notebook above it, or from Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return sorted({node.id for node in names} - bound)


def checkpoint_data(outputs: Sequence[Mapping[str, Any]], score: float) -> dict[str, Any] | None:
    """The checkpoint's result in full, where the cell showed it and it adds up to its score."""
    for output in outputs:
        data = output.get("data", {}).get(MIME_TYPE) if output["output_type"] == "execute_result" else None
        if isinstance(data, dict) and data.get("earned") == score and isinstance(data.get("checks"), list):
            return data
    return None
