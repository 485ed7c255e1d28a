"""Every attack of the corpus, graded among honest students, gains nothing, shows nothing and harms nobody."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gradebook.build.modules import build_course
from gradebook.course import Course
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Graded, Status
from gradebook.grade.planning import open_coursedir, plan_grading
from gradebook.records import load_records
from tests.attack_corpus import load_attacks
from tests.attacks.canaries import TOKEN
from tests.attacks.classroom import (
    HONEST_WRONG,
    SETTINGS,
    all_outputs,
    grade_class,
    graded_notebook,
    hide_inputs,
    read_checks,
    read_points,
    secrets_in,
    shown_outputs,
    student_of,
)
from tests.conftest import REPOSITORY, made_once
from tests.tiny_course import code_cell, read_release, solve, submit

ATTACKS = load_attacks()
# The checkpoint's inputs, which are other ones with each seed (see `hide_inputs`).
INPUTS = re.compile(r"\b71\d{4}\b")
EXPLAINED = (Status.CRASHED, Status.TIMEOUT, Status.UNREADABLE, Status.MISSING)
# These show what their checkpoint asked them.
QUOTING = ("reading-inputs-in-error", "reading-inputs-in-value")
READING = [attack for attack in ATTACKS if attack.category == "reading"]


@dataclass(frozen=True)
class Class:
    """The graded class: each student's result, points by cell, checks, and what became of the canaries."""

    course: Course
    results: dict[str, Graded]
    points: dict[str, dict[str, float]]
    checks: dict[str, dict[str, str]]
    first_scores: dict[str, float]
    canaries: dict[str, Any]


@pytest.fixture(scope="session")
def attacked(tiny_built, tmp_path_factory) -> Class:
    """The class, graded once for all test processes."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        with (root / "nbgrader_config.py").open("a") as config:
            config.write(SETTINGS)
        hide_inputs(root)
        (root / "told.json").write_text(json.dumps(grade_class(Course(root), ATTACKS)))

    course = Course(made_once(tmp_path_factory, "attacked-class", make))
    (first, _) = course.table.modules
    results = {graded.student: graded for graded in run_grading(course, plan_grading(course, (first,)))}
    told = json.loads((course.root / "told.json").read_text())
    return Class(course, results, read_points(course), read_checks(course), told["first"], told["canaries"])


every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=student_of)


@every_attack
def test_attack_gains_no_points(attacked, attack):
    student = student_of(attack)
    honest = HONEST_WRONG[attack.unearned]
    points, checks = attacked.points[student], attacked.checks.get(student, {})
    assert [points[f"{name}-check"] for name in attack.unearned] == [0.0] * len(attack.unearned)
    assert not [name for name in attack.unearned if checks.get(name) == "passed"]
    assert attacked.results[student].score <= attacked.results[honest].score


@every_attack
def test_attack_is_a_result_with_its_reason_and_no_fault_of_ours(attacked, attack):
    result = attacked.results[student_of(attack)]
    assert result.status is not Status.FAULT, result.explanation
    assert result.explanation or result.status not in EXPLAINED
    assert result.max_score == attacked.results["honest"].max_score


@every_attack
def test_attack_shows_no_secrets(attacked, attack):
    student = student_of(attack)
    assert secrets_in(attacked.course, all_outputs(attacked.course, student)) == set()
    assert secrets_in(attacked.course, shown_outputs(attacked.course, student)) == set()
    assert secrets_in(attacked.course, attacked.results[student].explanation) == set()


def test_what_a_checkpoint_asks_one_submission_it_asks_no_other(attacked):
    quoted = {student: INPUTS.findall(shown_outputs(attacked.course, student)) for student in QUOTING}
    assert all(quoted.values())
    first, second = (set(found) for found in quoted.values())
    assert first != second


@pytest.mark.parametrize("attack", READING, ids=student_of)
def test_page_of_an_attack_shows_no_secrets(attacked, attack):
    student = student_of(attack)
    page = attacked.course.folder / "feedback" / student / "01_count" / "01_count.html"
    text = page.read_text(encoding="utf-8", errors="replace")
    assert secrets_in(attacked.course, re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)) == set()


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack.category == "old-grades"], ids=student_of
)
def test_old_grade_is_gone(attacked, attack):
    student = student_of(attack)
    assert attacked.first_scores[student] == attacked.first_scores["honest"]
    assert attacked.results[student].score < attacked.first_scores[student]


def test_honest_students_among_them_get_what_they_earned(attacked):
    scores = {name: attacked.results[name].score for name in ("honest", "wrong-add", "wrong-both")}
    assert scores == {"honest": 30.0, "wrong-add": 12.0, "wrong-both": 0.0}
    assert attacked.results["honest"].status is Status.GRADED


@pytest.mark.parametrize("what", ["files", "modes", "litter", "processes"])
def test_nothing_outside_was_touched_or_left(attacked, what):
    assert attacked.canaries[what] == []


def test_nobody_outside_was_reached(attacked):
    assert attacked.canaries["signals"] == 0
    assert attacked.canaries["connections"] == []


def test_nobody_but_those_who_handed_in_is_in_the_gradebook(attacked):
    expected = {"honest", "wrong-add", "wrong-both", *map(student_of, ATTACKS)}
    assert set(attacked.points) == expected
    assert len(expected) == len(ATTACKS) + 3


TRIPPED = {
    "changed_modes": {"modes"},
    "deleted_files": {"files"},
    "overwritten_files": {"files"},
    "linked_folder": {"litter"},
    "poisoned_home": {"litter"},
    "signals_to_everybody": {"signals"},
    "signals_to_verifier": {"reached by its number"},
    "network_tcp": {"connections"},
    "network_udp": {"connections"},
    "environment_of_others": {TOKEN},
    "inputs_in_file": {"litter"},
    # What the attack above left.
    "temporary_files_of_others": {"1234", "4321"},
}


@pytest.fixture(scope="session")
def without_walls(tiny_built, tmp_path_factory) -> dict[str, list[str]]:
    """What these attacks trip at the level `open`, in a process that is itself kept apart."""

    def make(folder: Path) -> None:
        folder.mkdir()
        command = [sys.executable, "-m", "tests.attacks.control", tiny_built.root, *TRIPPED]
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
        assert done.returncode == 0, done.stderr
        (folder / "told.json").write_text(done.stdout)

    return json.loads((made_once(tmp_path_factory, "without-walls", make) / "told.json").read_text())


@pytest.mark.parametrize("name", TRIPPED)
def test_without_walls_the_attack_trips_its_canary(without_walls, name):
    assert set(without_walls[name]) >= TRIPPED[name]


def test_canary_for_processes_sees_the_engine_while_it_runs(without_walls):
    assert len(without_walls["engine"]) == 1
    assert "gradebook.student.zygote" in without_walls["engine"][0]
    assert without_walls["end"] == []


def test_attack_on_the_verifier_by_signals_does_not_reach_it(attacked):
    assert "reached" not in all_outputs(attacked.course, "harming-signals-to-verifier")


PASSING_ON = """
from pathlib import Path

