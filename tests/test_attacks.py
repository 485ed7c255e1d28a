"""Every attack of the corpus, graded among honest students, gains nothing, shows nothing and harms nobody."""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gradebook.build.notebooks import grade_id_of
from gradebook.course import Course
from gradebook.grade.grading import open_coursedir, plan_grading, run_grading
from gradebook.grade.nodes import make_node
from gradebook.grade.outcome import Graded, Status
from gradebook.handover.feedback import HideAnswers, write_feedback
from gradebook.records import load_records
from tests.attack_corpus import WRONG, Attack, load_attacks
from tests.conftest import made_once
from tests.tiny_course import read_release, solve, submit
from tito.table import Module

ATTACKS = load_attacks()
# Short enough for the whole corpus, long enough for honest code on a busy machine.
SETTINGS = """
c.ExecutePreprocessor.timeout = 1.5
c.GradingLimits.check_seconds = 1
c.GradingLimits.notebook_seconds = 10
c.GradingLimits.cpu_seconds = 10
c.GradingLimits.memory_mb = 1024
"""
TOKEN = "canary-5f1d0c"
# The hidden test's numbers, and what only the instructor has.
SECRETS = re.compile(rf"\b(?:1234|4321|5555)\b|{TOKEN}")
# The checkpoint's inputs, which are other ones with each seed (see `hide_inputs`).
INPUTS = re.compile(r"\b71\d{4}\b")
PORTS = (8000, 8001, 8081, 8888)
COUNTING = """
import signal, sys
reached = 0
def count(*_):
    global reached
    reached += 1
signal.signal(signal.SIGURG, count)
print(flush=True)
sys.stdin.readline()
print(reached, flush=True)
"""
EXPLAINED = (Status.CRASHED, Status.TIMEOUT, Status.UNREADABLE, Status.MISSING)
HONEST_WRONG = {("add",): "wrong-add", ("add", "total"): "wrong-both"}
TESTS = ("add-check", "total-check", "checkpoint")
# These show what their checkpoint asked them.
QUOTING = ("reading-inputs-in-error", "reading-inputs-in-value")
READING = [attack for attack in ATTACKS if attack.category == "reading"]


def student_of(attack: Attack) -> str:
    return f"{attack.category}-{attack.name}".replace("_", "-")


@dataclass(frozen=True)
class Class:
    """The graded class: each student's result, points by cell, checks, and what became of the canaries."""

    course: Course
    results: dict[str, Graded]
    points: dict[str, dict[str, float]]
    checks: dict[str, dict[str, str]]
    first_scores: dict[str, float]
    canaries: dict[str, Any]


