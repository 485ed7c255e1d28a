"""A notebook as export sees it: a JSON file with cells, some of them marked `#| export`."""

import contextlib
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from tito.errors import TitoError

MARKER = re.compile(r"#\s*\|\s*export\s*")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ExportError(TitoError):
    """A notebook that can't become a module: where it is wrong, and what to do next."""


@dataclass(frozen=True, slots=True)
class ExportedCell:
    """A code cell that goes to the package; `lines` are the cell's own, its `#| export` line left empty."""

    position: int
    id: str
    lines: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where the cell is, as in `cell 14 (tensor-add)`, counted from 1 among all cells."""
        return f"cell {self.position} ({self.id})" if self.id else f"cell {self.position}"

    @property
    def text(self) -> str:
        """The cell's code, without empty lines around it."""
        return "\n".join(self.lines).strip("\n")

    @property
    def first_line(self) -> int:
        """The number in the cell of the first line of `text`."""
        return next((number for number, line in enumerate(self.lines, start=1) if line), 1)


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook's JSON; raises `ExportError` for whatever is wrong with the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ExportError(
            f"There is no notebook `{path}`", "`tito module list` shows which there are"
        ) from None
    except UnicodeDecodeError as error:
        raise _damaged(path, f"is not a notebook: byte {error.start} is no UTF-8 text") from error
    except OSError as error:
        raise ExportError(
            f"Could not read `{path}`: {error.strerror}", f"look at it: `ls -ld {path}`"
        ) from error
    if not text.strip():
        raise _damaged(path, "is empty: it was never saved, or saving it was cut short")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if re.search(r"^<<<<<<< ", text, re.MULTILINE):
            raise _damaged(path, "is not a notebook: it holds a merge conflict of Git") from error
        where = f"line {error.lineno}, column {error.colno}"
        raise _damaged(path, f"is not a notebook: no JSON at {where} ({error.msg})") from error
    except ValueError as error:
        # Python reads no integer of more than some thousand digits.
        raise _damaged(path, "is not a notebook: it holds a number that is too long") from error
    except RecursionError as error:
        raise _damaged(path, "is not a notebook: its JSON is nested too deeply") from error
    except MemoryError as error:
        raise _damaged(path, "is not a notebook: there is more in it than fits into memory") from error
    _check_shape(content, path)
    return cast(dict[str, Any], content)


def exported_cells(notebook: Mapping[str, Any], notebook_name: str) -> tuple[ExportedCell, ...]:
    """The code cells marked for export: `#| export` stands among the comments above their code."""
    _check_shape(notebook, Path(notebook_name))
    found = []
    for position, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        marked = _marker_line(lines)
        if marked is not None:
            lines[marked] = ""
            name = str(cell.get("id", ""))
            found.append(ExportedCell(position, name if CELL_ID.fullmatch(name) else "", tuple(lines)))
    return tuple(cell for cell in found if cell.text)


def code_hash(notebook: Path) -> str:
    """A fingerprint of what a notebook exports, whatever its outputs, counts, Markdown and metadata."""
    cells = exported_cells(read_notebook(notebook), notebook.name)
    return hashlib.sha256(json.dumps([cell.text for cell in cells]).encode()).hexdigest()


def _check_shape(content: object, path: Path) -> None:
    """Raise `ExportError` unless `content` is a notebook of format 4, as far as exporting reads it."""
    if not isinstance(content, Mapping):
        raise _damaged(path, f"is not a notebook: its JSON is a {type(content).__name__}, not an object")
    version, cells = content.get("nbformat"), content.get("cells")
    if isinstance(version, int) and version < 4:
        raise ExportError(
            f"`{path}` is a notebook of format {version}, and export reads format 4",
            f"convert it: `jupyter nbconvert --to notebook --inplace {path}`",
        )
    if not isinstance(version, int) or not isinstance(cells, list):
        raise _damaged(path, "is not a notebook: it has no `nbformat` number or no list of `cells`")
    for position, cell in enumerate(cells, start=1):
        source = cell.get("source") if isinstance(cell, Mapping) else None
        parts = source if isinstance(source, list) else [source]
        if not isinstance(cell, Mapping) or not all(
            isinstance(part, str) for part in [cell.get("cell_type"), *parts]
        ):
            raise _damaged(path, f"is damaged in cell {position}, which needs a `cell_type` and a `source`")


@contextlib.contextmanager
def lean_jsonschema() -> Iterator[None]:
    """Import what builds on jsonschema (nbformat, nbconvert, nbgrader) without its grammar of IRIs.

    jsonschema does without `rfc3987_syntax` where that is not installed, and no notebook schema has an
    IRI in it; building the grammar takes longer than all the other imports together.
    """
    modules = cast(dict[str, ModuleType | None], sys.modules)
    name = "rfc3987_syntax"
    hidden = name not in modules
    if hidden:
        modules[name] = None
    try:
        yield
    finally:
        if hidden:
            del modules[name]


def _damaged(path: Path, what: str) -> ExportError:
    """The error for a file that must be replaced: by Jupyter's own last copy, if there is one."""
    copy = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    step = f"move it away and start it again: `mv {path} {path}.damaged`, then `tito init`"
    if copy.is_file():
        step = f"bring back the copy Jupyter kept: `cp {copy} {path}`"
    return ExportError(f"`{path}` {what}", step)


def _marker_line(lines: list[str]) -> int | None:
    """The index of the `#| export` line: it may stand among other comments, but above all code."""
    for index, line in enumerate(lines):
        if MARKER.fullmatch(line):
            return index
        if line.strip() and not line.startswith("#"):
            return None
    return None
