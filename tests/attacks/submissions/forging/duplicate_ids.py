"""Puts cells of its own under the ids of all graded ones, before and after them."""

import copy
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    copies = copy.deepcopy([cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader")])
    for cell in copies:
        cell["source"] = "20.0"
        cell["metadata"]["nbgrader"]["locked"] = False
    notebook["cells"] = copies + notebook["cells"] + copies
    lay(folder, notebook)
