"""Building a course: the same bytes every time, nothing done twice, nothing lost on the way."""

import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradebook.build.assignment import recorded_cells
from gradebook.build.modules import build_course, build_source, check_module
from gradebook.build.notebooks import cells_of, notebook_from_text
from gradebook.course import Course
from tests.building import build_first, built_notebooks, edit_text, messages
from tests.tiny_course import COUNT, GRADED, SOLUTION, make_tiny_course
from tito.errors import TitoError
from tito.notebook import read_notebook


@pytest.fixture
def course(tiny_course):
    return tiny_course


@pytest.fixture
def module(course):
    """The module whose text the tests edit."""
    return course.table.modules[0]


# ── The same bytes every time ────────────────────────────────────────────────────────────────────────


def test_two_builds_in_different_folders_are_the_same_to_the_byte(tiny_built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    other = make_tiny_course(tmp_path / "elsewhere" / "a longer path")

    assert built_notebooks(other) == built_notebooks(tiny_built)
    assert len(built_notebooks(other)) == 4


def test_built_notebooks_are_laid_out_as_jupyter_saves_them(tiny_built):
    import nbformat

    for text in built_notebooks(tiny_built).values():
        notebook = nbformat.reads(text.decode(), as_version=4)
        nbformat.validate(notebook)
        assert nbformat.writes(notebook) + "\n" == text.decode()
        assert notebook.metadata.kernelspec.name == "python3"
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_notebooks_can_be_read_and_replaced_by_their_owner(tiny_built):
    for name in built_notebooks(tiny_built):
        assert stat.S_IMODE((tiny_built.root / name).stat().st_mode) == 0o644


def test_graded_cells_are_named_by_their_grade_id_and_others_by_the_one_before(tiny_built):
    cells = cells_of(read_notebook(tiny_built.release(tiny_built.table.module("count"))))

    names = [cell.id for cell in cells]
    assert names[:3] == ["count-1", "add", "add-check"]
    assert names[-2:] == ["reflection-1-1", "checkpoint"]


def test_putting_a_cell_in_renames_no_cell_after_the_next_graded_one(course, module):
    before = [cell.id for cell in cells_of(notebook_from_text(COUNT, module))]
    text = COUNT.replace("# %% nbgrader", "# %% [markdown]\n# A remark\n\n# %% nbgrader", 1)

    after = [cell.id for cell in cells_of(notebook_from_text(text, module))]

    assert after == [before[0], "count-2", *before[1:]]


def test_cell_ids_stay_unique_where_names_collide(module):
    header = SOLUTION.format
    text = (
        f"# %% nbgrader={header('a')}\n1\n\n# %%\n2\n\n# %% nbgrader={header('a-1')}\n3\n\n"
        f"# %% nbgrader={header('a')}\n4\n\n# %% nbgrader={header('b' * 80)}\n5\n"
    )

    names = [cell.id for cell in cells_of(notebook_from_text(text, module))]

    assert names[:3] == ["a", "a-2", "a-1"]
    assert len(set(names)) == 5
    assert all(len(name) <= 64 for name in names)


def test_release_has_stubs_in_place_of_solutions_and_visible_tests_only(tiny_built):
    text = tiny_built.release(tiny_built.table.module("count")).read_text()

    assert text.count("raise NotImplementedError()") == 2
    assert "return a + b" not in text and "5555" not in text and "overflow" not in text
    assert "expect_equal(add(1, 2), 3" in text


# ── Nothing done twice ───────────────────────────────────────────────────────────────────────────────

BUILD = """
import sys
from pathlib import Path
from gradebook.build.modules import build_course
from gradebook.course import Course
results = build_course(Course(Path(sys.argv[1])))
print([result.changed for result in results], [len(result.problems) for result in results])
print(sorted({"nbgrader", "jupytext", "nbconvert"} & set(sys.modules)))
"""


def test_second_build_loads_no_notebook_tool(course):
    shown = subprocess.run([sys.executable, "-c", BUILD, str(course.root)], capture_output=True, text=True)

    assert shown.stdout == "[False, False] [0, 0]\n[]\n", shown.stderr


def test_second_build_touches_no_file(course):
    def state():
        return {path: path.stat().st_mtime_ns for path in course.folder.rglob("*") if path.is_file()}

    before = state()
    build_course(course)

    assert state() == before


def test_edited_text_is_built_anew_and_only_that_module(course):
    edit_text(course, "# # Count", "# # Counting")

    results = build_course(course)

    assert [result.changed for result in results] == [True, False]
    assert "# Counting" in course.release(course.table.module("count")).read_text()


@pytest.mark.parametrize("kind", ["source", "release"])
@pytest.mark.parametrize(
    "spoil", [Path.unlink, lambda path: path.write_text("{}")], ids=["missing", "edited"]
)
def test_output_that_was_removed_or_edited_comes_back(course, module, kind, spoil):
    path = getattr(course, kind)(module)
    wanted = built_notebooks(course)
    spoil(path)

    assert build_first(course).ok
    assert built_notebooks(course) == wanted


def test_changed_configuration_is_built_anew(course):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.ClearSolutions.code_stub = {"python": "# HERE\\nraise NotImplementedError()"}\n')

    assert build_first(course).changed
    assert "# HERE" in course.release(course.table.module("count")).read_text()


def test_changed_points_in_the_table_are_checked_anew(course, module):
    table = course.folder / "course.toml"
    table.write_text(
        table.read_text().replace("exercises = 10, reflection = 5", "exercises = 11, reflection = 5")
    )

    result = build_first(Course(course.root))

    assert messages(result.problems) == ["the exercises: 10 points in the notebook, 11 in the table"]


@pytest.mark.parametrize("lose", ["the file", "the assignment", "the points"])
def test_gradebook_that_lacks_the_assignment_gets_it_again(course, module, lose):
    import sqlite3

    wanted = recorded_cells(course, module)
    if lose == "the file":
        course.database.unlink()
    else:
        statement = (
            "DELETE FROM source_cell" if lose == "the assignment" else "UPDATE grade_cells SET max_score = 1"
        )
        with sqlite3.connect(course.database) as connection:
            connection.execute(statement)

    assert recorded_cells(course, module) != wanted
    assert build_first(course).ok
    assert recorded_cells(course, module) == wanted


def test_gradebook_holds_every_point_of_the_table(tiny_built):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tiny_built.database}", "tinytorch") as gradebook:
        scores = {assignment.name: assignment.max_score for assignment in gradebook.assignments}

    assert scores == {module.id: tiny_built.table.total_points(module) for module in tiny_built.table.modules}


