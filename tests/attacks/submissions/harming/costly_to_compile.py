"""Hands in cells that are short and take the compiler all memory, stack or time."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import code_cell

SOURCES = [
    "x = " + "(" * 5000 + ")" * 5000,
    "-" * 100_000 + "1",
    "x = ((1 << 10000) ** 99,) * 10 ** 6",
    "f(" * 90_000,
]


def make(folder: Path, notebook: dict) -> None:
    notebook["cells"] += map(code_cell, SOURCES)
    lay(folder, notebook)
