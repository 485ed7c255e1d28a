"""Splits the sources of graded cells into thousands of pieces, with line endings of every kind."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    cell = cell_of(notebook, "add-check")
    cell["source"] = [*"".join(cell["source"]).replace("\n", "\r\x0b\x0c\u2028\x85")]
    cell["source"] = ["#", *cell["source"], "\r", "6.0"]
    lay(folder, notebook)
