"""Hands in again with a time before the first submission, or none that can be read."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    (folder / "timestamp.txt").write_text("1970-01-01 00:00:00 UTC")
