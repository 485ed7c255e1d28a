"""Planted solutions: a notebook with one solution cell replaced by a wrong one, or by another right one."""

import copy
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.errors import TitoError

# The region that nbgrader clears, markers included.
SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION\n?", re.MULTILINE | re.DOTALL)
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
        body = variant.solution.strip("\n") + "\n"
        source, count = SOLUTION.subn(lambda _: body, cell["source"])
    else:
        count = cell["source"].count(variant.replace)
        source = cell["source"].replace(variant.replace, variant.by)
    if count != 1:
        raise VariantError(f"“{variant.name}” fits {count} places of cell `{variant.cell}`", MEND)
    cell["source"] = source
    return planted


def cell_by_id(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """The cell with that nbgrader id."""
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            found: dict[str, Any] = cell
            return found
    raise VariantError(f"The notebook has no cell `{grade_id}`", MEND)
