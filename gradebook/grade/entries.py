"""What marks come to in nbgrader's tables: each cell's score, its mark for review and its comment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nbgrader.utils import compute_checksum

from gradebook.grade.nodes import make_cell
from gradebook.grade.outcome import Status
from gradebook.records import Record

NO_RESPONSE = "No response."


@dataclass(frozen=True, slots=True)
class NotebookMarks:
    """What grading one notebook came to.

    scores: the points of the cells that the machine grades, by id; a cell that is not there gets none.
    written: the texts of the cells that students write in, by id. One that is as it was handed out counts as
    no response; so does one that is missing, if it is graded.
    """

    scores: Mapping[str, float]
    written: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marks:
    """What grading one submission came to.

    record: how it ended; after a `FAULT` there are no scores, and a person is asked for every one.
    submitted_at: when it was handed in, in UTC; None where that is unknown. notebooks: by name; one that was
    not handed in or could not be read is not there, and earns nothing. left: the names of those that were
    not looked at this time; what the gradebook has of them stays.
    """

    record: Record
    submitted_at: datetime | None
    notebooks: Mapping[str, NotebookMarks] = field(default_factory=dict)
    left: frozenset[str] = frozenset()

    @property
    def fault(self) -> bool:
        """Whether the grader failed, not the student."""
        return self.record.status == Status.FAULT


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that has a grade, a comment or both; each belongs to a row of its own in nbgrader.

    grade, comment: the ids of these rows, or nothing. checksum: that of the cell as handed out.
    """

    name: str
    cell_type: str
    points: float
    checksum: str | None
    grade: str
    comment: str
    task: bool

    @property
    def solution(self) -> bool:
        """Whether students write in it."""
        return bool(self.comment) and not self.task

    @property
    def by_machine(self) -> bool:
        """Whether its score comes from running it."""
        return bool(self.grade) and self.cell_type == "code" and not self.solution and not self.task


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell's grade as the gradebook has it, or shall have it. nbgrader's default: a person is asked."""

    auto: float | None = None
    waiting: bool = True
    manual: float | None = None
    extra: float | None = None

    @property
    def score(self) -> float:
        """Its points: a person's score goes before the machine's."""
        points = self.auto if self.manual is None else self.manual
        return 0.0 if points is None else points + (self.extra or 0.0)


def enter_grade(cell: Cell, marks: NotebookMarks | None, before: Entry, *, resubmitted: bool) -> Entry:
    """The grade of a cell whose notebook has these marks, or none where there is no notebook.

    What a person gave stays, and is marked for review. A task's mark only changes with a new submission, as
    nbgrader's own autograder doesn't touch tasks.
    """
    auto = _auto_score(cell, marks)
    scored = before.manual is not None
    waiting = before.waiting if cell.task and scored and not resubmitted else scored or auto is None
    return Entry(auto, waiting, before.manual, before.extra)


def enter_fault(before: Entry) -> Entry:
    """The grade of a cell where we failed: what a person gave, and a person is asked."""
    return Entry(None, True, before.manual, before.extra)


def enter_comment(cell: Cell, marks: NotebookMarks | None) -> str | None:
    """What nbgrader says about an answer by itself."""
    return NO_RESPONSE if marks and cell.solution and _is_unanswered(cell, marks) else None


def _auto_score(cell: Cell, marks: NotebookMarks | None) -> float | None:
    if marks is None:
        return 0.0
    if cell.by_machine:
        score = marks.scores.get(cell.name, 0.0)
        # Not a number, or not between these two: no points either.
        return float(score) if 0.0 <= score <= cell.points else 0.0
    return 0.0 if cell.solution and _is_unanswered(cell, marks) else None


def _is_unanswered(cell: Cell, marks: NotebookMarks) -> bool:
    text = marks.written.get(cell.name)
    if text is None:
        return bool(cell.grade)
    nbgrader = {"grade_id": cell.name, "grade": bool(cell.grade), "solution": True, "points": cell.points}
    node = make_cell(cell.cell_type, text, {"nbgrader": nbgrader})
    return bool(compute_checksum(node) == cell.checksum)
