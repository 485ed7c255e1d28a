"""The report's one query: all that a gradebook knows of every student and module, whatever the database."""

from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import Select, Subquery, and_, case, func, select, true

from gradebook.grade.verdict import CHECKPOINT
from gradebook.records import record_tables

CELL = BaseCell.__table__
PROVES = CELL.c.name == CHECKPOINT


def class_query() -> Select[Any]:
    """One row for each student and assignment, with the columns that `gradebook.report.standing` reads.

    A student without any assignment has one row whose `module` is null.
    """
    records, readings, refusals = record_tables()
    student, assignment, submission = Student.__table__, Assignment.__table__, SubmittedAssignment.__table__
    earned, penalty, possible, latest = _earned(), _penalty(), _possible(), _latest_refusal()
    mine = and_(submission.c.student_id == student.c.id, submission.c.assignment_id == assignment.c.id)
    return (
        select(
            student.c.id.label("student"),
            student.c.first_name,
            student.c.last_name,
            student.c.email,
            assignment.c.name.label("module"),
            assignment.c.duedate,
            submission.c.id.label("submission"),
            submission.c.timestamp.label("submitted"),
            submission.c.extension,
            *earned.c["score", "checkpoint_score", "checkpoint_waiting", "needs_review"],
            penalty.c.penalty,
            *possible.c["max_score", "checkpoint_max"],
            *records.c["status", "explanation", "checks"],
            readings.c.earned.label("package_score"),
            readings.c.points.label("package_max"),
            readings.c.checks.label("package_checks"),
            readings.c.explanation.label("package_explanation"),
            refusals.c.submitted.label("refused"),
            refusals.c.reason.label("refusal"),
        )
        .select_from(student)
        .outerjoin(assignment, true())
        .outerjoin(submission, mine)
        .outerjoin(earned, earned.c.submission == submission.c.id)
        .outerjoin(penalty, penalty.c.submission == submission.c.id)
        .outerjoin(possible, possible.c.assignment == assignment.c.id)
        .outerjoin(records, _about(records, student.c.id, assignment.c.name))
        .outerjoin(readings, _about(readings, student.c.id, assignment.c.name))
        .outerjoin(latest, _about(latest, student.c.id, assignment.c.name))
        .outerjoin(
            refusals,
            and_(
                _about(refusals, latest.c.student, latest.c.module),
                refusals.c.submitted == latest.c.submitted,
            ),
        )
        .order_by(student.c.id, assignment.c.name)
    )


def _about(table: Any, student: Any, module: Any) -> Any:
    return and_(table.c.student == student, table.c.module == module)


def _earned() -> Subquery:
    """Each submission's points, with its checkpoint's apart; a person's score goes before the machine's."""
    grade, part = Grade.__table__, SubmittedNotebook.__table__
    auto, manual = grade.c.auto_score, grade.c.manual_score
    extra = func.coalesce(grade.c.extra_credit, 0.0)
    points = case((manual.is_not(None), manual + extra), (auto.is_not(None), auto + extra), else_=0.0)
    waiting = case((grade.c.needs_manual_grade, 1), else_=0)
    return (
        select(
            part.c.assignment_id.label("submission"),
            func.sum(points).label("score"),
            func.sum(case((PROVES, points), else_=0.0)).label("checkpoint_score"),
            func.sum(case((PROVES, waiting), else_=0)).label("checkpoint_waiting"),
            func.sum(waiting).label("needs_review"),
        )
        .join_from(part, grade, grade.c.notebook_id == part.c.id)
        .join(CELL, CELL.c.id == grade.c.cell_id)
        .group_by(part.c.assignment_id)
        .subquery()
    )


def _penalty() -> Subquery:
    """What being late cost each submission."""
    part = SubmittedNotebook.__table__
    total = func.sum(part.c.late_submission_penalty).label("penalty")
    return select(part.c.assignment_id.label("submission"), total).group_by(part.c.assignment_id).subquery()


def _possible() -> Subquery:
    """What there is to reach in each assignment, with its checkpoint's points apart."""
    notebook, graded, task = Notebook.__table__, GradeCell.__table__, TaskCell.__table__
    worth = func.coalesce(graded.c.max_score, task.c.max_score, 0.0)
    return (
        select(
            notebook.c.assignment_id.label("assignment"),
            func.sum(worth).label("max_score"),
            func.sum(case((PROVES, worth), else_=0.0)).label("checkpoint_max"),
        )
        .join_from(notebook, CELL, CELL.c.notebook_id == notebook.c.id)
        .outerjoin(graded, graded.c.id == CELL.c.id)
        .outerjoin(task, task.c.id == CELL.c.id)
        .group_by(notebook.c.assignment_id)
        .subquery()
    )


def _latest_refusal() -> Subquery:
    """The newest refused submission of each student and module."""
    *_, refusals = record_tables()
    newest = func.max(refusals.c.submitted).label("submitted")
    return (
        select(refusals.c.student, refusals.c.module, newest)
        .group_by(refusals.c.student, refusals.c.module)
        .subquery()
    )
