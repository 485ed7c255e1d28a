"""Hands in cells whose ids are paths, look-alikes, endless, empty or another type."""

from pathlib import Path

from tests.attack_corpus import lay
from tests.tiny_course import code_cell

IDS = [
    "../../x",
    "/etc/passwd",
    "аdd",
    "add\u200b",
    "ａｄｄ",
    "",
    "x" * 100_000,
    "add\n",
    "%s{0}",
    "'; drop table grade",
]


def make(folder: Path, notebook: dict) -> None:
    for name in [*IDS, None, 3, ["add"], {"add": 1}, True]:
        nbgrader = {"grade_id": name, "schema_version": 3, "grade": True, "locked": False, "points": 5}
        copied = code_cell("20.0") | {"id": name}
        notebook["cells"].append(
            copied | {"metadata": {"nbgrader": nbgrader | {"solution": True, "task": False}}}
        )
    lay(folder, notebook)
