# ruff: noqa: E501 - a solution stands on one line where that is easier to compare
"""Honest submissions in every style get full marks: what is unusual, loud or slow costs nothing."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradebook.course import Course
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Graded, Status
from gradebook.grade.planning import plan_grading
from tests.conftest import made_once
from tests.tiny_course import RIGHT, code_cell, read_release, solve, submit

FULL = 30.0  # of 35: five are given by a person


@dataclass(frozen=True)
class Work:
    """What an honest student wrote: solutions, and cells of their own before and after the course's."""

    add: str = RIGHT["add"]
    total: str = RIGHT["total"]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def own(*cells: str) -> Work:
    """Right solutions, and cells of the student's own before them."""
    return Work(before=cells)


HONEST = {
    "plain": Work(),
    "warning": Work(
        add="import warnings\ndef add(a, b):\n    warnings.warn('slow', DeprecationWarning)\n    return a + b\n"
    ),
    "numpy-warning": own("import numpy as np\nnp.array([1.0]) / 0"),
    "stderr": Work(
        add="import sys\ndef add(a, b):\n    print('adding', file=sys.stderr)\n    return a + b\n",
        before=("import logging\nlogging.error('nothing is wrong')",),
    ),
    "slow": Work(
        add="import time\ndef add(a, b):\n    time.sleep(0.2)\n    return a + b\n",
        before=("import time\ntime.sleep(1.5)",),
    ),
    "chatty": Work(
        total="def total(numbers):\n    for n in numbers:\n        print('adding', n)\n    return sum(numbers)\n"
    ),
    "big-output": own("print('x' * 500_000)", "for n in range(5000):\n    print(n)", "list(range(2000))"),
    "too-big-output": own("for _ in range(300):\n    print('x' * 100_000)"),
    "plot": own("import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('counts')\nplt.show()"),
    "inline-plot": own(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.bar([1], [2])"
    ),
    "pandas": Work(
        total="import pandas as pd\ndef total(numbers):\n    return int(pd.Series(numbers).sum())\n",
        before=("import pandas as pd\npd.DataFrame({'n': [1, 2, 3]}).describe()",),
    ),
    "timeit": own("%timeit -n 2 -r 1 sum(range(100))", "%%time\nsum(range(1000))"),
    "shell": own("!echo hello", "files = !ls\nlen(files)"),
    "bash": own("%%bash\necho hello\nexit 0"),
    "subprocess": own(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, check=True).stdout"
    ),
    "threads": Work(
        total=(
            "import threading\n"
            "def total(numbers):\n"
            "    found = []\n"
            "    worker = threading.Thread(target=lambda: found.append(sum(numbers)))\n"
            "    worker.start()\n"
            "    worker.join()\n"
            "    return found[0]\n"
        )
    ),
    "thread-pool": Work(
        total=(
            "from concurrent.futures import ThreadPoolExecutor\n"
            "def total(numbers):\n"
            "    with ThreadPoolExecutor(2) as pool:\n"
            "        return sum(pool.map(int, numbers))\n"
        )
    ),
    "thread-pool-kept": Work(
        before=(
            "from concurrent.futures import ThreadPoolExecutor\n"
            "pool = ThreadPoolExecutor(2)\nlist(pool.map(str, range(4)))",
        )
    ),
    "class": Work(
        add=("class Adder:\n    def __call__(self, a, b):\n        return a + b\n\nadd = Adder()\n"),
        total=(
            "from dataclasses import dataclass\n\n"
            "@dataclass\n"
            "class Sum:\n"
            "    value: int = 0\n"
            "    def take(self, n):\n"
            "        self.value += n\n"
            "        return self\n\n"
            "def total(numbers):\n"
            "    whole = Sum()\n"
            "    for n in numbers:\n"
            "        whole.take(n)\n"
            "    return whole.value\n"
        ),
    ),
    "static-method": Work(
        add="class Calc:\n    @staticmethod\n    def add(a, b):\n        return a + b\n\nadd = Calc.add\n"
    ),
    "bound-method": Work(
        total=(
            "class Calc:\n    def total(self, numbers):\n        return sum(numbers)\n\n"
            "total = Calc().total\n"
        )
    ),
    "recursion": Work(
        add="def add(a, b):\n    return a if b == 0 else add(a, b - 1) + 1 if b < 500 else a + b\n",
        total="def total(numbers):\n    return numbers[0] + total(numbers[1:]) if numbers else 0\n",
    ),
    "generator": Work(
        total=(
            "def partial_sums(numbers):\n"
            "    whole = 0\n"
            "    for n in numbers:\n"
            "        whole += n\n"
            "        yield whole\n\n"
            "def total(numbers):\n"
            "    return list(partial_sums(numbers))[-1]\n"
        )
    ),
    "numpy": Work(
        add="import numpy as np\ndef add(a, b):\n    return int(np.add(a, b))\n",
        total="import numpy as np\ndef total(numbers):\n    return np.sum(numbers).item()\n",
    ),
    "numpy-integer": Work(
        add="import numpy as np\ndef add(a, b):\n    return np.add(a, b)\n",
        total="import numpy as np\ndef total(numbers):\n    return np.asarray(numbers).sum()\n",
    ),
    "partial": Work(
        add="from functools import partial\ndef join(by, a, b):\n    return a + b\nadd = partial(join, 1)\n",
        total="import operator\nfrom functools import partial, reduce\ntotal = partial(reduce, operator.add)\n",
    ),
    "cached": Work(
        add="from functools import lru_cache\n@lru_cache(maxsize=None)\ndef add(a, b):\n    return a + b\n"
    ),
    "decorated": Work(
        add=(
            "import functools\n"
            "def traced(function):\n"
            "    @functools.wraps(function)\n"
            "    def wrapper(*args, **options):\n"
            "        print(function.__name__, args)\n"
            "        return function(*args, **options)\n"
            "    return wrapper\n\n"
            "@traced\ndef add(a, b):\n    return a + b\n"
        )
    ),
    "lambda": Work(add="add = lambda a, b: a + b\n", total="total = lambda numbers: sum(numbers)\n"),
    "builtin": Work(add="import operator\nadd = operator.add\n", total="total = sum\n"),
    "nested": Work(
        add="def add(a, b):\n    def inner():\n        nonlocal a\n        a += b\n        return a\n    return inner()\n"
    ),
    "typed": Work(
        add=(
            "from __future__ import annotations\nfrom typing import TypeVar\n\nN = TypeVar('N', int, float)\n\n"
            "def add(a: N, b: N) -> N:\n    '''The sum.'''\n    result: N = a + b\n    return result\n"
        ),
        total="def total(numbers: list[int] | tuple[int, ...]) -> int:\n    return sum(numbers)\n",
    ),
    "async": own("import asyncio\nawait asyncio.sleep(0.01)\nasync def f():\n    return 1\nawait f()"),
    "async-inside": Work(
        total=(
            "import asyncio, threading\n"
            "async def count(numbers):\n    await asyncio.sleep(0)\n    return sum(numbers)\n"
            "def total(numbers):\n"
            "    found = []\n"
            "    worker = threading.Thread(target=lambda: found.append(asyncio.run(count(numbers))))\n"
            "    worker.start(); worker.join()\n"
            "    return found[0]\n"
        )
    ),
    "forgiving": Work(
        add=(
            "def add(a, b):\n    try:\n        return a.plus(b)\n"
            "    except AttributeError:\n        return a + b\n    finally:\n        pass\n"
        )
    ),
    "global-state": Work(
        add="calls = 0\ndef add(a, b):\n    global calls\n    calls += 1\n    return a + b\n",
        after=("calls",),
    ),
    "tries-out": Work(
        add="def add(a, b):\n    return a + b\n\nassert add(1, 1) == 2\nprint(add(2, 2))\nadd(3, 3)\n"
    ),
    "asks": own("name = input('Who are you? ')", "import getpass\ngetpass.getpass()"),
    "raises": own("1 / 0", "raise ValueError('not in the course')"),
    "keyboard-interrupt": own("raise KeyboardInterrupt"),
    "exits": own("raise SystemExit", "exit()", "import sys\nsys.exit(1)", "quit()"),
    "renames-list": own("list = 3", "print = None", "len = lambda x: 0", "str, int, range, abs = 1, 2, 3, 4"),
    "renames-np": own("import numpy as np\nnp = np.arange(3)"),
    "star": own("from math import *\nfrom os.path import *\nfrom operator import *"),
    "moves": own("import os\nos.makedirs('deeper', exist_ok=True)\nos.chdir('deeper')", "%cd /"),
    "deletes": own(
        "from pathlib import Path\nPath('mine.txt').write_text('1')\nPath('mine.txt').unlink()",
        "import os\nfor name in os.listdir():\n    os.path.isfile(name) and os.remove(name)",
    ),
    "seeds": own("import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)\nnp.random.rand(3)"),
    "settings": own(
        "import numpy as np\nnp.set_printoptions(precision=2)\nnp.seterr(all='raise')",
        "import warnings\nwarnings.simplefilter('error')",
        "import sys\nsys.setrecursionlimit(5000)",
    ),
    "unicode": Work(
        add="def größe(α, β):\n    return α + β\n\nadd = größe\n",
        total="def total(zahlen):\n    '''Σ 🎯'''\n    summe = 0\n    for zähler in zahlen:\n        summe += zähler\n    return summe\n",
    ),
    "long-line": Work(add=f"def add(a, b):\n    return a + b + {' + '.join(['0'] * 500)}\n"),
    "long-cell": own("\n".join(f"x{n} = {n}" for n in range(3000))),
    "broken-cell": own("def unfinished(:\n", "this is not Python", "  indented = 1\n bad = 2"),
    "empty-cells": own("", "# a note to myself", "%%html\n<b>bold</b>", "?len"),
    "shows": own(
        "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>hi</b>'))\nMarkdown('*hi*')",
        "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)",
    ),
    "writes-module": own("%%writefile helper.py\nONE = 1", "import helper\nhelper.ONE"),
    "many-cells": own(*[f"value = {n}" for n in range(200)]),
    "memory": own("big = bytearray(200_000_000)\nlen(big)"),
    "open-files": own("files = [open('/dev/null') for _ in range(50)]"),
    "deep-copy": own("import copy, pickle\npickle.loads(pickle.dumps({'a': [1]}))\ncopy.deepcopy([1])"),
    "again": Work(after=(RIGHT["add"], RIGHT["total"], "add(1, 2)")),
}


