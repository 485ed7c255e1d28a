"""Hands in again with an empty file."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, "")
