"""Results entered into nbgrader's gradebook, row for row what nbgrader's own autograder leaves there."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Base, Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.utils import determine_grade, is_grade, is_solution, parse_utc
from sqlalchemy import Engine, create_engine, event

from gradebook.build.notebooks import grade_id_of
from gradebook.course import Course
from gradebook.grade.entries import Marks, NotebookMarks
from gradebook.grade.ledger import Ledger
from gradebook.grade.outcome import Status
from gradebook.grade.rows import reset_interrupted
from gradebook.records import Record, load_records
from tests.conftest import REPOSITORY, made_once
from tests.small_notebooks import code, markdown, notebook_of
from tests.tiny_course import Notebook, read_release, solve, submit, write
from tito.errors import GraderFault, TitoError

# nbgrader adds a submission in an order that SQLAlchemy warns of, and does right.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")

DUE = datetime(2026, 11, 2)
IN_TIME, LATE, LATER = "2026-11-01 10:00:00", "2026-11-02 01:00:00", "2026-11-03 00:00:00"
STUDENTS = ("first", "blank", "late", "half")
# What is graded in the first run, and what again in the second.
RUNS = {
    1: [("first", "01_count"), *((student, "essay") for student in STUDENTS)],
    2: [("first", "01_count"), ("first", "essay"), ("late", "essay")],
}


class PointAnHour(LateSubmissionPlugin):
    """A late policy of a course's own: a point for each hour and each letter of the student's name."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600 + len(student_id) / 10


# A course with one module of its own that nbgrader alone made: two notebooks, and every kind of cell.


def graded_cell(cell: dict, name: str, points: float | None = None, *, solution=False, task=False) -> dict:
    grade = points is not None and not task
    flags = {"grade": grade, "solution": solution, "task": task, "locked": not solution}
    worth = {} if points is None else {"points": points}
    cell["metadata"]["nbgrader"] = {"grade_id": name, "schema_version": 3, **flags, **worth}
    return cell


WORDS = (
    graded_cell(
        code("### BEGIN SOLUTION\ndef double(x):\n    return 2 * x\n### END SOLUTION", "a"),
        "double",
        solution=True,
    ),
    graded_cell(code("assert double(2) == 4", "b"), "double-check", 3),
    graded_cell(markdown("YOUR ANSWER HERE", "c"), "why", 5, solution=True),
    graded_cell(code("# plot something", "d"), "plot", 4, solution=True),
    graded_cell(
        markdown("Do something\n### BEGIN MARK SCHEME\nAll\n### END MARK SCHEME", "e"), "do", 2, task=True
    ),
)
MORE = (
    graded_cell(code("double = 1", "a"), "value", solution=True),
    graded_cell(code("1.5", "b"), "partly", 2),
    graded_cell(markdown("YOUR ANSWER HERE", "c"), "more-why", 1, solution=True),
)


def make_essay(course: Course) -> None:
    source = course.folder / "source" / "essay"
    write(source / "words.ipynb", json.dumps(notebook_of(*WORDS)))
    write(source / "more.ipynb", json.dumps(notebook_of(*MORE)))
    config = settings(course)
    coursedir = CourseDirectory(config=config, assignment_id="essay")
    GenerateAssignment(coursedir=coursedir, config=config).start()
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for name in ("essay", "01_count"):
            gradebook.update_or_create_assignment(name, duedate=DUE)


def settings(course: Course):
    config = course.nbgrader_config()
    config.AssignLatePenalties.plugin_class = PointAnHour
    return config


def release(course: Course, name: str) -> Notebook:
    return json.loads((course.folder / "release" / "essay" / f"{name}.ipynb").read_text())


def hand_in_essay(course: Course, student: str, when: str, **texts: str) -> None:
    """Submit both notebooks, `texts` in the cells of those names."""
    folder = course.folder / "submitted" / student / "essay"
    for name in ("words", "more"):
        notebook = release(course, name)
        for cell in notebook["cells"]:
            cell["source"] = texts.get(str(grade_id_of(cell)).replace("-", "_"), cell["source"])
        write(folder / f"{name}.ipynb", json.dumps(notebook))
    write(folder / "timestamp.txt", f"{when} UTC")


ANSWERS = {"double": "def double(x):\n    return 2 * x", "why": "Because", "plot": "plot()", "more_why": "So"}


