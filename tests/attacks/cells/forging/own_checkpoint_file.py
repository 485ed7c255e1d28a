"""Writes a checkpoint that asks nothing where the checkpoints are looked for."""

from pathlib import Path

NOTHING = """
from tito.checks import Checkpoint
checkpoint = Checkpoint(__file__)
@checkpoint.check(points=20)
def test_nothing():
    "Nothing is asked"
"""
folder = Path("tests/checkpoints")
folder.mkdir(parents=True, exist_ok=True)
(folder / "checkpoint_00_counts.py").write_text(NOTHING)


def add(a, b):
    return 3
