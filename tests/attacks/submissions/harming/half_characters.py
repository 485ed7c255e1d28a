"""Hands in half surrogate pairs, NUL bytes and control characters in every text."""

from pathlib import Path

from tests.attack_corpus import lay

ODD = "\ud800 \x00 \udfff \x1b[2J \u202e \ufeff \uffff"


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]) + f"\n# {ODD}\n"
        cell["id"] = ODD
        cell["metadata"][ODD] = ODD
    notebook["metadata"]["kernelspec"] = {"name": ODD, "display_name": ODD}
    lay(folder, notebook)
