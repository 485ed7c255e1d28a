"""Mutants that are no mistakes: listed by hand in `equivalents.toml` beside the notebook, with reasons."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gradebook.validity.mutants import Mutant
from tito.errors import TitoError


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change of a cell's lines that changes nothing that the contract promises."""

    cell: str
    was: str
    now: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether that is the mutant's change."""
        return (self.cell, self.was, self.now) == (mutant.cell, mutant.was, mutant.now)


def read_equivalents(path: Path, mutants: Iterable[Mutant]) -> dict[Mutant, Equivalent]:
    """The mutants that the file lists; raises `TitoError` for an entry that is none any more."""
    if not path.is_file():
        return {}
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    known = list(mutants)
    found: dict[Mutant, Equivalent] = {}
    for entry in entries:
        equivalent = Equivalent(**entry)
        covered = [mutant for mutant in known if equivalent.covers(mutant)]
        if not covered or not equivalent.reason:
            raise TitoError(
                f"`{path.name}`: no mutant of `{equivalent.cell}` turns `{equivalent.was}` into"
                f" `{equivalent.now}`, or there is no reason why it may",
                "remove the entry, or mend it",
            )
        found |= dict.fromkeys(covered, equivalent)
    return found
