"""Hands in a link to a file that only the instructor can read, as the notebook."""

from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    (folder / f"{folder.name}.ipynb").symlink_to(folder.parents[2] / ".grading_seed")
