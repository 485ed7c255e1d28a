# ruff: noqa: E501 - jupytext keeps a cell's metadata on one line
"""A course of two small modules, and submissions to it made by edits of what its students get."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradebook.build.modules import build_course
from gradebook.build.notebooks import grade_id_of, plain_notebook
from gradebook.course import Course
from gradebook.course_folder import prepare_course
from tito.material import material_root
from tito.table import Module

Notebook = dict[str, Any]

TABLE = """
[course]
name = "Small numbers"
about = "Two functions and what they prove"

[[stage]]
name = "one"
title = "Stage One"
short = "One"
icon = "🎯"
about = "Counting"
capability = "I can count"
builds = ["a function"]

[[stage]]
name = "two"
title = "Stage Two"
short = "Two"
icon = "🎯"
about = "Squaring"
capability = "I can square"
builds = ["another function"]

[[module]]
number = 1
name = "count"
title = "Count"
about = "Counting"
stage = "one"
checkpoint = "counts"
export = "tinytorch.core.count"
needs = []
points = { exercises = 10, reflection = 5 }
hours = 1.0

[[module]]
number = 2
name = "square"
title = "Square"
about = "Squaring"
stage = "two"
checkpoint = "squares"
export = "tinytorch.core.square"
needs = ["count"]
points = { exercises = 10, reflection = 0 }
hours = 1.0

[[checkpoint]]
number = 0
name = "counts"
question = "Can I count?"
capability = "I can count"
points = 20

[[checkpoint]]
number = 1
name = "squares"
question = "Can I square?"
capability = "I can square"
points = 20
"""

SOLUTION = '{{"grade": false, "grade_id": "{0}", "locked": false, "schema_version": 3, "solution": true, "task": false}}'
GRADED = '{{"grade": true, "grade_id": "{0}", "locked": true, "points": {1}, "schema_version": 3, "solution": false, "task": false}}'
TASK = '{"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}'

COUNT = f"""# %% [markdown]
# # Count

# %% nbgrader={SOLUTION.format("add")}
#| export
def add(a, b):
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION


# %% nbgrader={GRADED.format("add-check", 6)}
from tito.checks import expect_equal

expect_equal(add(1, 2), 3, "add(1, 2)")
### BEGIN HIDDEN TESTS
expect_equal(add(1234, 4321), 5555, "add(1234, 4321)")
### END HIDDEN TESTS

# %% nbgrader={SOLUTION.format("total")}
#| export
def total(numbers):
    ### BEGIN SOLUTION
    return sum(numbers)
    ### END SOLUTION


# %% nbgrader={GRADED.format("total-check", 4)}
assert total([1, 2, 3]) == sum([1, 2, 3]), "the total of three numbers"

# %% [markdown] nbgrader={TASK}
# When does counting fail?
#
# ### BEGIN MARK SCHEME
# Five points for the word overflow.
# ### END MARK SCHEME

# %% [markdown]
# *Write here.*

# %% nbgrader={GRADED.format("checkpoint", 20)}
from tito.checks import run_checkpoint

run_checkpoint("counts")
"""

SQUARE = f"""# %% [markdown]
# # Square

# %%
#| export
from tinytorch.core.count import add

# %% nbgrader={SOLUTION.format("square")}
#| export
def square(x):
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION


# %% nbgrader={GRADED.format("square-check", 10)}
assert square(3) == add(4, 5), "three squared is nine"

# %% nbgrader={GRADED.format("checkpoint", 20)}
from tito.checks import run_checkpoint

run_checkpoint("squares")
"""

COUNTS = '''"""Can I count?"""

from tito.checks import Checkpoint, expect_equal

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=12)
def test_add(rng):
    """Two numbers are added"""
    from tinytorch.core.count import add

    a, b = (int(n) for n in rng.integers(10, 99, size=2))
    expect_equal(add(a, b), a + b, "add(a, b)")


@checkpoint.check(points=8)
def test_total():
    """A list is summed up"""
    from tinytorch.core.count import total

    expect_equal(total([4, 5]), 9, "total([4, 5])")


if __name__ == "__main__":
    checkpoint.main()
'''

SQUARES = '''"""Can I square?"""

from tito.checks import Checkpoint, expect_equal

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=20)
def test_square():
    """A number is squared"""
    from tinytorch.core.square import square

    expect_equal(square(7), 49, "square(7)")


if __name__ == "__main__":
    checkpoint.main()
'''


def make_tiny_course(root: Path, settings: str = "") -> Course:
    """The course in `root`, built and ready for submissions; `settings` are lines for `nbgrader_config.py`."""
    write(root / "course" / "course.toml", TABLE)
    write(root / "course" / "source" / "01_count" / "01_count.py", COUNT)
    write(root / "course" / "source" / "02_square" / "02_square.py", SQUARE)
    write(root / "tests" / "checkpoints" / "checkpoint_00_counts.py", COUNTS)
    write(root / "tests" / "checkpoints" / "checkpoint_01_squares.py", SQUARES)
    shutil.copy(material_root() / "nbgrader_config.py", root / "nbgrader_config.py")
    with (root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.ExecutePreprocessor.timeout = 3\n{settings}\n")
    course = Course(root)
    prepare_course(course)
    problems = [problem for built in build_course(course) for problem in built.problems]
    assert not problems, problems
    return course


def write(path: Path, text: str) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read_release(course: Course, module: Module) -> Notebook:
    """The notebook students get, cell sources as texts."""
    return plain_notebook(course.release(module))


def cell_of(notebook: Notebook, name: str) -> dict[str, Any]:
    """The cell of that nbgrader id."""
    cell: dict[str, Any] = next(cell for cell in notebook["cells"] if grade_id_of(cell) == name)
    return cell


def code_cell(source: str) -> dict[str, Any]:
    """A cell of the student's own."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


RIGHT = {
    "add": "def add(a, b):\n    return a + b\n",
    "total": "def total(numbers):\n    return sum(numbers)\n",
    "square": "def square(x):\n    return x * x\n",
}


def solve(notebook: Notebook, **solutions: str) -> Notebook:
    """Write solutions into a notebook: the right ones, except where `solutions` says otherwise."""
    for name, text in (RIGHT | solutions).items():
        for cell in notebook["cells"]:
            if grade_id_of(cell) == name:
                cell["source"] = text
    return notebook


def submit(
    course: Course, student: str, module: Module, notebook: Notebook | str, when: str = "2026-11-01 10:00:00"
) -> Path:
    """Lay a notebook, or the text of a file, where collecting would have put it."""
    folder = course.folder / "submitted" / student / module.id
    text = notebook if isinstance(notebook, str) else json.dumps(notebook)
    write(folder / f"{module.id}.ipynb", text)
    write(folder / "timestamp.txt", f"{when} UTC")
    return folder


Edit = Callable[[Notebook], Notebook]
