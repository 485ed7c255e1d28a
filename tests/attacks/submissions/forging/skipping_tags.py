"""Tags its cells so that tools leave them out, allow their errors or remove their outputs."""

from pathlib import Path

from tests.attack_corpus import lay

TAGS = [
    "skip-execution",
    "raises-exception",
    "remove-output",
    "remove-cell",
    "hide-input",
    "nbgrader-skip",
    "parameters",
]


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": TAGS, "editable": True, "deletable": True, "execution": {"timeout": 1e9}}
    notebook["metadata"]["execution"] = {"allow_errors": True, "timeout": -1}
    lay(folder, notebook)
