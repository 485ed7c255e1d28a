"""Hands in again with a notebook that has no cells."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook | {"cells": []})
