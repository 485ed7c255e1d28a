"""The attack corpus, graded by stock `nbgrader autograde` and by this course's engine: who gains what.

    python -m benchmarks.attacks_beside_nbgrader            # all of it, in a quarter of an hour
    python -m benchmarks.attacks_beside_nbgrader NAME …     # these attacks anew; the other results stay

It writes `docs/attacks.json` and `docs/attacks.md`. Stock nbgrader has no walls of its own, so each of its
runs is kept apart in namespaces (see `tests/attacks/apart.py`), with a copy of the course that is then gone.
That also keeps attacks from what they would reach on a real machine: its column is a lower bound.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gradebook.course import Course
from gradebook.grade.engine import ONE_THREAD
from gradebook.grade.planning import open_coursedir
from gradebook.records import load_records
from tests.attack_corpus import WRONG, Attack, lay, load_attacks
from tests.attacks.apart import run_apart
from tests.attacks.canaries import TOKEN
from tests.attacks.classroom import (
    HONEST_WRONG,
    SETTINGS,
    all_outputs,
    grade_class,
    lay_attack,
    lay_honest,
    read_points,
    secrets_in,
    shown_outputs,
    student_of,
)
from tests.attacks.table import DOCUMENT, RESULTS, key_of, load_table, render
from tests.tiny_course import Notebook, cell_of, make_tiny_course, read_release, solve, submit

MODULE = "01_count"
SECONDS = 120
WORKERS = 2
# Long enough for a kernel on a busy machine; an attack that sleeps takes it whole.
STOCK_SETTINGS = "c.ExecutePreprocessor.timeout = 10"
# As a grading service of a hub has it.
ENVIRONMENT = {"JUPYTERHUB_API_TOKEN": TOKEN, "TITO_CANARY": TOKEN} | dict.fromkeys(ONE_THREAD, "1")
ZERO = "def total(numbers):\n    return 0\n"

Outcome = dict[str, Any]


def grade_with_stock(root: Path, attack: Attack) -> Outcome:
    """In a copy of the course: hand the attack in, autograde it, and read the points and what it showed."""
    course = Course(root)
    first, _ = course.table.modules
    right = solve(read_release(course, first))
    student = student_of(attack)
    if attack.category == "old-grades":
        submit(course, student, first, right)
        autograde(student)
    lay_attack(course, first, attack, right)
    graded = autograde(student)
    shown: set[str] = set()
    with contextlib.suppress(OSError, ValueError):
        shown = secrets_in(course, all_outputs(course, student))
    points = read_points(course).get(student, {})
    return {"points": points, "shows": bool(shown), "graded": graded}


def autograde(student: str) -> bool:
    """Run `nbgrader autograde` in a process of its own; whether it ended well."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            from nbgrader.apps import AutogradeApp

            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(null, descriptor)
            AutogradeApp.launch_instance([MODULE, "--student", student])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def measure_stock(root: Path, attacks: Sequence[Attack]) -> Iterator[Outcome]:
    """Each attack's outcome with stock nbgrader; one that took all its time has no points."""
    make_tiny_course(root, STOCK_SETTINGS)
    course = Course(root)
    lay_honest(course, course.table.modules[0])
    for module in ("nbgrader.apps", "nbgrader.preprocessors"):
        importlib.import_module(module)  # once, for all that will be forked
    # Forked workers have one thread each, as `run_apart` needs it, and the attacks, which can't be pickled.
    with multiprocessing.get_context("fork").Pool(WORKERS, _take, (root, attacks)) as pool:
        yield from pool.imap(_apart, range(len(attacks)))


_taken: tuple[Path, Sequence[Attack]] = (Path(), ())


def _take(root: Path, attacks: Sequence[Attack]) -> None:
    global _taken
    _taken = root, attacks


def _apart(number: int) -> Outcome:
    root, attacks = _taken
    outcome = run_apart(lambda copy: grade_with_stock(copy, attacks[number]), root, SECONDS, ENVIRONMENT)
    return outcome or {"points": {}, "shows": False, "graded": False}


