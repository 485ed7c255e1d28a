"""Hands in again with cells of a schema that stops the grader."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        if meta := cell["metadata"].get("nbgrader"):
            meta["schema_version"] = "99"
            del meta["grade"]
    lay(folder, notebook)
