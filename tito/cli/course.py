"""`tito course`: prepare a class, hand out and take in, grade, give feedback, report."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tito import terminal
from tito.cli.here import module_names
from tito.errors import TitoError
from tito.notebook import lean_jsonschema

if TYPE_CHECKING:
    from gradebook.course import Course
    from tito.table import Module

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, help="Teach a class: hand out, take in, grade, report"
)

Modules = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MODULE]...", help="Names or numbers", autocompletion=module_names),
]
Every = Annotated[bool, typer.Option("--all", help="Every module")]
OneStudent = Annotated[str, typer.Option("--student", metavar="ID", help="Only this student")]


class By(StrEnum):
    """What the columns of the class table are."""

    CHECKPOINT = "checkpoint"
    MODULE = "module"
    STAGE = "stage"


class Sort(StrEnum):
    """What the rows of the class table are ordered by."""

    NAME = "name"
    ID = "id"
    SCORE = "score"
    ATTENTION = "attention"


@app.command()
def init(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A new folder; by default the course here")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option("--roster", metavar="FILE.csv", help="Add the students of a class list")
    ] = None,
) -> None:
    """Make a course ready for a class; what is there stays as it is

    With DIR it makes a course of its own there, copied from the one here. A class list is a CSV file with the
    columns `id, first_name, last_name, email`.
    """
    with lean_jsonschema():
        from gradebook.course import Course, find_course
        from gradebook.course_folder import make_course_folder, prepare_course
        from gradebook.roster import add_students, read_roster

    students = read_roster(roster) if roster else []
    if directory is not None and make_course_folder(directory, find_course().root):
        terminal.say([f"✅ Made a course in `{directory}`"])
    course = find_course() if directory is None else Course(directory.expanduser().resolve())
    with terminal.working("Preparing the course"), lean_jsonschema():
        done = prepare_course(course)
    terminal.say(
        [f"✅ Made the {item.what}" for item in done if item.made] or ["✅ Everything a class needs is there"]
    )
    if students:
        from gradebook.grade.planning import open_coursedir

        change = add_students(open_coursedir(course).db_url, students)
        counts = (
            f"{len(change.added)} added, {len(change.updated)} updated, {len(change.unchanged)} unchanged"
        )
        terminal.say([f"✅ {len(students)} students: {counts}"])
    where = f"`cd {directory}`, then " if directory is not None else ""
    terminal.note(f"→ {where}`tito course build` makes the notebooks")


@app.command()
def build(modules: Modules = None) -> None:
    """Build source notebooks and what students get, from the authored texts"""
    with lean_jsonschema():
        from gradebook.build.modules import build_course
        from gradebook.render.build import render_build

    course, chosen = _here(modules)
    with terminal.working("Building"):
        built = build_course(course, chosen)
    _print(render_build(course, built, terminal.width()))
    if not all(module.ok for module in built):
        raise typer.Exit(1)
    terminal.note("→ `tito course release --all` hands them out")


@app.command()
def release(
    modules: Modules = None,
    every: Every = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what was handed out before")] = False,
) -> None:
    """Hand modules out through the exchange"""
    with lean_jsonschema():
        from gradebook.handover.exchange import release_modules

    course, chosen = _chosen(modules, every)
    for module in release_modules(course, chosen, force):
        terminal.say([f"✅ {module.module} {module.state} · {module.when:%Y-%m-%d %H:%M} UTC"])
    terminal.note("→ `tito course collect --all` takes in what students submit")


@app.command()
def collect(modules: Modules = None, every: Every = False) -> None:
    """Take in each student's newest submission from the exchange

    A submission that is not the named student's own, comes from the future or holds links is refused.
    """
    with lean_jsonschema():
        from gradebook.handover.exchange import collect_modules
        from gradebook.render.exchange import collected_lines

    course, chosen = _chosen(modules, every)
    taken = collect_modules(course, chosen)
    terminal.say(collected_lines(taken))
    if not taken:
        terminal.say(["➖ Nothing has been submitted"])
    terminal.note("→ `tito course grade` grades what is new")


@app.command()
def grade(
    modules: Modules = None,
    student: OneStudent = "",
    force: Annotated[bool, typer.Option("--force", help="Grade also what has not changed")] = False,
    workers: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=0, help="Processes; 0 for one a processor")
    ] = 0,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Grade even where student code can't be contained")
    ] = False,
) -> None:
    """Grade submissions: all that are new or have changed

    Each notebook is graded with the course's own earlier modules. Then each student's own package is rebuilt
    from all that they handed in, and has to pass the same checkpoints.

    Student code runs contained, and apart from the tests (`tito system doctor` shows how). A machine that
    can't contain it refuses, unless you say `--unsafe`.

    Stop it with Ctrl-C and type it again: it goes on where it was. Exit code 3 says that the grader failed on
    one of them; this costs the student nothing.
    """
    with lean_jsonschema():
        from gradebook.grade.containment import choose_level
        from gradebook.grade.grading import run_grading
        from gradebook.grade.outcome import Status
        from gradebook.grade.planning import plan_grading, plan_packages
        from gradebook.grade.pool import default_workers
        from gradebook.render.grades import grading_progress, render_grades
        from gradebook.sandbox.walls import Level

    import time

    course, chosen = _here(modules)
    jobs = plan_grading(course, tuple(chosen or ()), student, force)
    if not jobs:
        raise TitoError("There is nothing to grade", "take submissions in: `tito course collect --all`")
    level = choose_level(unsafe=unsafe)
    if level is Level.OPEN:
        terminal.note("⚠ UNSAFE: student code is not contained and can read and change whatever you can")
    start = time.monotonic()
    results = []
    packages = plan_packages(course, jobs, force)
    fresh = sum(job.graded is None for job in jobs) + sum(job.proved is None for job in packages)
    with grading_progress(fresh) as (begin, finish):
        for graded in run_grading(course, [*jobs, *packages], workers or default_workers(), begin, level):
            results.append(graded)
            finish(graded)
    _print(render_grades(results, time.monotonic() - start, terminal.width()))
    terminal.note("→ `tito course report` shows the class")
    if any(graded.status is Status.FAULT for graded in results):
        raise typer.Exit(3)


@app.command()
def feedback(
    modules: Modules = None,
    student: OneStudent = "",
    release: Annotated[bool, typer.Option("--release", help="Put the pages into the exchange too")] = False,
) -> None:
    """Write a page for each graded submission, without hidden tests or anything that could do harm"""
    with lean_jsonschema():
        from gradebook.handover.feedback import write_feedback

    course, chosen = _here(modules)
    pages = []
    with terminal.working("Writing feedback"):
        for page in write_feedback(course, tuple(chosen or ()), student, release):
            pages.append(page)
    counts = {
        state: sum(page.state == state for page in pages) for state in ("written", "unchanged", "skipped")
    }
    terminal.say(
        ["✅ " + ", ".join(f"{count} {state}" for state, count in counts.items() if count)]
        if pages
        else ["➖ Nothing is graded yet"]
    )
    terminal.say([f"⚠ {page.student} {page.module}: {page.reason}" for page in pages if page.reason])
    if release:
        terminal.say([f"✅ {sum(page.released for page in pages)} handed back"])
    elif pages:
        terminal.note("→ `tito course feedback --release` hands the pages back")


@app.command()
def report(
    module: Annotated[
        str, typer.Option("--module", metavar="MODULE", help="Only this module", autocompletion=module_names)
    ] = "",
    by: Annotated[By, typer.Option("--by", help="What the columns are")] = By.CHECKPOINT,
    sort: Annotated[Sort, typer.Option("--sort", help="What the rows are ordered by")] = Sort.NAME,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Most students to show, 0 for all; 40 on a terminal")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is not handed out yet")] = False,
    csv: Annotated[str, typer.Option("--csv", metavar="FILE|-", help="Write the rows as CSV")] = "",
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FILE", help="Write the rows as Parquet")
    ] = None,
    json: Annotated[
        str, typer.Option("--json", metavar="FILE|-", help="Write rows and summaries as JSON (version 1)")
    ] = "",
    excel: Annotated[Path | None, typer.Option("--excel", metavar="FILE", help="Write a workbook")] = None,
) -> None:
    """Show where the class stands: every student's capabilities, and who needs attention

    A file gets one row for each student and module. With `-` it goes to stdout instead of the report.
    """
    with lean_jsonschema():
        from gradebook.course import find_course
        from gradebook.render.report import render_report
        from gradebook.report import files
        from gradebook.report.standing import read_class

    import sys

    course = find_course()
    with lean_jsonschema():
        rows = read_class(course)
    if module:
        rows = rows[rows["module"] == course.table.module(module).id]
    wanted = {"csv": csv, "parquet": parquet, "json": json, "excel": excel}
    for kind, path in wanted.items():
        if path and str(path) != "-":
            files.WRITERS[kind](rows, Path(path), course.table)
            terminal.note(f"✅ Wrote `{path}`")
    if csv == "-":
        terminal.say(files.csv_text(rows).splitlines())
    elif json == "-":
        terminal.say_json(files.json_data(rows, course.table))
    else:
        most = (40 if sys.stdout.isatty() else 0) if limit is None else limit
        width = terminal.width()
        _print(
            render_report(
                rows,
                course.table,
                by=by.value,
                sort=sort.value,
                limit=most,
                everything=everything,
                width=width,
            )
        )


@app.command()
def demo(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to put it; by default `.cache/demo`")
    ] = None,
) -> None:
    """Play a whole class: twelve students submit, are graded, and appear in the report

    The submissions are real edits of the real release (see `course/demo.toml`): right, wrong, blank,
    crashing, never-ending, corrupt, and one cheat.
    """
    with lean_jsonschema():
        from gradebook.course import find_course
        from gradebook.rehearsal.demo import check_demo, make_demo_course, read_demo, submit_all

    import os
    import shutil

    origin = find_course()
    played = read_demo(origin.folder / "demo.toml")
    check_demo(origin, played)
    target = (directory or origin.cache / "demo").resolve()
    if directory is None:
        shutil.rmtree(target, ignore_errors=True)
    course = make_demo_course(target, origin.root)
    os.chdir(course.root)
    _step("tito course init")
    init(None, None)
    _step("tito course build")
    build(None)
    _step(f"tito course release {' '.join(played.handed_out)}")
    release(list(played.handed_out))
    _step(f"{len(played.students)} students submit")
    with terminal.working("Submitting"):
        count = submit_all(course, played)
    terminal.say([f"✅ {count} notebooks submitted"])
    _step("tito course collect --all")
    collect(None, every=True)
    _step("tito course grade")
    grade()
    _step("tito course feedback")
    feedback(None)
    _step("tito course report")
    report()
    terminal.note(f"→ the class is in `{target}`: `cd` there and try `tito course report --by module`")


def _step(text: str) -> None:
    terminal.note(f"\n▶ {text}")


def _here(words: list[str] | None) -> "tuple[Course, list[Module] | None]":
    """The course, and the modules that were named; None where none was."""
    from gradebook.course import find_course

    course = find_course()
    return course, [course.table.module(word) for word in words] if words else None


def _chosen(words: list[str] | None, every: bool) -> "tuple[Course, list[Module]]":
    """The course and the modules, which must be named one by one or with `--all`."""
    course, chosen = _here(words)
    if chosen is None and not every:
        raise TitoError("Which modules?", "name them, or say `--all`")
    return course, chosen or [module for module in course.authored() if course.release(module).is_file()]


def _print(parts: Iterable[Any]) -> None:
    """Write Rich's renderables to stdout, as wide as the terminal."""
    from rich.console import Console

    console = Console(width=terminal.width(), highlight=False)
    for part in parts:
        console.print(part)
