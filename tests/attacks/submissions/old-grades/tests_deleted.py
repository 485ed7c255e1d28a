"""Hands in again with every graded cell deleted."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    cells = notebook["cells"]
    notebook["cells"] = [cell for cell in cells if not cell["metadata"].get("nbgrader", {}).get("grade")]
    lay(folder, notebook)