@pytest.fixture(scope="session")
def graded_course(tiny_built, tmp_path_factory) -> Course:
    """All of them, graded in one run by two workers, once for all test processes."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        course = Course(root)
        for student, work in HONEST.items():
            hand_in(course, student, work)
        list(run_grading(course, plan_grading(course), workers=2))

    return Course(made_once(tmp_path_factory, "honest-class", make))


@pytest.fixture(scope="session")
def results(graded_course) -> dict[str, Graded]:
    """Each one's result; nothing is graded again."""
    return {graded.student: graded for graded in run_grading(graded_course, plan_grading(graded_course))}


def hand_in(course: Course, student: str, work: Work) -> None:
    first = course.table.modules[0]
    notebook = solve(read_release(course, first), add=work.add, total=work.total)
    before, after = (list(map(code_cell, cells)) for cells in (work.before, work.after))
    notebook["cells"] = [*before, *notebook["cells"], *after]
    submit(course, student, first, notebook)


@pytest.mark.parametrize("student", sorted(HONEST))
def test_honest_work_gets_full_marks(results, student):
    graded = results[student]
    assert (graded.score, graded.status) == (FULL, Status.GRADED), graded.explanation


@pytest.mark.parametrize("student", sorted(HONEST))
def test_honest_work_is_not_put_before_a_person(results, student):
    assert "for a person to look at" not in results[student].explanation


def test_cells_of_ones_own_that_fail_are_shown_to_fail(results, graded_course):
    first = graded_course.table.modules[0].id
    folder = graded_course.folder / "autograded"
    for student, error in {"raises": "ZeroDivisionError", "asks": "StdinNotImplementedError"}.items():
        notebook = json.loads((folder / student / first / f"{first}.ipynb").read_text())
        assert notebook["cells"][0]["outputs"][-1]["ename"] == error
