"""What handing in late costs: nbgrader's own step and plugin decide, as `nbgrader_config.py` sets them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nbgrader.preprocessors import AssignLatePenalties

if TYPE_CHECKING:
    from traitlets.config import Config


class LatePolicy:
    """A course's rule for late work: `c.AssignLatePenalties` and `c.LateSubmissionPlugin`."""

    def __init__(self, config: "Config") -> None:
        self._step: Any = AssignLatePenalties(config=config)

    def penalty(self, student: str, score: float, seconds: float) -> float | None:
        """The points that a notebook with this score loses, at most all of it; None where it loses none."""
        if not self._step.enabled or seconds <= 0:
            return None
        # A new plugin each time, as in nbgrader: one of the course's own may hold what it read.
        self._step.init_plugin()
        penalty = self._step.plugin_inst.late_submission_penalty(student, score, seconds)
        if penalty is None:
            return None
        return 0.0 if penalty < 0 else float(min(penalty, score))


def seconds_late(
    submitted_at: datetime | None, duedate: datetime | None, extension: timedelta | None
) -> float:
    """How long after the student's own due date it was handed in; 0 where either is unknown."""
    if submitted_at is None or duedate is None:
        return 0.0
    return max(0.0, (submitted_at - duedate - (extension or timedelta())).total_seconds())
