"""Hands in again without a notebook."""

from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    for path in folder.glob("*.ipynb"):
        path.unlink()