def hand_in(course: Course) -> None:
    first = course.table.modules[0]
    submit(course, "first", first, solve(read_release(course, first)), when=IN_TIME)
    hand_in_essay(course, "first", IN_TIME, **ANSWERS)
    hand_in_essay(course, "blank", IN_TIME)
    hand_in_essay(course, "late", LATE, **ANSWERS)
    hand_in_essay(course, "half", IN_TIME, **ANSWERS)
    (course.folder / "submitted" / "half" / "essay" / "more.ipynb").unlink()


def hand_in_again(course: Course) -> None:
    """A worse resubmission, and late; the others stay as they are."""
    first = course.table.modules[0]
    submit(course, "first", first, read_release(course, first), when=LATER)
    hand_in_essay(
        course,
        "first",
        LATER,
        **ANSWERS | {"double": "def double(x):\n    return x", "plot": "# plot something"},
    )


def grade_by_hand(db_url: str) -> None:
    """A person's scores, comments and an extension, between two runs."""
    with Gradebook(db_url) as gradebook:
        for student, name, score in (
            ("first", "double-check", 2.5),
            ("first", "why", 4.0),
            ("late", "do", 1.0),
            ("late", "plot", 3.0),
            ("blank", "why", 1.0),
        ):
            grade = gradebook.find_grade(name, "words", "essay", student)
            grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.find_grade("why", "words", "essay", "first").extra_credit = 0.5
        gradebook.find_comment("why", "words", "essay", "first").manual_comment = "Well said"
        gradebook.db.commit()
        gradebook.grant_extension("essay", "late", minutes=30)


def grade_with_nbgrader(course: Course, number: int) -> None:
    config = settings(course)
    for student, assignment in RUNS[number]:
        coursedir = CourseDirectory(config=config, assignment_id=assignment, student_id=student)
        Autograde(coursedir=coursedir, config=config, force=True).start()


@pytest.fixture(scope="session")
def stock(tiny_built, tmp_path_factory) -> Path:
    """A class that nbgrader graded twice, and its gradebooks 0, 1 and 2; once for all test processes."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_built.root, root)
        course = Course(root)
        make_essay(course)
        shutil.copy(course.database, root / "0.db")
        for number, step in enumerate((hand_in, hand_in_again), 1):
            step(course)
            grade_with_nbgrader(course, number)
            shutil.copy(course.database, root / f"{number}.db")
            shutil.copytree(course.folder / "autograded", root / f"autograded-{number}")
            grade_by_hand(f"sqlite:///{course.database}")

    return made_once(tmp_path_factory, "stock-class", make)


def marks_of(root: Path, number: int, student: str, assignment: str) -> Marks:
    """What nbgrader found in the graded copies of its run of that number, as marks."""
    folder = root / f"autograded-{number}" / student / assignment
    notebooks = {}
    for path in folder.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        graded = [cell for cell in cells if is_grade(cell)]
        scores = {grade_id_of(cell): determine_grade(cell)[0] for cell in graded if not is_solution(cell)}
        written = {grade_id_of(cell): cell.source for cell in cells if is_solution(cell)}
        notebooks[path.stem] = NotebookMarks(scores, written)
    moment = parse_utc((folder / "timestamp.txt").read_text().strip())
    return Marks(Record(student, assignment, "key", Status.GRADED), moment, notebooks)


def rows_of(database: Path, about: str = "") -> dict[str, list]:
    """All that nbgrader's tables hold, names in the place of ids; `about` keeps what names that student."""
    engine = create_engine(f"sqlite:///{database}")
    names: dict[str, str] = {}
    found: dict[str, list] = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = []
            for row in connection.execute(table.select()).mappings():
                own = {name: names.get(value, value) for name, value in row.items() if name != "id"}
                label = "/".join(
                    str(own[name])
                    for name in ("assignment_id", "notebook_id", "cell_id", "student_id", "name", "type")
                    if name in own
                )
                if table.name not in ("student", "course"):
                    names.setdefault(row["id"], label)
                rows.append(repr({"id": names.get(row["id"], row["id"])} | own))
            found[table.name] = sorted(row for row in rows if about in row)
    engine.dispose()
    return found


@contextmanager
def opened(database: Path, course: Course | None = None, config=None) -> Iterator[Ledger]:
    if config is None:
        config = settings(course) if course else Course(REPOSITORY).nbgrader_config()
    with Ledger(f"sqlite:///{database}", config) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def ours(stock, tmp_path_factory) -> Path:
    """The same gradebooks, as the ledger leaves them."""
    root = tmp_path_factory.mktemp("ours")
    database = root / "gradebook.db"
    shutil.copy(stock / "0.db", database)
    for number in (1, 2):
        with opened(database, Course(stock)) as ledger:
            ledger.begin(dict.fromkeys(RUNS[number], "key"))
            for student, assignment in RUNS[number]:
                ledger.save(marks_of(stock, number, student, assignment))
        shutil.copy(database, root / f"{number}.db")
        grade_by_hand(f"sqlite:///{database}")
    return root


