"""nbgrader's part of a build: its generate_assignment, and what its gradebook holds of an assignment."""

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from gradebook.build.notebooks import BuildError
from gradebook.course import Course
from tito.notebook import lean_jsonschema
from tito.table import Module

if TYPE_CHECKING:
    from sqlalchemy import Connection

# nbgrader hands out whatever lies beside the source notebook; these hold solutions.
NEVER_HANDED_OUT = ("*.py", "*.toml")

RECORDED_CELLS = """
    SELECT cell.name, cell.checksum, cell.source, grade.max_score, task.max_score
    FROM source_cell cell
    JOIN notebook ON notebook.id = cell.notebook_id
    JOIN assignment ON assignment.id = notebook.assignment_id
    LEFT JOIN base_cell base ON base.notebook_id = notebook.id AND base.name = cell.name
        AND base.type IN ('GradeCell', 'TaskCell')
    LEFT JOIN grade_cells grade ON grade.id = base.id
    LEFT JOIN task_cells task ON task.id = base.id
    WHERE assignment.name = :name AND notebook.name = :name
    ORDER BY cell.name
"""
SUBMISSIONS = """
    SELECT count(*) FROM submitted_assignment submitted
    JOIN assignment ON assignment.id = submitted.assignment_id
    WHERE assignment.name = :name
"""


def generate_release(course: Course, module: Module, folder: Path, *, record: bool) -> Path:
    """Have nbgrader make the students' version in `folder`; the folder that holds its files.

    record: also enter the assignment, its cells and their points into the gradebook. Where submissions
    are in there already, nbgrader takes changed cells but refuses added and removed ones; it then
    changes nothing, and neither do we.
    """
    with lean_jsonschema():
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException
        from nbgrader.coursedir import CourseDirectory

    config = course.nbgrader_config()
    if not record:
        config.SaveCells.enabled = False
        config.GenerateAssignment.no_database = True
    log, said = _own_log()
    directory = CourseDirectory(config=config, log=log, assignment_id=module.id)
    directory.release_directory = os.path.relpath(folder, directory.root)
    directory.ignore = [*directory.ignore, *NEVER_HANDED_OUT]
    if record:
        _create_gradebook(directory.db_url, directory.course_id)
    converter = GenerateAssignment(coursedir=directory, config=config, log=log, force=True)
    try:
        converter.start()
    except NbGraderException as error:
        raise _explain(module, said.getvalue()) from error
    return Path(directory.format_path(directory.release_directory, ".", module.id)).resolve()


def recorded_cells(course: Course, module: Module) -> str:
    """A fingerprint of the module's cells and points in the gradebook; empty when they are not in it."""
    with _reading(course) as connection:
        if connection is None:
            return ""
        from sqlalchemy import text

        rows = connection.execute(text(RECORDED_CELLS), {"name": module.id}).all()
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest() if rows else ""


def count_submissions(course: Course, module: Module) -> int:
    """How many students' work on the module the gradebook holds."""
    with _reading(course) as connection:
        if connection is None:
            return 0
        from sqlalchemy import text

        return int(connection.execute(text(SUBMISSIONS), {"name": module.id}).scalar_one())


def _create_gradebook(db_url: str, course_id: str) -> None:
    from gradebook.course_folder import make_gradebook

    make_gradebook(db_url, course_id)


@contextmanager
def _reading(course: Course) -> "Iterator[Connection | None]":
    """A connection to the gradebook, or None where there is no gradebook with nbgrader's tables yet."""
    from sqlalchemy import inspect, make_url

    from gradebook.records import open_engine

    settings = course.nbgrader_config().get("CourseDirectory", {})
    url = make_url(settings.get("db_url") or f"sqlite:///{course.database}")
    # SQLite makes the file of a database that is only asked whether it is there.
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        yield None
        return
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        with engine.connect() as connection:
            yield connection if inspect(connection).has_table("source_cell") else None
    finally:
        engine.dispose()


def _own_log() -> tuple[logging.Logger, StringIO]:
    """A log that nobody sees unless something fails."""
    said = StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log = logging.Logger("nbgrader")
    log.addHandler(handler)
    return log, said


def _explain(module: Module, log: str) -> BuildError:
    """nbgrader's failure in a sentence: the last line of its traceback, or of its log."""
    if "there are submissions associated with" in log:
        return BuildError(
            f"`{module.id}` has submissions in the gradebook, so graded cells may change but not come or go",
            "give every cell its old `grade_id` back, or begin a new course: `tito course init DIR`",
            log,
        )
    raised = re.findall(r"^(?:[A-Za-z_]+\.)*[A-Z]\w*(?:Error|Exception): .+$", log, re.MULTILINE)
    lines = raised or [line for line in log.splitlines() if line.strip()] or ["it gave no reason"]
    return BuildError(
        f"nbgrader could not build `{module.id}`: {lines[-1]}",
        f"mend the authored notebook, then `tito course build {module.id}`",
        log,
    )
