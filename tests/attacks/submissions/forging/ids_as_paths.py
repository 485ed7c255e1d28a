"""Names its cells with paths and queries, for whatever is built from them."""

import copy
from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import cell_of


def make(folder: Path, notebook: dict) -> None:
    for name in ("../../canary", "/tmp/canary", "x' or '1'='1", "{{7*7}}", "%(points)s", "add-check/../add"):
        cell = copy.deepcopy(cell_of(notebook, "add-check"))
        cell["metadata"]["nbgrader"]["grade_id"] = cell["id"] = name
        notebook["cells"].append(cell)
    lay(folder, notebook)
