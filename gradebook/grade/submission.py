"""A collected submission: where it lies, when it was handed in, and its notebook or why there is none."""

import datetime
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradebook.grade.outcome import Status
from tito.notebook import ExportError, read_notebook
from tito.table import Module

if TYPE_CHECKING:
    from nbformat import NotebookNode

LARGEST_NOTEBOOK = 20_000_000


class UnreadableError(Exception):
    """A submission without a notebook that can be graded; `status` is `MISSING` or `UNREADABLE`."""

    def __init__(self, reason: str, status: Status = Status.UNREADABLE) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Submission:
    """What a student handed in for a module: the folder `submitted/STUDENT/MODULE`."""

    student: str
    module: Module
    folder: Path

    @property
    def notebook(self) -> Path:
        """The file that is graded, whether or not it is there."""
        return self.folder / f"{self.module.id}.ipynb"

    @cached_property
    def submitted_at(self) -> datetime.datetime | None:
        """When it was handed in, in UTC; None where nobody wrote that down in a way to be read."""
        from nbgrader.utils import parse_utc

        try:
            moment: datetime.datetime = parse_utc(
                (self.folder / "timestamp.txt").read_text(encoding="utf-8").strip()
            )
        except (OSError, ValueError, OverflowError):
            return None
        return moment

    @cached_property
    def content(self) -> str:
        """A fingerprint of every file in it, by name."""
        total = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_symlink() or not path.is_dir():
                text = b"" if path.is_symlink() or not path.is_file() else path.read_bytes()
                total.update(
                    f"{path.relative_to(self.folder)}\0{len(text)}\0".encode(errors="surrogateescape") + text
                )
        return total.hexdigest()

    def read(self, known: Mapping[str, str]) -> "NotebookNode":
        """The notebook: its cells' texts and their ids, nothing else that a student could have set.

        known: the ids of the module's cells. Raises `UnreadableError`.
        """
        self._check_files()
        try:
            content = read_notebook(self.notebook)
        except ExportError as error:
            raise UnreadableError(error.message.replace(str(self.notebook), self.notebook.name)) from error
        notebook = _plain_notebook(content["cells"])
        names = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
        if known and not names & known.keys():
            raise UnreadableError(f"`{self.notebook.name}` has none of the module's cells")
        return notebook

    def _check_files(self) -> None:
        for path in self.folder.rglob("*"):
            if path.is_symlink():
                raise UnreadableError(f"it contains a symbolic link, `{path.relative_to(self.folder)}`")
        if not self.notebook.exists():
            others = ", ".join(f"`{path.name}`" for path in sorted(self.folder.glob("*.ipynb"))[:3])
            found = f"; there is {others}" if others else ""
            raise UnreadableError(f"it has no `{self.notebook.name}`{found}", Status.MISSING)
        if not self.notebook.is_file():
            raise UnreadableError(f"`{self.notebook.name}` is not a file")
        if self.notebook.stat().st_size > LARGEST_NOTEBOOK:
            size = f"{self.notebook.stat().st_size / 1e6:.0f} MB"
            raise UnreadableError(
                f"`{self.notebook.name}` has {size}; the limit is {LARGEST_NOTEBOOK / 1e6:.0f} MB"
            )


def find_submissions(submitted: Path, modules: tuple[Module, ...], student: str = "") -> list[Submission]:
    """The submissions in nbgrader's folder `submitted`, by module, then by student."""
    students = sorted(_folders(submitted)) if submitted.is_dir() else []
    return [
        Submission(folder.name, module, folder / module.id)
        for module in modules
        for folder in students
        if (folder / module.id).is_dir() and student in ("", folder.name)
    ]


def _folders(parent: Path) -> Iterator[Path]:
    return (path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _plain_notebook(cells: list[Mapping[str, Any]]) -> "NotebookNode":
    from gradebook.grade.nodes import make_cell, make_notebook

    made = []
    for cell in cells:
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        metadata = cell.get("metadata")
        claimed = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
        name = claimed.get("grade_id") if isinstance(claimed, Mapping) else None
        kept = {"nbgrader": {"grade_id": name}} if isinstance(name, str) else {}
        # JSON can hold half a surrogate pair, and no file can.
        made.append(make_cell(cell["cell_type"], source.encode(errors="replace").decode(), kept))
    return make_notebook(made)
