"""What is pointed out to a person: names that an attack needs, and no honest code."""

import time

import pytest

from gradebook.build.notebooks import cells_of, notebook_from_text
from gradebook.grade.screening import MOST_CODE, TOO_DEEP, TOO_LONG, suspicious_names
from gradebook.rehearsal.variants import plant, read_variants
from tests.test_honest import HONEST


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import ctypes", ("ctypes",)),
        ("import ctypes as c, gc", ("ctypes", "gc")),
        ("from gc import get_objects", ("gc", "get_objects")),
        ("import ctypes.util", ("ctypes",)),
        ("from ctypes.util import find_library", ("ctypes",)),
        ("from sys import _getframe as frame", ("_getframe",)),
        ('getattr(add, "__globals__")', ("__globals__",)),
        ('vars(sys)["_getframe"](1)', ("_getframe",)),
        ('import importlib\nimportlib.import_module("ctypes")', ("ctypes",)),
        ('from importlib import import_module\nimport_module("ctypes.util")', ("ctypes",)),
        ('__import__("gc").collect()', ("gc",)),
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
        'signals = {"signal": 1, "gc": 2}\nsignals["signal"]',
        'import importlib\nimportlib.import_module("json")',
        'getattr(add, "__name__")',
        "import gcsfs, socketserver",
    ],
)
def test_honest_code_is_not_named(source):
    assert suspicious_names([source]) == ()


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\n{}",
        "%%time\n{}",
        "\n%%timeit -n 2\n{}",
        "{}\n!ls",
        "files = !ls\n{}",
        "a, b = %sql select\n{}",
        "?len\n{}",
        "ctypes.util??\n{}",
        "if True:\n    %cd ..\n    {}",
        "x = (7\n     % 3\n     != 4)\n{}",
        '"""\nWhy?\n"""\n{}',
        "{}  # why?",
    ],
)
def test_code_beside_magics_is_looked_at(source):
    assert suspicious_names([source.format("import ctypes")]) == ("ctypes",)
    assert suspicious_names([source.format("import random")]) == ()


@pytest.mark.parametrize("source", ["x = (7\n%len)\nimport gc", '"""\n%x"""\nimport gc'])
def test_python_that_looks_like_a_magic_is_looked_at(source):
    assert suspicious_names([source]) == ("gc",)


def test_code_that_is_too_long_is_said_and_the_rest_is_looked_at():
    long = "x = 1\n" * (MOST_CODE // 6)
    assert suspicious_names([long]) == ()
    assert suspicious_names([long + "import gc\n", "import ctypes"]) == (TOO_LONG, "ctypes")
    assert suspicious_names([long, long]) == (TOO_LONG,)


@pytest.mark.parametrize("source", ["x = " + "1 + " * 12_000 + "1", "x = " + "-" * 20_000 + "1"])
def test_code_that_is_too_deep_for_the_parser_is_said(source):
    assert suspicious_names([source + "\nimport gc", "import mmap"]) == (TOO_DEEP, "mmap")


# What Python's parser, or the pattern for magics, takes long for. A second's work is right, ten are a fault.
COSTLY = {
    "dotted name": "import a" + ".a" * 24_000,
    "dotted name, not Python": "import a" + ".a" * 24_000 + "\na b",
    "fields of a text": "f'" + "{a}" * 16_000 + "'",
    "short texts": "f'{a + b}'\n" * 4_000,
    "numbers": "1\n" * 24_000,
    "targets": "(" + "a," * 24_000 + "1) = 1",
    "brackets": "[" * 49_000,
    "open brackets": "({[" * 60 + "a b" + "]})" * 60,
    "dictionaries": "{1:" * 190 + "a b" + "}" * 190,
    "spaces": " " * 49_000 + "x",
    "tabs and spaces": "\t " * 24_000 + "=",
    "names": "a " * 24_000,
    "commas": "a, " * 16_000 + "!",
    "equals": "a = " * 12_000,
    "question marks": "a." * 24_000 + " ?",
    "lines": "\n" * 49_000,
    "help": "?\n" * 24_000,
}


@pytest.mark.parametrize("copies", [1, 10])
@pytest.mark.parametrize("source", COSTLY.values(), ids=COSTLY)
def test_no_code_takes_the_grader_long(source, copies):
    start = time.process_time()
    suspicious_names([source * copies])
    assert time.process_time() - start < 10


@pytest.mark.parametrize("source", ["def broken(:", "%timeit add(1, 2)", "\0", "(" * 5000])
def test_a_cell_that_is_not_python_is_passed_over_and_the_next_is_read(source):
    assert suspicious_names([source, "import ctypes"]) == ("ctypes",)


def test_the_honest_corpus_is_not_named():
    for work in HONEST.values():
        assert suspicious_names([work.add, work.total, *work.before, *work.after]) == ()


def test_the_course_and_its_planted_right_solutions_are_not_named(repository):
    looked_at = 0
    for module in repository.authored():
        notebook = notebook_from_text(repository.text_source(module).read_text(), module)
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
        variants = read_variants(repository.text_source(module).with_name("variants.toml"))
        for planted in [notebook, *(plant(notebook, one) for one in variants if one.right)]:
            cells = [cell for cell in cells_of(planted) if cell.type == "code" and not cell.locked]
            assert suspicious_names(cell.source for cell in cells) == ()
            looked_at += len(cells)
    assert looked_at > 100
