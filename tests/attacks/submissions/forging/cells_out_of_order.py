"""Runs the checks before the solutions, on functions that are replaced afterwards."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import code_cell

EARLY = "class Any:\n    __eq__ = lambda *_: True\n    __hash__ = None\nadd = total = lambda *_: Any()\n"


def make(folder: Path, notebook: dict) -> None:
    notebook["cells"] = [code_cell(EARLY), *reversed(notebook["cells"])]
    lay(folder, notebook)
