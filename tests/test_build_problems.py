"""Planted faults in a module's text and release: each is found, named at its cell, and builds nothing."""

import pytest

from gradebook.build.assignment import recorded_cells
from gradebook.build.modules import build_course, check_module
from tests.building import build_first, edit_release, edit_text, messages
from tests.tiny_course import GRADED, SOLUTION


@pytest.fixture
def course(tiny_course):
    return tiny_course


@pytest.fixture
def module(course):
    """The module whose text the tests edit."""
    return course.table.modules[0]


# ── What is wrong with a source ──────────────────────────────────────────────────────────────────────

ADD, ADD_CHECK, TOTAL_CHECK = (
    SOLUTION.format("add"),
    GRADED.format("add-check", 6),
    GRADED.format("total-check", 4),
)
CHECKPOINT = GRADED.format("checkpoint", 20)
LONG = "\n".join(f"    step{n} = {n}" for n in range(16))

SOURCE_FAULTS = {
    "header is not JSON": (
        ADD_CHECK,
        ADD_CHECK.replace('"locked"', "locked"),
        "cell 3 (add-1): its header is not valid: `nbgrader={",
    ),
    "old schema": (
        ADD_CHECK,
        ADD_CHECK.replace('_version": 3', '_version": 2'),
        "cell 3 (add-check): its nbgrader metadata is not valid: Outdated schema version",
    ),
    "wrong type": (
        ADD_CHECK,
        ADD_CHECK.replace(": 6", ': "six"'),
        "cell 3 (add-check): its nbgrader metadata is not valid: 'six' is not of type",
    ),
    "name with a space": (
        ADD,
        SOLUTION.format("add it"),
        "cell 2 (add it): its grade_id is 'add it'",
    ),
    "name used twice": (
        TOTAL_CHECK,
        GRADED.format("add-check", 4),
        "the grade_id `add-check` is used by cells 3, 5",
    ),
    "solution without end": (
        "    ### END SOLUTION\n",
        "",
        "cell 2 (add): `BEGIN SOLUTION` without `END SOLUTION`",
    ),
    "end without solution": (
        "    ### BEGIN SOLUTION\n",
        "",
        "cell 2 (add): `END SOLUTION` without `BEGIN SOLUTION`",
    ),
    "solution in a solution": (
        "    return a + b\n",
        "    ### BEGIN SOLUTION\n",
        "cell 2 (add): `BEGIN SOLUTION` inside `BEGIN SOLUTION`",
    ),
    "solution in a plain cell": (
        f" nbgrader={ADD}",
        "",
        "cell 2 (count-2): a cell with a solution must be an nbgrader solution cell",
    ),
    "hidden tests in a solution": (
        "    return a + b\n    ### END SOLUTION\n",
        "    return a + b\n    ### END SOLUTION\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n",
        "cell 2 (add): hidden tests belong in a graded test cell",
    ),
    "mark scheme in plain text": (
        "# *Write here.*",
        "# ### BEGIN MARK SCHEME\n# Five\n# ### END MARK SCHEME",
        "cell 7 (reflection-1-1): a mark scheme belongs in a task cell",
    ),
    "open test": (
        ADD_CHECK,
        ADD_CHECK.replace('"locked": true', '"locked": false'),
        "cell 3 (add-check): a graded test cell must be locked",
    ),
    "test that only defines": (
        'assert total([1, 2, 3]) == sum([1, 2, 3]), "the total of three numbers"',
        '"""Totals."""\nimport math\n\n\ndef test_total():\n    assert total([1]) == 1',
        "cell 5 (total-check): tests nothing when it runs: it only defines",
    ),
    "test that is not Python": (
        "assert total([1, 2, 3])",
        "assert total([1, 2, 3)",
        "cell 5 (total-check): is not Python in line 1",
    ),
    "task that nobody can answer": (
        "# %% [markdown]\n# *Write here.*\n\n",
        "",
        "cell 6 (reflection-1): nobody can answer it",
    ),
    "points of the exercises": (
        TOTAL_CHECK,
        GRADED.format("total-check", 5),
        "the exercises: 11 points in the notebook, 10 in the table",
    ),
    "points of the reflection": (
        '"points": 5',
        '"points": 4',
        "what a person grades: 4 points in the notebook, 5 in the table",
    ),
    "points of the checkpoint": (
        CHECKPOINT,
        GRADED.format("checkpoint", 19),
        "the checkpoint: 19 points in the notebook, 20 in the table",
    ),
    "no checkpoint": ('run_checkpoint("counts")', "assert True", "0 graded cells call `run_checkpoint`"),
    "two checkpoints": (
        "assert total([1, 2, 3])",
        'run_checkpoint("counts")\nassert total([1, 2, 3])',
        "2 graded cells call `run_checkpoint`",
    ),
    "another module's checkpoint": (
        'run_checkpoint("counts")',
        'run_checkpoint("squares")',
        "cell 8 (checkpoint): runs checkpoint 'squares', and the table says `counts`",
    ),
    "unknown checkpoint": (
        'run_checkpoint("counts")',
        'run_checkpoint("cuonts")',
        "cell 8 (checkpoint): runs checkpoint 'cuonts'",
    ),
    "checkpoint that is no value": (
        'run_checkpoint("counts")',
        'result = run_checkpoint("counts")',
        "cell 8 (checkpoint): its last line must be the `run_checkpoint` call",
    ),
    "checkpoint whose value is hidden": (
        'run_checkpoint("counts")',
        'run_checkpoint("counts");  # quiet',
        "cell 8 (checkpoint): a `;` at its end hides the score",
    ),
    "exercise that is too long": (
        "    return a + b",
        LONG + "\n    # a comment\n\n    return a + b",
        "cell 2 (add): asks for 17 lines at one go",
    ),
    "nothing to export": ("#| export\n", "", "No cell of `01_count.ipynb` is marked for export"),
    "exported cell that is not Python": (
        "    return sum(numbers)",
        "    return sum(",
        "cell 4 (total), line 4: '(' was",
    ),
}


