"""Grading a class: what there is to grade, each submission's result entered in the gradebook as it comes."""

import hashlib
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradebook.course import Course
from gradebook.course_folder import prepare_course
from gradebook.grade.entries import Marks, NotebookMarks
from gradebook.grade.ledger import Ledger
from gradebook.grade.marking import Marked
from gradebook.grade.outcome import Graded, Status
from gradebook.grade.pool import Desks
from gradebook.grade.rubric import Rubric, read_rubric
from gradebook.grade.submission import Submission, find_submissions
from gradebook.records import Record, load_records, transaction
from gradebook.report.class_query import class_query
from gradebook.sandbox.walls import Level
from tito.errors import GraderFault, TitoError
from tito.table import Module


@dataclass(frozen=True)
class Job:
    """A submission to grade, or with `graded` one that was graded and has not changed since."""

    submission: Submission
    rubric: Rubric
    key: str
    graded: Graded | None = None

    @property
    def name(self) -> str:
        """Whose it is and what for."""
        return f"{self.submission.student} {self.submission.module.id}"


def plan_grading(
    course: Course, modules: tuple[Module, ...] = (), student: str = "", force: bool = False
) -> list[Job]:
    """What there is to grade: the submissions for `modules` (default: all that are written).

    Unchanged ones are left as they are, unless `force`. What counts as a change: the submission, the module's
    cells, its checkpoint, any earlier module, the secret seed, the limits, and the grader itself.
    """
    prepare_course(course)
    coursedir = open_coursedir(course)
    records, scores = load_records(coursedir.db_url), _all_scores(coursedir.db_url)
    jobs = []
    for module in modules or course.authored():
        found = find_submissions(Path(coursedir.root, coursedir.submitted_directory), (module,), student)
        if not found:
            continue
        rubric = read_rubric(course, module)
        for submission in found:
            name = (submission.student, module.id)
            key = hashlib.sha256(f"{rubric.key}{submission.content}".encode()).hexdigest()
            record = records.get(name)
            graded = None
            if record and record.finished and record.key == key and not force:
                graded = replace(_graded(record, *scores[name]), fresh=False)
            graded = graded if graded_copy(coursedir, submission).is_dir() else None
            jobs.append(Job(submission, rubric, key, graded))
    return jobs


def run_grading(
    course: Course,
    jobs: list[Job],
    workers: int = 1,
    begun: Callable[[str], object] = lambda _: None,
    level: Level = Level.SEALED,
) -> Iterator[Graded]:
    """Grade submissions, yielding each result once it is saved: first what had not changed, then as they end.

    workers: how many processes; level: how student code is contained. `begun` hears the name of what is
    graded next. It can be stopped at any time: what was saved stays, and planning anew leaves it out.
    """
    yield from (job.graded for job in jobs if job.graded)
    fresh = [job for job in jobs if not job.graded]
    if not fresh:
        return
    coursedir = open_coursedir(course)
    rubrics = {job.rubric.module.id: job.rubric for job in fresh}
    with (
        Ledger(coursedir.db_url, course.nbgrader_config()) as ledger,
        Desks(min(workers, len(fresh)), rubrics, level) as desks,
    ):
        desks.try_solutions(course)
        ledger.begin({(job.submission.student, job.submission.module.id): job.key for job in fresh})
        waiting = iter(fresh)
        order = ((job, (job.submission, graded_copy(coursedir, job.submission))) for job in waiting)
        for job, outcome in desks.mark(order, lambda job: begun(job.name)):
            yield _enter(course, ledger, job, outcome)


def open_coursedir(course: Course, submission: Submission | None = None) -> Any:
    """nbgrader's view of the course, turned to one submission."""
    from nbgrader.coursedir import CourseDirectory

    coursedir = CourseDirectory(config=course.nbgrader_config())
    if submission is not None:
        coursedir.student_id, coursedir.assignment_id = submission.student, submission.module.id
    return coursedir


def graded_copy(coursedir: Any, submission: Submission) -> Path:
    """The folder of the notebook as it was graded."""
    names = (submission.student, submission.module.id)
    return Path(coursedir.format_path(coursedir.autograded_directory, *names))


def _enter(course: Course, ledger: Ledger, job: Job, outcome: Marked | Exception) -> Graded:
    """Save a result; a fault of ours costs the student nothing, and is flagged."""
    submission = job.submission
    record = Record(submission.student, submission.module.id, job.key, Status.FAULT)
    notebooks = {}
    if isinstance(outcome, Exception):
        record = replace(record, explanation=_report_fault(course, submission, outcome))
    else:
        record = replace(
            record,
            status=outcome.status,
            explanation=outcome.explanation,
            checks=outcome.checks,
            seconds=outcome.seconds,
            level=outcome.level,
        )
        if outcome.readable:
            notebooks = {submission.module.id: NotebookMarks(outcome.scores, outcome.written)}
    return _graded(record, *ledger.save(Marks(record, submission.submitted_at, notebooks)))


def _report_fault(course: Course, submission: Submission, error: Exception) -> str:
    """Where the traceback of our own failure was put, in a sentence."""
    file = course.cache / "faults" / f"{submission.student}-{submission.module.id}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    where = file.relative_to(course.root)
    if isinstance(error, GraderFault | TitoError):
        return f"the grader failed, not the student: {error.message} (see `{where}`)"
    reason = (str(error).strip().splitlines() or [""])[-1]
    return f"the grader failed, not the student: {type(error).__name__}: {reason} (see `{where}`)"


def _all_scores(db_url: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Every score in the gradebook and what there was to reach, by student and module."""
    with transaction(db_url) as connection:
        rows = connection.execute(class_query()).mappings().all()
    return {(row["student"], row["module"]): (row["score"] or 0.0, row["max_score"] or 0.0) for row in rows}


def _graded(record: Record, score: float, max_score: float) -> Graded:
    status = Status(record.status)
    return Graded(record.student, record.module, status, score, max_score, record.explanation, record.seconds)
