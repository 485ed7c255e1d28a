"""Hands in again without the one check that it would fail now, and without the checkpoint."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    for name in ("add-check", "checkpoint"):
        notebook["cells"].remove(cell_of(notebook, name))
    lay(folder, notebook)
