"""Unlocks the graded cells and replaces their code."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade") and cell["cell_type"] == "code":
            meta |= {"locked": False, "solution": True, "checksum": "0"}
            cell["source"] = "20.0" if meta["grade_id"] == "checkpoint" else "pass"
    lay(folder, notebook)
