"""Hands in the outputs of passed checks along with its cells."""

from pathlib import Path

from tests.attack_corpus import lay

DATA = {
    "text/plain": "20.0",
    "application/vnd.tinytorch.checkpoint+json": {"outcome": "passed", "points": 20},
}


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
            cell["outputs"] = [
                {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": DATA},
                {"output_type": "stream", "name": "stdout", "text": "✅ 20 of 20 points\n"},
            ]
    lay(folder, notebook)
