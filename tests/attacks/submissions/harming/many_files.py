"""Hands in thousands of files and a hundred folders, one in the other."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    (folder / "data").mkdir()
    for number in range(5000):
        (folder / "data" / f"{number}.csv").touch()
    Path(folder, *["deep"] * 100).mkdir(parents=True)
