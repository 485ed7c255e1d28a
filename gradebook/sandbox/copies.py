"""Copying a submission in, and removing what student code left, without following what it made."""

import os
from pathlib import Path

from gradebook.sandbox.walls import ContainmentError

DEEPEST = 32


def copy_files(source: Path, target: Path, uid: int, gid: int) -> None:
    """Copy the regular files below `source`, and no links, devices or pipes, for the account `uid`.

    Raises ContainmentError if they do not fit, or are more than 32 folders deep.
    """
    descriptor = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _copy_folder(descriptor, target, uid, gid, DEEPEST)
    except OSError as error:
        raise ContainmentError(f"the submission can't be copied: {error}") from error
    finally:
        os.close(descriptor)


def _copy_folder(source: int, target: Path, uid: int, gid: int, deeper: int) -> None:
    if not deeper:
        raise ContainmentError(f"the submission has more than {DEEPEST} folders in each other")
    for entry in os.scandir(source):
        copy = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            folder = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=source)
            try:
                copy.mkdir(mode=0o755)
                _copy_folder(folder, copy, uid, gid, deeper - 1)
                os.chown(copy, uid, gid)
            finally:
                os.close(folder)
        elif entry.is_file(follow_symlinks=False):
            _copy_file(source, entry.name, copy, uid, gid)


def _copy_file(folder: int, name: str, copy: Path, uid: int, gid: int) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with (
        os.fdopen(descriptor, "rb", buffering=0) as original,
        copy.open("xb", buffering=0) as file,
    ):
        while part := original.read(1 << 20):
            file.write(part)
        os.fchmod(file.fileno(), 0o644)
        os.fchown(file.fileno(), uid, gid)


def remove_tree(path: Path) -> None:
    """Remove a folder whatever is in it: links, folders that may not be read, ones nested a thousand deep.

    Nothing in it may still be running. Each folder's folders are moved up to the top before it goes, so
    neither paths nor the stack grow.
    """
    try:
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        count = 0
        while folders := _remove_files(top):
            for name in folders:
                count = _lift_folders(top, name, count)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    path.rmdir()


def _remove_files(folder: int) -> list[str]:
    """Remove what is no folder; the names of the folders, which are then readable and writable."""
    folders = []
    for name in os.listdir(folder):
        try:
            os.unlink(name, dir_fd=folder)
        except (IsADirectoryError, PermissionError):  # the second on systems other than Linux
            os.chmod(name, 0o700, dir_fd=folder)
            folders.append(name)
    return folders


def _lift_folders(top: int, name: str, count: int) -> int:
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
    try:
        for inner in _remove_files(descriptor):
            while True:
                count += 1
                try:
                    os.rename(inner, f"lifted-{count}", src_dir_fd=descriptor, dst_dir_fd=top)
                    break
                except OSError:  # a folder of that name, with something in it, is there already
                    if count > 1 << 24:
                        raise
    finally:
        os.close(descriptor)
    return count
