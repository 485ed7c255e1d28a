"""What there is to grade: submissions, and the packages that students' submissions make up."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradebook.build.reference import scaffold_version
from gradebook.course import Course
from gradebook.course_folder import prepare_course
from gradebook.folders import digest
from gradebook.grade.outcome import Graded, Proved, Status
from gradebook.grade.rubric import Rubric, read_rubric
from gradebook.grade.submission import Submission, find_submissions
from gradebook.records import Reading, Record, load_readings, load_records, transaction
from gradebook.report.class_query import class_query
from tito.table import Checkpoint, Module


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


@dataclass(frozen=True)
class PackageJob:
    """A student's package to rebuild and prove, or with `proved` one that has not changed since it was.

    submissions: all that the student handed in, each with the checkpoint of its module.
    """

    student: str
    submissions: Mapping[Submission, Checkpoint]
    rubrics: Mapping[str, Rubric]
    key: str
    proved: Proved | None = None

    @property
    def name(self) -> str:
        """Whose it is."""
        return f"{self.student}'s package"


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
                graded = replace(graded_from(record, *scores[name]), fresh=False)
            graded = graded if graded_copy(coursedir, submission).is_dir() else None
            jobs.append(Job(submission, rubric, key, graded))
    return jobs


def plan_packages(course: Course, jobs: list[Job], force: bool = False) -> list[PackageJob]:
    """The packages of the students whose submissions are in `jobs`, each of all that they handed in.

    What counts as a change is what does so for a submission, for any of theirs, and the given parts of the
    package.
    """
    coursedir = open_coursedir(course)
    readings, given = load_readings(coursedir.db_url), scaffold_version()
    rubrics = {job.rubric.module.id: job.rubric for job in jobs}
    # The same objects again: each has read its files once.
    planned = {job.submission: job.submission for job in jobs}
    handed_in: dict[str, list[Submission]] = {job.submission.student: [] for job in jobs}
    submitted = Path(coursedir.root, coursedir.submitted_directory)
    for submission in find_submissions(submitted, course.authored()):
        if submission.student in handed_in:
            handed_in[submission.student].append(planned.get(submission, submission))
            if submission.module.id not in rubrics:
                rubrics[submission.module.id] = read_rubric(course, submission.module)
    packages = []
    for student, submissions in handed_in.items():
        needed = {one.module.id: rubrics[one.module.id] for one in submissions}
        parts = (f"{needed[one.module.id].key} {one.content}" for one in submissions)
        key = digest("package", given, *parts)
        before = () if force else readings.get(student, ())
        unchanged = {reading.module for reading in before if reading.key == key} == needed.keys()
        proved = replace(proved_from(student, before), fresh=False) if unchanged else None
        checkpoints = {one: course.table.checkpoint_of(one.module) for one in submissions}
        packages.append(PackageJob(student, checkpoints, needed, key, proved))
    return packages


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


def graded_from(record: Record, score: float, max_score: float) -> Graded:
    """The result that a record and its scores tell of."""
    status = Status(record.status)
    return Graded(record.student, record.module, status, score, max_score, record.explanation, record.seconds)


def proved_from(student: str, readings: tuple[Reading, ...]) -> Proved:
    """The result that a package's readings tell of."""
    return Proved(student, Status.GRADED, sum(one.passed for one in readings), len(readings))


def _all_scores(db_url: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Every score in the gradebook and what there was to reach, by student and module."""
    with transaction(db_url) as connection:
        rows = connection.execute(class_query()).mappings().all()
    return {(row["student"], row["module"]): (row["score"] or 0.0, row["max_score"] or 0.0) for row in rows}
