"""Hands in compressed files beside the notebook, the notebook itself among them."""

import bz2
import gzip
import lzma
from pathlib import Path

from tests.attack_corpus import lay

ZEROS = bytes(100_000_000)


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    small = gzip.compress(gzip.compress(ZEROS))
    (folder / f"{folder.name}.ipynb.gz").write_bytes(small)
    (folder / "data.csv.bz2").write_bytes(bz2.compress(ZEROS[:20_000_000]))
    (folder / "data.csv.xz").write_bytes(lzma.compress(ZEROS[:20_000_000], preset=0))
