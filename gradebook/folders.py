"""Folders as one thing: their files, their fingerprint, and putting new files in the place of old ones."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tito.errors import TitoError
from tito.files import files_in, replacing


def digest(*parts: str) -> str:
    """A fingerprint of some texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def digest_folder(path: Path, skip: Collection[str] = ()) -> str:
    """A fingerprint of a folder or file, empty when there is none; `skip` names suffixes."""
    files = [path] if path.is_file() else [file for file in files_in(path) if file.suffix not in skip]
    parts = [f"{file.relative_to(path)} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return digest(*parts) if parts else ""


@contextmanager
def staging_folder(parent: Path) -> Iterator[Path]:
    """A folder in `parent` for what is not yet checked, gone afterwards unless it was renamed."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="staging-", dir=parent))
    except OSError as error:
        raise cannot_write(parent, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def install_folder(made: Path, target: Path) -> bool:
    """Let `target` hold the files of `made`, and no others; whether any of them changed."""
    wanted = {path.relative_to(made): path for path in files_in(made)}
    changed = False
    try:
        for name, path in wanted.items():
            changed |= _replace(target / name, path)
        for path in files_in(target):
            if path.relative_to(target) not in wanted:
                path.unlink()
                changed = True
    except OSError as error:
        raise cannot_write(target, error) from error
    return changed


def cannot_write(path: Path, error: OSError) -> TitoError:
    """The error for a folder that is full or not ours."""
    return TitoError(
        f"Could not write to `{path}`: {error.strerror or error}. What was there is unchanged",
        "free some space or check the folder's permissions (`df -h .`, `ls -ld .`), then repeat the command",
    )


def _replace(target: Path, made: Path) -> bool:
    if target.is_file() and target.read_bytes() == made.read_bytes():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as temporary:
        shutil.copy(made, temporary)
    return True
