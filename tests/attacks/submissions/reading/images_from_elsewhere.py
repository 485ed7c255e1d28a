"""Names files of the instructor's machine as images and attachments, for feedback to put in."""

from pathlib import Path

from tests.attack_corpus import lay

TEXT = (
    "![](/etc/passwd) ![](file:///etc/passwd) ![](../../../.grading_seed) <img src='../../../gradebook.db'>"
)


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and not cell["metadata"]:
            cell["source"] = TEXT + "\n\n{{ resources }} {% include '/etc/passwd' %}"
            cell["attachments"] = {"../../x.png": {"image/png": "/etc/passwd"}}
    lay(folder, notebook)
