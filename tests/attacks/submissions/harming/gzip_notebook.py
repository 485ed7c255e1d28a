"""Hands in a compressed notebook under the name of a plain one."""

import gzip
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, gzip.compress(b'{"cells": [' + bytes(50_000_000)))
