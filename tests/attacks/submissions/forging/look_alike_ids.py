"""Names cells of its own with letters that look like the real ids."""

import copy
from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    for name in ("аdd-check", "add‐check", "add-check\u200b", "ADD-CHECK", " add-check"):
        cell = copy.deepcopy(cell_of(notebook, "add-check"))
        cell["source"], cell["metadata"]["nbgrader"]["grade_id"] = "6.0", name
        notebook["cells"].append(cell)
    lay(folder, notebook)
