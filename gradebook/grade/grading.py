"""Grading a class: each submission's result, and each package's, entered in the gradebook as it comes."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gradebook.course import Course
from gradebook.grade.desk import Mark, Order, Prove
from gradebook.grade.entries import Marks, NotebookMarks
from gradebook.grade.ledger import Ledger
from gradebook.grade.marking import Marked
from gradebook.grade.outcome import Graded, Proved, Status
from gradebook.grade.planning import (
    Job,
    PackageJob,
    graded_copy,
    graded_from,
    open_coursedir,
    proved_from,
)
from gradebook.grade.pool import Desks
from gradebook.grade.proving import Proof
from gradebook.records import Record
from gradebook.sandbox.walls import Level
from tito.errors import GraderFault, TitoError


def run_grading(
    course: Course,
    jobs: Sequence[Job | PackageJob],
    workers: int = 1,
    begun: Callable[[str], object] = lambda _: None,
    level: Level = Level.SEALED,
) -> Iterator[Graded | Proved]:
    """Grade submissions and packages, yielding each result once it is saved: unchanged ones first.

    workers: how many processes; level: how student code is contained. `begun` hears the name of what is
    graded next. It can be stopped at any time: what was saved stays, and planning anew leaves it out.
    """
    submissions = [job for job in jobs if isinstance(job, Job)]
    packages = [job for job in jobs if isinstance(job, PackageJob)]
    yield from (job.graded for job in submissions if job.graded)
    yield from (job.proved for job in packages if job.proved)
    submissions = [job for job in submissions if not job.graded]
    packages = [job for job in packages if not job.proved]
    fresh: list[Job | PackageJob] = [*submissions, *packages]
    if not fresh:
        return
    coursedir = open_coursedir(course)
    rubrics = {job.rubric.module.id: job.rubric for job in submissions}
    for package in packages:
        rubrics |= package.rubrics
    with (
        Ledger(coursedir.db_url, course.nbgrader_config()) as ledger,
        Desks(min(workers, len(fresh)), rubrics, level) as desks,
    ):
        desks.try_solutions(course)
        if packages:
            desks.try_package(course)
        ledger.begin({(job.submission.student, job.submission.module.id): job.key for job in submissions})
        ledger.forget_readings([job.student for job in packages])
        orders = ((job, _order(course, coursedir, job)) for job in fresh)
        for job, outcome in desks.carry_out(orders, lambda job: begun(job.name)):
            if isinstance(job, PackageJob):
                yield _enter_proof(course, ledger, job, outcome)
            else:
                yield _enter_marks(course, ledger, job, outcome)


def _order(course: Course, coursedir: object, job: Job | PackageJob) -> Order:
    if isinstance(job, PackageJob):
        return Prove(job.submissions, job.key, course.cache / "packages" / job.student)
    return Mark(job.submission, graded_copy(coursedir, job.submission))


def _enter_marks(course: Course, ledger: Ledger, job: Job, outcome: Marked | Proof | Exception) -> Graded:
    """Save a result; a fault of ours costs the student nothing, and is flagged."""
    submission = job.submission
    record = Record(submission.student, submission.module.id, job.key, Status.FAULT)
    notebooks = {}
    if isinstance(outcome, Marked):
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
    else:
        name = f"{submission.student}-{submission.module.id}"
        record = replace(record, explanation=_report_fault(course, name, outcome))
    return graded_from(record, *ledger.save(Marks(record, submission.submitted_at, notebooks)))


def _enter_proof(course: Course, ledger: Ledger, job: PackageJob, outcome: object) -> Proved:
    """Save what a package came to; where we failed there is no reading, and the next run tries again."""
    if isinstance(outcome, Proof):
        ledger.save_readings(outcome.readings)
        return replace(proved_from(job.student, outcome.readings), seconds=outcome.seconds)
    reason = _report_fault(course, f"{job.student}-package", outcome)
    return Proved(job.student, Status.FAULT, 0, len(job.submissions), reason)


def _report_fault(course: Course, name: str, error: object) -> str:
    """Where the traceback of our own failure was put, in a sentence."""
    assert isinstance(error, Exception)
    file = course.cache / "faults" / f"{name}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    where = file.relative_to(course.root)
    if isinstance(error, GraderFault | TitoError):
        return f"the grader failed, not the student: {error.message} (see `{where}`)"
    reason = (str(error).strip().splitlines() or [""])[-1]
    return f"the grader failed, not the student: {type(error).__name__}: {reason} (see `{where}`)"
