"""Notebooks of a few cells, for tests of what becomes of them."""

import json
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def code(source: str | list[str], name: str = "", **fields: Any) -> Cell:
    """A code cell; without a name it has no id."""
    identity = {"id": name} if name else {}
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return {**cell, **identity, **fields}


def markdown(source: str, name: str = "text") -> Cell:
    """A Markdown cell."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def notebook_of(*cells: Cell, **fields: Any) -> dict[str, Any]:
    """A notebook of these cells."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}


def save(path: Path, *cells: Cell, **fields: Any) -> Path:
    """A notebook file of these cells."""
    path.write_text(json.dumps(notebook_of(*cells, **fields)), encoding="utf-8")
    return path
