"""Grading a class: one submission after the other, each with a result that is kept and explained."""

import contextlib
import hashlib
import json
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from gradebook.build.assignment import recorded_cells
from gradebook.build.notebooks import cells_of
from gradebook.build.reference import reference_package
from gradebook.course import Course
from gradebook.course_folder import grading_seed, prepare_course
from gradebook.grade.autograde import Autograder, Grading
from gradebook.grade.nodes import make_cell, make_notebook
from gradebook.grade.outcome import Graded, Status
from gradebook.grade.submission import Submission, UnreadableError, find_submissions
from gradebook.grade.verdict import Ended
from gradebook.records import Record, load_records, save_record, transaction
from gradebook.report.class_query import class_query
from tito.errors import TitoError
from tito.notebook import read_notebook
from tito.table import Module

# Raise it whenever a submission could get another score than before: all are graded anew.
GRADER_VERSION = 1
COUNTED = {Status.TAMPERED: Ended.TAMPERED, Status.CRASHED: Ended.DIED, Status.TIMEOUT: Ended.TIMEOUT}


@dataclass(frozen=True)
class Job:
    """A submission to grade, or with `graded` one that was graded and has not changed since."""

    submission: Submission
    key: str
    graded: Graded | None = None


def plan_grading(
    course: Course, modules: tuple[Module, ...] = (), student: str = "", force: bool = False
) -> list[Job]:
    """What there is to grade: the submissions for `modules` (default: all that are written).

    Unchanged ones are left as they are, unless `force`. What counts as a change: the submission, the module's
    cells, its checkpoint, any earlier module, and the secret seed.
    """
    prepare_course(course)
    coursedir = open_coursedir(course)
    records, scores = load_records(coursedir.db_url), _all_scores(coursedir.db_url)
    jobs = []
    for module in modules or course.authored():
        found = find_submissions(Path(coursedir.root, coursedir.submitted_directory), (module,), student)
        base = _module_key(course, module) if found else ""
        for submission in found:
            name = (submission.student, module.id)
            key = hashlib.sha256(f"{base}{submission.content}".encode()).hexdigest()
            graded_copy = Path(coursedir.format_path(coursedir.autograded_directory, *name))
            record = records.get(name)
            if record and record.finished and record.key == key and graded_copy.is_dir() and not force:
                jobs.append(Job(submission, key, replace(_graded(record, *scores[name]), fresh=False)))
            else:
                jobs.append(Job(submission, key))
    return jobs


def prepare_students(coursedir: Any, students: Iterable[str]) -> None:
    """Enter students into the gradebook who are not in it, before several processes would at once."""
    from nbgrader.api import Gradebook

    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        known = {student.id for student in gradebook.students}
        for student in sorted(set(students) - known):
            gradebook.add_student(student)


def grade_submission(course: Course, job: Job) -> Graded:
    """Grade one submission, whatever is in it; a fault of ours costs the student nothing, and is flagged."""
    submission, start = job.submission, time.perf_counter()
    coursedir = open_coursedir(course, submission)
    record = Record(
        submission.student, submission.module.id, job.key, Status.INTERRUPTED, "grading was interrupted"
    )
    save_record(coursedir.db_url, record)
    try:
        grading, notebook, status = _open_submission(course, submission)
        autograder = Autograder(grading, notebook, coursedir, config=course.nbgrader_config())
        with _quiet_sqlalchemy():
            autograder.start()
    except Exception as error:  # noqa: BLE001 - the boundary: one submission must not stop the class
        explanation = _report_fault(course, submission, error)
        record = replace(record, status=Status.FAULT, explanation=explanation)
        _leave_to_a_person(coursedir, submission)
    else:
        record = _sum_up(record, autograder.grading, status)
    record = replace(record, seconds=time.perf_counter() - start)
    score, max_score = _scores(coursedir, submission)
    save_record(coursedir.db_url, record)
    return _graded(record, score, max_score)


def open_coursedir(course: Course, submission: Submission | None = None) -> Any:
    """nbgrader's view of the course, turned to one submission."""
    from nbgrader.coursedir import CourseDirectory

    coursedir = CourseDirectory(config=course.nbgrader_config())
    if submission is not None:
        coursedir.student_id, coursedir.assignment_id = submission.student, submission.module.id
    return coursedir


