"""`tito course` as an instructor types it: from an empty folder to feedback in the students' hands."""

import getpass
import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gradebook.course import Course
from gradebook.course_folder import make_course_folder, prepare_course
from gradebook.grade.planning import open_coursedir
from gradebook.roster import RosterError, read_roster
from tests.tiny_course import TABLE, read_release, solve, write
from tito.cli import run
from tito.errors import TitoError
from tito.table import Module

ME = getpass.getuser()
ANYBODY = "\nc.ExchangeCollect.check_owner = False\n"


@pytest.fixture
def course(tiny_course, monkeypatch) -> Course:
    """A course of its own, and the working directory in it."""
    monkeypatch.chdir(tiny_course.root)
    monkeypatch.setenv("COLUMNS", "100")
    return tiny_course


def allow_anybody(course: Course) -> None:
    """One account plays all students here."""
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(ANYBODY)


def hand_in(course: Course, student: str, module: Module, notebook: dict) -> Path:
    """Submit through nbgrader itself; the folder it made in the exchange."""
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory

    home = course.root / "students" / student
    write(home / module.id / f"{module.id}.ipynb", json.dumps(notebook))
    config = course.nbgrader_config()
    config.Exchange.cache = str(home / "cache")
    config.Exchange.assignment_dir = str(home)
    coursedir = CourseDirectory(config=config, student_id=student, assignment_id=module.id)
    factory = ExchangeFactory(config=config)
    submit = factory.Submit(coursedir=coursedir, authenticator=Authenticator(config=config), parent=factory)
    submit.start()
    return Path(submit.inbound_path, submit.assignment_filename)


