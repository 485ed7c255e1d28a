"""What a graded cell earns, judged from how it ran and what it showed. Where anything is amiss: nothing."""

import ast
import math
from dataclasses import dataclass
from enum import StrEnum

# The id of the cell whose value is the points of the module's checkpoint.
CHECKPOINT = "checkpoint"


class Ended(StrEnum):
    """How running one cell ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    DIED = "died"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The points of a graded cell. `remark` says what kept its result from counting, or is empty."""

    score: float
    remark: str = ""


def judge_cell(name: str, ended: Ended, value: str | None, points: float) -> Verdict:
    """The points of an autograded code cell, by how it ended and the text of its value, None without one.

    Full points need proof that it ran to its end without an error. A cell that ends in an expression may
    show one number from 0 to `points`, which is then its score; the checkpoint's cell has to. Text on stderr
    costs nothing.
    """
    if ended is not Ended.OK:
        return Verdict(0.0)
    if value is None:
        return Verdict(0.0, "it showed no points") if name == CHECKPOINT else Verdict(points)
    try:
        score = float(value)
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
