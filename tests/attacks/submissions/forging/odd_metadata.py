"""Hands in cells that are right in shape and wrong in every kind of metadata."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    odd = [
        [],
        "nbgrader",
        {"nbgrader": []},
        {"nbgrader": {"grade_id": 3}},
        {"nbgrader": {"points": "all"}},
        None,
    ]
    for number, cell in enumerate(notebook["cells"]):
        if not cell["metadata"].get("nbgrader"):
            cell["metadata"] = odd[number % len(odd)]
        else:
            cell["metadata"]["nbgrader"] |= {
                "points": "6",
                "grade": "yes",
                "checksum": [None],
                "cell_type": 3,
            }
    lay(folder, notebook | {"metadata": None, "nbformat": 4.0, "nbformat_minor": -1})
