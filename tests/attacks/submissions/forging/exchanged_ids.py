"""Exchanges the ids of a check that it fails and one that it passes."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    failed, passed = cell_of(notebook, "add-check"), cell_of(notebook, "total-check")
    failed["metadata"], passed["metadata"] = passed["metadata"], failed["metadata"]
    failed["id"], passed["id"] = "total-check", "add-check"
    lay(folder, notebook)
