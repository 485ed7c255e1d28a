"""Hands in a time of submission far ahead, so that nothing later would be newer."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    (folder / "timestamp.txt").write_text("9999-12-31 23:59:59 UTC")
