"""Hands in a pipe as the time of submission."""

import os
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    (folder / "timestamp.txt").unlink()
    os.mkfifo(folder / "timestamp.txt")