def inbound(course: Course) -> Path:
    return course.root / "exchange" / "tinytorch" / "inbound"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def test_a_class_from_handing_out_to_feedback(course, capsys):
    allow_anybody(course)
    first, second = course.table.modules
    roster = write(
        course.root / "class.csv", f"id,first_name,last_name,email\n{ME},First,Last,a@b.org\nmissing,,,\n"
    )

    assert run(["course", "init", "--roster", str(roster)]) == 0
    assert "2 students: 2 added, 0 updated, 0 unchanged" in capsys.readouterr().out
    assert run(["course", "build"]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert run(["course", "report"]) == 0
    assert "Nothing has been handed out yet" in capsys.readouterr().out
    assert run(["course", "release", "--all"]) == 0
    assert capsys.readouterr().out.count("released") == 2
    assert run(["course", "collect", "--all"]) == 0
    assert "Nothing has been submitted" in capsys.readouterr().out
    assert run(["course", "grade"]) == 2
    assert "tito course collect --all" in capsys.readouterr().err

    hand_in(course, ME, first, solve(read_release(course, first)))
    assert run(["course", "collect", "1"]) == 0
    assert "✅ 01_count: 1 collected" in capsys.readouterr().out
    assert run(["course", "report"]) == 0
    assert "1 collected and not graded: `tito course grade`" in capsys.readouterr().out
    assert run(["course", "collect", "1"]) == 0
    assert "✅ 01_count: 1 unchanged" in capsys.readouterr().out

    assert run(["course", "grade"]) == 0
    told = capsys.readouterr()
    assert f"✅ {ME} 01_count: graded, 30/35" in told.err
    assert "1 submission graded" in told.out
    assert run(["course", "feedback", "--release"]) == 0
    assert "1 handed back" in capsys.readouterr().out
    (page,) = (course.root / "exchange" / "tinytorch" / "feedback").glob("*.html")
    html = page.read_text()
    assert "Score: 30.0 / 35.0" in html
    for secret in ("1234", "HIDDEN TESTS", "MARK SCHEME", "the word overflow"):
        assert secret not in html
    assert run(["course", "feedback"]) == 0
    assert "1 unchanged" in capsys.readouterr().out

    assert run(["course", "report", "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    rows = {(row["student"], row["module"]): row for row in report["rows"]}
    assert rows[ME, "01_count"]["status"] == "passed"
    assert rows[ME, "01_count"]["checks"] == {"add": "passed", "total": "passed"}
    assert rows["missing", second.id]["status"] == "missing"


def test_a_newer_submission_replaces_the_older_one(course, capsys):
    allow_anybody(course)
    first = course.table.modules[0]
    run(["course", "release", "1"])
    hand_in(course, ME, first, read_release(course, first))
    run(["course", "collect", "1"])
    hand_in(course, ME, first, solve(read_release(course, first)))
    capsys.readouterr()
    assert run(["course", "collect", "1"]) == 0
    assert "✅ 01_count: 1 updated" in capsys.readouterr().out
    collected = course.folder / "submitted" / ME / first.id / f"{first.id}.ipynb"
    assert "return a + b" in collected.read_text()
    assert [path.name for path in collected.parent.parent.iterdir()] == [first.id]


def test_what_must_not_be_collected_is_refused_and_honest_work_is_not_blocked(course, capsys):
    first = course.table.modules[0]
    run(["course", "release", "1"])
    honest = hand_in(course, ME, first, solve(read_release(course, first)))
    now = datetime.now(UTC)
    tomorrow = stamp(now + timedelta(days=1))
    future = shutil.copytree(honest, inbound(course) / f"{ME}+01_count+{tomorrow}+abc")
    (future / "timestamp.txt").write_text(tomorrow)
    shutil.copytree(honest, inbound(course) / f"victim+01_count+{stamp(now)}+abc")
    soon = stamp(now + timedelta(seconds=30))
    linked = shutil.copytree(honest, inbound(course) / f"{ME}+01_count+{soon}+abc")
    (linked / "timestamp.txt").write_text(soon)
    (linked / "solution.txt").symlink_to(course.text_source(first))
    backdated = stamp(now + timedelta(seconds=20))
    shutil.copytree(honest, inbound(course) / f"{ME}+01_count+{backdated}+abc")
    (inbound(course) / "x+01_count+never").mkdir(mode=0o777)
    os.mkfifo(inbound(course) / f"{ME}+01_count+{stamp(now + timedelta(seconds=10))}+pipe")
    capsys.readouterr()

    assert run(["course", "collect", "1"]) == 0

    told = capsys.readouterr().out
    assert "✅ 01_count: 1 collected" in told
    for reason in (
        f"⛔ {ME} 01_count refused: it claims to be from the future",
        f"⛔ victim 01_count refused: it belongs to `{ME}`",
        f"⛔ {ME} 01_count refused: it contains a symbolic link, `solution.txt`",
        f"⛔ {ME} 01_count refused: the moment in its `timestamp.txt` is another than in its name",
        f"⛔ {ME} 01_count refused: it is not a folder",
        "⛔ x+01_count+never 01_count refused: its folder's name can't be read",
    ):
        assert reason in told
    assert not (course.folder / "submitted" / "victim").exists()
    assert run(["course", "init", "--roster", str(write(course.root / "class.csv", "id\nvictim\n"))]) == 0
    capsys.readouterr()
    assert run(["course", "report", "--json", "-"]) == 0
    rows = {(row["student"], row["module"]): row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["victim", "01_count"]["status"] == "refused"
    assert rows["victim", "01_count"]["explanation"] == f"it belongs to `{ME}`"


def test_a_submission_that_is_still_being_written_waits(course, capsys):
    first = course.table.modules[0]
    run(["course", "release", "1"])
    hand_in(course, ME, first, read_release(course, first)).chmod(0o755)
    capsys.readouterr()
    assert run(["course", "collect", "1"]) == 0
    assert f"⏳ {ME} 01_count waiting: it is still being written" in capsys.readouterr().out


def test_stock_nbgrader_collects_with_the_same_care(course):
    from nbgrader.apps.api import NbGraderAPI

    first = course.table.modules[0]
    run(["course", "release", "1"])
    honest = hand_in(course, ME, first, read_release(course, first))
    shutil.copytree(honest, inbound(course) / f"victim+01_count+{stamp(datetime.now(UTC))}+abc")
    result = NbGraderAPI(config=course.nbgrader_config()).collect(first.id)
    assert result["success"]
    assert [path.name for path in (course.folder / "submitted").iterdir()] == [ME]


def test_releasing_again_changes_nothing_and_another_text_needs_force(course, capsys):
    first = course.table.modules[0]
    assert run(["course", "release", "count"]) == 0
    assert run(["course", "release", "count"]) == 0
    assert "01_count unchanged" in capsys.readouterr().out
    release = course.release(first)
    release.write_text(release.read_text() + "\n")
    assert run(["course", "release", "count"]) == 2
    assert "tito course release 01_count --force" in capsys.readouterr().err
    assert run(["course", "release", "count", "--force"]) == 0
    assert "01_count replaced" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["release", "collect"])
def test_a_missing_exchange_is_named_with_the_command_that_makes_it(course, capsys, action):
    (course.root / "exchange").rmdir()
    assert run(["course", action, "--all"]) == 2
    told = capsys.readouterr().err
    assert f"The exchange `{course.root / 'exchange'}` is not there" in told
    assert "tito course init" in told
    assert run(["course", "init"]) == 0
    assert stat.S_IMODE((course.root / "exchange").stat().st_mode) == 0o777


def test_modules_are_named_or_all(course, capsys):
    assert run(["course", "release"]) == 2
    assert "name them, or say `--all`" in capsys.readouterr().err
    assert run(["course", "grade", "cuont"]) == 2
    assert "Did you mean `count`?" in capsys.readouterr().err


def test_a_build_problem_names_file_and_cell(course, capsys):
    path = course.text_source(course.table.modules[0])
    path.write_text(path.read_text().replace('"points": 6', '"points": 7'))
    assert run(["course", "build", "1"]) == 1
    told = capsys.readouterr().out
    assert "❌ 1 problem" in told
    assert "01_count.py: the exercises: 11 points in the notebook, 10 in the table" in told.replace("\n", " ")


def test_outside_a_course_the_next_command_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["course", "report"]) == 2
    assert "tito course init DIR" in capsys.readouterr().err


def test_init_makes_a_course_of_its_own_and_repeating_it_changes_nothing(course, tmp_path, capsys):
    target = tmp_path / "autumn"
    assert run(["course", "init", str(target)]) == 0
    assert (target / "course" / "course.toml").read_text() == TABLE
    assert (target / "course" / "source" / "01_count" / "01_count.py").is_file()
    assert not list((target / "course" / "source").rglob("*.ipynb"))
    assert (target / "course" / "release" / "01_count" / "01_count.ipynb").is_file()
    assert (target / "tests" / "checkpoints" / "checkpoint_00_counts.py").is_file()
    for secret in (".grading_seed", "gradebook.db"):
        assert stat.S_IMODE((target / "course" / secret).stat().st_mode) == 0o600
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert run(["course", "init", str(target)]) == 0
    assert "Everything a class needs is there" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert (
        Course(target).folder.joinpath(".grading_seed").read_text()
        != course.folder.joinpath(".grading_seed").read_text()
    )


def test_init_leaves_a_folder_with_something_else_alone(course, tmp_path):
    other = write(tmp_path / "thesis" / "chapter.txt", "text").parent
    with pytest.raises(TitoError, match="is not empty, and not a course"):
        make_course_folder(other, course.root)
    assert [path.name for path in other.iterdir()] == ["chapter.txt"]


def test_init_that_fails_leaves_nothing_behind(course, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gradebook.course_folder.shutil.copytree", full)
    with pytest.raises(TitoError, match="No space left on device"):
        make_course_folder(tmp_path / "spring", course.root)
    assert not list(tmp_path.glob("*spring*"))


def test_a_gradebook_that_can_not_be_finished_is_not_left_half_made(course, monkeypatch):
    course.database.unlink()
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="alembic"):
        prepare_course(course)
    assert not list(course.folder.glob("gradebook.db*"))


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("", 1, "the first line names each column once"),
        ("first_name,last_name\nA,B\n", 1, "the first line names each column once"),
        ("id,naem\n", 1, "there is no column `naem`"),
        ("id,email\nann,ann@example.org\n,b@example.org\n", 3, "the `id` is empty"),
        ("id,email\nann\n", 2, "1 fields where the first line names 2"),
        ("id\nann\nbob\nann\n", 4, "`ann` is in line 2 already"),
        ("id\na/b\n", 2, "`a/b` can't be an id"),
        ("id\n..\n", 2, "`..` can't be an id"),
        ("id\na+b\n", 2, "`a+b` can't be an id"),
        ("id,email\nann,nowhere\n", 2, "`nowhere` is not an email address"),
        ('id,email\nann,"x\n', 2, "unexpected end of data"),
    ],
)
def test_a_wrong_class_list_names_the_line_and_adds_nobody(course, text, line, complaint):
    path = write(course.root / "class.csv", text)
    with pytest.raises(RosterError) as raised:
        read_roster(path)
    assert raised.value.message.startswith(f"{path}:{line}: {complaint}")
    assert raised.value.next_step
    assert run(["course", "init", "--roster", str(path)]) == 2