@pytest.fixture(scope="session")
def attacked(tiny_built, tmp_path_factory) -> Class:
    """The class, graded once for all test processes."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        with (root / "nbgrader_config.py").open("a") as config:
            config.write(SETTINGS)
        hide_inputs(root)
        (root / "told.json").write_text(json.dumps(grade_class(Course(root))))

    course = Course(made_once(tmp_path_factory, "attacked-class", make))
    (first, _) = course.table.modules
    results = {graded.student: graded for graded in run_grading(course, plan_grading(course, (first,)))}
    told = json.loads((course.root / "told.json").read_text())
    return Class(course, results, read_points(course), read_checks(course), told["first"], told["canaries"])


def hide_inputs(root: Path) -> None:
    """Let the checkpoint ask with numbers that are recognised wherever they come out."""
    path = root / "tests" / "checkpoints" / "checkpoint_00_counts.py"
    text = path.read_text().replace("integers(10, 99", "integers(710_000, 719_999")
    assert "710_000" in text
    path.write_text(text)


def grade_class(course: Course) -> dict[str, Any]:
    """Lay and grade all submissions; the scores before the resubmissions, and how the canaries are."""
    first, _ = course.table.modules
    right = solve(read_release(course, first))
    again = [attack for attack in ATTACKS if attack.category == "old-grades"]
    submit(course, "honest", first, right)
    submit(course, "wrong-add", first, solve(read_release(course, first), add=WRONG))
    zero = "def total(numbers):\n    return 0\n"
    submit(course, "wrong-both", first, solve(read_release(course, first), add=WRONG, total=zero))
    for attack in again:
        submit(course, student_of(attack), first, right)
    with canaries(course) as seen:
        before = {graded.student: graded.score for graded in run_grading(course, plan_grading(course), 2)}
        for attack in ATTACKS:
            lay_attack(course, first, attack, right)
        list(run_grading(course, plan_grading(course), 2))
    for attack in READING:
        list(write_feedback(course, (first,), student_of(attack)))
    return {"first": before, "canaries": seen}


def lay_attack(course: Course, module: Module, attack: Attack, right: dict) -> None:
    attack.make(course.folder / "submitted" / student_of(attack) / module.id, right)


@contextmanager
def canaries(course: Course) -> Iterator[dict[str, Any]]:
    """Plant what an attack that gets out would change, reach or find, and tell what became of it."""
    seen: dict[str, Any] = {}
    home = course.root / "home"
    home.mkdir()
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
        patch.setenv("TITO_CANARY", TOKEN)
        temporary = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="grading_canary", dir="/tmp"))
        )
        folders = (course.root, course.folder, course.folder / "source", home, temporary)
        files = [folder / "grading_canary.txt" for folder in folders]
        (home / ".bash_history").write_text(TOKEN)
        for file in files:
            file.write_text(TOKEN)
        litter = set(litter_of(course))
        bystander = stack.enter_context(start_bystander())
        listeners = [stack.enter_context(listener) for listener in listen()]
        yield seen
        seen["signals"] = int(bystander.communicate("\n")[0].strip())
        seen["connections"] = sum(map(reached, listeners))
        seen["files"] = [str(file) for file in files if not file.is_file() or file.read_text() != TOKEN]
        seen["modes"] = [str(file) for file in files if file.exists() and file.stat().st_mode & 0o777 == 0]
        seen["litter"] = sorted(set(litter_of(course)) - litter)
        seen["processes"] = left_running(course)


@contextmanager
def start_bystander() -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-c", COUNTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def listen() -> Iterator[socket.socket]:
    """Whatever nobody listens at yet, of what attacks try."""
    for port in PORTS:
        with suppress(OSError):
            listener = socket.create_server(("127.0.0.1", port))
            listener.setblocking(False)
            yield listener
    with suppress(OSError):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 9))
        datagrams.setblocking(False)
        yield datagrams


def reached(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(100)
    except BlockingIOError:
        return False
    return True


def litter_of(course: Course) -> Iterator[str]:
    """What attacks leave where they get out of their folder."""
    for folder in map(Path, ("/tmp", "/var/tmp", "/dev/shm", course.root / "home")):
        for pattern in ("canary*", "seen*"):
            yield from map(str, folder.glob(pattern))
    own = ("submitted", "autograded", "feedback")
    for path in course.root.rglob("*canary*"):
        if "grading_canary" not in path.name and not set(own) & set(path.parts):
            yield str(path)


def left_running(course: Course) -> list[str]:
    """The command lines of students' processes that there still are."""
    mark = f"MPLCONFIGDIR={course.cache}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found


def read_points(course: Course) -> dict[str, dict[str, float]]:
    """Each student's points, by cell."""
    from nbgrader.api import Gradebook

    coursedir = open_coursedir(course)
    points: dict[str, dict[str, float]] = {}
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for submission in gradebook.assignment_submissions("01_count"):
            own = points.setdefault(submission.student.id, {})
            for notebook in submission.notebooks:
                own |= {grade.cell.name: grade.score or 0.0 for grade in notebook.grades}
    return points


def read_checks(course: Course) -> dict[str, dict[str, str]]:
    """The outcome of each student's checks, by name."""
    records = load_records(open_coursedir(course).db_url)
    return {
        student: {check["name"]: check["outcome"] for check in json.loads(record.checks)["checks"]}
        for (student, _), record in records.items()
        if record.checks
    }