@pytest.fixture
def graded(stock, ours, tmp_path) -> Path:
    """A gradebook of our own to work on: graded once, and by a person too."""
    database = tmp_path / "gradebook.db"
    shutil.copy(ours / "1.db", database)
    grade_by_hand(f"sqlite:///{database}")
    return database


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("student", STUDENTS)
def test_rows_are_those_of_nbgraders_own_autograder(stock, ours, number, student):
    theirs = rows_of(stock / f"{number}.db", about=student)
    assert rows_of(ours / f"{number}.db", about=student) == theirs
    assert len(theirs["grade"]) >= 6


@pytest.mark.parametrize("number", [1, 2])
def test_nothing_else_in_the_gradebook_differs(stock, ours, number):
    assert rows_of(ours / f"{number}.db") == rows_of(stock / f"{number}.db")


def find(database: Path, what: Callable[[Gradebook], object]):
    with Gradebook(f"sqlite:///{database}") as gradebook:
        return what(gradebook)


def grades_of(database: Path, student: str, assignment: str = "essay") -> dict[str, tuple]:
    """Each cell's machine score, person's score and mark for review."""

    def read(gradebook: Gradebook) -> dict[str, tuple]:
        parts = gradebook.find_submission(assignment, student).notebooks
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for part in parts
            for grade in part.grades
        }

    return find(database, read)


def penalty_of(database: Path, student: str, assignment: str) -> float:
    return find(database, lambda book: book.find_submission(assignment, student).late_submission_penalty)


def test_the_comparison_covers_what_it_is_for(stock):
    """Blank answers, penalties and scores of a person are in nbgrader's own rows."""
    grades = grades_of(stock / "1.db", "blank")
    assert (grades["why"], grades["plot"], grades["do"]) == (
        (0.0, None, False),
        (0.0, None, False),
        (None, None, True),
    )
    assert grades_of(stock / "1.db", "first")["double-check"] == (3.0, None, False)
    assert grades_of(stock / "1.db", "first")["partly"][0] == 1.5
    assert grades_of(stock / "2.db", "first")["double-check"] == (0.0, 2.5, True)
    assert penalty_of(stock / "1.db", "late", "essay") == pytest.approx(2 * 1.4)
    assert penalty_of(stock / "2.db", "late", "essay") == pytest.approx(2 * 0.9)
    comment = find(stock / "1.db", lambda book: book.find_comment("why", "words", "essay", "blank"))
    assert comment.auto_comment == "No response."


def test_stock_nbgrader_opens_the_gradebook(stock, ours):
    config = settings(Course(stock))
    config.CourseDirectory.db_url = f"sqlite:///{ours / '2.db'}"
    api = NbGraderAPI(config=config)
    submissions = {row["student"]: row for row in api.get_submissions("essay") if row["autograded"]}
    assert set(submissions) == set(STUDENTS)
    assert submissions["first"]["score"] == 8.5
    assert submissions["first"]["needs_manual_grade"]
    assert len(api.get_notebook_submissions("essay", "words")) == len(STUDENTS)
    assert find(ours / "2.db", lambda book: book.find_submission("essay", "first").max_score) == 17.0


