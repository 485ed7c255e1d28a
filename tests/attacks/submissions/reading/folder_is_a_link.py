"""Hands in a link to the course's folder, in place of a folder."""

from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    (folder / "timestamp.txt").unlink()
    folder.rmdir()
    folder.symlink_to(folder.parents[2] / "source" / folder.name)
