"""Hands in notebooks beside the right one whose names differ in case, spaces, endings and letters."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    name = folder.name
    for other in (
        name.upper(),
        f"{name} ",
        f"{name}\n",
        f"{name}.ipynb",
        name.replace("o", "о"),
        f".{name}",
        "*",
    ):
        lay(folder, notebook, f"{other}.ipynb")
