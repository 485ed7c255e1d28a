"""What nbgrader has no place for: how grading ended and why, what a package can do, and what was refused.

Three tables of our own in the gradebook's database. A comment of nbgrader belongs to an answer, not to a
grade or a submission; a file beside the database would be missing where the gradebook is a PostgreSQL URL,
would not be backed up with it, and could not be joined in the report's one query. nbgrader leaves tables
that it does not know alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from gradebook.grade.outcome import Status
from tito.errors import GraderFault

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

# nbgrader asks for these columns one by one and indexes none of them.
MISSING_INDEXES = {
    "grade": "notebook_id",
    "comment": "notebook_id",
    "submitted_notebook": "assignment_id",
    "submitted_assignment": "student_id",
    "base_cell": "notebook_id",
    "source_cell": "notebook_id",
}


@dataclass(frozen=True, slots=True)
class Record:
    """How grading one submission ended.

    `key` stands for everything that went into it: equal key, equal result. `checks` is the checkpoint's
    result as JSON, or empty. `level` says how student code was contained.
    """

    student: str
    module: str
    key: str
    status: str
    explanation: str = ""
    checks: str = ""
    seconds: float = 0.0
    level: str = ""
    graded_at: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether the result stands; an interrupted run or a fault of ours is graded again."""
        return self.status not in (Status.INTERRUPTED, Status.FAULT)


@dataclass(frozen=True, slots=True)
class Reading:
    """A checkpoint run against the package that a student's own submissions make up: the cumulative reading.

    `key` stands for all that went into the package and its judgement. `earned` are points out of `points`;
    `checks`, `explanation` and `level` are as in a `Record`.
    """

    student: str
    module: str
    key: str
    earned: float
    points: float
    checks: str = ""
    explanation: str = ""
    level: str = ""
    graded_at: datetime | None = None

    @property
    def passed(self) -> bool:
        """Whether the student's framework can do what the checkpoint asks."""
        return self.earned >= self.points > 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A submission that was not collected, under the name it claims and the moment it claims, in UTC."""

    student: str
    module: str
    submitted: datetime
    reason: str


@lru_cache
def record_tables() -> tuple["Table", "Table", "Table"]:
    """The tables of records, of readings and of refusals."""
    from sqlalchemy import Column, DateTime, Float, MetaData, String, Table, Text

    metadata = MetaData()
    records = Table(
        "tito_record",
        metadata,
        Column("student", String(128), primary_key=True),
        Column("module", String(128), primary_key=True),
        Column("key", String(64), nullable=False),
        Column("status", String(32), nullable=False),
        Column("explanation", Text, nullable=False),
        Column("checks", Text, nullable=False),
        Column("seconds", Float, nullable=False),
        Column("level", String(16), nullable=False),
        Column("graded_at", DateTime),
    )
    readings = Table(
        "tito_reading",
        metadata,
        Column("student", String(128), primary_key=True),
        Column("module", String(128), primary_key=True),
        Column("key", String(64), nullable=False),
        Column("earned", Float, nullable=False),
        Column("points", Float, nullable=False),
        Column("checks", Text, nullable=False),
        Column("explanation", Text, nullable=False),
        Column("level", String(16), nullable=False),
        Column("graded_at", DateTime),
    )
    refusals = Table(
        "tito_refusal",
        metadata,
        Column("student", String(128), primary_key=True),
        Column("module", String(128), primary_key=True),
        Column("submitted", DateTime, primary_key=True),
        Column("reason", Text, nullable=False),
    )
    return records, readings, refusals


def open_engine(db_url: str) -> "Engine":
    """A database engine that waits for another writer instead of failing."""
    from sqlalchemy import create_engine, make_url

    patience = {"timeout": 60} if make_url(db_url).get_backend_name() == "sqlite" else {}
    return create_engine(db_url, connect_args=patience)


@contextmanager
def transaction(db_url: str) -> Iterator["Connection"]:
    """A connection whose changes are all made, or none of them."""
    engine = open_engine(db_url)
    try:
        with transaction_on(engine) as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def transaction_on(engine: "Engine") -> Iterator["Connection"]:
    """The same on an engine that stays open."""
    from sqlalchemy.exc import DBAPIError

    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise GraderFault(
            f"The gradebook could not be used: {(str(error.orig).splitlines() or ['no reason given'])[0]}",
            "check the disk's free space (`df -h .`); `tito course init` makes what is missing",
        ) from error


def create_records(db_url: str) -> None:
    """Add our tables, and the indexes that nbgrader's tables lack, where they are not there yet."""
    from sqlalchemy import text

    records, *_ = record_tables()
    with transaction(db_url) as connection:
        records.metadata.create_all(connection)
        for table, column in MISSING_INDEXES.items():
            connection.execute(
                text(f"CREATE INDEX IF NOT EXISTS tito_{table}_{column} ON {table} ({column})")
            )


def save_record(db_url: str, record: Record) -> None:
    """Replace what is recorded about a submission."""
    with transaction(db_url) as connection:
        write_records(connection, [record])


def write_records(connection: "Connection", found: Sequence[Record]) -> None:
    """Replace what is recorded about some submissions, in a transaction of the caller's."""
    from sqlalchemy import bindparam

    if not found:
        return
    records, *_ = record_tables()
    mine = (records.c.student == bindparam("whose")) & (records.c.module == bindparam("of"))
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        records.delete().where(mine), [{"whose": record.student, "of": record.module} for record in found]
    )
    connection.execute(records.insert(), [asdict(record) | {"graded_at": now} for record in found])


def load_records(db_url: str) -> dict[tuple[str, str], Record]:
    """Everything recorded, by student and module."""
    records, *_ = record_tables()
    names = [field.name for field in fields(Record)]
    with transaction(db_url) as connection:
        rows = connection.execute(records.select()).mappings().all()
    return {(row["student"], row["module"]): Record(**{name: row[name] for name in names}) for row in rows}


def write_readings(connection: "Connection", students: Sequence[str], found: Sequence[Reading]) -> None:
    """Replace all that is recorded of these students' packages, in a transaction of the caller's."""
    from sqlalchemy import bindparam

    _, readings, _ = record_tables()
    now = datetime.now(UTC).replace(tzinfo=None)
    if students:
        whose = readings.c.student == bindparam("whose")
        connection.execute(readings.delete().where(whose), [{"whose": student} for student in students])
    if found:
        connection.execute(readings.insert(), [asdict(reading) | {"graded_at": now} for reading in found])


def load_readings(db_url: str) -> dict[str, tuple[Reading, ...]]:
    """Every reading of every student's package."""
    _, readings, _ = record_tables()
    names = [field.name for field in fields(Reading)]
    found: dict[str, tuple[Reading, ...]] = {}
    with transaction(db_url) as connection:
        for row in connection.execute(readings.select().order_by(readings.c.module)).mappings():
            reading = Reading(**{name: row[name] for name in names})
            found[reading.student] = (*found.get(reading.student, ()), reading)
    return found


def save_refusals(db_url: str, found: list[Refusal]) -> None:
    """Record what was refused; a refusal that is recorded already gets today's reason."""
    *_, refusals = record_tables()
    with transaction(db_url) as connection:
        for refusal in found:
            same = (
                (refusals.c.student == refusal.student)
                & (refusals.c.module == refusal.module)
                & (refusals.c.submitted == refusal.submitted)
            )
            connection.execute(refusals.delete().where(same))
            connection.execute(refusals.insert().values(asdict(refusal)))
