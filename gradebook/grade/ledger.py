"""Entering results into nbgrader's gradebook: the rows its autograder leaves, one transaction a submission.

A process that is killed leaves a submission's old rows or its new ones, never some of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from nbgrader.api import new_uuid
from nbgrader.utils import parse_utc

from gradebook.grade.entries import Cell, Entry, Marks, NotebookMarks, enter_comment, enter_fault, enter_grade
from gradebook.grade.late import LatePolicy, seconds_late
from gradebook.grade.outcome import Status
from gradebook.grade.rows import (
    COMMENT,
    GRADE,
    PART,
    STUDENT,
    SUBMISSION,
    Changes,
    Held,
    read_held,
    reset_interrupted,
)
from gradebook.records import (
    Reading,
    Record,
    open_engine,
    transaction_on,
    write_readings,
    write_records,
)
from tito.errors import TitoError

if TYPE_CHECKING:
    from traitlets.config import Config


class Ledger:
    """The gradebook during a run, kept open. Use it as a context manager.

    config: the course's settings for nbgrader. `c.Autograde.create_student` and the late policy count here.
    """

    def __init__(self, db_url: str, config: "Config") -> None:
        self._engine = open_engine(db_url)
        self._late = LatePolicy(config)
        self._create_student = bool(config.get("Autograde", {}).get("create_student", True))

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def begin(self, keys: Mapping[tuple[str, str], str]) -> None:
        """Mark submissions, by student and module, as being graded, and take their machine scores away.

        keys: what each record's `key` is to be. Where the run is killed, no score of an earlier submission
        stays; scores that a person gave do.
        """
        records = [
            Record(student, module, key, Status.INTERRUPTED, "grading was interrupted")
            for (student, module), key in keys.items()
        ]
        if records:
            with transaction_on(self._engine) as connection:
                write_records(connection, records)
                connection.execute(reset_interrupted())

    def forget_readings(self, students: Sequence[str]) -> None:
        """Take away what is known of these students' packages: it is about to be read anew."""
        with transaction_on(self._engine) as connection:
            write_readings(connection, students, ())

    def save_readings(self, readings: Sequence[Reading]) -> None:
        """Enter what one student's package came to."""
        with transaction_on(self._engine) as connection:
            write_readings(connection, [readings[0].student], readings)

    def save(self, marks: Marks) -> tuple[float, float]:
        """Enter what grading a submission came to; its score, and what there was to reach.

        Raises `TitoError` where the gradebook lacks the module, or a student that it is not to create.
        """
        student, module = marks.record.student, marks.record.module
        with transaction_on(self._engine) as connection:
            held = read_held(connection, student, module)
            if held is None:
                raise TitoError(
                    f"`{module}` is not in the gradebook yet", f"build it: `tito course build {module}`"
                )
            if not held.known and not self._create_student:
                raise TitoError(
                    f"`{student}` is not in the gradebook",
                    "add them: `tito course init --roster FILE.csv`",
                )
            # NOTE: all is settled before the first change: a late policy may open the gradebook itself.
            settling = _Settling(held, marks, self._late)
            score = settling.settle()
            settling.changes.make(connection)
            write_records(connection, [marks.record])
        return score, sum(cell.points for cells in held.cells.values() for cell in cells)


