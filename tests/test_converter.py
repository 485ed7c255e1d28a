"""A plain nbgrader course, with no table of modules, is graded by our engine through nbgrader's own doors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI, api, autogradeapp
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gradebook.course_folder import make_gradebook
from gradebook.grade.outcome import Status
from gradebook.plain import converter
from gradebook.plain.converter import ContainedAutograde
from gradebook.records import Record, load_records
from tests.conftest import made_once
from tests.small_notebooks import Cell, code, save
from tito.errors import GraderFault

CHECK_SQUARE = """\
for row in open("numbers.csv"):
    number, wanted = map(int, row.split(","))
    assert square(number) == wanted"""
HIDDEN = """
### BEGIN HIDDEN TESTS
assert helper.twice(square(3)) == 18
### END HIDDEN TESTS"""
RIGHT = "def square(x):\n    return helper.twice(x) * x // 2"
FAKE_SQUARE = "def square(x):\n    return 0"
OWN = "def answer():\n    return 42\n"


def cell(source: str, name: str, **flags: Any) -> Cell:
    known = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return code(source, name, metadata={"nbgrader": known | {"grade_id": name, **flags}})


def squares(solution: str, first: str = "[1, 4]", hidden: str = "") -> list[Cell]:
    return [
        code("import helper", "imports"),
        cell(solution, "square", solution=True),
        cell(CHECK_SQUARE + hidden, "square-check", grade=True, points=2),
        cell(f"def first():\n    return {first}", "first", solution=True),
        cell("for number in first():\n    assert number > 0", "first-check", grade=True, points=1),
    ]


def answers(*others: Cell) -> list[Cell]:
    locked = cell("def same(a, b):\n    return a == b", "same", locked=True)
    check = cell("import own\nassert same(own.answer(), 42)", "own-check", grade=True, points=1)
    return [*others, locked, check]


def hand_in(root: Path, student: str, **notebooks: list[Cell] | str) -> Path:
    folder = root / "submitted" / student / "ps"
    folder.mkdir(parents=True)
    for name, content in notebooks.items():
        if isinstance(content, str):
            (folder / f"{name}.ipynb").write_text(content)
        else:
            save(folder / f"{name}.ipynb", *content)
    (folder / "own.py").write_text(OWN)
    (folder / "timestamp.txt").write_text("2026-11-02 10:00:00 UTC")
    return folder


def make_course(root: Path) -> None:
    source = root / "source" / "ps"
    source.mkdir(parents=True)
    save(source / "one.ipynb", *squares(f"### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION", hidden=HIDDEN))
    save(source / "two.ipynb", *answers())
    (source / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    (source / "numbers.csv").write_text("2,4\n5,25\n")
    (source / "own.py").write_text(OWN)
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(root)!r}\n"
        "c.Autograde.exclude_overwriting = {'ps': ['own.py']}\n"
        "from gradebook.plain.converter import install\ninstall()\n"
    )
    make_gradebook(f"sqlite:///{root / 'gradebook.db'}", "")
    assert opened(root).generate_assignment("ps")["success"]
    hand_in(root, "right", one=squares(RIGHT), two=answers())
    cheat = hand_in(
        root, "cheat", one=squares(FAKE_SQUARE), two=answers(code("print(open('one.ipynb').read())"))
    )
    (cheat / "helper.py").write_text("def twice(x):\n    return 18\n")
    (cheat / "numbers.csv").write_text("")
    wrong = hand_in(root, "wrong", one=squares(RIGHT), two=answers())
    (wrong / "own.py").write_text("def answer():\n    return 41\n")
    hand_in(root, "half", one=squares(RIGHT))
    hand_in(root, "empty", one=squares(RIGHT, first="[]"), two=answers())
    hand_in(root, "broken", one="{", two=answers())


