"""Exporting a notebook: its `#| export` cells become one module of the `tinytorch` package."""

import ast
import importlib
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.files import write_atomic
from tito.notebook import (
    ExportedCell,
    ExportError,
    code_hash,
    exported_cells,
    lean_jsonschema,
    read_notebook,
)

__all__ = [
    "Export",
    "ExportError",
    "code_hash",
    "export_notebook",
    "exported_cells",
    "exported_text",
    "is_exported",
    "origin",
    "read_notebook",
]

MOST_SHOWN = 200
HEADER = "# Exported from {name}: edit the notebook, not this file. `tito export {stem}` writes it again\n"
HEADER_PATTERN = re.compile(r"# Exported from (.+\.ipynb): edit the notebook, not this file\. .*\n")
IPYTHON = re.compile(r"\s*([\w.,\s]+=\s*)?(%|!(?!=))|\s*\??[\w.]+\?{1,2}\s*$")


@dataclass(frozen=True, slots=True)
class Export:
    """One export: what was read, what was written, how much of it, and whether the file's text is new."""

    notebook: Path
    target: Path
    cells: int
    lines: int
    changed: bool


def export_notebook(notebook: Path, target: Path) -> Export:
    """Write a notebook's `#| export` cells to `target` through nbconvert.

    Raises `ExportError` for a wrong notebook, `TitoError` for a full or read-only disk; `target` is then
    as it was.
    """
    content = read_notebook(notebook)
    with lean_jsonschema():
        import nbformat

        from tito.exporter import TinytorchExporter

        # NOTE: two calls that nbformat and nbconvert leave untyped.
        node = nbformat.from_dict(content)  # type: ignore[no-untyped-call]
        exporter = TinytorchExporter()  # type: ignore[no-untyped-call]
        text, _ = exporter.from_notebook_node(node, {"metadata": {"name": notebook.stem}})
    _protect_handwritten(target)
    before = target.stat().st_mtime if target.is_file() else None
    changed = write_atomic(target, text)
    if changed and before is not None:
        _make_newer(target, before)
    # A process that looked into the folder a moment ago would not see a new file.
    importlib.invalidate_caches()
    return Export(notebook, target, len(exported_cells(content, notebook.name)), text.count("\n"), changed)


def exported_text(notebook: Mapping[str, Any], notebook_name: str) -> str:
    """The module that a notebook's `#| export` cells make, each under a comment that names its cell."""
    name = _printable(notebook_name)
    stem = name.removesuffix(".ipynb")
    cells = exported_cells(notebook, name)
    if not cells:
        raise ExportError(
            f"No cell of `{name}` is marked for export",
            f"put `#| export` above the code of each cell the package needs, then `tito export {stem}`",
        )
    trees = [_parse(cell, name) for cell in cells]
    text = HEADER.format(name=name, stem=stem)
    starts: list[int] = []
    for cell in cells:
        text += ("\n\n" if starts else "\n") + f"# {name}, {cell.place}\n"
        starts.append(text.count("\n") + 1)
        text += f"{cell.text}\n"
    _check_together(text, cells, starts, name)
    return text + _public_names(trees)


def origin(path: Path) -> str | None:
    """The name of the notebook a file was exported from; `None` for a file that was written by hand."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            header = HEADER_PATTERN.fullmatch(file.readline(1000))
    except OSError:
        return None
    return header[1] if header else None


def is_exported(path: Path) -> bool:
    """Whether a file was exported from a notebook, so that exporting again may replace it."""
    return origin(path) is not None


def _parse(cell: ExportedCell, name: str) -> ast.Module:
    """The cell's syntax tree; the `ExportError` shows the line that is not Python."""
    source = "\n".join(cell.lines) + "\n"
    try:
        return _compile(source, name)
    except SyntaxError as error:
        line = error.lineno or cell.first_line
        raise _wrong_line(cell, name, line, error.offset or 0, error.msg) from error
    except (ValueError, RecursionError, MemoryError) as error:
        why = f"not readable as Python: {str(error) or 'nested too deeply'}"
        raise _wrong_line(cell, name, cell.first_line, 0, why) from error


def _check_together(text: str, cells: Sequence[ExportedCell], starts: Sequence[int], name: str) -> None:
    """Raise where cells that are right alone make no module, as with a late `from __future__ import`."""
    try:
        _compile(text, name)
    except SyntaxError as error:
        line = error.lineno or 1
        index = max(sum(start <= line for start in starts) - 1, 0)
        line += cells[index].first_line - starts[index]
        raise _wrong_line(cells[index], name, line, error.offset or 0, error.msg) from error


def _compile(source: str, name: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # What parses may not compile, such as a `return` outside a function.
        compile(source, name, "exec", dont_inherit=True)
        return ast.parse(source, name)


def _wrong_line(cell: ExportedCell, name: str, line: int, column: int, why: str) -> ExportError:
    line = max(1, min(line, len(cell.lines)))
    shown = _printable(cell.lines[line - 1].rstrip())[:MOST_SHOWN]
    if IPYTHON.match(shown):
        why = "a notebook command (`%`, `!` or `?`) can't go into a module, move it to a cell of its own"
    message = f"{name}, {cell.place}, line {line}: {why}"
    if shown:
        message += f"\n    {shown}"
    if shown and 0 < column <= MOST_SHOWN:
        # Tabs stay tabs, so that the caret stands under its character.
        message += "\n    " + re.sub(r"[^\t]", " ", shown[: column - 1].ljust(column - 1)) + "^"
    step = f"mend that line in the notebook and save it, then `tito export {name.removesuffix('.ipynb')}`"
    return ExportError(message, step)


def _public_names(trees: Sequence[ast.Module]) -> str:
    """The module's `__all__`: the public names its cells define; nothing where a cell sets its own."""
    names: dict[str, None] = {}
    for statement in (statement for tree in trees for statement in tree.body):
        defined = _defined_names(statement)
        if "__all__" in defined:
            return ""
        names.update(dict.fromkeys(name for name in defined if not name.startswith("_")))
        for target in statement.targets if isinstance(statement, ast.Delete) else ():
            names.pop(ast.unparse(target), None)
    listed = "".join(f'    "{name}",\n' for name in names)
    return f"\n\n__all__ = [\n{listed}]\n" if names else ""


def _defined_names(statement: ast.stmt) -> list[str]:
    """The names a top-level statement defines; the heading of an `@extend` body is none of them."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        calls = [ast.unparse(item.func) for item in statement.decorator_list if isinstance(item, ast.Call)]
        return [] if any(call.split(".")[-1] == "extend" for call in calls) else [statement.name]
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value:
        targets = [statement.target]
    nodes = (node for target in targets for node in ast.walk(target))
    return [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _protect_handwritten(target: Path) -> None:
    """Raise where exporting would replace a file that no notebook holds."""
    if target.is_file() and target.stat().st_size and not is_exported(target):
        raise ExportError(
            f"`{target}` was not exported from a notebook, so it is not overwritten",
            f"move it away: `mv {target} {target}.mine`, then repeat the command",
        )


def _make_newer(target: Path, before: float) -> None:
    """Date the file a second after its predecessor: Python tells stale bytecode by whole seconds and size."""
    now = target.stat()
    if int(now.st_mtime) <= int(before):
        os.utime(target, (now.st_atime, int(before) + 1))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\t" else "�" for letter in text)