@pytest.mark.parametrize(("old", "new", "wanted"), SOURCE_FAULTS.values(), ids=SOURCE_FAULTS)
def test_fault_in_the_source_is_found_and_builds_nothing(course, module, old, new, wanted):
    edit_text(course, old, new, count=-1)
    before, known = course.release(module).read_bytes(), recorded_cells(course, module)

    found = check_module(course, module)
    result = build_first(course)

    assert [message for message in messages(found) if wanted in message], messages(found)
    assert list(result.problems) == found
    assert {problem.file for problem in found} == {course.text_source(module)}
    assert course.release(module).read_bytes() == before
    assert recorded_cells(course, module) == known


# ── Names of graded cells ────────────────────────────────────────────────────────────────────────────

# A cell to put before the test of `total` (locked or open), and what the tests may say.
ADD_TEST, TOTAL_TEST = 'expect_equal(add(1, 2), 3, "add(1, 2)")', "assert total([1, 2, 3])"
HELPER = "def check_sum(numbers):\n    return sum(numbers)\n"
LOCKED = GRADED.format("given", 0).replace('"grade": true', '"grade": false').replace(' "points": 0,', "")


def write_cells(course, add_test="", total="", total_test="", other=""):
    """Put lines into the two tests and the second solution, and a cell of the course before the latter."""
    edit_text(course, ADD_TEST, f"{ADD_TEST}\n{add_test}")
    edit_text(course, "    return sum(numbers)", f"    {total or 'return sum(numbers)'}")
    edit_text(course, TOTAL_TEST, f"{total_test}\n{TOTAL_TEST}")
    edit_text(
        course,
        f"# %% nbgrader={SOLUTION.format('total')}",
        f"{other}\n\n# %% nbgrader={SOLUTION.format('total')}",
    )


