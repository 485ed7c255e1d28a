"""The class report: one query, honest numbers, readable for a large class."""

import io
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

from gradebook.course import Course
from gradebook.course_folder import prepare_course
from gradebook.grade.outcome import Status
from gradebook.grade.planning import open_coursedir
from gradebook.records import Record, open_engine, save_record, transaction
from gradebook.render.class_table import GLYPHS
from gradebook.render.report import render_report
from gradebook.report.class_query import class_query
from gradebook.report.files import csv_text, json_data, write_csv, write_excel, write_json, write_parquet
from gradebook.report.standing import COLUMNS, Standing, read_class
from gradebook.report.summary import module_summary, needing_attention, stage_summary, wide_table
from gradebook.roster import Student, add_students
from tests.conftest import REPOSITORY
from tests.large_class import EXERCISES, START, fill_gradebook
from tests.tiny_course import TABLE, write
from tito.cli import run
from tito.errors import TitoError

STUDENTS, HANDED_OUT = 150, 16
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")
WIDTHS = (60, 80, 120, 200)


def bare_course(root: Path, table: str) -> Course:
    """A course with a table and no notebook."""
    write(root / "course" / "course.toml", table)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return Course(root)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Course:
    """A large class, sixteen modules."""
    table = (REPOSITORY / "course" / "course.toml").read_text()
    course = bare_course(tmp_path_factory.mktemp("large"), table)
    fill_gradebook(course, STUDENTS, HANDED_OUT)
    return course


@pytest.fixture(scope="module")
def rows(large) -> pd.DataFrame:
    return read_class(large)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Course:
    """Two modules, nobody in the class yet; nbgrader takes seconds to make a gradebook, so one is shared."""
    course = bare_course(tmp_path_factory.mktemp("small"), TABLE)
    prepare_course(course)
    return course


@pytest.fixture
def small(prepared, tmp_path) -> Course:
    """A course of two modules to fill."""
    shutil.copytree(prepared.root, tmp_path / "small")
    return Course(tmp_path / "small")


def text_of(course: Course, rows: pd.DataFrame, width: int = 100, **options) -> str:
    console = Console(width=width, highlight=False, color_system=None, record=True, file=io.StringIO())
    for part in render_report(rows, course.table, width=width, **options):
        console.print(part)
    return console.export_text()


def test_table_has_one_row_for_each_student_and_module_with_named_types(rows):
    assert len(rows) == STUDENTS * HANDED_OUT
    assert list(rows.columns) == list(COLUMNS)
    assert not rows.duplicated(["student", "module"]).any()
    assert rows["submitted"].dtype.kind == "M"


def test_whole_class_is_read_with_one_statement_over_the_gradebook(large, monkeypatch):
    from sqlalchemy import event

    statements = []
    engines = []

    def watched(url: str):
        engine = open_engine(url)
        event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        engines.append(engine)
        return engine

    monkeypatch.setattr("gradebook.course_folder.prepare_course", lambda course: [])
    monkeypatch.setattr("gradebook.records.open_engine", watched)
    read_class(large)
    assert len(statements) == 1


def test_missing_indexes_are_used(large):
    with transaction(open_coursedir(large).db_url) as connection:
        from sqlalchemy import text

        plan = connection.execute(
            text("EXPLAIN QUERY PLAN SELECT * FROM grade WHERE notebook_id = 'x'")
        ).all()
    assert "tito_grade_notebook_id" in str(plan)


def test_scores_agree_with_nbgraders_own(large, rows):
    from nbgrader.api import Gradebook

    coursedir = open_coursedir(large)
    judged = rows[rows["score"].notna()].sample(25, random_state=1)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for row in judged.itertuples():
            submission = gradebook.find_submission(row.module, row.student)
            assert (row.score, row.max_score) == (submission.score, submission.max_score)
            assert bool(row.needs_review) == submission.needs_manual_grade
            assert row.late == (submission.total_seconds_late > 0)


