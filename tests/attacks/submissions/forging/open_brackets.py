"""Leaves a bracket, a text or a loop open in the cell before each test."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of, code_cell


def make(folder: Path, notebook: dict) -> None:
    for name, opening in {
        "add-check": "'''",
        "total-check": "if False:",
        "checkpoint": "add = (lambda *_: 20.0,",
    }.items():
        place = notebook["cells"].index(cell_of(notebook, name))
        notebook["cells"].insert(place, code_cell(opening))
    lay(folder, notebook)
