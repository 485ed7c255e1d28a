"""Where a check failed: the line of the package, and the notebook cell it was exported from."""

import re
from dataclasses import dataclass
from pathlib import Path

from tito.results import CheckResult

WHERE = re.compile(r"(?P<file>.+?):(?P<line>\d+) in (?P<function>[^:]+)(?:: (?P<code>.*))?", re.DOTALL)
CELL = re.compile(r"# (?P<notebook>\S+\.ipynb), cell (?P<number>\d+)(?: \([^)]*\))?")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code that ran when a check failed."""

    file: Path
    line: int
    function: str
    code: str


@dataclass(frozen=True, slots=True)
class CellLine:
    """A line of a notebook cell, both counted from 1; line 0 is the cell as a whole."""

    notebook: str
    cell: int
    line: int


def place_of(check: CheckResult) -> Place | None:
    """The line a check failed at, if the result names one."""
    found = WHERE.fullmatch(check.where)
    return (
        Place(Path(found["file"]), int(found["line"]), found["function"], found["code"] or "")
        if found
        else None
    )


def cell_line(place: Place, notebooks: Path) -> CellLine | None:
    """The notebook line that a line of an exported file was, going by the comments in that file.

    `notebooks` is the folder of module folders. The line is 0 where the notebook has changed meanwhile.
    """
    try:
        lines = place.file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    for start in range(min(place.line, len(lines)), 0, -1):
        if found := CELL.fullmatch(lines[start - 1]):
            notebook, number = found["notebook"], int(found["number"])
            path = notebooks / Path(notebook).stem / notebook
            code = lines[place.line - 1] if place.line <= len(lines) else ""
            return CellLine(notebook, number, _line_in_cell(path, number, place.line - start, code))
    return None


def _line_in_cell(path: Path, number: int, offset: int, code: str) -> int:
    """The line of a cell that is the `offset`-th of its exported text, if it still reads `code`."""
    from tito.notebook import ExportError, exported_cells, read_notebook

    try:
        cells = exported_cells(read_notebook(path), path.name)
    except ExportError:
        return 0
    for cell in cells:
        line = offset - 1 + cell.first_line
        if cell.position == number and 0 < line <= len(cell.lines) and cell.lines[line - 1] == code:
            return line
    return 0
