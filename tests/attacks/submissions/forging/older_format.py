"""Hands in a notebook of an older format, in which cells lie elsewhere."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["input"] = "20.0"
    sheets = [{"cells": notebook["cells"], "metadata": {}}]
    lay(folder, notebook | {"nbformat": 3, "nbformat_minor": 0, "worksheets": sheets, "orig_nbformat": 2})
