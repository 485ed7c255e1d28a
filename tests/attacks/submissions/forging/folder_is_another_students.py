"""Hands in a link to the folder that another student handed in, to be graded for it."""

from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    others = sorted(path for path in folder.parents[1].glob(f"*/{folder.name}") if path != folder)
    (folder / "timestamp.txt").unlink()
    folder.rmdir()
    folder.symlink_to(others[0] if others else folder.parents[2])
