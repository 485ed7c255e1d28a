"""Hands in again with a notebook that breaks off in the middle."""

import json
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, json.dumps(notebook)[:900])
