"""Every check is checked: mistakes in the solutions lose points, and the measuring itself can tell."""

from dataclasses import replace

import pytest

from gradebook.build.notebooks import Cell
from gradebook.course import Course
from gradebook.rehearsal.trial import Trial
from gradebook.validity.equivalents import read_equivalents
from gradebook.validity.measure import Validity, Verdict
from gradebook.validity.mutants import Mutant, mutate_cell
from gradebook.validity.page import write_page
from gradebook.validity.record import fingerprint, read_record
from gradebook.validity.tables import ModuleRow, check_rows, failures, failures_in_engine, module_row
from gradebook.validity.walk import ENDED, run_once, walk
from tests.conftest import REPOSITORY
from tests.tiny_course import write
from tito.errors import TitoError

COURSE = Course(REPOSITORY)
MODULES = COURSE.authored()
RENEW = "measure again: `make validity`"

SOLUTION = """#| export
def mean(rows, axis=0):
    \"\"\"The mean along an axis, or ValueError for 0 rows.\"\"\"
    ### BEGIN SOLUTION
    if len(rows) == 0:
        raise ValueError("no rows")
    copy = np.array(rows, dtype=np.float32)
    return -copy.sum(axis=axis).T / len(rows)
    ### END SOLUTION
"""


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_a_sample_of_the_mistakes_is_found(measured, module):
    validity = measured(module)

    assert len(validity.verdicts) >= 4
    assert [mutant.diff for mutant in validity.survivors] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_the_kept_measurement_is_of_what_is_there(module):
    assert read_record(COURSE).get(module.id, {}).get("of") == fingerprint(COURSE, module), RENEW


def test_the_kept_measurements_reach_the_bars_and_are_on_the_page():
    record = list(read_record(COURSE).values())

    assert list(failures([ModuleRow(**one["module"]) for one in record])) == []
    assert list(failures_in_engine({one["module"]["module"]: one["graded"] for one in record})) == []
    assert all(len(one["graded"]) >= 4 for one in record)
    assert all(one["module"]["runs"] >= 200 for one in record)
    assert (REPOSITORY / "docs" / "validity.md").read_text() == write_page(record), RENEW


def test_no_planted_mistake_is_answered_by_a_bare_assertion():
    told = [row for one in read_record(COURSE).values() for row in one["planted"]]

    assert [row["wrong"] for row in told if row["says"].strip(": ") in ("", "AssertionError")] == []


def test_mutants_differ_from_the_solution_inside_its_markers_and_from_each_other():
    mutants = list(mutate_cell("mean", SOLUTION))
    changes = {(mutant.was, mutant.now) for mutant in mutants}

    assert len({mutant.source for mutant in mutants}) == len(mutants) > 20
    assert all(5 <= mutant.line <= 8 for mutant in mutants)
    assert all("no rows" not in mutant.was or mutant.now == "pass" for mutant in mutants)
    last = "return -copy.sum(axis=axis).T / len(rows)"
    for was, now in [
        ("if len(rows) == 0:", "if len(rows) != 0:"),
        ("if len(rows) == 0:", "if False:"),
        ('raise ValueError("no rows")', "pass"),
        ("copy = np.array(rows, dtype=np.float32)", "copy = np.asarray(rows, dtype=np.float32)"),
        ("copy = np.array(rows, dtype=np.float32)", "copy = np.array(rows, dtype=np.float64)"),
        (last, "return -copy.sum(axis=axis) / len(rows)"),
        (last, "return copy.sum(axis=axis).T / len(rows)"),
        (last, "return -copy.sum(axis=None).T / len(rows)"),
        (last, "return -copy.mean(axis=axis).T / len(rows)"),
        (last, "return -copy.sum(axis=axis).T * len(rows)"),
    ]:
        assert (was, now) in changes


def cell(name: str, source: str, *, points: float = 0.0, position: int = 1) -> Cell:
    meta = {"grade_id": name, "grade": bool(points), "points": points, "solution": not points}
    return Cell(position, name, "code", source, {"nbgrader": meta}, meta)


WORK = cell("double", "#| export\ndef double(x):\n    return x + x\n")
CHECK = cell("double-check", "assert double(3) == 6", points=2.0, position=2)


