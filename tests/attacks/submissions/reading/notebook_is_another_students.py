"""Hands in links to whatever another student handed in."""

import os
from contextlib import suppress
from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    others = [
        path for path in folder.parents[1].glob(f"*/{folder.name}/*.ipynb") if folder not in path.parents
    ]
    target = others[0] if others else folder.parents[2] / "gradebook.db"
    (folder / f"{folder.name}.ipynb").symlink_to(target)
    with suppress(OSError):
        os.link(target, folder / "hard link.ipynb")
