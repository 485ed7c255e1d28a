"""Hands in a notebook that nobody may read."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook).chmod(0)