def test_each_change_runs_alone_and_what_ends_or_hangs_python_scores_nothing(tmp_path):
    changes = {
        "double": [
            "def double(x):\n    return x * x\n",
            "def double(x):\n    return 2 * x\n",
            "import os\nos._exit(0)\n",
        ]
    }

    trials = {(name, number): trial for name, number, trial in walk([WORK, CHECK], changes, tmp_path)}

    assert trials["double", 0].lost == {"double-check"}
    assert trials["double", 1].lost == set()
    assert trials["double", 2] == ENDED


def test_a_loop_without_end_costs_its_cell(tmp_path, monkeypatch):
    monkeypatch.setattr("gradebook.rehearsal.trial.CELL_SECONDS", 0.1)
    endless = cell("double", "def double(x):\n    while True:\n        pass\n")

    assert run_once([endless, CHECK], tmp_path, seed=0).lost == {"double-check"}


def mutant(number: int) -> Mutant:
    return Mutant("double", "swap_op", number, f"x + {number}", f"x - {number}", f"x - {number}")


def validity_of(*trials: Trial, **options) -> Validity:
    verdicts = tuple(Verdict(mutant(number), trial) for number, trial in enumerate(trials))
    return Validity(MODULES[0], ("first", "second"), verdicts, {}, **options)


def scored(first: str, second: str, cells: float = 2.0) -> Trial:
    checkpoint = 2.0 * [first, second].count("passed")
    scores = {"double-check": cells, "checkpoint": checkpoint}
    return Trial(scores, {"double-check": 2.0, "checkpoint": 4.0}, {}, {"first": first, "second": second})


def test_a_mistake_that_loses_nothing_survives_and_misses_the_bars():
    found, missed = scored("failed", "passed"), scored("passed", "passed")
    validity = validity_of(found, missed, scored("passed", "passed", cells=0.0))
    row = module_row(validity)

    assert [survivor.line for survivor in validity.survivors] == [1]
    assert (row.mistakes, row.found, row.by_checkpoint) == (3, 2, 1)
    assert len(list(failures([row]))) == 3


def test_flakes_and_rejected_right_solutions_miss_the_bars():
    right = scored("passed", "passed")
    validity = validity_of(
        scored("failed", "passed"),
        repeated={1: right, 2: scored("passed", "failed")},
        right=(("a style", right), ("another", scored("passed", "passed", cells=1.0))),
    )
    missed = " ".join(failures([module_row(validity)]))

    assert (validity.flakes, validity.false_rejections) == ([2], ["another"])
    assert "1 of 2 runs" in missed
    assert "1 right solutions lose points" in missed


def test_a_right_notebook_that_loses_points_in_the_engine_and_a_blank_one_that_gets_some_are_told():
    graded = {"01_setup": {"blank": 0.0, "loops": 1.0}, "02_tensor": {"blank": 0.5, "loops": 0.9}}
    told = list(failures_in_engine(graded))

    assert len(told) == 2
    assert "50.0%" in told[0] and "90.0%" in told[1]


def test_a_check_that_asserts_more_with_one_seed_misses_the_bar():
    runs = {seed: replace(scored("passed", "passed"), asserted={"check first": seed}) for seed in (1, 2)}
    validity = validity_of(scored("failed", "passed"), repeated=runs)

    assert validity.unsteady == ["check first"]
    assert "1 checks assert more" in " ".join(failures([module_row(validity)]))


def test_checks_are_items_of_a_test_that_the_mistakes_take():
    validity = validity_of(
        scored("failed", "passed"), scored("failed", "failed"), scored("failed", "not judged"), ENDED
    )
    first, second = check_rows(validity)

    assert (first.found, first.alone, first.difficulty, first.discrimination) == (3, 2, 1.0, None)
    assert (second.found, second.alone, second.difficulty) == (1, 0, 0.5)


def test_an_equivalent_that_fits_no_mutant_any_more_is_refused(tmp_path):
    listed = '[[equivalent]]\ncell = "double"\nwas = "x + 1"\nnow = "x - 1"\nreason = "a reason"\n'
    path = write(tmp_path / "equivalents.toml", listed)

    assert list(read_equivalents(path, [mutant(0), mutant(1)])) == [mutant(1)]
    with pytest.raises(TitoError, match="no mutant of `double`"):
        read_equivalents(path, [mutant(0)])
    with pytest.raises(TitoError, match="no reason"):
        read_equivalents(write(path, listed.replace("a reason", "")), [mutant(1)])


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_each_check_finds_mistakes_that_no_other_finds(module):
    rows = read_record(COURSE)[module.id]["checks"]

    assert [row["check"] for row in rows if row["alone"] == 0] == []
    assert all(row["margin"] < 1 for row in rows)
