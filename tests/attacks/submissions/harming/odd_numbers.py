"""Hands in JSON with NaN, infinity, huge numbers and numbers where none belong."""

import json
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    notebook["metadata"] |= {"nan": float("nan"), "infinity": float("-inf"), "huge": "HUGE"}
    for cell in notebook["cells"]:
        cell["execution_count"] = float("nan")
    lay(folder, json.dumps(notebook).replace('"HUGE"', "9" * 4000 + ", " + '"e": 1e999999'))