def measure_ours(root: Path, attacks: Sequence[Attack]) -> tuple[dict[str, Outcome], dict[str, Any]]:
    """Each attack's outcome with our engine, by key, and the points of honest students."""
    make_tiny_course(root, SETTINGS)
    course = Course(root)
    grade_class(course, attacks)
    points = read_points(course)
    records = load_records(open_coursedir(course).db_url)
    told = {}
    for attack in attacks:
        student = student_of(attack)
        said = records[student, MODULE].explanation
        text = "\n".join((all_outputs(course, student), shown_outputs(course, student), said))
        shows = bool(secrets_in(course, text))
        told[key_of(attack)] = {"points": points[student], "shows": shows, "graded": True}
    return told, points


def honest_submissions() -> list[Attack]:
    """What honest students hand in, in the form of attacks, so that the same code grades it."""
    solutions = {"honest": {}, "wrong-add": {"add": WRONG}, "wrong-both": {"add": WRONG, "total": ZERO}}
    return [
        Attack(name, "honest", "submission", "", partial(_lay_solutions, texts))
        for name, texts in solutions.items()
    ]


def _lay_solutions(texts: Mapping[str, str], folder: Path, notebook: Notebook) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "timestamp.txt").write_text("2026-11-02 10:00:00 UTC")
    for name, text in texts.items():
        cell_of(notebook, name)["source"] = text
    lay(folder, notebook)


def gained(points: Mapping[str, float], honest: Mapping[str, float]) -> float:
    """The points of each cell over those of an honest student who solved as much, added up."""
    return sum(max(0.0, score - honest.get(cell, 0.0)) for cell, score in points.items())


def _result(outcome: Outcome, honest: Mapping[str, float]) -> Outcome:
    told = {"gained": gained(outcome["points"], honest), "shows": outcome["shows"]}
    return told if outcome["graded"] else told | {"graded": False}


def measure(attacks: Sequence[Attack]) -> dict[str, dict[str, Outcome]]:
    """Grade all of them twice; by key, what each gained with stock nbgrader and here."""
    honest = honest_submissions()
    folder = Path(tempfile.mkdtemp(prefix="attacks-"))
    try:
        outcomes = list(_told(measure_stock(folder / "stock", [*honest, *attacks]), len(attacks)))
        ours, points = measure_ours(folder / "ours", attacks)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    baseline = {attack.name: outcome["points"] for attack, outcome in zip(honest, outcomes, strict=False)}
    for name, scores in baseline.items():
        assert scores == points[name], f"{name}: {scores} with stock nbgrader, {points[name]} here"
    found = {}
    for attack, outcome in zip(attacks, outcomes[len(honest) :], strict=True):
        fair = baseline[HONEST_WRONG[attack.unearned]]
        here = _result(ours[key_of(attack)], fair)
        found[key_of(attack)] = {"stock": _result(outcome, fair), "here": here}
    return found


def _told(outcomes: Iterable[Outcome], count: int) -> Iterator[Outcome]:
    start = time.monotonic()
    for number, outcome in enumerate(outcomes):
        print(f"\rstock nbgrader: {number} of {count}, {time.monotonic() - start:.0f} s", end="", flush=True)
        yield outcome
    print()


def main(names: Sequence[str]) -> None:
    """Measure, and write the results and the document; with `names`, only those anew."""
    table = load_table()
    attacks = [attack for attack in load_attacks() if key_of(attack) not in table.left_out]
    chosen = [attack for attack in attacks if not names or {attack.name, key_of(attack)} & set(names)]
    before = json.loads(RESULTS.read_text())["attacks"] if names and RESULTS.is_file() else {}
    found = {key: told for key, told in before.items() if key in set(map(key_of, attacks))} | measure(chosen)
    versions = {name: version(name) for name in ("nbgrader", "nbconvert", "ipykernel")}
    results = {"versions": versions, "attacks": dict(sorted(found.items()))}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    DOCUMENT.write_text(render(results, table))


if __name__ == "__main__":
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    main(sys.argv[1:])
