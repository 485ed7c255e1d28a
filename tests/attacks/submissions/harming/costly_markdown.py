"""Hands in Markdown that takes exponential time to render."""

from pathlib import Path

from tests.attack_corpus import lay

TEXTS = [
    "[" * 50_000,
    "> " * 10_000,
    "*a_ " * 20_000,
    "`" * 30_001 + "x",
    "$" * 9999,
    "<a " * 20_000,
    "| a " * 9000,
]


def make(folder: Path, notebook: dict) -> None:
    for text in TEXTS:
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": text})
    lay(folder, notebook)
