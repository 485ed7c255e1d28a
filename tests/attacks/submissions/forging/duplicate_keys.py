"""Hands in JSON whose keys come twice, for two readers to read differently."""

import json
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    text = json.dumps(notebook)
    for key in ("cells", "metadata"):
        text = text.replace(f'"{key}": ', f'"{key}": [], "{key}": ')
    lay(folder, text.replace('"points": 6', '"points": 6, "points": 600, "points": 6'))
