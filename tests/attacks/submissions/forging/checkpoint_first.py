"""Puts the checkpoint's cell first, with code of its own that shows full points."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of, code_cell


def make(folder: Path, notebook: dict) -> None:
    real = cell_of(notebook, "checkpoint")
    forged = code_cell("run_checkpoint = lambda *_: 20.0\nrun_checkpoint('counts')")
    forged |= {"metadata": real["metadata"], "id": real.get("id", "checkpoint")}
    real["metadata"] = {}
    notebook["cells"].insert(0, forged)
    lay(folder, notebook)
