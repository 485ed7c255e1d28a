"""Makes its solution the graded cell, and the graded cell no longer one."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    cell_of(notebook, "add-check")["metadata"]["nbgrader"] |= {"grade": False, "task": True}
    cell_of(notebook, "add")["metadata"]["nbgrader"] |= {"grade": True, "points": 6, "locked": True}
    cell_of(notebook, "add")["source"] += "\n6.0\n"
    lay(folder, notebook)
