"""How grading a submission ended."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How grading a submission ended; the word is what people read."""

    GRADED = "graded"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    INTERRUPTED = "interrupted"
    FAULT = "grader fault"


# Each as wide as the others on a terminal, and none that needs a variation selector.
GLYPHS = {
    Status.GRADED: "✅",
    Status.TIMEOUT: "⌛",
    Status.CRASHED: "💥",
    Status.UNREADABLE: "🚫",
    Status.MISSING: "📭",
    Status.INTERRUPTED: "⏳",
    Status.FAULT: "🔧",
}


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission's result. `fresh` is false where nothing had changed since it was graded before.

    `GRADED` says that the machine is done; answers in words may still wait for a person.
    `explanation` says in a sentence what cost the points, or is empty; `seconds` is the wall time it took.
    """

    student: str
    module: str
    status: Status
    score: float
    max_score: float
    explanation: str
    seconds: float
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Proved:
    """What a student's own package came to: how many checkpoints it passed, of the modules handed in.

    `status` is `GRADED`, or `FAULT` where we failed, which `explanation` tells; the rest is as in `Graded`.
    """

    student: str
    status: Status
    passed: int
    checkpoints: int
    explanation: str = ""
    seconds: float = 0.0
    fresh: bool = True
