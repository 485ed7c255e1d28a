"""Progress on disk: `.tito/progress.json`, read and written so that no update and no old file is lost."""

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from tito.errors import TitoError
from tito.files import write_atomic
from tito.progress import VERSION, Progress, progress_from_json, progress_to_json


class NewerProgressError(TitoError):
    """The progress was written by a later version of this program."""


def read_progress(path: Path, tell: Callable[[str], object]) -> Progress:
    """The progress recorded at `path`, or none yet.

    A file that can't be understood is moved aside to `progress.json.corrupt-N`, and `tell` gets a message.
    """
    try:
        return _parse(path)
    except ValueError:
        with _locked(path):
            return _parse_or_move_aside(path, tell)


def update_progress(
    path: Path, change: Callable[[Progress], Progress], tell: Callable[[str], object]
) -> Progress:
    """Apply `change` to what is recorded *now*, and record the outcome; returns it.

    Writers wait for each other, and readers see the old file or the new one. Raises `TitoError` when the
    disk is full or read-only, with the old file unchanged.
    """
    with _locked(path):
        before = _parse_or_move_aside(path, tell)
        after = change(before)
        if after != before:
            write_atomic(path, json.dumps(progress_to_json(after), ensure_ascii=False, indent=1) + "\n")
    return after


def _parse(path: Path) -> Progress:
    """The progress at `path`; raises `ValueError` for anything that isn't one."""
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Progress()
    except OSError as error:
        raise TitoError(
            f"Could not read `{path}`: {error.strerror or error}", f"check its permissions: `ls -l {path}`"
        ) from error
    try:
        if data["version"] > VERSION:
            raise NewerProgressError(
                f"`{path}` was written by a newer `tito`", "`pip install --upgrade tinytorch-course`"
            )
        return progress_from_json(data)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record of progress: {error!r}") from error


def _parse_or_move_aside(path: Path, tell: Callable[[str], object]) -> Progress:
    try:
        return _parse(path)
    except ValueError as error:
        number = 1
        while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
            number += 1
        try:
            path.rename(aside)
        except OSError as refused:
            raise TitoError(
                f"`{path}` is damaged ({error}) and could not be moved aside: {refused.strerror}",
                f"check the folder's permissions: `ls -ld {path.parent}`",
            ) from refused
        tell(
            f"`{path.name}` was damaged ({error}). It is kept as `{aside}`; your notebooks are untouched, "
            "and `tito module complete MODULE` records each pass again"
        )
        return Progress()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the workspace's one lock: a file beside the progress, which the kernel frees when we die."""
    try:
        lock = path.with_name("progress.lock").open("a")
    except OSError as error:
        raise TitoError(
            f"Could not record progress in `{path.parent}`: {error.strerror or error}. Nothing was changed",
            f"check the folder's permissions: `ls -ld {path.parent}`",
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
