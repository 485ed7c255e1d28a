"""Writing files so that a reader sees the old text or the new text, never half of one."""

import contextlib
import os
from pathlib import Path

from tito.errors import TitoError


def write_atomic(path: Path, text: str) -> bool:
    """Replace `path` by `text` in one step; whether anything changed.

    The text reaches the disk before the name points at it, so a kill or a power cut leaves the old file.
    Raises `TitoError` when the disk is full or read-only; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise TitoError(
            f"Could not write {path}: {error.strerror or error}. The old file is unchanged",
            "free some space or check the permissions (`df -h .`, `ls -ld .`), then repeat the command",
        ) from error
    return True