def test_a_class_list_that_is_not_utf_8_names_the_line(course):
    path = course.root / "class.csv"
    path.write_bytes("id,first_name\nann,Ann\nbob,Jörg\n".encode("latin-1"))
    with pytest.raises(RosterError, match=":3: this is not UTF-8 text"):
        read_roster(path)


def test_a_class_list_from_a_spreadsheet_is_read(course):
    path = course.root / "class.csv"
    path.write_bytes('﻿ID,Last_Name,First_Name\r\ns-1,"Last, née Before",First\r\n\r\n'.encode())
    (student,) = read_roster(path)
    assert (student.id, student.last_name, student.first_name, student.email) == (
        "s-1",
        "Last, née Before",
        "First",
        "",
    )


def test_a_class_list_read_again_changes_only_what_changed(course, capsys):
    write(course.root / "class.csv", "id,first_name\nann,Ann\nbob,Bob\n")
    run(["course", "init", "--roster", "class.csv"])
    write(course.root / "class.csv", "id,first_name\nann,Anna\nbob,Bob\ncarl,Carl\n")
    capsys.readouterr()
    assert run(["course", "init", "--roster", "class.csv"]) == 0
    assert "3 students: 1 added, 1 updated, 1 unchanged" in capsys.readouterr().out


def test_collecting_respects_the_due_date_where_the_course_says_so(course):
    from nbgrader.api import Gradebook

    from gradebook.handover.exchange import collect_modules

    first = course.table.modules[0]
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.ExchangeCollect.before_duedate = True\n")
    run(["course", "release", "1"])
    early = hand_in(course, ME, first, solve(read_release(course, first)))
    due = datetime.now(UTC).replace(tzinfo=None)
    coursedir = open_coursedir(course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        gradebook.update_or_create_assignment(first.id, duedate=due)
    hand_in(course, ME, first, read_release(course, first))
    (taken,) = collect_modules(course, [first])
    assert taken.submitted < due
    assert (course.folder / "submitted" / ME / first.id / "timestamp.txt").read_text() == (
        early / "timestamp.txt"
    ).read_text()
