"""A collected submission: where it lies, when it was handed in, and its notebook or why there is none."""

import datetime
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradebook.grade.limits import MEBIBYTE, GradingLimits
from gradebook.grade.outcome import Status
from tito.notebook import ExportError, read_notebook
from tito.table import Module

if TYPE_CHECKING:
    from nbformat import NotebookNode

LARGEST_NOTEBOOK = 20 * MEBIBYTE
MOST_CELLS = 2_000
# In characters, all cells together.
MOST_CODE = 500_000
DEEPEST_JSON = 100
# All files are copied into the student's process's own file system, in memory.
LARGEST_FOLDER = 100 * MEBIBYTE
# What a file takes there is a multiple of this.
BLOCK = 4096
MOST_FILES = 2_000
DEEPEST_FOLDER = 16
LARGEST_TIMESTAMP = 200
LONGEST_NAME = 80


class UnreadableError(Exception):
    """A submission without a notebook that can be graded; `status` is `MISSING` or `UNREADABLE`."""

    def __init__(self, reason: str, status: Status = Status.UNREADABLE) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class PlainNotebook:
    """A notebook of an nbgrader assignment: what a module is in a course without a table of modules.

    id: the notebook's name, without `.ipynb`.
    """

    assignment: str
    id: str


@dataclass(frozen=True)
class HandedIn:
    """A notebook that a student handed in, in a folder with all else that came with it."""

    student: str
    module: Module | PlainNotebook
    folder: Path

    @property
    def notebook(self) -> Path:
        """The file that is graded, whether or not it is there."""
        return self.folder / f"{self.module.id}.ipynb"

    @property
    def linked(self) -> bool:
        """Whether its folder is elsewhere: then nothing in it is looked at."""
        return self.folder.is_symlink() or self.folder.parent.is_symlink()

    @cached_property
    def timestamp(self) -> str:
        """What was written down about when it was handed in; nothing where no short text is there."""
        file = _look_at(self.folder / "timestamp.txt")
        if self.linked or not file.regular or file.size > LARGEST_TIMESTAMP:
            return ""
        try:
            return file.path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    @cached_property
    def submitted_at(self) -> datetime.datetime | None:
        """When it was handed in, in UTC; None where nobody wrote that down in a way to be read."""
        from nbgrader.utils import parse_utc

        try:
            moment: datetime.datetime = parse_utc(self.timestamp.strip())
        except (ValueError, ArithmeticError, LookupError, TypeError):
            # dateutil lets through whatever its parts raise.
            return None
        return moment

    @cached_property
    def content(self) -> str:
        """A fingerprint of all that lies in it, by name; what is too much to be graded is not read."""
        files = self._files
        whole = sum(file.size for file in files) <= LARGEST_FOLDER
        total = hashlib.sha256(b"link" if self.linked else b"")
        for file in files:
            name = str(file.path.relative_to(self.folder))
            said = f"{name}\0{stat.S_IFMT(file.mode)}\0{file.size}\0"
            total.update(said.encode(errors="surrogateescape"))
            total.update(_read_bytes(file) if whole and file.regular else b"")
        return total.hexdigest()

    @cached_property
    def _files(self) -> "tuple[_File, ...]":
        return () if self.linked else tuple(_walk(self.folder))

    def read(self, known: Mapping[str, str], limits: GradingLimits) -> "NotebookNode":
        """The notebook: its cells' texts and their ids, nothing else that a student could have set.

        known: the ids of the module's cells. limits: those of the process that gets the files beside it.
        Raises `UnreadableError`.
        """
        self._check_files()
        self._check_room(limits)
        try:
            content = read_notebook(self.notebook)
        except ExportError as error:
            raise UnreadableError(error.message.replace(str(self.notebook), self.notebook.name)) from error
        cells = content["cells"]
        if len(cells) > MOST_CELLS:
            raise UnreadableError(f"`{self.notebook.name}` has {len(cells)} cells; the limit is {MOST_CELLS}")
        if (length := _code_length(cells)) > MOST_CODE:
            raise UnreadableError(
                f"`{self.notebook.name}` has {length} characters of code; the limit is {MOST_CODE}"
            )
        if not _is_flat(content):
            raise UnreadableError(f"`{self.notebook.name}` is not a notebook: its JSON is nested too deeply")
        notebook = _plain_notebook(cells)
        names = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
        if known and not names & known.keys():
            raise UnreadableError(f"`{self.notebook.name}` has none of the module's cells")
        return notebook

    def _check_files(self) -> None:
        """Raise `UnreadableError` unless there is a notebook, and nothing but files and not too many."""
        if self.linked:
            raise UnreadableError("its folder is a symbolic link")
        for file in self._files:
            if reason := file.refused():
                raise UnreadableError(f"it contains {reason}, `{_shown(file.path.relative_to(self.folder))}`")
        notebook = _look_at(self.notebook)
        if not notebook.mode:
            found = [_shown(file.path.name) for file in self._files if file.path.suffix == ".ipynb"]
            others = ", ".join(f"`{name}`" for name in found[:3])
            there = f"; there is {others}" if others else ""
            raise UnreadableError(f"it has no `{self.notebook.name}`{there}", Status.MISSING)
        if not notebook.regular:
            raise UnreadableError(f"`{self.notebook.name}` is not a file")
        _check_size(f"`{self.notebook.name}` has", notebook.size, LARGEST_NOTEBOOK)
        _check_size("its files have", sum(file.size for file in self._files), LARGEST_FOLDER)
        if len(self._files) > MOST_FILES:
            raise UnreadableError(f"it has more than {MOST_FILES} files and folders")
        folders = (file.path.relative_to(self.folder) for file in self._files if file.is_folder)
        if any(len(folder.parts) > DEEPEST_FOLDER for folder in folders):
            raise UnreadableError(f"its folders are nested more than {DEEPEST_FOLDER} deep")

    def _check_room(self, limits: GradingLimits) -> None:
        """Raise `UnreadableError` unless the files beside the notebook fit where student code runs."""
        beside = [file for file in self._files if file.regular and file.path != self.notebook]
        for file in beside:
            name = _shown(file.path.relative_to(self.folder))
            _check_size(f"its file `{name}` has", file.size, int(limits.file_mb * MEBIBYTE))
        room = sum(-(-file.size // BLOCK) * BLOCK for file in beside)
        # The other half is for what was handed out, and for what student code writes.
        _check_size("its files take", room, int(limits.disk_mb * MEBIBYTE / 2))


@dataclass(frozen=True)
class Submission(HandedIn):
    """What a student handed in for a module: the folder `submitted/STUDENT/MODULE`."""

    module: Module


@dataclass(frozen=True, slots=True)
class _File:
    """Something in a folder, links not followed; without a mode where it is not there."""

    path: Path
    mode: int = 0
    size: int = 0

    @property
    def regular(self) -> bool:
        return stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    def refused(self) -> str:
        """What it is, in words, if a submission must not contain it."""
        if stat.S_ISLNK(self.mode):
            return "a symbolic link"
        if not self.regular and not self.is_folder:
            return "a pipe, socket or device"
        return "" if os.access(self.path, os.R_OK) else "a file that can't be read"


def find_submissions(submitted: Path, modules: tuple[Module, ...], student: str = "") -> list[Submission]:
    """The submissions in nbgrader's folder `submitted`, by module, then by student."""
    students = sorted(_folders(submitted)) if submitted.is_dir() else []
    return [
        Submission(folder.name, module, folder / module.id)
        for module in modules
        for folder in students
        if student in ("", folder.name) and _is_folder(folder / module.id)
    ]


def _folders(parent: Path) -> Iterator[Path]:
    return (path for path in parent.iterdir() if _is_folder(path) and not path.name.startswith("."))


def _is_folder(path: Path) -> bool:
    """Whether it is a folder, or a link that stands in the place of one."""
    found = _look_at(path)
    return found.is_folder or stat.S_ISLNK(found.mode)


def _look_at(path: Path) -> _File:
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return _File(path)
    return _File(path, found.st_mode, found.st_size if stat.S_ISREG(found.st_mode) else 0)


def _walk(folder: Path) -> Iterator[_File]:
    """All that lies in a folder and its folders, in order, to one more than is allowed and one deeper."""
    left = MOST_FILES + 1
    pending = [folder]
    while pending:
        inner = pending.pop()
        try:
            found = sorted(inner.iterdir())[:left]
        except OSError:
            found = []
        left -= len(found)
        for file in map(_look_at, found):
            yield file
            if file.is_folder and len(file.path.relative_to(folder).parts) <= DEEPEST_FOLDER:
                pending.append(file.path)


def _read_bytes(file: _File) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as error:
        return repr(error.errno).encode()


def _check_size(what: str, size: int, most: int) -> None:
    if size > most:
        # Rounded up, so that one byte too many shows.
        tenths = -(-size * 10 // MEBIBYTE)
        raise UnreadableError(f"{what} {tenths / 10:g} MB; the limit is {most / MEBIBYTE:g} MB")


def _shown(name: object) -> str:
    """A file's name as it can be printed anywhere."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(name))
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


def _code_length(cells: Sequence[Mapping[str, Any]]) -> int:
    """How much code there is, whether a source is a text or a list of texts."""
    code = (cell["source"] for cell in cells if cell["cell_type"] == "code")
    return sum(len(source) if isinstance(source, str) else sum(map(len, source)) for source in code)


def _is_flat(content: object) -> bool:
    """Whether JSON is nested no deeper than notebooks are."""
    level: Sequence[object] = [content]
    for _ in range(DEEPEST_JSON):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return True
    return False


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
