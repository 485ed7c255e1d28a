"""A small class is graded for real, contained; every way to fail or to cheat has its student."""

import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from gradebook.build.notebooks import grade_id_of
from gradebook.course import Course
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Graded, Status
from gradebook.grade.planning import open_coursedir, plan_grading
from gradebook.records import load_records
from gradebook.report.standing import Standing, read_class
from gradebook.sandbox.walls import Level
from tests.conftest import made_once
from tests.tiny_class import CHEATS, make_submissions
from tests.tiny_course import code_cell, make_tiny_course, read_release, solve, submit
from tito.errors import GraderFault


@dataclass(frozen=True)
class Class:
    """A graded class: the course, each student's result in the first module, and what their rows say."""

    course: Course
    results: dict[str, Graded]
    standings: dict[str, str]


@pytest.fixture(scope="session")
def graded(tiny_built, tmp_path_factory) -> Class:
    """The class, graded once for all test processes."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        course = Course(root)
        make_submissions(course)
        list(run_grading(course, plan_grading(course)))
        submit(course, "worse", course.table.modules[0], {"nbformat": 4}, when="2026-11-02 10:00:00")
        list(run_grading(course, plan_grading(course)))

    course = Course(made_once(tmp_path_factory, "graded-class", make))
    results = list(run_grading(course, plan_grading(course)))
    rows = read_class(course)
    first = course.table.modules[0].id
    mine = rows[rows["module"] == first]
    return Class(
        course,
        {graded.student: graded for graded in results if graded.module == first},
        dict(zip(mine["student"], mine["status"], strict=True)),
    )


def copy_course(graded: Class, folder: Path) -> Course:
    shutil.copytree(graded.course.root, folder / "course", symlinks=True)
    return Course(folder / "course")


def graded_notebook(graded: Class, student: str) -> dict:
    first = graded.course.table.modules[0].id
    path = graded.course.folder / "autograded" / student / first / f"{first}.ipynb"
    return json.loads(path.read_text())


def test_right_solution_gets_all_that_a_machine_can_give(graded):
    result = graded.results["right"]
    assert (result.score, result.max_score, result.status) == (30.0, 35.0, Status.GRADED)
    assert graded.standings["right"] == Standing.PASSED


def test_untouched_release_scores_zero(graded):
    assert graded.results["blank"].score == 0.0
    assert graded.standings["blank"] == Standing.FAILED


def test_checkpoint_score_is_the_points_of_the_checks_that_passed(graded):
    assert graded.results["partly"].score == 6 + 12
    rows = read_class(graded.course)
    row = rows[(rows["student"] == "partly") & (rows["checkpoint"] == "checkpoint_00_counts")].iloc[0]
    assert row["checkpoint_score"] == 12
    assert json.loads(row["checks"]) == {"add": "passed", "total": "failed"}
    assert row["explanation"] == "A list is summed up: total([4, 5]): expected 9, got 0"


def test_text_on_stderr_costs_nothing(graded):
    assert graded.results["loud"].score == 30.0


def test_code_that_ends_python_costs_the_points_of_what_called_it(graded):
    result = graded.results["exits"]
    assert (result.score, result.status) == (6.0 + 12.0, Status.CRASHED)
    reason, flag = result.explanation.split("; ")
    assert reason == "your code ended Python instead of returning, in `total-check`"
    assert flag == "for a person to look at: `_exit`"
    shown = next(
        cell for cell in graded_notebook(graded, "exits")["cells"] if grade_id_of(cell) == "total-check"
    )
    assert shown["outputs"][-1]["evalue"] == "your code ended Python instead of returning"


def test_never_ending_cell_costs_its_points_and_the_next_ones_run(graded):
    result = graded.results["loops"]
    assert (result.score, result.status) == (6.0 + 12.0, Status.TIMEOUT)
    assert "your code did not finish in time, in `total-check`" in result.explanation


def test_corrupt_file_scores_zero_with_the_reason_and_a_page_to_show(graded):
    result = graded.results["corrupt"]
    assert (result.score, result.status) == (0.0, Status.UNREADABLE)
    assert "`01_count.ipynb` is not a notebook" in result.explanation
    first, *others = graded_notebook(graded, "corrupt")["cells"]
    assert "could not be graded" in "".join(first["source"])
    assert [grade_id_of(cell) for cell in others] == [
        "add-check",
        "total-check",
        "reflection-1",
        "checkpoint",
    ]


def test_deleted_tests_come_back_in_their_places(graded):
    result = graded.results["deleted"]
    assert result.score == 30.0
    assert "deleted and put back" in result.explanation
    names = [name for cell in graded_notebook(graded, "deleted")["cells"] if (name := grade_id_of(cell))]
    assert names == ["add", "add-check", "total", "total-check", "reflection-1", "checkpoint"]


def test_deleting_a_solution_with_its_test_earns_nothing_for_it(graded):
    assert graded.results["emptied"].score == 4 + 8
    assert "`add` deleted by the student" in graded.results["emptied"].explanation


def test_copied_cells_are_graded_once(graded):
    assert graded.results["copied"].score == 30.0


def test_what_a_submission_says_about_its_own_cells_is_not_believed(graded):
    assert graded.results["lockpick"].score == 30.0
    assert "locked but edited, and restored" in graded.results["lockpick"].explanation


@pytest.mark.parametrize(
    ("student", "status", "reason"),
    [
        ("nameless", Status.UNREADABLE, "`01_count.ipynb` has none of the module's cells"),
        ("renamed", Status.MISSING, "it has no `01_count.ipynb`; there is `homework.ipynb`"),
        ("linked", Status.UNREADABLE, "it contains a symbolic link, `notes.txt`"),
    ],
)
def test_nothing_to_grade_is_a_zero_with_its_reason(graded, student, status, reason):
    result = graded.results[student]
    assert (result.score, result.status, result.explanation) == (0.0, status, reason)


def test_files_that_do_not_fit_the_limits_are_refused_with_the_reason(tmp_path):
    course = make_tiny_course(tmp_path, "c.GradingLimits.disk_mb = 8\nc.GradingLimits.file_mb = 3")
    first = course.table.modules[0]
    megabyte = 1 << 20
    sizes = {
        "fits": [3 * megabyte],
        "large file": [3 * megabyte + 1],
        "large files": [5 * megabyte // 2] * 2,
        "many files": [1] * 1100,
    }
    for student, files in sizes.items():
        folder = submit(course, student, first, solve(read_release(course, first)))
        for number, size in enumerate(files):
            (folder / f"{number}.csv").write_bytes(b"1" * size)

    results = {result.student: result for result in run_grading(course, plan_grading(course))}

    assert {student: (result.score, result.status) for student, result in results.items()} == {
        "fits": (30.0, Status.GRADED),
        "large file": (0.0, Status.UNREADABLE),
        "large files": (0.0, Status.UNREADABLE),
        "many files": (0.0, Status.UNREADABLE),
    }
    assert results["large file"].explanation == "its file `0.csv` has 3.1 MB; the limit is 3 MB"
    assert results["large files"].explanation == "its files take 5.1 MB; the limit is 4 MB"
    assert results["many files"].explanation == "its files take 4.4 MB; the limit is 4 MB"


def test_a_worse_resubmission_does_not_keep_the_better_score(graded):
    result = graded.results["worse"]
    assert (result.score, result.status) == (0.0, Status.UNREADABLE)


def test_a_name_that_hides_a_builtin_does_not_reach_the_tests(graded):
    # `total` is always 6, which the visible test asks for and the checkpoint does not.
    result = graded.results["shadow"]
    assert result.score == 6 + 4 + 12
    assert result.status is Status.GRADED


@pytest.mark.parametrize("cheat", sorted(set(CHEATS) - {"file"}))
def test_cheat_earns_nothing_for_the_cells_it_reached(graded, cheat):
    # What is left are the points of the other exercise, which is solved.
    assert graded.results[cheat].score <= 4 + 8


def test_code_that_only_an_attack_needs_is_shown_to_a_person(graded):
    flags = graded.results["transformer"].explanation
    assert "for a person to look at: `ast_transformers`" in flags
    assert graded.results["right"].explanation == ""


def test_a_checkpoint_file_of_the_students_own_is_not_used(graded):
    # The wrong `add` happens to be right in one visible check; the course's checkpoint and hidden tests know.
    assert graded.results["file"].score == 4 + 8


def test_the_second_module_sees_the_reference_of_the_first(graded):
    rows = read_class(graded.course)
    row = rows[(rows["student"] == "right") & (rows["module"] == "02_square")].iloc[0]
    assert (row["score"], row["status"]) == (30.0, Standing.PASSED)


def test_unchanged_submissions_are_not_graded_again(graded):
    assert all(not result.fresh for result in graded.results.values())


@pytest.mark.parametrize("change", ["submission", "checkpoint", "cells", "seed"])
def test_a_change_of_anything_that_counts_grades_again(graded, tmp_path, change):
    course = copy_course(graded, tmp_path)
    first = course.table.modules[0]
    if change == "submission":
        submit(course, "right", first, read_release(course, first))
    elif change == "checkpoint":
        path = course.checkpoints / "checkpoint_00_counts.py"
        path.write_text(path.read_text() + "\n")
    elif change == "cells":
        with sqlite3.connect(course.database) as database:
            database.execute("UPDATE source_cell SET source = source || ' ' WHERE name = 'add-check'")
    else:
        (course.folder / ".grading_seed").write_text("7\n")
    again = {job.submission.student for job in plan_grading(course, (first,)) if job.graded is None}
    assert again == ({"right"} if change == "submission" else set(graded.results))


def test_an_interrupted_submission_is_graded_again_and_has_no_old_score_meanwhile(graded, tmp_path):
    from nbgrader.api import Gradebook

    course = copy_course(graded, tmp_path)
    jobs = plan_grading(course, course.table.modules[:1], "right", force=True)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_grading(course, jobs, begun=interrupt))

    (job,) = plan_grading(course, course.table.modules[:1], "right")
    assert job.graded is None
    rows = read_class(course)
    row = rows[(rows["student"] == "right") & (rows["module"] == "01_count")].iloc[0]
    assert row["status"] == Standing.NOT_GRADED
    coursedir = open_coursedir(course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        assert gradebook.find_submission("01_count", "right").score == 0.0


def test_a_fault_of_ours_costs_nothing_is_flagged_and_the_class_goes_on(graded, tmp_path):
    course = copy_course(graded, tmp_path)
    first = course.table.modules[0]
    # The graded copy can't be written where somebody put a file in the folder's place.
    folder = course.folder / "autograded" / "right"
    shutil.rmtree(folder)
    folder.write_text("in the way")
    jobs = [
        job
        for job in plan_grading(course, (first,), force=True)
        if job.submission.student in ("right", "partly")
    ]

    results = {result.student: result for result in run_grading(course, jobs)}

    assert results["right"].status is Status.FAULT
    assert "the grader failed, not the student" in results["right"].explanation
    assert results["partly"].score == 6 + 12
    rows = read_class(course)
    row = rows[(rows["student"] == "right") & (rows["module"] == first.id)].iloc[0]
    assert row["status"] == Standing.FAULT
    assert row[["score", "checkpoint_score", "percent"]].isna().all()
    assert plan_grading(course, (first,), "right")[0].graded is None


def test_a_course_whose_own_solution_loses_points_grades_nobody(graded, tmp_path):
    course = copy_course(graded, tmp_path)
    path = course.checkpoints / "checkpoint_00_counts.py"
    path.write_text(
        path.read_text().replace("expect_equal(", "expect_equal(1, 2, 'never'), expect_equal(", 1)
    )
    jobs = plan_grading(course, course.table.modules[:1], "right")

    with pytest.raises(
        GraderFault, match=r"own solution of `01_count` loses points in `checkpoint`: .*never"
    ):
        list(run_grading(course, jobs))

    assert load_records(open_coursedir(course).db_url)[("right", "01_count")].status == Status.GRADED


def test_scores_that_a_person_gave_are_kept_and_marked_for_review(graded, tmp_path):
    from nbgrader.api import Gradebook

    course = copy_course(graded, tmp_path)
    first = course.table.modules[0]
    coursedir = open_coursedir(course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for name, score in (("reflection-1", 4.0), ("add-check", 5.0)):
            grade = gradebook.find_grade(name, first.id, first.id, "corrupt")
            grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()
    submit(course, "corrupt", first, "[]", when="2026-11-03 10:00:00")
    (result,) = run_grading(course, plan_grading(course, (first,), "corrupt"))
    assert result.score == 9.0


def test_stock_nbgrader_opens_the_graded_class(graded):
    from nbgrader.api import Gradebook
    from nbgrader.apps.api import NbGraderAPI

    api = NbGraderAPI(config=graded.course.nbgrader_config())
    submissions = {row["student"]: row for row in api.get_submissions("01_count")}
    assert set(submissions) == set(graded.results)
    assert all(row["autograded"] for row in submissions.values())
    assert submissions["partly"]["score"] == 18.0
    assert {row["student"] for row in api.get_notebook_submissions("01_count", "01_count")} == set(
        graded.results
    )
    assert api.get_student_submissions("right")[0]["max_score"] == 35.0
    coursedir = open_coursedir(graded.course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        assert gradebook.find_submission("01_count", "right").score == 30.0


def test_graded_copies_are_valid_notebooks_of_nbgrader(graded):
    from nbgrader.nbgraderformat import MetadataValidator

    for path in (graded.course.folder / "autograded").rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)


def test_solutions_of_the_course_do_not_lie_beside_a_submission_that_runs(graded):
    beside = {path.name for path in (graded.course.folder / "autograded").rglob("*") if path.is_file()}
    assert not [
        name for name in beside if name.endswith((".py", ".toml")) and not name.startswith("checkpoint_")
    ]


def test_records_stand_for_this_version_of_the_grader(graded, monkeypatch):
    monkeypatch.setattr("gradebook.grade.rubric.engine_version", lambda: "another")
    assert all(job.graded is None for job in plan_grading(graded.course))


def test_student_code_gets_no_secrets_and_nothing_of_the_course(graded, tmp_path, monkeypatch):
    course = copy_course(graded, tmp_path)
    first = course.table.modules[0]
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    spy = solve(read_release(course, first))
    looks = (
        "import os, sys, tinytorch\n"
        "print(dict(os.environ), tinytorch.__path__)\n"
        f"print(os.path.exists({str(course.folder)!r}), sorted(os.listdir()))"
    )
    spy["cells"].append(code_cell(looks))
    shutil.rmtree(course.folder / "submitted")
    folder = submit(course, "spy", first, spy)
    (folder / "numpy.py").write_text("raise SystemExit('the submission was imported')")

    (result,) = run_grading(course, plan_grading(course, (first,)))

    copy = course.folder / "autograded" / "spy" / first.id / f"{first.id}.ipynb"
    text = "".join(json.loads(copy.read_text())["cells"][-1]["outputs"][0]["text"])
    assert result.score == 30.0
    assert "JUPYTERHUB_API_TOKEN" not in text
    assert "TITO_SEED" not in text
    assert f"{course.cache / 'reference'}" in text
    assert "False ['numpy.py', 'timestamp.txt']" in text
    assert load_records(open_coursedir(course).db_url)[("spy", first.id)].level == Level.SEALED
