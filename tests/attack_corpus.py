"""Hostile submissions, one file per attack, for proving that the grader gives, shows and loses nothing.

`attacks/cells/CATEGORY/NAME.py` is what a student writes into cells of the tiny course's first module. A line
`# %% PLACE` begins another cell: `first` and `last` are cells of the student's own, `add` and `total` take
the place of a solution. Text before such a line is `add`. Where a file does not write `add`, it is `WRONG`.

`attacks/submissions/CATEGORY/NAME.py` lays a whole submission: `make(folder, notebook)`.

`attacks/kinds.toml` says what each attack meets, and which are not tried with a grader that has no walls.
A new one has its name there, and its result in `docs/attacks.json`, which
`benchmarks/attacks_beside_nbgrader.py` writes.

Whatever writes `add` or `total` here writes it wrong, so that points for it are unearned. Floods have an end,
and what deletes or overwrites files of others does so only where their names have `grading_canary` in them:
a grader that fails is seen to fail, and the machine under it lives. Even so, run them contained.
"""

import ast
import copy
import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tiny_course import cell_of, code_cell

Notebook = dict[str, Any]
Make = Callable[[Path, Notebook], None]

ATTACKS = Path(__file__).parent / "attacks"
CATEGORIES = ("forging", "reading", "harming", "old-grades")
PLACES = ("first", "add", "total", "last")
WRONG = "def add(a, b):\n    return 3\n"
CELL_LINE = re.compile(r"^# %% (\w+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """A hostile submission of the first module.

    category: one of `CATEGORIES`; an attack on old grades comes after a right submission.
    kind: `cell` or `submission`. about: in a sentence, what it attempts.
    make: lays it in a folder `submitted/STUDENT/MODULE`, given the solved notebook.
    unearned: the solutions that are wrong in it; every point for one of them is a gain.
    """

    name: str
    category: str
    kind: str
    about: str
    make: Make
    unearned: tuple[str, ...] = ("add",)


def load_attacks() -> tuple[Attack, ...]:
    """Every attack, by category and name."""
    cells = [_cell_attack(path) for path in ATTACKS.glob("cells/*/*.py")]
    submissions = [_submission_attack(path) for path in ATTACKS.glob("submissions/*/*.py")]
    return tuple(sorted(cells + submissions, key=lambda attack: (attack.category, attack.name)))


def split_cells(text: str) -> dict[str, str]:
    """An attack's cells by their place, with `add` among them."""
    start, *parts = CELL_LINE.split(text)
    cells = dict(zip(parts[::2], parts[1::2], strict=True))
    if len(ast.parse(start).body) > 1:
        cells["add"] = start
    return {"add": WRONG} | cells


def lay(folder: Path, notebook: Notebook | str | bytes, name: str = "") -> Path:
    """Write a notebook, or the content of a file that should be one, where it is looked for."""
    path = folder / (name or f"{folder.name}.ipynb")
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    else:
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        path.write_text(text, encoding="utf-8")
    return path


def _cell_attack(path: Path) -> Attack:
    text = path.read_text(encoding="utf-8")
    cells = split_cells(text)
    assert cells.keys() <= set(PLACES), f"{path} writes another cell than {PLACES}"

    def make(folder: Path, notebook: Notebook) -> None:
        hostile = copy.deepcopy(notebook)
        for place, source in cells.items():
            if place in ("add", "total"):
                cell_of(hostile, place)["source"] = f"#| export\n{source}"
        own = {place: [code_cell(cells[place])] for place in ("first", "last") if place in cells}
        hostile["cells"] = own.get("first", []) + hostile["cells"] + own.get("last", [])
        lay(_open_folder(folder), hostile)

    unearned = ("add", "total") if "total" in cells else ("add",)
    return Attack(path.stem, path.parent.name, "cell", _about(text), make, unearned)


def _submission_attack(path: Path) -> Attack:
    spec = importlib.util.spec_from_file_location(f"attack_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def make(folder: Path, notebook: Notebook) -> None:
        hostile = copy.deepcopy(notebook)
        cell_of(hostile, "add")["source"] = f"#| export\n{WRONG}"
        module.make(_open_folder(folder), hostile)

    about = _about(path.read_text(encoding="utf-8"))
    return Attack(path.stem, path.parent.name, "submission", about, make)


def _about(text: str) -> str:
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def _open_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "timestamp.txt").write_text("2026-11-02 10:00:00 UTC", encoding="utf-8")
    return folder
