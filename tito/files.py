"""Writing files so that a reader sees the old text or the new text, never half of one."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tito.errors import TitoError

LITTER = {"__pycache__", ".ipynb_checkpoints"}


def files_in(folder: Path) -> list[Path]:
    """The files of a folder and its folders, in order, without what editors and Python leave there."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not LITTER & set(path.parts)]


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write: it takes that name when the block ends, and is gone if it fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_atomic(path: Path, text: str) -> bool:
    """Replace `path` by `text` in one step; whether anything changed.

    The text reaches the disk before the name points at it, so a kill or a power cut leaves the old file.
    Raises `TitoError` when the disk is full or read-only; the old file is then untouched.
    """
    try:
        if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise TitoError(
            f"Could not write {path}: {error.strerror or error}. The old file is unchanged",
            "free some space or check the permissions (`df -h .`, `ls -ld .`), then repeat the command",
        ) from error
    return True
