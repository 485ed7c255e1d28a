"""Planted solutions: a notebook with one solution cell replaced by a wrong one, or by another right one."""

import copy
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import grade_id_of
from gradebook.build.regions import Kind, regions_of
from tito.errors import TitoError

MEND = "mend `variants.toml`"


class VariantError(TitoError):
    """A planted solution that doesn't fit its notebook."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One planted solution of one cell.

    `loses` names the graded cells that must lose points; a right variant loses none. Either `replace`
    becomes `by` inside the cell, or the text between the solution markers becomes `solution`.
    """

    name: str
    cell: str
    loses: tuple[str, ...] = ()
    replace: str = ""
    by: str = ""
    solution: str = ""

    @property
    def title(self) -> str:
        """What it is called beside the others of its module."""
        return f"{self.cell}: {self.name}"

    @property
    def right(self) -> bool:
        """Whether it deserves full points."""
        return not self.loses


def read_variants(path: Path) -> tuple[Variant, ...]:
    """The planted solutions of a `variants.toml`, wrong ones first."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(_variant(entry) for kind in ("wrong", "right") for entry in data.get(kind, []))


def _variant(entry: dict[str, Any]) -> Variant:
    known = {"name", "cell", "loses", "replace", "with", "solution"}
    if entry.keys() - known or not {"name", "cell"} <= entry.keys():
        raise VariantError(f"A variant has the keys {sorted(entry)}, not of {sorted(known)}", MEND)
    return Variant(
        entry["name"],
        entry["cell"],
        tuple(entry.get("loses", ())),
        entry.get("replace", ""),
        entry.get("with", ""),
        entry.get("solution", ""),
    )


def plant(notebook: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """A copy of a source notebook with the variant in place of the solution."""
    planted = copy.deepcopy(notebook)
    cell = cell_by_id(planted, variant.cell)
    if variant.solution:
        places = ["\n".join(region) for region in regions_of(cell["source"], Kind.SOLUTION)]
        by = variant.solution.strip("\n")
    else:
        places = [variant.replace] * cell["source"].count(variant.replace)
        by = variant.by
    if len(places) != 1:
        raise VariantError(f"“{variant.name}” fits {len(places)} places of cell `{variant.cell}`", MEND)
    cell["source"] = cell["source"].replace(places[0], by)
    return planted


def cell_by_id(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """The cell with that nbgrader id."""
    for cell in notebook["cells"]:
        if grade_id_of(cell) == grade_id:
            found: dict[str, Any] = cell
            return found
    raise VariantError(f"The notebook has no cell `{grade_id}`", MEND)
