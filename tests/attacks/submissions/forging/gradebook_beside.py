"""Hands in a gradebook and a seed of its own."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    with closing(sqlite3.connect(folder / "gradebook.db")) as db:
        db.execute("create table grade (id, auto_score)")
        db.execute("insert into grade values (1, 20)")
        db.commit()
    (folder / ".grading_seed").write_text("0")
