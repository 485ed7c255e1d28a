"""The cumulative reading: each student's package, rebuilt from what they handed in, meets the checkpoints."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradebook.course import Course
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Graded, Proved, Status
from gradebook.grade.planning import open_coursedir, plan_grading, plan_packages
from gradebook.records import Reading, load_readings
from gradebook.report.standing import Standing, read_class
from gradebook.report.summary import capable, differing, stage_summary
from tests.conftest import made_once
from tests.test_report import text_of
from tests.tiny_course import code_cell, read_release, solve, submit, write
from tito.errors import GraderFault

BY_ADDING = """#| export
def square(x):
    result = 0
    for _ in range(x):
        result = add(result, x)
    return result
"""
EXPORTED = {
    "add": "#| export\ndef add(a, b):\n    return a + b\n",
    "total": "#| export\ndef total(numbers):\n    return sum(numbers)\n",
    "square": BY_ADDING,
}
WRONG_ADD = "#| export\ndef add(a, b):\n    return a - b\n"


@dataclass(frozen=True)
class Class:
    """A class graded in both readings."""

    course: Course
    readings: dict[str, dict[str, Reading]]


def grade(course: Course, student: str = "", force: bool = False, workers: int = 1) -> list[Graded | Proved]:
    jobs = plan_grading(course, student=student, force=force)
    return list(run_grading(course, [*jobs, *plan_packages(course, jobs, force)], workers=workers))


def proved(results: list[Graded | Proved]) -> dict[str, Proved]:
    return {result.student: result for result in results if isinstance(result, Proved)}


def readings_of(course: Course) -> dict[str, dict[str, Reading]]:
    found = load_readings(open_coursedir(course).db_url)
    return {student: {one.module: one for one in readings} for student, readings in found.items()}


def hand_in(course: Course, student: str, number: int, before: str = "", **solutions: str) -> None:
    module = course.table.modules[number - 1]
    notebook = solve(read_release(course, module), **(EXPORTED | solutions))
    if before:
        notebook["cells"].insert(0, code_cell(before))
    submit(course, student, module, notebook)


def enrol(root: Path) -> None:
    course = Course(root)
    for student in ("right", "weak-base", "not-python", "ends", "liar"):
        hand_in(course, student, 2)
    hand_in(course, "right", 1)
    hand_in(course, "weak-base", 1, add=WRONG_ADD)
    hand_in(course, "not-python", 1, total="#| export\ndef total(numbers:\n")
    hand_in(course, "ends", 1, before="#| export\nimport os\n\nif __name__ != '__main__':\n    os._exit(0)\n")
    equal = "    __eq__ = __ge__ = lambda self, other: True\n    __hash__ = None\n"
    lying = f"#| export\nclass Anything(int):\n{equal}\ndef add(a, b):\n    return Anything()\n"
    hand_in(course, "liar", 1, add=lying, total="#| export\nraise SystemExit(0)\n")
    hand_in(course, "second-only", 2)
    module = course.table.modules[0]
    submit(course, "blank", module, read_release(course, module))
    submit(course, "broken", module, "{")
    hand_in(course, "broken", 2)


@pytest.fixture(scope="session")
def graded(tiny_built, tmp_path_factory) -> Class:
    """The class, graded once for all test processes."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        enrol(root)
        grade(Course(root), workers=2)

    course = Course(made_once(tmp_path_factory, "cumulative-class", make))
    return Class(course, readings_of(course))


def points(graded: Class, student: str) -> dict[str, float]:
    return {module: reading.earned for module, reading in graded.readings[student].items()}


def row(graded: Class, student: str, number: int) -> dict:
    rows = read_class(graded.course)
    module = graded.course.table.modules[number - 1].id
    return rows[(rows["student"] == student) & (rows["module"] == module)].iloc[0].to_dict()


def test_a_right_package_passes_every_checkpoint(graded):
    assert points(graded, "right") == {"01_count": 20.0, "02_square": 20.0}
    assert not row(graded, "right", 2)["differs"]


def test_a_wrong_early_module_costs_once_alone_and_again_in_the_package(graded):
    assert points(graded, "weak-base") == {"01_count": 8.0, "02_square": 0.0}
    second = row(graded, "weak-base", 2)
    assert (second["status"], second["checkpoint_score"]) == (Standing.PASSED, 20.0)
    assert (second["package_status"], second["package_score"], second["differs"]) == ("failed", 0.0, True)


def test_each_check_is_recorded_for_both_readings(graded):
    first = row(graded, "weak-base", 1)
    assert json.loads(first["checks"]) == json.loads(first["package_checks"])
    assert json.loads(first["package_checks"]) == {"add": "failed", "total": "passed"}


