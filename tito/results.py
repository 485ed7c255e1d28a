"""What a checkpoint found, as values: typed, frozen, versioned, and the same in every rendering."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

VERSION = 1
MIME_TYPE = "application/vnd.tinytorch.checkpoint+json"


class Outcome(StrEnum):
    """How a check ended. `NOT_JUDGED`: a check it needs failed, or the run ended before it."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a checkpoint: what was expected, what came, and what it is worth.

    `points` is the check's worth, `earned` what was given for it; `seconds` is the check's wall time.
    `message` says in one sentence what went wrong; `expected` and `actual` are short texts, empty where
    there was nothing to compare; `output` is what the student's code printed meanwhile.
    """

    name: str
    title: str
    outcome: Outcome
    points: int
    message: str = ""
    expected: str = ""
    actual: str = ""
    hint: str = ""
    where: str = ""
    output: str = ""
    seconds: float = 0.0

    @property
    def earned(self) -> int:
        """All of the points or none of them."""
        return self.points if self.outcome is Outcome.PASSED else 0


@dataclass(frozen=True, slots=True)
class CheckpointResult:
    """One run of a checkpoint."""

    checkpoint: str
    checks: tuple[CheckResult, ...]
    seed: int = 0
    version: int = VERSION

    @property
    def passed(self) -> bool:
        """Whether every check passed; a checkpoint without checks proves nothing."""
        return bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)

    @property
    def points(self) -> int:
        """What the checkpoint is worth."""
        return sum(check.points for check in self.checks)

    @property
    def earned(self) -> int:
        """The points of the checks that passed."""
        return sum(check.earned for check in self.checks)

    @property
    def fraction(self) -> float:
        """Points earned over points possible, from 0 to 1."""
        return self.earned / self.points if self.points else 0.0

    @property
    def seconds(self) -> float:
        """Wall time of all checks."""
        return sum(check.seconds for check in self.checks)

    def count(self, outcome: Outcome) -> int:
        """How many checks ended that way."""
        return sum(check.outcome is outcome for check in self.checks)

    @property
    def first_failure(self) -> CheckResult | None:
        """The failure to mend first."""
        return next((check for check in self.checks if check.outcome is Outcome.FAILED), None)

    @property
    def why(self) -> str:
        """The first failure in words; nothing where none failed."""
        return f"{self.first_failure.title}: {self.first_failure.message}" if self.first_failure else ""

    def to_json(self) -> dict[str, Any]:
        """The record as plain data."""
        return {**asdict(self), "passed": self.passed, "points": self.points, "earned": self.earned}

    def __repr__(self) -> str:
        # NOTE: nbgrader reads a cell's score from the text of its last value.
        return f"{self.earned:.1f}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002
        # NOTE: a notebook keeps the whole record beside the score; the grader reads each check from it.
        return {MIME_TYPE: self.to_json()}

    def _repr_html_(self) -> str:
        from tito.render.html import checkpoint_html

        return checkpoint_html(self)


def check_from_json(data: Mapping[str, Any]) -> CheckResult:
    """The check result a JSON record describes; unknown keys of later versions are ignored."""
    known = {key: data[key] for key in CheckResult.__dataclass_fields__ if key in data}
    return replace(CheckResult(**known), outcome=Outcome(known["outcome"]))


def result_from_json(data: Mapping[str, Any]) -> CheckpointResult:
    """The checkpoint result a JSON record describes."""
    checks = tuple(check_from_json(check) for check in data["checks"])
    return CheckpointResult(data["checkpoint"], checks, data.get("seed", 0), data.get("version", VERSION))


def dump_line(record: Mapping[str, Any]) -> str:
    """One record as a line of JSON."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