APART = "graded cells run apart; define it in a locked cell above"
IN_TEST = "a function or class of cell 3 (add-check): " + APART
IN_CELL = "which only cell 3 (add-check) defines: " + APART

UNSEEN_NAMES = {
    "function in a later test": (
        {"add_test": HELPER, "total_test": "assert check_sum([1]) == 1"},
        f"cell 5 (total-check): uses `check_sum`, {IN_TEST}",
    ),
    "function that is handed on": (
        {"add_test": HELPER, "total_test": "assert list(map(check_sum, [[1]])) == [1]"},
        f"cell 5 (total-check): uses `check_sum`, {IN_TEST}",
    ),
    "class in a later test's function": (
        {"add_test": "class Sum:\n    pass\n", "total_test": "def made():\n    return Sum\nmade()"},
        f"cell 5 (total-check): uses `Sum`, {IN_TEST}",
    ),
    "lambda": (
        {"add_test": "twice = lambda x: 2 * x", "total_test": "assert twice(1) == 2"},
        f"cell 5 (total-check): uses `twice`, {IN_TEST}",
    ),
    "decorated function": (
        {"add_test": "import functools\n@functools.cache\n" + HELPER, "total_test": "check_sum((1,))"},
        f"cell 5 (total-check): uses `check_sum`, {IN_TEST}",
    ),
    "imported function": (
        {"total_test": 'expect_equal(total([1]), 1, "total([1])")'},
        f"cell 5 (total-check): uses `expect_equal`, {IN_TEST}",
    ),
    "value in a solution": (
        {"add_test": "most = 99", "total": "return min(most, sum(numbers))"},
        f"cell 4 (total): uses `most`, {IN_CELL}",
    ),
    "loop's variable in a plain cell": (
        {"add_test": "for n in range(3):\n    add(n, n)", "other": "# %%\nprint(n)"},
        f"cell 4 (add-check-1): uses `n`, {IN_CELL}",
    ),
    "function in a locked cell": (
        {"add_test": HELPER, "other": f"# %% nbgrader={LOCKED}\n[check_sum([n]) for n in range(3)]"},
        f"cell 4 (given): uses `check_sum`, {IN_CELL}",
    ),
    "import in a plain cell": (
        {"add_test": "import math", "other": "# %%\nmath.pi"},
        f"cell 4 (add-check-1): uses `math`, {IN_CELL}",
    ),
    "global of a function": (
        {"add_test": "def count():\n    global calls\n    calls = 1\ncount()", "other": "# %%\ncalls + 1"},
        f"cell 4 (add-check-1): uses `calls`, {IN_CELL}",
    ),
}


@pytest.mark.parametrize(("parts", "wanted"), UNSEEN_NAMES.values(), ids=UNSEEN_NAMES)
def test_name_that_a_graded_cell_keeps_to_itself_is_found(course, module, parts, wanted):
    write_cells(course, **parts)

    assert messages(check_module(course, module)) == [wanted]
    assert not build_first(course).ok


