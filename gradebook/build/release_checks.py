"""What the students' version of a notebook must be: no answer in it, and nothing too long to read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import Cell, cells_of
from gradebook.build.pacing import (
    MOST_CELLS_BEFORE_WRITING,
    MOST_CODE_LINES,
    MOST_WORDS,
    cells_before_writing,
    code_length,
    words_before_actions,
)
from gradebook.build.regions import Kind, squeeze, telling_lines, visible_lines
from gradebook.build.source_checks import Finding
from tito.export import ExportError, exported_cells, exported_text
from tito.notebook import lean_jsonschema


def check_release(name: str, source: dict[str, Any], release: dict[str, Any]) -> Iterator[Finding]:
    """Whatever a student must not get, given the source notebook it was made from."""
    cells = cells_of(release)
    yield from _check_format(release)
    for cell in cells:
        for marker in markers_in(cell.source):
            yield cell, f"`{marker}` is in the students' version"
    yield from _check_leaks(cells_of(source), cells)
    yield from _check_pace(cells)
    yield from _check_exports(name, source, release)


def check_file(path: Path) -> Iterator[Finding]:
    """Whatever must not be in a file that is handed out beside the notebook."""
    text = path.read_text(encoding="utf-8", errors="ignore")
    for marker in markers_in(text):
        yield None, f"`{marker}` is in a file that students get"


def markers_in(text: str) -> list[str]:
    """The markers of nbgrader that a text contains."""
    return [marker for kind in Kind for marker in (kind.begin, kind.end) if marker in text]


def _check_format(release: dict[str, Any]) -> Iterator[Finding]:
    with lean_jsonschema():
        import nbformat
    try:
        nbformat.validate(release)
    except nbformat.ValidationError as error:
        yield None, f"the students' version is not valid: {str(error).splitlines()[0]}"


def _check_pace(cells: Sequence[Cell]) -> Iterator[Finding]:
    for cell in cells:
        if cell.type == "code" and (lines := code_length(cell)) > MOST_CODE_LINES:
            yield cell, f"has {lines} lines of code; at most {MOST_CODE_LINES} can be read at one go"
    for cell, words in words_before_actions(cells):
        if words > MOST_WORDS:
            yield cell, f"comes after {words} words without anything to do; at most {MOST_WORDS} may"
    before = cells_before_writing(cells)
    if before is None:
        yield None, "there is nothing to write in it: no solution cell"
    elif before > MOST_CELLS_BEFORE_WRITING:
        most = MOST_CELLS_BEFORE_WRITING
        yield None, f"{before} cells come before the first one to write in; at most {most} may"


def _check_leaks(source: Sequence[Cell], release: Sequence[Cell]) -> Iterator[Finding]:
    texts = [(cell, squeeze(cell.source)) for cell in release]
    for kind, what in ((Kind.SOLUTION, "the solution"), (Kind.HIDDEN_TESTS, "the hidden tests")):
        for origin in source:
            shown = visible_lines(origin.source) if kind is Kind.HIDDEN_TESTS else set()
            for line in dict.fromkeys(telling_lines(origin.source, kind)):
                # A hidden test may prepare its input as the visible one above it does.
                if line in shown:
                    continue
                for cell in (cell for cell, text in texts if line in text):
                    yield cell, f"shows a line of {what} of {origin.place}: `{line}`"


def _check_exports(name: str, source: dict[str, Any], release: dict[str, Any]) -> Iterator[Finding]:
    """The students' version exports the same cells, and does so before they have written anything."""
    before = [cell.id for cell in exported_cells(source, name)]
    after = [cell.id for cell in exported_cells(release, name)]
    for lost in (cell for cell in before if cell not in after):
        yield None, f"`#| export` of the cell `{lost}` is lost: put it above `### BEGIN SOLUTION`"
    try:
        exported_text(release, f"{name}.ipynb")
    except ExportError as error:
        yield None, f"the students' version can't be exported: {error.message}"