def _open_submission(course: Course, submission: Submission) -> tuple[Grading, Any, Status]:
    released = {
        str(cell.nbgrader["grade_id"]): cell.source
        for cell in cells_of(read_notebook(course.release(submission.module)))
        if cell.nbgrader
    }
    package = reference_package(course, submission.module)
    grading = Grading(course.root, package, _fonts(course), grading_seed(course), released)
    try:
        return grading, submission.read(released), Status.GRADED
    except UnreadableError as error:
        grading.unreadable = str(error)
        words = make_cell("markdown", f"**This submission could not be graded:** {error}")
        return grading, make_notebook([words]), error.status


def _sum_up(record: Record, grading: Grading, status: Status) -> Record:
    """The worst thing that happened is the status; all that happened is the explanation."""
    forged = [f"`{name}`: {verdict.forged}" for name, verdict in grading.verdicts.items() if verdict.forged]
    ended = {run.ended for run in grading.incidents}
    if status is Status.GRADED:
        status = next((word for word, end in COUNTED.items() if end in ended), status)
    if forged:
        status = Status.TAMPERED
    reasons = (
        [grading.unreadable]
        if grading.unreadable
        else [*forged, *dict.fromkeys(run.reason for run in grading.incidents)]
    )
    skipped = sum(run.ended is Ended.NOT_RUN for run in grading.runs.values())
    if skipped and not grading.unreadable:
        reasons.append(f"{skipped} graded cells after it were not run")
    if str(grading.repair) and not grading.unreadable:
        reasons.append(str(grading.repair))
    checks = json.dumps(grading.checkpoint) if grading.checkpoint else ""
    return replace(record, status=status, explanation="; ".join(reasons), checks=checks)


def _report_fault(course: Course, submission: Submission, error: Exception) -> str:
    """Where the traceback of our own failure was put, in a sentence."""
    file = course.cache / "faults" / f"{submission.student}-{submission.module.id}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    reason = (str(error).splitlines() or [""])[0]
    where = file.relative_to(course.root)
    return f"the grader failed, not the student: {type(error).__name__}: {reason} (see `{where}`)"


def _leave_to_a_person(coursedir: Any, submission: Submission) -> None:
    """Where we failed there is no score, and nbgrader's formgrader asks for one."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook, contextlib.suppress(MissingEntry):
        for notebook in gradebook.find_submission(submission.module.id, submission.student).notebooks:
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()


@contextlib.contextmanager
def _quiet_sqlalchemy() -> Iterator[None]:
    """nbgrader 0.9 adds a submission in an order that SQLAlchemy 2.1 warns of, and does right."""
    from sqlalchemy.exc import SAWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


def _scores(coursedir: Any, submission: Submission) -> tuple[float, float]:
    """The score, what there was to reach, and whether cells wait for a person."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            row = gradebook.find_submission(submission.module.id, submission.student)
        except MissingEntry:
            return 0.0, 0.0
        return float(row.score), float(row.max_score)


def _all_scores(db_url: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Every score in the gradebook and what there was to reach, by student and module."""
    with transaction(db_url) as connection:
        rows = connection.execute(class_query()).mappings().all()
    return {(row["student"], row["module"]): (row["score"] or 0.0, row["max_score"] or 0.0) for row in rows}


def _graded(record: Record, score: float, max_score: float) -> Graded:
    status = Status(record.status)
    return Graded(record.student, record.module, status, score, max_score, record.explanation, record.seconds)


def _module_key(course: Course, module: Module) -> str:
    cells = recorded_cells(course, module)
    if not cells or not course.release(module).is_file():
        raise TitoError(
            f"`{module.id}` is not in the gradebook yet", f"build it: `tito course build {module.id}`"
        )
    checkpoint = course.table.checkpoint_of(module)
    earlier = [other for other in course.authored() if other.number < module.number]
    files = [
        course.checkpoints / checkpoint.filename,
        course.root / "nbgrader_config.py",
        *map(course.text_source, earlier),
    ]
    texts = [file.read_bytes() if file.is_file() else b"" for file in files]
    parts = [str(GRADER_VERSION), str(grading_seed(course)), cells, repr((module, checkpoint))]
    return hashlib.sha256(b"\0".join([*(part.encode() for part in parts), *texts])).hexdigest()


@lru_cache
def _fonts(course: Course) -> Path:
    """A folder with matplotlib's list of fonts: finding them anew in every kernel would take a second."""
    folder = course.cache / "matplotlib"
    if not folder.is_dir():
        code = "import os, sys; os.environ['MPLCONFIGDIR'] = sys.argv[1]; import matplotlib.font_manager"
        subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)
    return folder