SEEN_NAMES = {
    "value in a later test": {"add_test": "most = 99", "total_test": "assert total([1]) < most"},
    "module in a later test": {"add_test": "import math", "total_test": "assert total([1]) < math.pi"},
    "value imported": {"add_test": "from math import pi", "total_test": "assert total([1]) < pi"},
    "decorator that leaves data": {
        "add_test": "@(lambda f: f())\ndef most():\n    return 9",
        "total_test": "assert total([1]) < most",
    },
    "function replaced by its value": {
        "add_test": "def most():\n    return 9\nmost = most()",
        "total_test": "assert total([1]) < most",
    },
    "function of its own": {"add_test": HELPER, "total_test": HELPER + "assert check_sum([1]) == 1"},
    "function of a locked cell too": {
        "add_test": HELPER,
        "other": f"# %% nbgrader={LOCKED}\n{HELPER}",
        "total_test": "assert check_sum([1]) == 1",
    },
    "import of a plain cell": {
        "other": "# %%\nfrom tito.checks import expect_equal",
        "total_test": 'expect_equal(total([1]), 1, "total([1])")',
    },
    "everything imported": {
        "other": "# %%\nfrom tito.checks import *",
        "total_test": 'expect_equal(total([1]), 1, "total([1])")',
    },
    "everything imported in the test": {
        "add_test": HELPER,
        "total_test": "from tito.checks import *\ncheck_sum",
    },
    "local names": {
        "add_test": "n = numbers = x = 1\nfor whole in range(3):\n    add(whole, 1)",
        "total": "whole = [x + n for n in numbers for x in [0]]; return sum(whole)",
        "other": "# %%\n[n for n in range(3)]\n{n: x for n, x in {}.items()}\nlambda x: x",
    },
    "class body and argument": {
        "add_test": "size = 1",
        "other": "# %%\nclass Sum:\n    size = 2\n    def of(self, size=3):\n        return self.size + size",
    },
    "assigned in a condition": {
        "add_test": "found = 1",
        "other": "# %%\nif (found := add(1, 2)):\n    print(found)",
    },
    "handled error": {
        "add_test": "error = 1",
        "other": "# %%\ntry:\n    add(1)\nexcept TypeError as error:\n    print(error)",
    },
    "Python's and IPython's names": {
        "add_test": "list = _ = 1\nfrom IPython.display import display",
        "other": "# %%\ndisplay(list(range(3)))\nprint(_)",
    },
    "magic in the cell": {"add_test": "files = 1", "other": "# %%\n# %cd .\nfiles = !ls\nprint(files)"},
    "bound by a magic": {
        "add_test": "files = 1",
        "other": "# %%\nfiles = !ls\n\n# %%\nprint(files)",
    },
    "await": {"add_test": "found = 1", "other": "# %%\nimport asyncio\nfound = await asyncio.sleep(0)"},
    "text and attribute": {"add_test": HELPER, "other": "# %%\nprint('check_sum', add.check_sum)"},
}


@pytest.mark.parametrize("parts", SEEN_NAMES.values(), ids=SEEN_NAMES)
def test_name_that_a_cell_gets_elsewhere_is_no_problem(course, module, parts):
    write_cells(course, **parts)

    assert messages(check_module(course, module)) == []


def test_checkpoint_that_is_not_the_last_test_is_found(course, module):
    path = course.text_source(module)
    path.write_text(path.read_text() + f"\n# %% nbgrader={GRADED.format('late', 0)}\nassert add(1, 1) == 2\n")

    assert messages(check_module(course, module)) == [
        "cell 8 (checkpoint): the checkpoint must be the last graded test cell"
    ]


def test_module_that_uses_one_it_does_not_need_is_found(course, module):
    path = course.text_source(module)
    path.write_text(path.read_text() + "\n# %%\nfrom tinytorch.core.square import square\n")

    assert messages(check_module(course, module)) == [
        "cell 9 (checkpoint-1): uses `tinytorch.core.square`, and the table has no need for square"
    ]


def test_sound_course_has_no_problem(tiny_built):
    assert [check_module(tiny_built, module) for module in tiny_built.table.modules] == [[], []]


def test_fault_in_one_module_does_not_keep_the_other_from_being_built(course):
    edit_text(course, "    ### END SOLUTION\n", "", count=-1)
    square = course.text_source(course.table.module("square"))
    square.write_text(square.read_text().replace("# # Square", "# # Squares"))

    first, second = build_course(course)

    assert not first.ok
    assert second.changed


def test_module_that_is_not_written_is_a_problem_with_a_next_step(course, module):
    course.text_source(module).unlink()

    (problem,) = build_first(course).problems

    assert problem.message == f"`01_count` is not written yet: write it: `{course.text_source(module)}`"


# ── What is wrong with a release ─────────────────────────────────────────────────────────────────────

