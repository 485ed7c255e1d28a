"""Hands in a time of submission that no calendar has."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    (folder / "timestamp.txt").write_bytes(b"9999-99-99 99:99:99 +9999\x00\xff" + b"9" * 1_000_000)
