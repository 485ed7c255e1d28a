"""Hands in a link to the course's own notebook with the hidden tests."""

from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    source = folder.parents[2] / "source" / folder.name / f"{folder.name}.ipynb"
    (folder / f"{folder.name}.ipynb").symlink_to(source)
