"""Hands in a notebook of 30 MB."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    notebook["metadata"]["filler"] = "x" * 30_000_000
    lay(folder, notebook)
