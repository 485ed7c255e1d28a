"""Grading that is killed with -9, again and again, comes to what undisturbed grading comes to."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from gradebook.course import Course
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Graded, Proved
from gradebook.grade.planning import plan_grading, plan_packages
from tests.tiny_class import make_submissions

KILLED_AFTER = (1, 3, 6)
SCORES = """
    SELECT submission.student_id, assignment.name, cell.name, grade.auto_score, grade.needs_manual_grade
    FROM grade
    JOIN base_cell cell ON cell.id = grade.cell_id
    JOIN submitted_notebook part ON part.id = grade.notebook_id
    JOIN submitted_assignment submission ON submission.id = part.assignment_id
    JOIN assignment ON assignment.id = submission.assignment_id
    ORDER BY 1, 2, 3
"""
RECORDS = "SELECT student, module, key, status, explanation, level FROM tito_record ORDER BY 1, 2"
READINGS = "SELECT student, module, key, earned, points, explanation, level FROM tito_reading ORDER BY 1, 2"


def grade_and_kill(root: Path, results: int) -> int:
    """Grade in a process that is killed, with its workers, after so many results; how many came."""
    command = [sys.executable, "-m", "tito", "course", "grade", "--jobs", "2"]
    grading = subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert grading.stderr
    came = 0
    for line in grading.stderr:
        came += ", unchanged" not in line and (" 01_count: " in line or "'s own package: " in line)
        if came == results:
            break
    os.killpg(grading.pid, signal.SIGKILL)
    grading.stderr.close()
    grading.wait()
    return came


def grade(course: Course) -> list[Graded | Proved]:
    jobs = plan_grading(course)
    return list(run_grading(course, [*jobs, *plan_packages(course, jobs)], workers=2))


def gradebook(course: Course) -> list[list]:
    with sqlite3.connect(course.database) as database:
        return [database.execute(query).fetchall() for query in (SCORES, RECORDS, READINGS)]


def graded_copies(course: Course) -> list[str]:
    folder = course.folder / "autograded"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.ipynb"))


def test_killed_again_and_again_and_resumed_is_as_undisturbed(tiny_course, tmp_path):
    make_submissions(tiny_course)
    other = tmp_path / "killed"
    shutil.copytree(tiny_course.root, other, symlinks=True)
    killed = Course(other)

    grade(tiny_course)
    came = [grade_and_kill(killed.root, results) for results in KILLED_AFTER]
    last = grade(killed)

    assert came == [*KILLED_AFTER]
    assert any(not result.fresh for result in last)
    assert gradebook(killed) == gradebook(tiny_course)
    assert graded_copies(killed) == graded_copies(tiny_course)
    assert not list((killed.folder / "autograded").rglob(".*.tmp"))
