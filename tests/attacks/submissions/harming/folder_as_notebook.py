"""Hands in a folder in place of the notebook."""

from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    inner = folder / f"{folder.name}.ipynb"
    inner.mkdir()
    (inner / f"{folder.name}.ipynb").write_text("{}")
