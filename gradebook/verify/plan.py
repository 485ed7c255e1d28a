"""What the verifier is to do with one notebook, and what it says of each cell: plain data on both sides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradebook.grade.verdict import Ended


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A code cell. A graded one runs in the verifier, from the course's own text; others at the student.

    index: its place in the notebook; name: its nbgrader id, or nothing; points: what it is worth.
    hidden: the numbers of its lines, from 1, that students don't get.
    """

    index: int
    source: str
    name: str = ""
    graded: bool = False
    points: float = 0.0
    hidden: frozenset[int] = frozenset()

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"`{self.name}`" if self.name else f"cell {self.index + 1}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One notebook.

    given: code of the course before each graded cell, by its name: imports, and functions that tests share.
    packages: the top-level packages that student code makes up.
    asserted: how many assertions ran in each graded cell and check when the course's own solution was graded.
    call_seconds: how long one call of student code by a test may take.
    """

    cells: tuple[CodeCell, ...]
    given: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    asserted: Mapping[str, int] = field(default_factory=dict)
    cell_seconds: float = 30.0
    check_seconds: float = 10.0
    call_seconds: float = 10.0
    notebook_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class CellResult:
    """How one code cell ended. `asserted` counts its assertions, and by name those of a checkpoint's checks.

    reason: why it ended so, where that is not in its outputs. value: what a graded cell's last expression
    shows as text, None where there is none. checkpoint: the checkpoint's result, as JSON.
    secret: it ended in an error while hidden lines ran, of which students may be shown nothing.
    """

    index: int
    ended: Ended
    reason: str = ""
    outputs: tuple[Mapping[str, Any], ...] = ()
    value: str | None = None
    asserted: Mapping[str, int] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] | None = None
    secret: bool = False


def result_to_json(result: CellResult) -> dict[str, Any]:
    """The result as plain data; its parts are no copies."""
    return {key: getattr(result, key) for key in CellResult.__dataclass_fields__}


def result_from_json(data: Mapping[str, Any]) -> CellResult:
    """The result that a JSON record describes."""
    known = {key: data[key] for key in CellResult.__dataclass_fields__}
    return CellResult(**known | {"ended": Ended(data["ended"]), "outputs": tuple(data["outputs"])})