def test_course_without_a_gradebook_gets_a_whole_one(course):
    import sqlite3

    course.database.unlink()
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}

    shown = subprocess.run(
        [sys.executable, "-c", BUILD, str(course.root)], env=environment, capture_output=True, text=True
    )

    assert "[0, 0]" in shown.stdout, shown.stderr
    with sqlite3.connect(course.database) as connection:
        assert connection.execute("SELECT count(version_num) FROM alembic_version").fetchone() == (1,)


def test_builders_at_the_same_time_leave_one_whole_course(course):
    shutil.rmtree(course.cache)
    shutil.rmtree(course.folder / "release")
    course.database.unlink()

    command = [sys.executable, "-c", BUILD, str(course.root)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True), range(2)))

    assert [each.stdout.splitlines()[0].split("] ")[1] for each in done] == ["[0, 0]"] * 2, done
    assert not check_module(course, course.table.module("count"))
    assert not [result for result in build_course(course) if result.changed]


def test_nbgrader_says_nothing_while_all_is_well(course, capfd):
    edit_text(course, "# # Count", "# # Counting")

    build_course(course)

    assert capfd.readouterr() == ("", "")


def test_started_is_told_before_each_module(course):
    seen = []

    build_course(course, started=seen.append)

    assert seen == list(course.table.modules)


def test_course_that_can_not_be_written_to_says_so(course, module):
    shutil.rmtree(course.cache)
    course.cache.write_text("in the way")

    with pytest.raises(TitoError, match="Could not write to"):
        build_course(course)


