"""Hands in a notebook whose format number has a million digits."""

import json
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    notebook["nbformat_minor"] = "HUGE"
    lay(folder, json.dumps(notebook).replace('"HUGE"', "9" * 1_000_000))
