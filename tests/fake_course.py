"""A small course on disk, with real notebooks and checkpoints, for tests of the student's path."""

import json
import os
import subprocess
import sys
from pathlib import Path

TABLE = """
[course]
name = "TinyMath"
about = "Build your own numbers"

[[stage]]
name = "basics"
title = "Basic Numbers"
short = "Basics"
icon = "🎯"
about = "Numbers to count with"
capability = "I can build numbers and compute with them"
builds = ["Counting", "Shapes of arrays"]

[[stage]]
name = "vision"
title = "Seeing Things"
short = "Vision"
icon = "🔥"
about = "Where it leads"
capability = "I can make a machine see"
builds = ["An eye"]

[[module]]
number = 1
name = "counting"
title = "Counting"
about = "Whole numbers"
stage = "basics"
checkpoint = "numbers"
export = "tinytorch.core.counting"
needs = []
points = { exercises = 50, reflection = 10 }
hours = 2.0

[[module]]
number = 2
name = "shapes"
title = "Shapes"
about = "Arrays and their shapes"
stage = "basics"
checkpoint = "arrays"
export = "tinytorch.core.shapes"
needs = ["counting"]
points = { exercises = 50, reflection = 10 }
hours = 4.5

[[module]]
number = 3
name = "seeing"
title = "Seeing"
about = "Pictures as arrays"
stage = "vision"
checkpoint = "eye"
export = "tinytorch.core.seeing"
needs = ["shapes"]
points = { exercises = 50, reflection = 10 }
hours = 6.0

[[checkpoint]]
number = 0
name = "numbers"
question = "Can I count?"
capability = "I can count"
points = 10

[[checkpoint]]
number = 1
name = "arrays"
question = "Can I tell shapes apart?"
capability = "I can compute with arrays of any shape"
points = 10

[[checkpoint]]
number = 2
name = "eye"
question = "Can I see?"
capability = "I can turn a picture into numbers"
points = 10

[hints.numbers.double]
concept = "Twice is once and once again"
approach = "Add the number to itself"
code = "return n + n"
"""

CHECKPOINTS = {
    "checkpoint_00_numbers": '''
from tito.checks import Checkpoint, expect_equal

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=4)
def test_double():
    """Doubling a number"""
    from tinytorch.core.counting import double

    expect_equal(double(21), 42, "double(21)")


@checkpoint.check(points=4, needs="double")
def test_quadruple():
    """Doubling twice"""
    from tinytorch.core.counting import double

    expect_equal(double(double(3)), 12, "double(double(3))")


@checkpoint.check(points=2)
def test_halve():
    """Halving a number"""
    from tinytorch.core.counting import halve

    expect_equal(halve(8), 4, "halve(8)")


if __name__ == "__main__":
    checkpoint.main()
''',
    "checkpoint_01_arrays": '''
from tito.checks import Checkpoint, expect_close

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=10)
def test_total(rng):
    """The total of an array"""
    from tinytorch.core.shapes import total

    values = rng.normal(size=(3, 2))
    expect_close(total(values), values.sum(), "total(values)")


if __name__ == "__main__":
    checkpoint.main()
''',
    "checkpoint_02_eye": '''
from tito.checks import Checkpoint, expect_equal

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=10)
def test_see():
    """An eye that is open"""
    from tinytorch.core.seeing import is_open

    expect_equal(is_open(), True, "is_open()")
''',
}

BLANK = "# YOUR CODE HERE\n    raise NotImplementedError()"
SOLVED = {
    "01_counting": ["def double(n):\n    return 2 * n", "def halve(n):\n    return n // 2"],
    "02_shapes": [
        "from tinytorch.core.counting import double",
        "def total(values):\n    return double(values.sum()) / 2",
    ],
    "03_seeing": ["def is_open():\n    return True"],
}
RELEASED = {
    "01_counting": [f"def double(n):\n    {BLANK}", f"def halve(n):\n    {BLANK}"],
    "02_shapes": ["from tinytorch.core.counting import double", f"def total(values):\n    {BLANK}"],
}


def make_course(root: Path) -> Path:
    """Write the course below `root`: its table, checkpoints, and the notebooks of the first two modules."""
    (root / "course").mkdir(parents=True)
    (root / "course" / "course.toml").write_text(TABLE)
    for name, cells in RELEASED.items():
        write_notebook(root / "course" / "release" / name / f"{name}.ipynb", cells)
    checkpoints = root / "tests" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for name, text in CHECKPOINTS.items():
        (checkpoints / f"{name}.py").write_text(text)
    return root


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a notebook whose code cells are all exported, under a Markdown cell as its first."""
    code = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": f"#| export\n{text}",
            "outputs": [],
            "execution_count": None,
        }
        for number, text in enumerate(cells, start=2)
    ]
    title = {"cell_type": "markdown", "id": "cell-1", "metadata": {}, "source": f"# {path.stem}"}
    notebook = {"cells": [title, *code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, indent=1))


def solve(workspace: Path, module: str, cells: list[str] | None = None) -> None:
    """Write a student's solution of a module into their notebook: by default the right one."""
    write_notebook(workspace / "modules" / module / f"{module}.ipynb", cells or SOLVED[module])


def tito(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command line in `folder`, as a student would."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    }
    return subprocess.run(
        [sys.executable, "-m", "tito", *arguments],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
