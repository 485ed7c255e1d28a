"""A submitted notebook gets back what must not be deleted, copied, moved or edited."""

from dataclasses import replace

import nbformat
import pytest

from gradebook.grade.restore import Original, restore_cells


def originals() -> list[Original]:
    locked = Original("x", "code", "true", "true", "sum", True, True, False, False, 1.0)
    task = Original("t", "markdown", "task with scheme", "task", "sum", True, False, False, True, 5.0)
    own = Original("s", "code", "stub", "stub", "sum", False, False, True, False, 0.0)
    return [
        replace(own, name="s1"),
        replace(locked, name="x1"),
        replace(locked, name="x2"),
        task,
        replace(own, name="s2"),
    ]


def cell(name: str, source: str, kind: str = "code") -> nbformat.NotebookNode:
    metadata = {"nbgrader": {"grade_id": name}} if name else {}
    return nbformat.from_dict({"cell_type": kind, "source": source, "metadata": metadata})


@pytest.mark.parametrize(
    ("submitted", "restored"),
    [
        ([], ["true", "true", "task with scheme"]),
        ([cell("", "own")], ["own", "true", "true", "task with scheme"]),
        ([cell("s1", "mine"), cell("", "own")], ["mine", "own", "true", "true", "task with scheme"]),
        ([cell("x2", "edited"), cell("s1", "mine")], ["mine", "true", "true", "task with scheme"]),
        (
            [cell("t", "task", "markdown"), cell("", "answer", "markdown")],
            ["true", "true", "task with scheme", "answer"],
        ),
        ([cell("s1", "old"), cell("s1", "new")], ["old", "new", "true", "true", "task with scheme"]),
        ([cell("s2", "mine", "raw")], ["true", "true", "task with scheme", "mine"]),
    ],
)
def test_restored_notebook_has_every_locked_cell_once_and_in_order(submitted, restored):
    cells, _ = restore_cells(submitted, originals())
    assert [cell.source for cell in cells] == restored
    assert len({cell.id for cell in cells}) == len(cells)
    assert all(cell.cell_type == "code" for cell in cells if cell.source in ("true", "mine"))
