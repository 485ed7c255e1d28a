"""Grading on several processes: the same results, and nothing lost when one of them is killed."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from gradebook.course import Course
from gradebook.grade.desk import Mark
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Status
from gradebook.grade.planning import plan_grading
from gradebook.grade.pool import Desks
from tests.tiny_course import read_release, solve, submit


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


def workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline())]


def test_what_a_killed_worker_had_in_work_is_graded_again(three_students):
    begun = []

    def kill_a_worker(name: str) -> None:
        begun.append(name)
        if len(begun) == 3:
            os.kill(workers()[0].pid, signal.SIGKILL)

    results = scores(
        run_grading(three_students, plan_grading(three_students), workers=2, begun=kill_a_worker)
    )

    assert set(results) == {"right", "wrong", "blank"}
    assert {status for _, status in results.values()} == {Status.GRADED}


def test_a_submission_that_kills_its_worker_each_time_is_a_fault_and_the_class_goes_on(
    three_students, monkeypatch
):
    jobs = plan_grading(three_students)
    carry_out = Desks._submit

    def deadly(desks: Desks, order: Mark) -> object:
        future = carry_out(desks, order)
        if order.submission.student == "wrong":
            for worker in workers():
                os.kill(worker.pid, signal.SIGKILL)
        return future

    monkeypatch.setattr(Desks, "_submit", deadly)
    results = {result.student: result for result in run_grading(three_students, jobs, workers=2)}

    assert {name: result.status for name, result in results.items()} == {
        "right": Status.GRADED,
        "blank": Status.GRADED,
        "wrong": Status.FAULT,
    }
    assert "ended a process of the grader twice" in results["wrong"].explanation
    monkeypatch.undo()
    assert scores(run_grading(three_students, plan_grading(three_students)))["wrong"][1] == Status.GRADED


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
