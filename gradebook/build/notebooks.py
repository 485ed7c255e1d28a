"""The course's notebooks: made from an authored text, and read cell by cell as nbgrader reads them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.errors import TitoError
from tito.notebook import lean_jsonschema, read_notebook
from tito.table import Module

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Notes that jupytext leaves for itself on where empty lines were.
LAYOUT_NOTES = ("lines_to_next_cell", "lines_to_end_of_cell_marker")
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class BuildError(TitoError):
    """A module's notebook that can't be built; `log` is what the tool behind it said, if there was one."""

    def __init__(self, message: str, next_step: str = "", log: str = "") -> None:
        super().__init__(message, next_step)
        self.log = log


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with its nbgrader metadata; `position` counts from 1, `exported` says `#| export`."""

    position: int
    id: str
    type: str
    source: str
    metadata: Mapping[str, Any]
    nbgrader: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where it is, as in `cell 14 (tensor-add)`."""
        name = self.grade_id or self.id
        return f"cell {self.position} ({name})" if name else f"cell {self.position}"

    @property
    def grade_id(self) -> str:
        """Its nbgrader id, or nothing."""
        return str(self.nbgrader.get("grade_id") or "")

    @property
    def graded(self) -> bool:
        """Whether it earns points by running, or by being read if it is a solution too."""
        return self.nbgrader.get("grade") is True

    @property
    def solution(self) -> bool:
        """Whether a student writes in it."""
        return self.nbgrader.get("solution") is True

    @property
    def task(self) -> bool:
        """Whether it asks for something that a person grades."""
        return self.nbgrader.get("task") is True

    @property
    def locked(self) -> bool:
        """Whether students can't edit it."""
        return self.nbgrader.get("locked") is True and not self.solution

    @property
    def autograded(self) -> bool:
        """Whether running it decides its points."""
        return self.graded and not self.solution and self.type == "code"

    @property
    def manual(self) -> bool:
        """Whether a person decides its points."""
        return self.task or (self.graded and self.solution)

    @property
    def points(self) -> float:
        """What it is worth."""
        points = self.nbgrader.get("points", 0)
        return float(points) if isinstance(points, int | float) else 0.0


def plain_notebook(path: Path) -> dict[str, Any]:
    """A notebook's JSON with each cell's source as one text; raises `ExportError` for a damaged file."""
    return with_texts(read_notebook(path))


def with_texts(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook, with each cell's source turned into one text."""
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def grade_id_of(cell: Mapping[str, Any]) -> str:
    """A cell's nbgrader id, or nothing."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def cells_of(notebook: Mapping[str, Any]) -> tuple[Cell, ...]:
    """A notebook's cells, in order."""
    return tuple(_cell(position, cell) for position, cell in enumerate(notebook["cells"], start=1))


def _cell(position: int, cell: Mapping[str, Any]) -> Cell:
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    metadata = cell.get("metadata", {})
    nbgrader = metadata.get("nbgrader", {})
    meta = nbgrader if isinstance(nbgrader, Mapping) else {}
    return Cell(position, str(cell.get("id", "")), cell["cell_type"], source, metadata, meta)


def notebook_from_text(text: str, module: Module) -> dict[str, Any]:
    """The notebook that an authored text (jupytext percent) describes; equal texts give equal notebooks."""
    with lean_jsonschema():
        import jupytext

    notebook = jupytext.reads(text, fmt="py:percent", as_version=4)
    notebook.metadata.clear()
    notebook.metadata.update(METADATA)
    notebook.nbformat_minor = 5
    for cell, name in zip(notebook.cells, _cell_ids(notebook.cells, module.name), strict=True):
        cell["id"] = name
        for note in LAYOUT_NOTES:
            cell.metadata.pop(note, None)
    with lean_jsonschema():
        from nbformat import v4

    # NOTE: nbformat leaves this function untyped.
    return json.loads(v4.writes(notebook))  # type: ignore[no-any-return, no-untyped-call]


def notebook_text(notebook: dict[str, Any]) -> str:
    """A notebook laid out as Jupyter writes it to disk."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cell_ids(cells: Sequence[Mapping[str, Any]], start: str) -> list[str]:
    """An id for every cell: its grade_id, else the one before it with a number.

    Counting from the nearest graded name keeps the ids of all other cells when one is put in.
    """
    names = [str(cell["metadata"].get("nbgrader", {}).get("grade_id", "")) for cell in cells]
    taken = {name for name in names if CELL_ID.fullmatch(name)}
    ids: list[str] = []
    anchor, count = start, 0
    for name in names:
        if name in taken and name not in ids:
            anchor, count = name, 0
            ids.append(name)
            continue
        count += 1
        while (made := f"{anchor[:58]}-{count}") in taken or made in ids:
            count += 1
        ids.append(made)
    return ids
