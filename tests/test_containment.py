"""How student code is contained is proved before anything is graded; what can't be contained is refused."""

import sys

import pytest

from gradebook.course import Course
from gradebook.grade import containment
from gradebook.grade.containment import choose_level
from gradebook.grade.grading import run_grading
from gradebook.grade.planning import open_coursedir, plan_grading
from gradebook.records import load_records
from gradebook.sandbox.proof import Canary, Proof
from gradebook.sandbox.walls import Layer, Level
from tests.tiny_course import read_release, solve, submit
from tito.cli import run
from tito.errors import GraderFault

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="walls are built of Linux's parts")
WRONG = "def add(a, b):\n    return a - b\n"


@pytest.fixture
def course(tiny_course, monkeypatch) -> Course:
    """Three students handed in, and the working directory is in the course."""
    first = tiny_course.table.modules[0]
    submit(tiny_course, "right", first, solve(read_release(tiny_course, first)))
    submit(tiny_course, "wrong", first, solve(read_release(tiny_course, first), add=WRONG))
    submit(tiny_course, "blank", first, read_release(tiny_course, first))
    monkeypatch.chdir(tiny_course.root)
    monkeypatch.setenv("COLUMNS", "100")
    return tiny_course


@pytest.fixture
def no_walls(monkeypatch) -> None:
    """A machine that can't contain anything."""
    proof = Proof(Level.OPEN, reasons=("not sealed: no namespaces", "not confined: no Landlock"))
    monkeypatch.setattr("gradebook.grade.containment.strongest_level", lambda _=frozenset(): proof)


def records_of(course: Course) -> dict:
    return load_records(open_coursedir(course).db_url)


@needs_linux
def test_this_machine_seals_student_code():
    assert choose_level() is Level.SEALED
    assert choose_level(unsafe=True) is Level.SEALED


@needs_linux
def test_without_namespaces_student_code_is_confined():
    assert choose_level(without={Layer.NAMESPACES}) is Level.CONFINED


def test_without_any_layer_it_refuses_and_names_the_next_commands():
    with pytest.raises(GraderFault) as raised:
        choose_level(without=set(Layer))

    assert "nothing was graded" in raised.value.message
    assert "`tito course grade --unsafe`" in raised.value.next_step
    assert "`tito system doctor`" in raised.value.next_step


def test_without_any_layer_unsafe_is_open():
    assert choose_level(unsafe=True, without=set(Layer)) is Level.OPEN


def test_the_refusal_says_why(no_walls):
    with pytest.raises(GraderFault, match="no namespaces; not confined: no Landlock"):
        containment.choose_level()


def test_a_machine_without_walls_grades_nothing_and_keeps_what_was_graded(course, no_walls, capsys):
    list(run_grading(course, plan_grading(course, student="right")))
    before = records_of(course)

    assert run(["course", "grade", "--force"]) == 3

    told = capsys.readouterr()
    assert "can't be contained" in told.err and "--unsafe" in told.err
    assert "graded," not in told.err and told.out == ""
    assert records_of(course) == before
    assert {student for student, _ in before} == {"right"}
    (job,) = plan_grading(course, student="right")
    assert job.graded and job.graded.score == 30.0


def test_unsafe_grades_says_so_loudly_and_records_it(course, no_walls, capsys):
    assert run(["course", "grade", "--unsafe", "--jobs", "1"]) == 0

    told = capsys.readouterr()
    assert "UNSAFE: student code is not contained" in told.err
    assert "UNSAFE" not in told.out
    records = records_of(course)
    assert {record.level for record in records.values()} == {"open"}
    jobs = {job.submission.student: job.graded for job in plan_grading(course)}
    assert jobs["right"].score == 30.0
    assert jobs["blank"].score == 0.0


@needs_linux
@pytest.mark.parametrize("level", [Level.CONFINED, Level.OPEN])
def test_the_level_changes_no_score(course, level):
    sealed = {g.student: (g.score, g.status) for g in run_grading(course, plan_grading(course))}
    again = plan_grading(course, force=True)

    other = {g.student: (g.score, g.status) for g in run_grading(course, again, level=level)}

    assert other == sealed
    assert {record.level for record in records_of(course).values()} == {level}


def test_the_doctor_shows_what_could_not_be_built_and_exits_1(course, monkeypatch, capsys):
    proof = Proof(Level.OPEN, reasons=("not sealed: this machine lacks landlock",))
    monkeypatch.setattr("gradebook.sandbox.proof.strongest_level", lambda: proof)

    assert run(["system", "doctor"]) == 1

    told = " ".join(capsys.readouterr().out.split())
    assert "❌ Containment wrong: open: student code can't be contained on this machine" in told
    assert "note: not sealed: this machine lacks landlock" in told
    assert "`docs/grading.md`" in told


def test_the_doctor_names_a_canary_that_got_out(course, monkeypatch, capsys):
    canaries = (Canary("read_secret", True, "held"), Canary("send_udp", False, "it was sent"))
    monkeypatch.setattr("gradebook.sandbox.proof.strongest_level", lambda: Proof(Level.CONFINED, canaries))

    run(["system", "doctor"])

    told = capsys.readouterr().out
    assert "✅ held: read secret" in told and "❌ not held: send udp: it was sent" in told


def test_the_doctor_says_nothing_of_walls_to_a_student_without_nbgrader(course, monkeypatch, capsys):
    monkeypatch.setattr("tito.doctor.find_spec", lambda name: None if name == "nbgrader" else object())

    run(["system", "doctor"])

    assert "Containment" not in capsys.readouterr().out
