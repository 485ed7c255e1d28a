"""Hands in a notebook that has a terabyte and takes no room."""

import os
from pathlib import Path


def make(folder: Path, notebook: dict) -> None:
    path = folder / f"{folder.name}.ipynb"
    path.write_bytes(b'{"cells": [')
    os.truncate(path, 1 << 40)