LEAK = "    return [number * 2 for number in numbers if number > 3]"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            f"# %% [markdown]\n# Hint:\n#\n# ```\n# {LEAK}\n# ```\n",
            "cell 1 (count-1): shows a line of the solution of cell 5 (total)",
        ),
        (
            f"# %%\ndef doubles(numbers):\n{LEAK}\n",
            "cell 1 (count-1): shows a line of the solution of cell 5 (total)",
        ),
        (
            '# %%\n# Try this:\n# expect_equal(add(1234, 4321),   5555, "add(1234, 4321)")\n',
            "cell 1 (count-1): shows a line of the hidden tests of cell 4 (add-check)",
        ),
        ("# %%\n" + "1\n" * 26, "cell 1 (count-1): has 26 lines of code"),
        ("".join(f"# %%\n{n}\n\n" for n in range(8)), "9 cells come before the first one to write in"),
        ("# %% [markdown]\n# " + "word " * 301, "comes after 30"),
    ],
    ids=[
        "solution in a hint",
        "solution in an example",
        "hidden test in a comment",
        "long cell",
        "late start",
        "long text",
    ],
)
def test_text_that_students_should_not_get_is_not_released(course, module, source, wanted):
    edit_text(course, "    return sum(numbers)", LEAK)
    path = course.text_source(module)
    path.write_text(source + "\n" + path.read_text())
    before, known = course.release(module).read_bytes(), recorded_cells(course, module)

    result = build_first(course)

    assert [message for message in messages(result.problems) if wanted in message], messages(result.problems)
    assert course.release(module).read_bytes() == before
    assert recorded_cells(course, module) == known


def test_export_marker_inside_the_solution_is_found(course):
    edit_text(
        course,
        "#| export\ndef total(numbers):\n    ### BEGIN SOLUTION\n",
        "### BEGIN SOLUTION\n#| export\ndef total(numbers):\n",
    )

    result = build_first(course)

    assert messages(result.problems)[-1].startswith("`#| export` of the cell `total` is lost")


def test_hidden_test_may_prepare_its_input_as_the_visible_one_does(course):
    line = "numbers = [first * 3 + 1 for first in range(10)]\n"
    edit_text(course, "assert total([1, 2, 3])", line + "assert total([1, 2, 3])")
    edit_text(
        course,
        '"the total of three numbers"\n',
        f'"three"\n### BEGIN HIDDEN TESTS\n{line}assert total(numbers) == 145\n### END HIDDEN TESTS\n',
    )

    assert build_first(course).ok


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            lambda nb: nb["cells"][1]["source"].append("\n### BEGIN SOLUTION"),
            "cell 2 (add): `BEGIN SOLUTION` is in",
        ),
        (
            lambda nb: nb["cells"][2]["source"].append("\n### END HIDDEN TESTS"),
            "cell 3 (add-check): `END HIDDEN TESTS` is in",
        ),
        (
            lambda nb: nb["cells"][5]["source"].append("\nEND MARK SCHEME"),
            "cell 6 (reflection-1): `END MARK SCHEME` is in",
        ),
        (lambda nb: nb["cells"][1].pop("metadata"), "the students' version is not valid"),
        (lambda nb: nb["cells"][1]["source"].append("\nx = ("), "the students' version can't be exported"),
        (lambda nb: nb["cells"].clear(), "there is nothing to write in it"),
    ],
)
def test_release_that_was_spoiled_by_hand_is_found(course, module, change, wanted):
    edit_release(course, change)

    found = check_module(course, module)

    assert [message for message in messages(found) if message.startswith(wanted)], messages(found)
    assert {problem.file for problem in found} == {course.release(module)}


def test_module_that_is_not_built_says_how_to_build_it(course, module):
    course.release(module).unlink()

    assert messages(check_module(course, module)) == ["is not built yet: `tito course build 01_count`"]


def test_failure_inside_nbgrader_is_told_in_a_sentence_with_its_log(course):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.IncludeHeaderFooter.header = "missing.ipynb"\n')

    result = build_first(course)

    (problem,) = result.problems
    assert problem.message.startswith("nbgrader could not build `01_count`: FileNotFoundError: ")
    assert "Traceback" in result.log
