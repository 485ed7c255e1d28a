"""What is pointed out to a person: names that an attack needs, and no honest code."""

import pytest

from gradebook.grade.screening import suspicious_names
from tests.test_honest import HONEST


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import ctypes", ("ctypes",)),
        ("import ctypes as c, gc", ("ctypes", "gc")),
        ("from gc import get_objects", ("gc",)),
        ("import sys\nsys._getframe(1).f_back.f_locals", ("_getframe", "f_back", "f_locals")),
        ("get_ipython().ast_transformers.append(X())", ("ast_transformers",)),
        ("import os\ndef add(a, b):\n    os._exit(0)", ("_exit",)),
        ("def f():\n    if True:\n        import signal", ("signal",)),
        ("sys.displayhook = print", ("displayhook",)),
    ],
)
def test_what_an_attack_needs_is_named(source, found):
    assert suspicious_names([source]) == found


def test_names_of_all_cells_come_sorted_and_once():
    assert suspicious_names(["import gc", "x = 1", "import ctypes", "import gc"]) == ("ctypes", "gc")


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.allclose([1], [1])",
        "import sys\nsys.stderr.write('hm')",
        "gc = 3\nctypes = 'a name like any other'",
        "'sys._getframe and import ctypes are spoken of here'",
        "# import ctypes",
        "import os\nos.path.exists('x')",
        "from collections import Counter",
    ],
)
def test_honest_code_is_not_named(source):
    assert suspicious_names([source]) == ()


@pytest.mark.parametrize("source", ["def broken(:", "%timeit add(1, 2)", "\0", "(" * 5000])
def test_a_cell_that_is_not_python_is_passed_over_and_the_next_is_read(source):
    assert suspicious_names([source, "import ctypes"]) == ("ctypes",)


def test_the_honest_corpus_is_not_named():
    sources = [text for work in HONEST.values() for text in (work.add, work.total, *work.before, *work.after)]
    assert suspicious_names(sources) == ()