@dataclass(frozen=True, slots=True)
class _Settling:
    """Working out what changes in a submission's rows."""

    held: Held
    marks: Marks
    late: LatePolicy
    changes: Changes = field(default_factory=Changes)

    def settle(self) -> float:
        """Fill in the changes; the submission's score."""
        held, student = self.held, self.marks.record.student
        if not held.known:
            self.changes.put(STUDENT, None, {"id": student}, {})
        submission = held.submission["id"] if held.submission else new_uuid()
        names = {"id": submission, "assignment_id": held.assignment, "student_id": student}
        self.changes.put(SUBMISSION, held.submission, names, {"timestamp": self._submitted_at()})
        score = sum(
            self._leave_notebook(submission, notebook, cells)
            if name in self.marks.left
            else self._settle_notebook(submission, notebook, self.marks.notebooks.get(name), cells)
            for (notebook, name), cells in held.cells.items()
        )
        self._remove_strangers()
        return score

    def _submitted_at(self) -> datetime | None:
        moment: datetime | None = parse_utc(self.marks.submitted_at)
        return moment or self.held.timestamp

    def _settle_notebook(
        self, submission: str, notebook: str, marks: NotebookMarks | None, cells: list[Cell]
    ) -> float:
        before = self.held.parts.get(notebook)
        part = before["id"] if before else new_uuid()
        score = sum(self._settle_grade(part, cell, marks) for cell in cells if cell.grade)
        for cell in cells:
            if cell.comment:
                self._settle_comment(part, cell, marks)
        names = {"id": part, "assignment_id": submission, "notebook_id": notebook}
        penalty = self._penalty(score, handed_in=marks is not None)
        self.changes.put(PART, before, names, {"late_submission_penalty": penalty})
        return score

    def _leave_notebook(self, submission: str, notebook: str, cells: list[Cell]) -> float:
        """Its score, as it is; where it has no rows yet it gets nbgrader's, which ask a person."""
        before = self.held.parts.get(notebook)
        part = before["id"] if before else new_uuid()
        names = {"id": part, "assignment_id": submission, "notebook_id": notebook}
        kept = {"late_submission_penalty": before["late_submission_penalty"] if before else None}
        self.changes.put(PART, before, names, kept)
        for cell in cells:
            if cell.grade:
                self._enter(part, cell, self._entry(part, cell))
            if cell.comment and (part, cell.comment) not in self.held.comments:
                self._settle_comment(part, cell, None)
        return sum(self._entry(part, cell).score for cell in cells if cell.grade)

    def _entry(self, part: str, cell: Cell) -> Entry:
        """A cell's grade as it is in the gradebook."""
        row = self.held.grades.get((part, cell.grade))
        if row is None:
            return Entry()
        given = row["manual_score"], row["extra_credit"]
        return Entry(row["auto_score"], row["needs_manual_grade"], *given)

    def _settle_grade(self, part: str, cell: Cell, marks: NotebookMarks | None) -> float:
        before = self._entry(part, cell)
        old = self.held.timestamp
        resubmitted = old is not None and old != self._submitted_at()
        entry = (
            enter_fault(before)
            if self.marks.fault
            else enter_grade(cell, marks, before, resubmitted=resubmitted)
        )
        self._enter(part, cell, entry)
        return entry.score

    def _enter(self, part: str, cell: Cell, entry: Entry) -> None:
        row = self.held.grades.get((part, cell.grade))
        names = {"id": new_uuid(), "notebook_id": part, "cell_id": cell.grade}
        values = {"auto_score": entry.auto, "needs_manual_grade": entry.waiting}
        self.changes.put(GRADE, row, names, values)

    def _settle_comment(self, part: str, cell: Cell, marks: NotebookMarks | None) -> None:
        text = None if self.marks.fault else enter_comment(cell, marks)
        names = {"id": new_uuid(), "notebook_id": part, "cell_id": cell.comment}
        self.changes.put(COMMENT, self.held.comments.get((part, cell.comment)), names, {"auto_comment": text})

    def _penalty(self, score: float, *, handed_in: bool) -> float | None:
        """What being late costs; a fault of ours costs nothing, and nbgrader takes nothing from nothing."""
        if self.marks.fault or not (handed_in or score):
            return None
        seconds = seconds_late(self._submitted_at(), self.held.duedate, self.held.extension)
        return self.late.penalty(self.marks.record.student, score, seconds)

    def _remove_strangers(self) -> None:
        """Remove rows for cells and notebooks that the assignment no longer has."""
        held = self.held
        parts = {held.parts[id_]["id"]: cells for (id_, _), cells in held.cells.items() if id_ in held.parts}
        grades = {(part, cell.grade) for part, cells in parts.items() for cell in cells}
        comments = {(part, cell.comment) for part, cells in parts.items() for cell in cells}
        for table, rows, known in ((GRADE, held.grades, grades), (COMMENT, held.comments, comments)):
            for name in rows.keys() - known:
                self.changes.remove(table, rows[name])
        for part in held.parts.values():
            if part["id"] not in parts:
                self.changes.remove(PART, part)
