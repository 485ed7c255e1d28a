"""Hands in a checkpoint and results of its own, where the grader looks for the real ones."""

import json
from pathlib import Path

from tests.attack_corpus import lay

NOTHING = (
    "from tito.checks import Checkpoint\ncheckpoint = Checkpoint(__file__)\n"
    "@checkpoint.check(points=20)\ndef test_nothing():\n    'Nothing is asked'\n"
)


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    (folder / "tests" / "checkpoints").mkdir(parents=True)
    (folder / "tests" / "checkpoints" / "checkpoint_00_counts.py").write_text(NOTHING)
    (folder / "results.json").write_text(json.dumps({"score": 20, "outcome": "passed"}))
    (folder / ".tito").mkdir()
    (folder / ".tito" / "progress.json").write_text(json.dumps({"counts": "passed"}))
