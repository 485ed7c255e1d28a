"""Puts magics before the tests that run them elsewhere, catch their output or time them."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of, code_cell


def make(folder: Path, notebook: dict) -> None:
    for name, magic in {
        "add-check": "%%script true",
        "checkpoint": "%%capture",
        "total-check": "%%timeit",
    }.items():
        cell = cell_of(notebook, name)
        cell["source"] = f"{magic}\n{''.join(cell['source'])}"
    notebook["cells"].insert(0, code_cell("%alias_magic assert time\n%xmode Minimal\n%pdb off\n!true"))
    lay(folder, notebook)
