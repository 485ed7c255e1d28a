"""Grading on several processes: the same results, and nothing lost when one of them is killed."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from gradebook.course import Course
from gradebook.grade.grading import plan_grading, run_grading
from tests.tiny_course import read_release, solve, submit
from tito.errors import GraderFault


@pytest.fixture
def three_students(tiny_course) -> Course:
    first = tiny_course.table.modules[0]
    submit(tiny_course, "right", first, solve(read_release(tiny_course, first)))
    wrong = "def add(a, b):\n    return a - b\n"
    submit(tiny_course, "wrong", first, solve(read_release(tiny_course, first), add=wrong))
    submit(tiny_course, "blank", first, read_release(tiny_course, first))
    return tiny_course


def scores(results) -> dict:
    return {graded.student: (graded.score, graded.status) for graded in results}


def test_two_processes_find_what_one_finds(three_students):
    together = scores(run_grading(three_students, plan_grading(three_students), workers=2))
    alone = scores(run_grading(three_students, plan_grading(three_students, force=True)))

    assert together == alone
    assert together["right"][0] > together["wrong"][0] > together["blank"][0] == 0.0
    assert all(job.graded for job in plan_grading(three_students))


def test_a_killed_worker_is_reported_and_the_rest_is_graded_next_time(three_students):
    begun = []

    def kill_a_worker(name: str) -> None:
        begun.append(name)
        if len(begun) == 3:
            workers = [p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline())]
            os.kill(workers[0].pid, signal.SIGKILL)

    with pytest.raises(GraderFault, match="was killed"):
        list(run_grading(three_students, plan_grading(three_students), workers=2, begun=kill_a_worker))

    assert any(job.graded for job in plan_grading(three_students))
    results = scores(run_grading(three_students, plan_grading(three_students)))
    assert set(results) == {"right", "wrong", "blank"}


def test_ctrl_c_ends_at_once_and_leaves_no_process_behind(three_students):
    command = [sys.executable, "-m", "tito", "course", "grade", "--jobs", "2"]
    grading = subprocess.Popen(
        command, cwd=three_students.root, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert "graded" in grading.stderr.readline()
    family = psutil.Process(grading.pid).children(recursive=True)

    os.killpg(grading.pid, signal.SIGINT)
    _, told = grading.communicate(timeout=30)

    assert grading.returncode == 130
    assert "Interrupted" in told
    assert psutil.wait_procs(family, timeout=15)[1] == []
