"""Gives its graded cells a thousand points and another schema."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        if meta := cell["metadata"].get("nbgrader"):
            meta |= {"points": 1000, "schema_version": 99, "max_score": 1000, "extra_credit": 20}
    lay(folder, notebook)