told = Path("told.txt").resolve()
told.touch()

def pass_on(*inputs):
    before = told.read_text()
    with told.open("a") as file:
        print(*inputs, file=file)
    print("before", before)
    return before

def add(a, b):
    pass_on(a, b)
    return 3
"""
TOTAL = """
def total(numbers):
    before = pass_on(*numbers)
    if {when}:
        raise ValueError(before)
    return 6
"""
RAISING = {"in-its-visible-part": '"1234" in before', "in-its-hidden-part": "6001 in numbers"}
SECOND_HIDDEN = """
### BEGIN HIDDEN TESTS
assert total([6001, 7002]) == 13003
### END HIDDEN TESTS
"""


@pytest.fixture(scope="session")
def two_hidden(tiny_built, tmp_path_factory) -> Course:
    """A course with two tests that have hidden parts, graded for students who pass on what the first asks."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        course = Course(root)
        first, _ = course.table.modules
        text = course.text_source(first).read_text()
        line = next(line for line in text.split("\n") if line.startswith("assert total("))
        course.text_source(first).write_text(text.replace(line, line + SECOND_HIDDEN))
        assert not [problem for built in build_course(course) for problem in built.problems]
        for student, when in RAISING.items():
            notebook = solve(read_release(course, first), add=PASSING_ON, total=TOTAL.format(when=when))
            notebook["cells"].append(code_cell("import time\ntime.sleep(0.2)\nprint(told.read_text())"))
            submit(course, student, first, notebook)
        list(run_grading(course, plan_grading(course, (first,))))

    return Course(made_once(tmp_path_factory, "two-hidden", make))


@pytest.mark.parametrize("student", RAISING)
def test_what_one_hidden_part_asks_reaches_a_later_test_and_nothing_that_is_shown(two_hidden, student):
    points = read_points(two_hidden)[student]
    assert (points["add-check"], points["total-check"]) == (0.0, 0.0)
    record = load_records(open_coursedir(two_hidden).db_url)[student, "01_count"]
    text = shown_outputs(two_hidden, student) + all_outputs(two_hidden, student) + record.explanation
    assert secrets_in(two_hidden, text) == set()
    assert not re.search("6001|7002|13003", text)
    # The first student's error depends on what the other copy was asked: the file was there to read.
    told = json.dumps(graded_notebook(two_hidden, student))
    again = "asked again together with its hidden part" in told
    assert again == (student == "in-its-visible-part")