def opened(root: Path, **settings: Any) -> NbGraderAPI:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.update(settings)
    config.Autograde.exclude_overwriting = {"ps": ["own.py"]}
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def gradebook(root: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{root / 'gradebook.db'}")


def score(root: Path, student: str, notebook: str) -> float:
    with gradebook(root) as book:
        return float(book.find_submission_notebook(notebook, "ps", student).score)


def record(root: Path, student: str) -> Record:
    return load_records(f"sqlite:///{root / 'gradebook.db'}")[student, "ps"]


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course after `nbgrader autograde ps` on the command line, once for all test processes."""

    def make(root: Path) -> None:
        root.mkdir()
        make_course(root)
        run = subprocess.run(
            [sys.executable, "-m", "nbgrader", "autograde", "ps"], cwd=root, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr

    return made_once(tmp_path_factory, "plain-course", make)


@pytest.fixture
def course(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, with formgrader's button connected to our engine."""
    monkeypatch.setattr(api, "Autograde", ContainedAutograde)
    monkeypatch.setattr(autogradeapp, "Autograde", ContainedAutograde)
    shutil.copytree(graded, tmp_path / "course")
    return tmp_path / "course"


@pytest.mark.parametrize(
    ("student", "one", "two"),
    [("right", 3, 1), ("cheat", 1, 1), ("wrong", 3, 0), ("half", 3, 0), ("empty", 2, 1), ("broken", 0, 1)],
)
def test_each_notebook_is_graded_on_its_own(graded, student, one, two):
    assert (score(graded, student, "one"), score(graded, student, "two")) == (one, two)


def test_record_says_how_student_code_was_contained(graded):
    assert record(graded, "right").status == Status.GRADED
    assert record(graded, "right").level in ("sealed", "confined")


def test_hidden_tests_of_one_notebook_are_not_there_for_the_next(graded):
    one, two = (
        json.loads((graded / "autograded" / "cheat" / "ps" / f"{name}.ipynb").read_text())
        for name in ("one", "two")
    )
    assert "HIDDEN TESTS" in json.dumps(one)
    shown = json.dumps([cell.get("outputs") for cell in two["cells"]])
    assert "square-check" in shown
    assert "HIDDEN TESTS" not in json.dumps(two)


def test_graded_copy_has_the_courses_files_and_the_students_own(graded):
    copy = graded / "autograded" / "wrong" / "ps"
    assert "41" in (copy / "own.py").read_text()
    assert (graded / "autograded" / "cheat" / "ps" / "helper.py").read_text().endswith("2 * x\n")


def test_unreadable_notebook_earns_nothing_says_why_and_counts_as_graded(graded):
    assert record(graded, "broken").status == Status.UNREADABLE
    assert "`one.ipynb` is not a notebook" in record(graded, "broken").explanation
    first = json.loads((graded / "autograded" / "broken" / "ps" / "one.ipynb").read_text())["cells"][0]
    assert "could not be graded" in first["source"]
    assert "broken" in opened(graded).get_autograded_students("ps")


def test_formgraders_button_grades_with_this_engine(course):
    shutil.copy(course / "submitted/right/ps/one.ipynb", course / "submitted/cheat/ps/one.ipynb")
    result = opened(course).autograde("ps", "cheat")
    assert result["success"], result
    assert score(course, "cheat", "one") == 3


def test_notebook_that_is_not_asked_for_keeps_what_it_has(course):
    with gradebook(course) as book:
        book.find_grade("own-check", "two", "ps", "right").manual_score = 0.5
        book.db.commit()
    (course / "submitted/right/ps/own.py").write_text("def answer():\n    return 0\n")
    save(course / "submitted/right/ps/one.ipynb", *squares(FAKE_SQUARE))
    assert opened(course, notebook_id="one").autograde("ps", "right")["success"]
    assert (score(course, "right", "one"), score(course, "right", "two")) == (1, 0.5)
    with gradebook(course) as book:
        assert book.find_grade("own-check", "two", "ps", "right").auto_score == 1


def test_where_grading_fails_no_score_stands_and_a_person_is_asked(course):
    with gradebook(course) as book:
        book.find_notebook("two", "ps").kernelspec = json.dumps({"language": "R", "name": "ir"})
        book.db.commit()
    result = opened(course).autograde("ps", "right")
    assert not result["success"]
    assert "`two` is written in R" in result["log"]
    assert not (course / "autograded/right/ps").exists()
    assert record(course, "right").status == Status.FAULT
    with gradebook(course) as book:
        grade = book.find_grade("square-check", "one", "ps", "right")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)


def test_a_timestamp_that_nobody_can_read_is_no_way_around_lateness(course):
    (course / "submitted/right/ps/timestamp.txt").write_text("soon")
    assert not opened(course).autograde("ps", "right")["success"]
    assert not (course / "autograded/right/ps").exists()


def test_course_that_keeps_only_its_gradebook_is_graded(course):
    shutil.rmtree(course / "source")
    shutil.rmtree(course / "release")
    assert opened(course).autograde("ps", "right")["success"]
    assert score(course, "right", "two") == 1
    graded = json.loads((course / "autograded/right/ps/two.ipynb").read_text())["cells"]
    assert [one["metadata"]["nbgrader"]["grade_id"] for one in graded] == ["same", "own-check"]


def test_no_execute_is_refused(course):
    config = Config()
    config.CourseDirectory.root = str(course)
    config.Execute.enabled = False
    result = NbGraderAPI(CourseDirectory(config=config), config=config).autograde("ps", "right")
    assert not result["success"]
    assert "never from the outputs" in result["log"]
    assert score(course, "right", "one") == 3


def test_engine_that_was_killed_is_started_again(course):
    assert opened(course).autograde("ps", "right")["success"]
    converter._standby._process.kill()
    converter._standby._process.wait()
    assert opened(course).autograde("ps", "right")["success"]


def test_where_nothing_contains_student_code_nothing_is_touched(course, monkeypatch):
    def refuse(fonts: Path) -> None:
        raise GraderFault("Student code can't be contained on this machine")

    monkeypatch.setattr(converter._standby, "prepare", refuse)
    result = opened(course).autograde("ps", "right")
    assert not result["success"]
    assert "can't be contained" in result["log"]
    assert score(course, "right", "one") == 3
    assert (course / "autograded/right/ps/one.ipynb").exists()


def test_notebook_that_was_never_asked_for_waits_for_a_person(course):
    hand_in(course, "new", one=squares(RIGHT), two=answers())
    assert opened(course, notebook_id="one").autograde("ps", "new", force=False)["success"]
    with gradebook(course) as book:
        grade = book.find_grade("own-check", "two", "ps", "new")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)
    assert opened(course, notebook_id="two").autograde("ps", "new", force=False)["success"]
    assert (score(course, "new", "one"), score(course, "new", "two")) == (3, 1)
