"""Hands in a notebook in which everything has another type than it should."""

from pathlib import Path

from tests.attack_corpus import lay

CODE = {"cell_type": "code", "source": "x"}
CELLS = [
    *(None, 7, "cell", [], {}, {"cell_type": 3}),
    {"cell_type": ["code"], "source": {"a": 1}},
    CODE | {"source": ["x", 3, None], "metadata": [], "outputs": "none"},
    CODE | {"metadata": {"nbgrader": "add", "tags": 3}, "outputs": [None, 3]},
    CODE | {"metadata": {"nbgrader": {"grade_id": ["add"]}}, "id": {}, "execution_count": "one"},
]


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook | {"cells": notebook["cells"] + CELLS, "metadata": [], "nbformat_minor": None})