def test_saving_tells_the_score_as_nbgrader_counts_it(stock, graded):
    with opened(graded, Course(stock)) as ledger:
        told = ledger.save(marks_of(stock, 2, "first", "essay"))

    def count(gradebook: Gradebook) -> tuple[float, float]:
        row = gradebook.find_submission("essay", "first")
        return row.score, row.max_score

    assert told == find(graded, count) == (2.5 + 4.5 + 1.5, 17.0)


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements and commits of every engine."""
    seen: list[str] = []

    def on_statement(connection, cursor, statement, *_: object) -> None:
        seen.append(statement)

    def on_commit(connection) -> None:
        seen.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", on_statement)
    event.listen(Engine, "commit", on_commit)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", on_statement)
        event.remove(Engine, "commit", on_commit)


@pytest.mark.parametrize(("number", "most"), [(1, 9), (2, 10)])
def test_a_submission_takes_one_commit_and_few_statements(stock, graded, number, most):
    if number == 1:
        shutil.copy(stock / "0.db", graded)
    with opened(graded, Course(stock)) as ledger, counting() as seen:
        ledger.save(marks_of(stock, number, "first", "essay"))
    assert seen.count("COMMIT") == 1
    assert len(seen) - 1 <= most


def test_beginning_takes_as_many_statements_for_many_submissions(stock, graded):
    with opened(graded, Course(stock)) as ledger, counting() as seen:
        ledger.begin(dict.fromkeys(RUNS[1], "key"))
    assert (seen.count("COMMIT"), len(seen) - 1) == (1, 3)


def test_beginning_is_one_statement_for_postgresql_too():
    from sqlalchemy.dialects import postgresql

    assert str(reset_interrupted().compile(dialect=postgresql.dialect())).count(";") == 0


def test_beginning_takes_machine_scores_away_and_keeps_what_a_person_gave(graded):
    before = grades_of(graded, "blank")
    with opened(graded) as ledger:
        ledger.begin({("first", "essay"): "new", ("nobody", "essay"): "new"})
    grades = grades_of(graded, "first")
    assert grades["double-check"] == (0.0, 2.5, False)
    assert grades["partly"] == (0.0, None, False)
    assert grades["why"] == (None, 4.0, False)
    assert grades["plot"] == grades["do"] == (None, None, True)
    assert grades_of(graded, "blank") == before
    record = load_records(f"sqlite:///{graded}")["first", "essay"]
    assert (record.status, record.key, record.finished) == (Status.INTERRUPTED, "new", False)
    assert find(graded, lambda book: book.find_submission("essay", "first").timestamp) == parse_utc(IN_TIME)


def test_a_cell_without_a_score_gets_none_of_an_earlier_submission(stock, graded):
    marks = replace(
        marks_of(stock, 1, "late", "essay"), notebooks={"words": NotebookMarks({}), "more": NotebookMarks({})}
    )
    with opened(graded) as ledger:
        ledger.save(marks)
    grades = grades_of(graded, "late")
    assert grades["double-check"] == grades["partly"] == (0.0, None, False)
    assert grades["why"] == (0.0, None, False)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -1.0, 3.5])
def test_a_score_that_a_cell_cannot_have_is_none(stock, graded, score):
    marks = replace(
        marks_of(stock, 1, "late", "essay"), notebooks={"words": NotebookMarks({"double-check": score})}
    )
    with opened(graded) as ledger:
        ledger.save(marks)
    assert grades_of(graded, "late")["double-check"] == (0.0, None, False)


def test_a_submission_that_cannot_be_read_scores_zero_and_keeps_what_a_person_gave(stock, graded):
    marks = replace(
        marks_of(stock, 2, "first", "essay"),
        notebooks={},
        record=Record("first", "essay", "key", Status.UNREADABLE),
    )
    with opened(graded) as ledger:
        assert ledger.save(marks) == (7.0, 17.0)
    grades = grades_of(graded, "first")
    assert grades["double-check"] == (0.0, 2.5, True)
    assert grades["why"] == (0.0, 4.0, True)
    assert grades["partly"] == grades["do"] == grades["plot"] == (0.0, None, False)


def test_a_fault_of_ours_leaves_every_score_to_a_person(stock, graded):
    marks = replace(marks_of(stock, 1, "late", "essay"), record=Record("late", "essay", "key", Status.FAULT))
    with opened(graded, Course(stock)) as ledger:
        assert ledger.save(marks) == (4.0, 17.0)
    assert set(grades_of(graded, "late").values()) == {
        (None, None, True),
        (None, 1.0, True),
        (None, 3.0, True),
    }
    assert penalty_of(graded, "late", "essay") == 0.0
    assert not load_records(f"sqlite:///{graded}")["late", "essay"].finished


def test_a_task_that_a_person_scored_is_reviewed_after_a_new_submission_only(stock, graded):
    marks = marks_of(stock, 1, "late", "essay")
    with opened(graded) as ledger:
        ledger.save(marks)
        unchanged = grades_of(graded, "late")["do"]
        ledger.save(replace(marks, submitted_at=marks.submitted_at + timedelta(hours=1)))
    assert unchanged == (None, 1.0, False)
    assert grades_of(graded, "late")["do"] == (None, 1.0, True)


def test_an_unknown_moment_leaves_the_one_that_is_known(stock, graded):
    with opened(graded) as ledger:
        ledger.save(replace(marks_of(stock, 1, "late", "essay"), submitted_at=None))
    assert find(graded, lambda book: book.find_submission("essay", "late").timestamp) == parse_utc(LATE)


@pytest.mark.parametrize(("method", "penalty"), [("none", 0.0), ("zero", 4.5)])
def test_nbgraders_own_late_policy_is_followed(stock, graded, method, penalty):
    config = Course(stock).nbgrader_config()
    config.LateSubmissionPlugin.penalty_method = method
    shutil.copy(stock / "0.db", graded)
    with opened(graded, config=config) as ledger:
        ledger.save(marks_of(stock, 1, "late", "essay"))
    assert penalty_of(graded, "late", "essay") == penalty


def test_a_student_is_added_unless_the_course_forbids_it(stock, graded):
    marks = replace(marks_of(stock, 1, "first", "essay"), record=Record("new", "essay", "key", Status.GRADED))
    config = Course(stock).nbgrader_config()
    config.Autograde.create_student = False
    before = rows_of(graded)
    with (
        opened(graded, config=config) as ledger,
        pytest.raises(TitoError, match="`new` is not in the gradebook"),
    ):
        ledger.save(marks)
    assert rows_of(graded) == before
    with opened(graded) as ledger:
        assert ledger.save(marks) == (4.5, 17.0)


def test_a_module_that_was_not_built_is_named_with_the_command(stock, graded):
    marks = Marks(Record("first", "03_none", "key", Status.GRADED), None)
    with opened(graded) as ledger, pytest.raises(TitoError) as caught:
        ledger.save(marks)
    assert "tito course build 03_none" in str(caught.value.next_step)


def test_a_gradebook_that_is_no_gradebook_is_a_fault_with_a_next_step(tmp_path):
    write(tmp_path / "gradebook.db", "no database at all, but long enough to look like one")
    with opened(tmp_path / "gradebook.db") as ledger, pytest.raises(GraderFault, match="could not be used"):
        ledger.save(Marks(Record("first", "essay", "key", Status.GRADED), None))


def test_rows_follow_an_assignment_whose_cells_and_notebooks_changed(stock, graded):
    def change(gradebook: Gradebook) -> None:
        gone = gradebook.find_grade_cell("partly", "more", "essay")
        extra = gradebook.find_solution_cell("value", "more", "essay")
        gradebook.add_notebook("third", "essay")
        gradebook.add_grade_cell("third-check", "third", "essay", max_score=1, cell_type="code")
        gradebook.db.delete(gone)
        gradebook.db.delete(extra)
        gradebook.db.commit()

    shutil.copy(stock / "1.db", graded)
    find(graded, change)
    marks = marks_of(stock, 1, "first", "essay")
    third = NotebookMarks({"third-check": 1.0})
    with opened(graded) as ledger:
        ledger.save(replace(marks, notebooks={**marks.notebooks, "third": third}))
    grades = grades_of(graded, "first")
    assert "partly" not in grades
    assert grades["third-check"] == (1.0, None, False)
    orphans = [row for row in rows_of(graded, "first")["comment"] if "value" in row]
    assert not orphans


# A process that is killed at each statement of a transaction, and at its commit.


DEATHS = [("begin", point) for point in range(4)] + [("save", point) for point in range(11)]


def die_at(point: int) -> None:
    """Let this process be killed before the statement of that number, or at its commit if there are fewer."""
    seen = iter(range(point))

    def count(*_: object) -> None:
        if next(seen, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))


def grade_and_die(root: Path, folder: Path) -> None:
    """Grade anew in processes that end too early; each has a gradebook of its own."""
    marks = marks_of(root, 2, "first", "essay")
    for action, point in DEATHS:
        if os.fork() == 0:
            with opened(folder / f"{action}-{point}.db") as ledger:
                die_at(point)
                if action == "begin":
                    ledger.begin({("first", "essay"): "new"})
                else:
                    ledger.save(marks)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL


def test_a_process_killed_at_any_statement_leaves_the_old_rows(stock, graded, tmp_path):
    for action, point in DEATHS:
        shutil.copy(graded, tmp_path / f"{action}-{point}.db")
    before, records = rows_of(graded), load_records(f"sqlite:///{graded}")

    order = f"from tests.test_ledger import *; grade_and_die(Path({str(stock)!r}), Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", order], cwd=REPOSITORY, check=True)

    for action, point in DEATHS:
        database = tmp_path / f"{action}-{point}.db"
        assert rows_of(database) == before
        assert load_records(f"sqlite:///{database}") == records
    with opened(database, Course(stock)) as ledger:
        assert ledger.save(marks_of(stock, 2, "first", "essay")) == (8.5, 17.0)
