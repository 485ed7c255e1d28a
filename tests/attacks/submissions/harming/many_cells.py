"""Hands in a notebook of five thousand cells."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import code_cell


def make(folder: Path, notebook: dict) -> None:
    notebook["cells"] += [code_cell(f"cell_{number} = {number}") for number in range(5000)]
    lay(folder, notebook)
