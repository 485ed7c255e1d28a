"""Hands in a cell of 5 MB, on one line."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    cell_of(notebook, "add")["source"] += "numbers = [" + "1," * 2_500_000 + "]\n"
    lay(folder, notebook)
