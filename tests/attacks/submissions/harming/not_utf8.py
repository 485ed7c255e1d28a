"""Hands in a notebook in other encodings, one after the other, with NUL bytes."""

import json
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    text = json.dumps(notebook)
    lay(folder, text.encode("utf-16") + b"\x00\xff" + text.encode("utf-32"))