def test_source_is_built_from_the_text_alone(course, module):
    assert build_source(course, module) is False
    edit_text(course, "# # Count", "# # Counting")

    assert build_source(course, module) is True
    assert build_source(course, module) is False


# ── What students get besides the notebook ───────────────────────────────────────────────────────────


def test_file_beside_the_authored_text_is_handed_out_and_taken_back(course, module):
    picture = course.text_source(module).parent / "images" / "plot.svg"
    picture.parent.mkdir()
    picture.write_text("<svg/>")
    handed_out = course.release(module).parent / "images" / "plot.svg"

    assert build_first(course).changed
    assert handed_out.read_text() == "<svg/>"

    picture.unlink()
    assert build_first(course).changed
    assert not handed_out.exists()


def test_authored_text_and_planted_solutions_are_not_handed_out_whatever_is_configured(course, module):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.CourseDirectory.ignore = []\n")
    (course.text_source(module).parent / "variants.toml").write_text('solution = "return a + b"')
    edit_text(course, "# # Count", "# # Counting")

    assert build_first(course).ok

    assert [path.name for path in course.release(module).parent.iterdir()] == ["01_count.ipynb"]


def test_stock_nbgrader_hands_out_no_authored_text_either(course, module):
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    config = course.nbgrader_config()
    (course.text_source(module).parent / "variants.toml").write_text('solution = "return a + b"')
    directory = CourseDirectory(config=config, assignment_id=module.id)

    GenerateAssignment(coursedir=directory, config=config, force=True).start()

    assert [path.name for path in course.release(module).parent.iterdir()] == ["01_count.ipynb"]


def test_file_with_a_marker_in_it_is_not_handed_out(course, module):
    (course.text_source(module).parent / "notes.md").write_text("### BEGIN SOLUTION\n")
    before = built_notebooks(course)

    result = build_first(course)

    assert messages(result.problems) == ["`BEGIN SOLUTION` is in a file that students get"]
    assert built_notebooks(course) == before
    assert not (course.release(module).parent / "notes.md").exists()


# ── A gradebook with grades in it ────────────────────────────────────────────────────────────────────


@pytest.fixture
def graded_course(course, module):
    """The course with one student's grades for module 01."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.database}", "tinytorch") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(module.id, "ada")
        for cell in gradebook.find_notebook(module.id, module.id).grade_cells:
            gradebook.find_grade(cell.name, module.id, module.id, "ada").auto_score = cell.max_score
        gradebook.db.commit()
    return course


def score_of(course, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.database}", "tinytorch") as gradebook:
        return gradebook.find_submission("01_count", student).score


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own making
def test_new_graded_cell_is_refused_once_there_are_grades(graded_course, module):
    split = (
        GRADED.format("add-check", 5)
        + "\nassert add(1, 1) == 2\n\n# %% nbgrader="
        + GRADED.format("add-more", 1)
    )
    edit_text(graded_course, GRADED.format("add-check", 6), split)
    known, release = recorded_cells(graded_course, module), graded_course.release(module).read_bytes()

    result = build_first(graded_course)

    (problem,) = result.problems
    assert "`01_count` has submissions in the gradebook" in problem.message
    assert "grade_id" in problem.message
    assert "Cannot add or remove cells" in result.log
    assert recorded_cells(graded_course, module) == known
    assert graded_course.release(module).read_bytes() == release
    assert score_of(graded_course, "ada") == 30


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own making
def test_mended_hidden_test_is_built_and_says_whose_work_to_grade_again(graded_course):
    edit_text(graded_course, "5555", "4321 + 1234")

    result = build_first(graded_course)

    assert result.ok
    assert result.regrade == 1
    assert score_of(graded_course, "ada") == 30


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own making
def test_changed_prose_asks_nobody_to_grade_again(graded_course):
    edit_text(graded_course, "# # Count", "# # Counting")

    result = build_first(graded_course)

    assert (result.changed, result.regrade) == (True, 0)
