"""Styles: whole right solutions of a module, each as a student with another taste would write it."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import cells_of
from gradebook.rehearsal.variants import VariantError, cell_by_id

# How a section begins: its mark, then the id of the cell.
SECTION = "# %% "


@dataclass(frozen=True, slots=True)
class Style:
    """One whole solution: `about` says the style in a sentence, `cells` each cell's source by its id."""

    name: str
    about: str
    cells: Mapping[str, str]

    @property
    def title(self) -> str:
        """What it is called beside the other right solutions of its module."""
        return f"style {self.name}"


def read_styles(folder: Path) -> tuple[Style, ...]:
    """The styles of a folder, by name."""
    return tuple(read_style(path) for path in sorted(folder.glob("*.py")))


def read_style(path: Path) -> Style:
    """A style's file: a comment that says the style, then a section for each cell.

    What stands before the first section is for readers and linters; no cell gets it.
    """
    head, *sections = f"\n{path.read_text(encoding='utf-8')}".split(f"\n{SECTION}")
    about = head.strip().split("\n")[0].removeprefix("# ")
    cells = {name.strip(): source.strip() for name, _, source in (part.partition("\n") for part in sections)}
    if len(cells) < len(sections):
        raise VariantError("A cell has two sections", f"mend `{path}`")
    return Style(path.stem, about, cells)


def plant_style(notebook: Mapping[str, Any], style: Style) -> dict[str, Any]:
    """A copy of a source notebook with the style's cells in place of all its solutions."""
    wanted = {cell.grade_id for cell in cells_of(notebook) if cell.solution}
    if astray := wanted.symmetric_difference(style.cells):
        message = f"The style “{style.name}” and the notebook's solutions differ in {sorted(astray)}"
        raise VariantError(message, "write one section for each solution cell")
    planted = copy.deepcopy(dict(notebook))
    for name, source in style.cells.items():
        cell_by_id(planted, name)["source"] = source
    return planted
