"""Putting a submitted notebook back on its rails: what was deleted, copied, moved or edited that must not be.

nbgrader's `OverwriteCells` trusts the submission's own flags, stumbles when the cell before a deleted one
was locked or deleted too, and leaves metadata that its validator then refuses. Here nothing of a cell's
nbgrader metadata is believed but its id; all else comes from the gradebook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

from gradebook.grade.nodes import make_cell

SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True)
class Original:
    """A cell as the instructor wrote it, with all that nbgrader knows about it."""

    name: str
    cell_type: str
    source: str
    released: str
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float

    @property
    def by_machine(self) -> bool:
        """Whether running it decides its points."""
        return self.grade and not self.solution and self.cell_type == "code"

    @property
    def metadata(self) -> dict[str, Any]:
        """The cell's metadata, nbgrader's section included."""
        nbgrader = {
            "grade": self.grade,
            "grade_id": self.name,
            "locked": self.locked,
            "schema_version": SCHEMA_VERSION,
            "solution": self.solution,
            "task": self.task,
            "cell_type": self.cell_type,
            "checksum": self.checksum,
        }
        if self.grade or self.task:
            nbgrader["points"] = self.points
        lock = {"deletable": False} | ({"editable": False} if self.locked else {})
        return lock | {"nbgrader": nbgrader}


@dataclass(frozen=True, slots=True)
class Repair:
    """What had to be put right in a submission, by cell id."""

    lost: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = (
            (self.lost, "deleted by the student"),
            (self.deleted, "deleted and put back"),
            (self.copied, "copied, the last one counts"),
            (self.edited, "locked but edited, and restored"),
        )
        return "; ".join(f"{_name_cells(cells)} {words}" for cells, words in parts if cells)


def _name_cells(cells: Sequence[str]) -> str:
    shown = ", ".join(f"`{cell}`" for cell in cells[:2])
    return f"{shown} and {len(cells) - 2} more" if len(cells) > 2 else shown


def read_originals(
    gradebook: Gradebook, notebook: str, assignment: str, released: dict[str, str]
) -> list[Original]:
    """The notebook's cells from the gradebook, in the order of `released`; the database keeps none.

    released: the text of each cell as students got it, by id.
    """
    row = gradebook.find_notebook(notebook, assignment)
    grades = {cell.name: float(cell.max_score) for cell in row.grade_cells}
    tasks = {cell.name: float(cell.max_score) for cell in row.task_cells}
    solutions = {cell.name for cell in row.solution_cells}
    place = {name: number for number, name in enumerate(released)}
    return [
        Original(
            cell.name,
            cell.cell_type,
            cell.source or "",
            released.get(cell.name, cell.source or ""),
            cell.checksum,
            bool(cell.locked),
            cell.name in grades,
            cell.name in solutions,
            cell.name in tasks,
            grades.get(cell.name, tasks.get(cell.name, 0.0)),
        )
        for cell in sorted(row.source_cells, key=lambda cell: (place.get(cell.name, len(place)), cell.name))
    ]


def order_as(submitted: Sequence[NotebookNode], originals: Sequence[Original]) -> list[Original]:
    """The originals in a submission's order, for a course that keeps no notebook; lost ones come last."""
    place = {grade_id(cell): number for number, cell in enumerate(submitted)}
    return sorted(originals, key=lambda original: place.get(original.name, len(place)))


def restore_cells(
    submitted: Sequence[NotebookNode], originals: Sequence[Original]
) -> tuple[list[NotebookNode], Repair]:
    """The notebook's cells in the original's order, and what had to be put right.

    A locked cell gets its original text. A solution keeps the student's text; of several copies the last
    one counts and the others become cells of the student's own. Those stay behind the cell they follow.
    """
    known = {original.name: original for original in originals}
    chosen = {name: cell for cell in submitted if (name := grade_id(cell)) in known}
    copied = {name for cell in submitted if (name := grade_id(cell)) in known and chosen[name] is not cell}
    behind: dict[str, list[NotebookNode]] = {"": []}
    last = ""
    for cell in submitted:
        name = grade_id(cell)
        if chosen.get(name) is cell:
            last = name
        else:
            cell.metadata.pop("nbgrader", None)
            behind.setdefault(last, []).append(cell)
    cells = list(behind[""])
    for original in originals:
        own = chosen.get(original.name)
        if own is not None or original.locked or original.grade:
            cells.append(_restore(own, original))
        cells += behind.get(original.name, [])
    for number, cell in enumerate(cells):
        # Copying a cell in an editor may copy its id.
        cell["id"] = f"cell-{number}"
    missing = [original for original in originals if original.name not in chosen]
    return cells, Repair(
        lost=tuple(cell.name for cell in missing if not (cell.locked or cell.grade)),
        deleted=tuple(cell.name for cell in missing if cell.locked or cell.grade),
        copied=tuple(sorted(copied)),
        edited=tuple(cell.name for cell in originals if _is_edited(chosen.get(cell.name), cell)),
    )


def _is_edited(own: NotebookNode | None, original: Original) -> bool:
    return own is not None and original.locked and own.source.rstrip() != original.released.rstrip()


def grade_id(cell: NotebookNode) -> str:
    """The nbgrader id a cell claims to have, or nothing."""
    claimed = cell.metadata.get("nbgrader")
    name = claimed.get("grade_id") if isinstance(claimed, dict) else None
    return name if isinstance(name, str) else ""


def _restore(own: NotebookNode | None, original: Original) -> NotebookNode:
    source = own.source if own is not None and not original.locked else original.source
    cell = make_cell(original.cell_type, source, original.metadata)
    if own is not None and original.cell_type == "markdown" and isinstance(own.get("attachments"), dict):
        cell.attachments = own.attachments
    return cell
