"""The class list: students read from a CSV file into the gradebook."""

import csv
import io
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from tito.errors import TitoError, did_you_mean

COLUMNS = ("id", "first_name", "last_name", "email")
# An id becomes a folder's name, and `nbgrader submit` joins it to others with `+`.
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}")


class RosterError(TitoError):
    """The class list is wrong; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Student:
    """One line of a class list."""

    id: str
    first_name: str
    last_name: str
    email: str


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What reading a class list did to the gradebook, by student id."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]


def read_roster(path: Path) -> list[Student]:
    """The students of a CSV file with the columns `id, first_name, last_name, email`.

    Only the `id` must be filled. Raises `RosterError` naming the first line that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        _fail(path, line, "this is not UTF-8 text", "save the file as `CSV UTF-8`, then repeat the command")
    except OSError as error:
        raise RosterError(
            f"Could not read `{path}`: {error.strerror}", "check the path of `--roster`"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    students: dict[str, Student] = {}
    lines: dict[str, int] = {}
    try:
        header = _check_header(next(reader, []), path)
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            student = _check_row(row, header, path, reader.line_num)
            if student.id in students:
                _fail(path, reader.line_num, f"`{student.id}` is in line {lines[student.id]} already")
            students[student.id], lines[student.id] = student, reader.line_num
    except csv.Error as error:
        _fail(path, reader.line_num, str(error))
    return list(students.values())


def add_students(db_url: str, students: list[Student]) -> RosterChange:
    """Add students to the gradebook, or bring their names up to date: all of them or, on an error, none."""
    from nbgrader.api import Student as Row
    from sqlalchemy import select

    from gradebook.records import transaction

    table = Row.__table__
    added, updated, unchanged = [], [], []
    with transaction(db_url) as connection:
        columns = [table.c[name] for name in COLUMNS]
        known = {row["id"]: dict(row) for row in connection.execute(select(*columns)).mappings()}
        for student in students:
            row = asdict(student)
            if student.id not in known:
                connection.execute(table.insert().values(row))
                added.append(student.id)
            elif known[student.id] != row:
                connection.execute(table.update().where(table.c.id == student.id).values(row))
                updated.append(student.id)
            else:
                unchanged.append(student.id)
    return RosterChange(tuple(added), tuple(updated), tuple(unchanged))


def _check_header(row: list[str], path: Path) -> list[str]:
    names = [name.strip().lower() for name in row]
    for name in names:
        if name not in COLUMNS:
            _fail(path, 1, f"there is no column `{name}`. {did_you_mean(name, list(COLUMNS))}".strip())
    if "id" not in names or len(set(names)) < len(names):
        _fail(path, 1, "the first line names each column once, `id` among them")
    return names


def _check_row(row: list[str], header: list[str], path: Path, line: int) -> Student:
    if len(row) != len(header):
        _fail(path, line, f"{len(row)} fields where the first line names {len(header)}")
    values = dict.fromkeys(COLUMNS, "") | dict(zip(header, (field.strip() for field in row), strict=True))
    if not values["id"]:
        _fail(path, line, "the `id` is empty")
    if not ID.fullmatch(values["id"]):
        _fail(
            path,
            line,
            f"`{values['id']}` can't be an id: letters, digits, `_ . @ -`, first a letter, a digit or `_`",
        )
    if values["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", values["email"]):
        _fail(path, line, f"`{values['email']}` is not an email address")
    return Student(**values)


def _fail(path: Path, line: int, message: str, next_step: str = "") -> NoReturn:
    columns = ", ".join(COLUMNS)
    hint = (
        next_step
        or f"mend that line, then repeat the command; the columns are `{columns}`, nothing has been added"
    )
    raise RosterError(f"{path}:{line}: {message}", hint)