def test_a_notebook_that_does_not_export_is_not_in_the_package_and_says_why(graded):
    reading = graded.readings["not-python"]["01_count"]
    assert reading.earned == 0.0
    assert "01_count.ipynb" in reading.explanation
    assert "def total(numbers:" in reading.explanation
    assert row(graded, "not-python", 1)["checkpoint_score"] == 12.0


def test_a_module_that_was_not_handed_in_is_missed_by_what_builds_on_it(graded):
    reading = graded.readings["second-only"]["02_square"]
    assert list(graded.readings["second-only"]) == ["02_square"]
    assert reading.earned == 0.0
    assert "tinytorch.core.count" in reading.explanation
    assert row(graded, "second-only", 2)["status"] == Standing.PASSED


def test_an_unreadable_notebook_leaves_the_rest_of_the_package(graded):
    assert "is not a notebook" in graded.readings["broken"]["01_count"].explanation
    assert points(graded, "broken") == {"01_count": 0.0, "02_square": 0.0}


def test_a_blank_release_proves_nothing(graded):
    assert points(graded, "blank") == {"01_count": 0.0}


def test_a_package_that_ends_python_when_it_is_imported_proves_nothing(graded):
    assert points(graded, "ends") == {"01_count": 0.0, "02_square": 0.0}
    assert row(graded, "ends", 1)["status"] == Standing.PASSED


def test_a_package_that_lies_proves_nothing(graded):
    assert points(graded, "liar") == {"01_count": 0.0, "02_square": 0.0}


def test_readings_name_how_student_code_was_contained(graded):
    levels = {reading.level for mine in graded.readings.values() for reading in mine.values()}
    assert len(levels) == 1
    assert levels <= {"sealed", "confined"}


def test_the_report_counts_capabilities_in_the_package_and_shows_who_differs(graded):
    rows = read_class(graded.course)
    able = rows[capable(rows)]
    assert set(able["student"]) == {"right"}
    assert stage_summary(rows)["passed"].to_dict() == {"one": 1, "two": 1}
    assert {"weak-base", "second-only", "ends"} <= set(differing(rows)["student"])
    text = text_of(graded.course, rows)
    assert "≠ Differs in the student's own package: 6 of 8 students" in text
    line = next(line for line in text.splitlines() if line.startswith("second-only") and "→" in line)
    assert "20 → 0" in line


def test_unchanged_packages_are_left_alone_and_a_new_first_module_proves_the_second_anew(graded, tmp_path):
    shutil.copytree(graded.course.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    assert not any(one.fresh for one in proved(grade(course)).values())
    hand_in(course, "weak-base", 1)

    again = proved(grade(course))

    assert [name for name, one in again.items() if one.fresh] == ["weak-base"]
    assert (again["weak-base"].passed, again["weak-base"].checkpoints) == (2, 2)
    assert not row(Class(course, {}), "weak-base", 2)["differs"]


def test_one_student_s_package_holds_all_modules_also_when_one_is_graded(graded, tmp_path):
    shutil.copytree(graded.course.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    first = course.table.modules[0]
    jobs = plan_grading(course, (first,), "right", force=True)

    (package,) = plan_packages(course, jobs, force=True)

    assert [one.module.id for one in package.submissions] == ["01_count", "02_square"]


def test_a_run_that_is_stopped_leaves_no_old_reading(graded, tmp_path):
    shutil.copytree(graded.course.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    jobs = plan_packages(course, plan_grading(course, student="right", force=True), force=True)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_grading(course, jobs, begun=interrupt))

    assert "right" not in readings_of(course)
    assert row(Class(course, {}), "right", 1)["package_status"] == ""
    assert "weak-base" in readings_of(course)
    assert proved(grade(course, "right"))["right"].passed == 2


def test_a_fault_of_ours_leaves_no_reading_and_is_told(graded, tmp_path):
    shutil.copytree(graded.course.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    # A file where the folder of packages should be.
    shutil.rmtree(course.cache / "packages")
    write(course.cache / "packages", "")

    result = proved(grade(course, "right", force=True))["right"]

    assert result.status is Status.FAULT
    assert "the grader failed, not the student" in result.explanation
    assert "right" not in readings_of(course)


def test_a_course_whose_own_package_fails_grades_nobody(tiny_course):
    square = tiny_course.text_source(tiny_course.table.modules[1])
    square.write_text(square.read_text().replace("#| export\ndef square", "def square"))
    from gradebook.build.modules import build_course

    build_course(tiny_course)
    hand_in(tiny_course, "right", 2)

    with pytest.raises(GraderFault, match="own package fails the checkpoint of `02_square`"):
        grade(tiny_course)
