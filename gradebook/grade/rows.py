"""nbgrader's rows about one submission: read and changed in few statements, whatever the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import Select, Update, and_, bindparam, case, exists, false, literal, null, select, true

from gradebook.grade.entries import Cell
from gradebook.grade.outcome import Status
from gradebook.records import record_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

STUDENT, ASSIGNMENT, NOTEBOOK = Student.__table__, Assignment.__table__, Notebook.__table__
CELL, GRADED, TASK, SOURCE = BaseCell.__table__, GradeCell.__table__, TaskCell.__table__, SourceCell.__table__
SUBMISSION, PART = SubmittedAssignment.__table__, SubmittedNotebook.__table__
GRADE, COMMENT = Grade.__table__, Comment.__table__
# Each refers to those before it.
WRITTEN = (STUDENT, SUBMISSION, PART, GRADE, COMMENT)

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What the gradebook holds of a student's submission for an assignment.

    assignment: its id. known: whether the student is there. submission: its row, or None. cells: those of
    each notebook, by the notebook's id and name. parts: the submitted notebooks, by notebook id. grades,
    comments: by submitted notebook and cell id.
    """

    assignment: str
    known: bool
    duedate: datetime | None
    submission: Row | None
    cells: Mapping[tuple[str, str], list[Cell]]
    parts: Mapping[str, Row] = field(default_factory=dict)
    grades: Mapping[tuple[str, str], Row] = field(default_factory=dict)
    comments: Mapping[tuple[str, str], Row] = field(default_factory=dict)

    @property
    def timestamp(self) -> datetime | None:
        """When the submission that was graded last was handed in."""
        return self.submission["timestamp"] if self.submission else None

    @property
    def extension(self) -> timedelta | None:
        """How much later than the others this student may hand it in."""
        return self.submission["extension"] if self.submission else None


def read_held(connection: "Connection", student: str, assignment: str) -> Held | None:
    """What there is already, in two statements or four; None where there is no such assignment."""
    mine = and_(SUBMISSION.c.assignment_id == ASSIGNMENT.c.id, SUBMISSION.c.student_id == student)
    head = (
        connection.execute(
            select(ASSIGNMENT.c.id.label("assignment"), ASSIGNMENT.c.duedate)
            .add_columns(STUDENT.c.id.label("student"), *SUBMISSION.c["id", "timestamp", "extension"])
            .select_from(ASSIGNMENT)
            .outerjoin(STUDENT, STUDENT.c.id == student)
            .outerjoin(SUBMISSION, mine)
            .where(ASSIGNMENT.c.name == assignment)
        )
        .mappings()
        .one_or_none()
    )
    if head is None:
        return None
    cells = _group_cells(connection.execute(_cells_of(head["assignment"])).mappings())
    facts = (head["assignment"], head["student"] is not None, head["duedate"])
    if head["id"] is None:
        return Held(*facts, None, cells)
    parts: dict[str, Row] = {}
    grades: dict[tuple[str, str], Row] = {}
    for row in connection.execute(_grades_of(head["id"])).mappings():
        parts[row["of"]] = {"id": row["part"], "late_submission_penalty": row["late_submission_penalty"]}
        if row["id"] is not None:
            grades[row["part"], row["cell_id"]] = row
    comments = {
        (row["notebook_id"], row["cell_id"]): row
        for row in connection.execute(_comments_of(head["id"])).mappings()
    }
    return Held(*facts, head, cells, parts, grades, comments)


def _cells_of(assignment: str) -> Select[Any]:
    """Every notebook of the assignment with each of its cells; one without cells has a row of its own."""
    return (
        select(NOTEBOOK.c.id.label("notebook_id"), NOTEBOOK.c.name.label("notebook"))
        .add_columns(*CELL.c["id", "name", "type"], SOURCE.c.checksum)
        .add_columns(
            SOURCE.c.cell_type.label("source_type"),
            GRADED.c.cell_type.label("graded_type"),
            GRADED.c.max_score.label("graded_points"),
            TASK.c.max_score.label("task_points"),
        )
        .select_from(NOTEBOOK)
        .outerjoin(CELL, CELL.c.notebook_id == NOTEBOOK.c.id)
        .outerjoin(GRADED, GRADED.c.id == CELL.c.id)
        .outerjoin(TASK, TASK.c.id == CELL.c.id)
        .outerjoin(SOURCE, and_(SOURCE.c.notebook_id == NOTEBOOK.c.id, SOURCE.c.name == CELL.c.name))
        .where(NOTEBOOK.c.assignment_id == assignment)
    )