def test_summaries_agree_with_counting_by_hand(large, rows):
    summary = module_summary(rows)
    assert list(summary.index) == [module.id for module in large.table.modules]
    one = [row for row in rows.itertuples() if row.module == "02_tensor"]
    submitted = [row for row in one if row.status != Standing.MISSING]
    percents = sorted(row.percent for row in submitted)
    expected = {
        "students": STUDENTS,
        "submitted": len(submitted),
        "passed": sum(row.checkpoint_score == row.checkpoint_max for row in submitted),
        "mean": sum(percents) / len(percents),
        "needs_review": sum(row.needs_review > 0 for row in one),
    }
    assert summary.loc["02_tensor", list(expected)].to_dict() == pytest.approx(expected)
    middle = len(percents) // 2
    assert percents[middle - 1] <= summary.loc["02_tensor", "median"] <= percents[middle]
    stages = stage_summary(rows)
    assert stages["passed"].sum() == summary["passed"].sum()
    assert stages.loc["foundation", "students"] == 3 * STUDENTS


def test_wide_tables_hold_every_student_and_the_same_points(large, rows):
    wide = wide_table(rows, "checkpoint", large.table)
    assert wide.shape == (STUDENTS, 3 * HANDED_OUT)
    row = rows[(rows["student"] == "s0007") & (rows["checkpoint"] == "checkpoint_03_components")].iloc[0]
    assert wide.loc["s0007", ("checkpoint_03_components", "status")] == row["status"]
    stages = wide_table(rows, "stage", large.table)
    total = rows.groupby("student")["checkpoint_score"].sum()
    by_stage = stages.xs("score", axis="columns", level=1).astype(float).sum(axis="columns")
    pd.testing.assert_series_equal(by_stage, total, check_names=False, check_index_type=False)
    modules = wide_table(rows, "module", large.table)
    assert modules["01_setup", "max"].unique().tolist() == [5.0 * EXERCISES + 10 + 40]


def test_a_stage_is_passed_with_all_its_checkpoints_only(large, rows):
    stages = wide_table(rows, "stage", large.table)
    foundation = (
        rows[rows["stage"] == "foundation"].groupby("student")["status"].agg(lambda s: (s == "passed").all())
    )
    passed = stages["foundation", "status"] == "passed"
    assert passed.any()
    assert passed.tolist() == foundation.loc[passed.index].tolist()


@pytest.mark.parametrize("by", ["checkpoint", "module", "stage"])
@pytest.mark.parametrize("width", WIDTHS)
def test_report_fits_the_width_and_shows_everybody(large, rows, width, by):
    text = text_of(large, rows, width, by=by)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= width
    # Names are shared here, so every student is shown by id; narrow terminals get several tables.
    assert {f"s{number:04d}" for number in range(STUDENTS)} <= {line[:5] for line in text.splitlines()}


def test_limit_shows_so_many_and_says_how_to_see_the_others(large, rows):
    text = text_of(large, rows, limit=10)
    table = text[text.index("Student ") :]
    assert sum(line.startswith("s0") for line in table.splitlines()) == 10
    assert "and 140 more students: `tito course report --limit 0`" in text


def test_order_by_attention_begins_with_those_who_need_it(large, rows):
    worries = needing_attention(rows)
    text = text_of(large, rows, sort="attention", limit=3)
    shown = [line[:5] for line in text[text.index("Student ") :].splitlines() if line.startswith("s0")]
    assert shown == list(worries)[:3]
    assert all(len(reasons) >= len(worries[shown[-1]]) for reasons in list(worries.values())[:3])


def test_order_by_score_begins_with_the_best(large, rows):
    text = text_of(large, rows, sort="score", limit=1)
    best = rows.groupby("student")["checkpoint_score"].sum().max()
    (line,) = [line for line in text[text.index("Student ") :].splitlines() if line.startswith("s0")]
    assert rows[rows["student"] == line[:5]]["checkpoint_score"].sum() == best


def test_every_sign_that_is_shown_is_explained_with_a_word(large, rows):
    text = text_of(large, rows)
    for standing in set(rows["status"]):
        assert f"{GLYPHS[Standing(standing)]} {standing}" in text


def test_signs_are_equally_wide_and_all_different():
    assert set(GLYPHS) == set(Standing)
    assert {cell_len(glyph) for glyph in GLYPHS.values()} == {2}
    assert len(set(GLYPHS.values())) == len(GLYPHS)


