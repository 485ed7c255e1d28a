"""Making cells and outputs: nbformat at the edge, where what has no types gets them."""

from collections.abc import Mapping, Sequence
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict

CODE: dict[str, Any] = {"execution_count": None, "outputs": []}
# From this minor version of format 4 on, cells have ids.
FORMAT = {"nbformat": 4, "nbformat_minor": 5}
from_mapping: Any = from_dict


def make_cell(kind: str, source: str, metadata: Mapping[str, Any] | None = None) -> NotebookNode:
    """A new cell; a kind that notebooks don't know becomes a raw one."""
    known = kind if kind in ("code", "markdown") else "raw"
    content = {"id": "", "cell_type": known, "metadata": metadata or {}, "source": source}
    return make_node(content | CODE if known == "code" else content)


def make_notebook(cells: Sequence[NotebookNode]) -> NotebookNode:
    """A new notebook of these cells, each with an id of its own."""
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return make_node({"cells": list(cells), "metadata": {}, **FORMAT})


def make_node(content: Mapping[str, Any]) -> NotebookNode:
    """A mapping as notebooks hold it, keys readable as attributes at every depth."""
    node: NotebookNode = from_mapping(content)
    return node


def error_output(name: str, reason: str) -> NotebookNode:
    """An error that says one sentence."""
    told = {"ename": name, "evalue": reason, "traceback": [f"{name}: {reason}"]}
    return make_node({"output_type": "error", **told})


def stderr_output(text: str) -> NotebookNode:
    """A remark among a cell's outputs."""
    return make_node({"output_type": "stream", "name": "stderr", "text": text})