def shown_outputs(attacked: Class, student: str) -> str:
    """All that the student gets to see of what the cells showed, as one text."""
    path = attacked.course.folder / "autograded" / student / "01_count" / "01_count.ipynb"
    notebook = make_node(json.loads(path.read_text(encoding="utf-8", errors="surrogateescape")))
    visible, _ = HideAnswers().preprocess(notebook, {})
    return json.dumps([cell.outputs for cell in visible.cells if cell.cell_type == "code"])


def all_outputs(attacked: Class, student: str) -> str:
    """All that the graded copy holds, but for what tests themselves say there, for the instructor."""
    path = attacked.course.folder / "autograded" / student / "01_count" / "01_count.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))["cells"]
    own = [
        output
        for cell in cells
        for output in cell.get("outputs", [])
        if not (grade_id_of(cell) in TESTS and output["output_type"] in ("error", "execute_result"))
    ]
    return json.dumps(own)


def secrets_in(attacked: Class, text: str) -> set[str]:
    seed = (attacked.course.folder / ".grading_seed").read_text().strip()
    return {found[0] for found in SECRETS.finditer(text)} | ({seed} if seed in text else set())


every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=student_of)


@every_attack
def test_attack_gains_no_points(attacked, attack):
    student = student_of(attack)
    honest = HONEST_WRONG[attack.unearned]
    points, checks = attacked.points[student], attacked.checks.get(student, {})
    assert [points[f"{name}-check"] for name in attack.unearned] == [0.0] * len(attack.unearned)
    assert not [name for name in attack.unearned if checks.get(name) == "passed"]
    assert attacked.results[student].score <= attacked.results[honest].score


@every_attack
def test_attack_is_a_result_with_its_reason_and_no_fault_of_ours(attacked, attack):
    result = attacked.results[student_of(attack)]
    assert result.status is not Status.FAULT, result.explanation
    assert result.explanation or result.status not in EXPLAINED
    assert result.max_score == attacked.results["honest"].max_score


@every_attack
def test_attack_shows_no_secrets(attacked, attack):
    student = student_of(attack)
    assert secrets_in(attacked, all_outputs(attacked, student)) == set()
    assert secrets_in(attacked, shown_outputs(attacked, student)) == set()
    assert secrets_in(attacked, attacked.results[student].explanation) == set()


def test_what_a_checkpoint_asks_one_submission_it_asks_no_other(attacked):
    quoted = {student: INPUTS.findall(shown_outputs(attacked, student)) for student in QUOTING}
    assert all(quoted.values())
    first, second = (set(found) for found in quoted.values())
    assert first != second


@pytest.mark.parametrize("attack", READING, ids=student_of)
def test_page_of_an_attack_shows_no_secrets(attacked, attack):
    student = student_of(attack)
    page = attacked.course.folder / "feedback" / student / "01_count" / "01_count.html"
    text = page.read_text(encoding="utf-8", errors="replace")
    assert secrets_in(attacked, re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)) == set()


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack.category == "old-grades"], ids=student_of
)
def test_old_grade_is_gone(attacked, attack):
    student = student_of(attack)
    assert attacked.first_scores[student] == attacked.first_scores["honest"]
    assert attacked.results[student].score < attacked.first_scores[student]


def test_honest_students_among_them_get_what_they_earned(attacked):
    scores = {name: attacked.results[name].score for name in ("honest", "wrong-add", "wrong-both")}
    assert scores == {"honest": 30.0, "wrong-add": 12.0, "wrong-both": 0.0}
    assert attacked.results["honest"].status is Status.GRADED


@pytest.mark.parametrize("what", ["files", "modes", "litter", "processes"])
def test_nothing_outside_was_touched_or_left(attacked, what):
    assert attacked.canaries[what] == []


@pytest.mark.parametrize("what", ["signals", "connections"])
def test_nobody_outside_was_reached(attacked, what):
    assert attacked.canaries[what] == 0


def test_nobody_but_those_who_handed_in_is_in_the_gradebook(attacked):
    expected = {"honest", "wrong-add", "wrong-both", *map(student_of, ATTACKS)}
    assert set(attacked.points) == expected
    assert len(expected) == len(ATTACKS) + 3
