"""Every module's notebook is held to the same bar: solution full, blank zero, wrong loses, right does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradebook.build.modules import reference_package
from gradebook.build.notebooks import grade_id_of, plain_notebook
from gradebook.course import Course
from gradebook.grade.engine import ONE_THREAD
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Status
from gradebook.grade.planning import plan_grading
from gradebook.rehearsal.demo import check_demo, read_demo
from gradebook.rehearsal.trial import try_notebook
from gradebook.rehearsal.variants import Variant, read_variants
from gradebook.validity.record import read_record
from gradebook.validity.sampling import sample
from tests.conftest import REPOSITORY
from tests.tiny_course import submit
from tito.checks import load_checkpoint
from tito.table import Module

COURSE = Course(REPOSITORY)
MODULES = COURSE.authored()
CHECKPOINTS = [COURSE.checkpoints / COURSE.table.checkpoint_of(module).filename for module in MODULES]


def wrong_of(module: Module) -> list[Variant]:
    return [variant for variant in read_variants(COURSE.variants(module)) if not variant.right]


each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
# What each came to in the engine stands in the record of `make validity`; some are graded anew.
some_modules = pytest.mark.parametrize("module", sample(MODULES, 2), ids=lambda module: module.id)


def blank_of(course: Course, module: Module) -> dict:
    """The release with the source's graded cells, hidden tests included: as a blank one is graded."""
    release, source = plain_notebook(course.release(module)), plain_notebook(course.source(module))
    graded = {
        grade_id_of(cell): cell["source"]
        for cell in source["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    }
    for cell in release["cells"]:
        cell["source"] = graded.get(grade_id_of(cell), cell["source"])
    return release


def run_python(arguments: list, home: Path, folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, *map(str, arguments)]
    environment = os.environ | {"TINYTORCH_HOME": str(home)}
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)


@each_module
def test_solution_scores_full_points_and_every_example_runs_in_a_kernel(built_course, module, tmp_path):
    import nbclient
    import nbformat

    notebook = nbformat.read(built_course.source(module), as_version=4)
    home = reference_package(built_course, before=module)
    # One thread: those of two notebooks at a time would wait for each other by turning in circles.
    environment = os.environ | dict.fromkeys(ONE_THREAD, "1")
    environment |= {"TINYTORCH_HOME": str(home), "PYTHONPATH": str(home)}

    client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120)
    client.execute(env=environment, cwd=str(tmp_path))

    checkpoint = next(cell for cell in notebook.cells if grade_id_of(cell) == "checkpoint")
    score = checkpoint.outputs[-1].data["text/plain"]
    assert float(score) == built_course.table.checkpoint_of(module).points
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


@some_modules
def test_engine_grades_a_blank_release_zero_having_found_that_the_solution_gets_full_points(
    built_course, module, tmp_path
):
    # Nothing would be graded if the course's own solution, which goes first, lost a point.
    course = Course(shutil.copytree(built_course.root, tmp_path / "course"))
    submit(course, "blank", module, plain_notebook(course.release(module)))

    (graded,) = run_grading(course, plan_grading(course))

    assert (graded.status, graded.score) == (Status.GRADED, 0)


@each_module
def test_blank_release_scores_zero(built_course, module):
    trial = try_notebook(blank_of(built_course, module), reference_package(built_course, before=module))

    assert set(trial.scores.values()) == {0.0}, trial.scores
    assert "passed" not in trial.checks.values()


@each_module
def test_every_planted_wrong_solution_lost_points_in_the_cells_about_it(module):
    lost = {row["wrong"]: set(row["loses"]) for row in read_record(COURSE)[module.id]["planted"]}

    missed = {variant.title: set(variant.loses) - lost[variant.title] for variant in wrong_of(module)}
    assert {title: cells for title, cells in missed.items() if cells} == {}


@each_module
def test_a_sample_of_the_planted_solutions_still_scores_so(measured, module):
    about = {variant.title: set(variant.loses) for variant in wrong_of(module)}
    wrong, right = measured(module).wrong, measured(module).right

    assert [(title, trial.scores) for title, trial in wrong if not about[title] <= trial.lost] == []
    assert [(title, trial.messages) for title, trial in right if not trial.full] == []
    assert len(wrong) >= 3 and len(right) >= 4


@each_module
def test_at_least_eight_wrong_solutions_are_planted_across_the_notebook(module):
    planted = wrong_of(module)

    assert len(planted) >= 8
    assert len({variant.cell for variant in planted}) >= 5


@each_module
def test_every_solution_cell_has_a_planted_wrong_solution(built_course, module):
    cells = plain_notebook(built_course.source(module))["cells"]
    solutions = {grade_id_of(cell) for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")}

    assert solutions <= {variant.cell for variant in wrong_of(module)}


@each_module
def test_committed_release_is_what_the_source_builds(built_course, module):
    assert COURSE.release(module).read_bytes() == built_course.release(module).read_bytes()


@each_module
def test_every_check_has_a_hint_ladder_and_the_points_agree(module):
    table = COURSE.table
    checkpoint = table.checkpoint_of(module)

    checks = load_checkpoint(COURSE.checkpoints / checkpoint.filename).checks

    assert sum(check.points for check in checks.values()) == checkpoint.points
    assert {name for owner, name in table.hints if owner == checkpoint.name} == set(checks)


def test_every_checkpoint_runs_under_pytest(built_course, tmp_path):
    options = ["-q", "-n0", "-p", "no:cacheprovider", "-c", os.devnull]

    suite = run_python(
        ["-m", "pytest", *options, *CHECKPOINTS], reference_package(built_course, None), tmp_path
    )

    checks = sum(len(load_checkpoint(file).checks) for file in CHECKPOINTS)
    assert suite.returncode == 0, suite.stdout
    assert f"{checks} passed" in suite.stdout


def test_every_checkpoint_is_a_script(built_course, tmp_path):

    script = run_python([CHECKPOINTS[-1]], reference_package(built_course, None), tmp_path)

    assert script.returncode == 0, script.stdout + script.stderr
    assert "🏆" in script.stdout.splitlines()[-1]
    main = 'if __name__ == "__main__":\n    checkpoint.main()\n'
    assert [file.name for file in CHECKPOINTS if not file.read_text(encoding="utf-8").endswith(main)] == []


@each_module
def test_solution_scores_full_points_with_any_seed(measured, module):
    runs = measured(module).repeated.values()

    assert measured(module).unsteady == []
    assert [trial.messages for trial in runs if trial.lost or not trial.scores] == []
    assert len(runs) >= 3


def test_demo_class_names_only_known_variants():
    check_demo(COURSE, read_demo(COURSE.folder / "demo.toml"))
