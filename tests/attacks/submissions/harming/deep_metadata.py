"""Hands in a notebook whose metadata are nested just below the limit of the parser."""

import json
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    notebook["metadata"]["deep"] = "HERE"
    lay(folder, json.dumps(notebook).replace('"HERE"', '{"a": ' * 900 + "1" + "}" * 900))