def test_what_is_not_handed_out_is_shown_only_when_asked_for(prepared, tmp_path):
    course = bare_course(tmp_path, (REPOSITORY / "course" / "course.toml").read_text())
    shutil.copy(prepared.database, course.database)
    fill_gradebook(course, 4, 2)
    rows = read_class(course)
    assert "attention" not in text_of(course, rows).split("Student ")[-1]
    assert " 15" not in text_of(course, rows).split("Student ")[-1]
    shown = text_of(course, rows, width=200, everything=True)
    assert "15" in shown.split("Student ")[-1]
    assert "2 of 16 modules handed out" in shown


def test_empty_class_says_how_to_add_students(small):
    assert "tito course init --roster FILE.csv" in text_of(small, read_class(small))
    assert json_data(read_class(small), small.table)["rows"] == []
    assert csv_text(read_class(small)).splitlines() == [",".join(COLUMNS)]


def test_class_without_modules_in_the_gradebook_says_how_to_hand_one_out(small):
    add_students(open_coursedir(small).db_url, [Student("ann", "", "", "")])
    assert "tito course release MODULE" in text_of(small, read_class(small))


def enter(course: Course, *, score: float | None, **record: object) -> pd.Series:
    """One student's row, with that score of the checkpoint's 20 points and that record."""
    from nbgrader.api import Gradebook

    coursedir = open_coursedir(course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        gradebook.update_or_create_student("ann")
        gradebook.update_or_create_assignment("01_count", duedate=START)
        gradebook.update_or_create_notebook("01_count", "01_count")
        gradebook.update_or_create_grade_cell(
            "checkpoint", "01_count", "01_count", max_score=20.0, cell_type="code"
        )
        if score is not None:
            gradebook.update_or_create_submission("01_count", "ann", timestamp=START)
            grade = gradebook.find_grade("checkpoint", "01_count", "01_count", "ann")
            grade.auto_score = score
            grade.needs_manual_grade = bool(record.pop("waits", False))
            gradebook.db.commit()
    if record:
        save_record(coursedir.db_url, Record("ann", "01_count", "", **record))
    rows = read_class(course)
    return rows[rows["module"] == "01_count"].iloc[0]


@pytest.mark.parametrize(
    ("score", "record", "standing"),
    [
        (20.0, {"status": Status.GRADED}, Standing.PASSED),
        (20.0, {"status": Status.TIMEOUT}, Standing.PASSED),
        (12.0, {"status": Status.GRADED}, Standing.PARTIAL),
        (0.0, {"status": Status.GRADED}, Standing.FAILED),
        (0.0, {"status": Status.CRASHED}, Standing.CRASHED),
        (5.0, {"status": Status.TIMEOUT}, Standing.TIMEOUT),
        (0.0, {"status": Status.UNREADABLE}, Standing.UNREADABLE),
        (0.0, {"status": Status.MISSING}, Standing.NO_NOTEBOOK),
        (0.0, {"status": Status.FAULT}, Standing.FAULT),
        (20.0, {"status": Status.GRADED, "waits": True}, Standing.NEEDS_REVIEW),
        (12.0, {}, Standing.PARTIAL),
        (None, {}, Standing.NOT_RELEASED),
    ],
)
def test_standing_follows_from_points_and_from_what_happened(small, score, record, standing):
    assert enter(small, score=score, **record)["status"] == standing


def test_what_is_collected_and_not_graded_is_neither_missing_nor_zero(small):
    write(small.folder / "submitted" / "ann" / "01_count" / "01_count.ipynb", "{}")
    row = enter(small, score=None)
    assert row["status"] == Standing.NOT_GRADED
    assert pd.isna(row["percent"])
    assert "1 collected and not graded: `tito course grade`" in text_of(small, read_class(small))


def test_a_student_who_is_in_no_list_but_handed_in_is_shown(small):
    write(small.folder / "submitted" / "zoe" / "01_count" / "01_count.ipynb", "{}")
    assert set(read_class(small)["student"]) == {"zoe"}


def test_an_extension_moves_the_due_date_and_a_penalty_costs_points(small):
    from nbgrader.api import Gradebook

    assert not enter(small, score=20.0)["late"]
    coursedir = open_coursedir(small)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        late = gradebook.update_or_create_submission("01_count", "ann", timestamp=START + timedelta(hours=1))
        late.notebooks[0].late_submission_penalty = 4.0
        gradebook.db.commit()
    rows = read_class(small)
    assert rows["late"].any()
    assert rows.loc[rows["late"], "score"].tolist() == [16.0]
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        gradebook.grant_extension("01_count", "ann", hours=2)
    assert not read_class(small)["late"].any()


def test_two_missing_modules_are_worth_a_look_and_one_is_not(small):
    add_students(open_coursedir(small).db_url, [Student("ann", "", "", ""), Student("bob", "", "", "")])
    for module in ("01_count", "02_square"):
        write(small.folder / "submitted" / "zoe" / module / f"{module}.ipynb", "{}")
    write(small.folder / "submitted" / "bob" / "01_count" / "01_count.ipynb", "{}")
    assert needing_attention(read_class(small)) == {"ann": ["2 missing: 01_count, 02_square"]}


def test_names_and_reasons_can_not_write_to_the_terminal(small):
    evil = "\x1b[2J\x1b]0;title\x07<b>[red]=1+1"
    add_students(open_coursedir(small).db_url, [Student("ann", evil, "Abel", "")])
    enter(small, score=0.0, status=Status.CRASHED, explanation=evil)
    text = text_of(small, read_class(small))
    assert "\x1b" not in text
    assert "[red]=1+1" in text


def test_spreadsheets_run_no_formula_from_a_student(small, tmp_path):
    enter(small, score=0.0, status=Status.CRASHED, explanation="=HYPERLINK(1)")
    rows = read_class(small)
    assert "'=HYPERLINK(1)" in csv_text(rows)
    write_excel(rows, tmp_path / "class.xlsx", small.table)
    sheet = openpyxl.load_workbook(tmp_path / "class.xlsx")["Rows"]
    cells = [cell for row in sheet.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert [(cell.value, cell.data_type) for cell in cells] == [("'=HYPERLINK(1)", "s")]


def test_files_hold_the_same_rows(large, rows, tmp_path):
    write_parquet(rows, tmp_path / "class.parquet", large.table)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "class.parquet"), rows.reset_index(drop=True), check_dtype=False
    )
    write_csv(rows, tmp_path / "class.csv", large.table)
    table = pd.read_csv(tmp_path / "class.csv")
    assert table["checkpoint_score"].sum() == rows["checkpoint_score"].sum()
    assert datetime.fromisoformat(table["submitted"].dropna().iloc[0]).tzinfo is not None
    write_json(rows, tmp_path / "class.json", large.table)
    data = json.loads((tmp_path / "class.json").read_text())
    assert len(data["rows"]) == len(rows)
    assert data["modules"][0]["submitted"] == module_summary(rows)["submitted"].iloc[0]
    write_excel(rows, tmp_path / "class.xlsx", large.table)
    book = pd.read_excel(tmp_path / "class.xlsx", sheet_name=None)
    assert list(book) == ["Class", "Rows", "Modules", "Stages"]
    assert len(book["Class"]) == STUDENTS


def test_a_file_that_can_not_be_written_leaves_the_old_one(rows, large, tmp_path):
    old = write(tmp_path / "class.csv", "old")
    tmp_path.joinpath("class.csv.d").mkdir()
    with pytest.raises(TitoError, match="Could not write"):
        write_csv(rows, tmp_path / "class.csv" / "below", large.table)
    assert old.read_text() == "old"


def test_command_writes_data_to_stdout_and_the_rest_to_stderr(large, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(large.root)
    assert (
        run(["course", "report", "--csv", "-", "--excel", str(tmp_path / "class.xlsx"), "--module", "tensor"])
        == 0
    )
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == STUDENTS + 1
    assert "class.xlsx" in told.err


def test_query_is_a_single_select_for_postgresql_too():
    from sqlalchemy.dialects import postgresql

    assert str(class_query().compile(dialect=postgresql.dialect())).count(";") == 0
