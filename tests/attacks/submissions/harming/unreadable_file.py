"""Hands in files that nobody may read."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    secret = folder / "data.csv"
    secret.write_text("1,2")
    secret.chmod(0)