def _grades_of(submission: str) -> Select[Any]:
    """Every submitted notebook with each of its grades; one without grades has a row of its own."""
    return (
        select(PART.c.id.label("part"), PART.c.notebook_id.label("of"), PART.c.late_submission_penalty)
        .add_columns(*GRADE.c["id", "cell_id", "auto_score", "manual_score"])
        .add_columns(*GRADE.c["extra_credit", "needs_manual_grade"])
        .select_from(PART)
        .outerjoin(GRADE, GRADE.c.notebook_id == PART.c.id)
        .where(PART.c.assignment_id == submission)
    )


def _comments_of(submission: str) -> Select[Any]:
    columns = COMMENT.c["id", "notebook_id", "cell_id", "auto_comment"]
    parts = select(PART.c.id).where(PART.c.assignment_id == submission)
    return select(*columns).where(COMMENT.c.notebook_id.in_(parts))


def _group_cells(rows: Iterable[Row]) -> dict[tuple[str, str], list[Cell]]:
    """Cells by notebook; nbgrader has a row each for the grade and the answer of a cell."""
    found: dict[tuple[str, str], dict[str, dict[str, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        types = found[row["notebook_id"], row["notebook"]]
        if row["id"] is not None:
            types[row["name"]][row["type"]] = row
    return {
        notebook: [_make_cell(name, types) for name, types in cells.items()]
        for notebook, cells in found.items()
    }


def _make_cell(name: str, types: Mapping[str, Row]) -> Cell:
    any_row = next(iter(types.values()))
    graded, task, answer = (types.get(kind) for kind in ("GradeCell", "TaskCell", "SolutionCell"))
    # A name that is both a task and a grade cell is refused when an assignment is made.
    holder, commented = task or graded, task or answer
    return Cell(
        name,
        any_row["source_type"] or (graded["graded_type"] if graded else "markdown"),
        float(graded["graded_points"]) if graded else float(task["task_points"]) if task else 0.0,
        any_row["checksum"],
        grade=holder["id"] if holder else "",
        comment=commented["id"] if commented else "",
        task=task is not None,
    )


class Changes:
    """Rows to add, to change and to remove, by table."""

    def __init__(self) -> None:
        self._new: dict[Any, list[Row]] = defaultdict(list)
        self._changed: dict[Any, list[Row]] = defaultdict(list)
        self._gone: dict[Any, list[Row]] = defaultdict(list)

    def put(self, table: Any, before: Row | None, names: Row, values: Row) -> None:
        """Let a row hold `values`; a new one also gets `names`, which never change."""
        if before is None:
            self._new[table].append({**names, **values})
        elif any(before[name] != value for name, value in values.items()):
            self._changed[table].append({"row": before["id"], **values})

    def remove(self, table: Any, row: Row) -> None:
        """Let a row be gone."""
        self._gone[table].append({"row": row["id"]})

    def make(self, connection: "Connection") -> None:
        """Make them in an order that the tables' references allow, with one statement for each kind."""
        for table in reversed(WRITTEN):
            if rows := self._gone[table]:
                connection.execute(table.delete().where(table.c.id == bindparam("row")), rows)
        for table in WRITTEN:
            if rows := self._new[table]:
                connection.execute(table.insert(), rows)
            if rows := self._changed[table]:
                connection.execute(table.update().where(table.c.id == bindparam("row")), rows)


def reset_interrupted() -> Update:
    """Takes the machine's scores from every submission that is recorded as interrupted; a person's stay."""
    records, *_ = record_tables()
    twin = CELL.alias()
    answer = exists().where(
        twin.c.notebook_id == CELL.c.notebook_id, twin.c.name == CELL.c.name, twin.c.type == "SolutionCell"
    )
    machine = select(CELL.c.id).join(GRADED, GRADED.c.id == CELL.c.id)
    by_machine = GRADE.c.cell_id.in_(machine.where(GRADED.c.cell_type == "code", ~answer))
    about = and_(records.c.student == SUBMISSION.c.student_id, records.c.module == ASSIGNMENT.c.name)
    interrupted = (
        select(PART.c.id)
        .join(SUBMISSION, SUBMISSION.c.id == PART.c.assignment_id)
        .join(ASSIGNMENT, ASSIGNMENT.c.id == SUBMISSION.c.assignment_id)
        .join(records, about)
        .where(records.c.status == Status.INTERRUPTED)
    )
    scored = GRADE.c.manual_score.is_not(None)
    waiting = case((scored, GRADE.c.needs_manual_grade), (by_machine, false()), else_=true())
    update: Update = GRADE.update().where(GRADE.c.notebook_id.in_(interrupted))
    return update.values(
        auto_score=case((by_machine, literal(0.0)), else_=null()), needs_manual_grade=waiting
    )
