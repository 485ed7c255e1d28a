"""Making a course directory, and bringing one to where a class can be taught from it."""

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradebook.course import Course
from tito.errors import TitoError

# What a course directory of its own takes along from the checkout.
MATERIAL = (
    "nbgrader_config.py",
    ".gitignore",
    "course/course.toml",
    "course/source",
    "course/release",
    "tests/checkpoints",
)
LITTER = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.pyc", ".*.tmp")
FOLDERS = ("source", "release", "submitted", "autograded", "feedback")


@dataclass(frozen=True, slots=True)
class Prepared:
    """One thing a class needs, and whether it was made now or was there."""

    what: str
    made: bool


def make_course_folder(target: Path, origin: Path) -> bool:
    """Copy the course in `origin` to `target`, whole or not at all; whether anything was copied.

    A course that is there already is left as it is. Raises `TitoError` when the folder holds something else.
    """
    target = target.expanduser().resolve()
    if (target / "course" / "course.toml").is_file() and (target / "nbgrader_config.py").is_file():
        return False
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise TitoError(
            f"`{target}` is not empty, and not a course", "name a new folder: `tito course init DIR`"
        )
    if not (origin / "course" / "source").is_dir():
        raise TitoError(
            f"There are no authored notebooks in `{origin}`",
            "clone the course's repository and repeat the command there",
        )
    half = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        half.parent.mkdir(parents=True, exist_ok=True)
        for name in MATERIAL:
            _copy(origin / name, half / name)
        if target.is_dir():
            target.rmdir()
        half.rename(target)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        raise TitoError(
            f"Could not make a course in `{target}`: {error.strerror or error}. Nothing was left behind",
            "choose a folder you may write to: `tito course init DIR`",
        ) from error
    return True


def prepare_course(course: Course) -> list[Prepared]:
    """Make sure a course has its folders, exchange, gradebook and secret seed, and knows its modules.

    What is there stays as it is, so this can be repeated at any time.
    """
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory

    config = course.nbgrader_config()
    coursedir = CourseDirectory(config=config)
    exchange = ExchangeFactory(config=config).ReleaseAssignment(coursedir=coursedir, config=config)
    done = [Prepared(f"folder `course/{name}`", _make_folder(course.folder / name)) for name in FOLDERS]
    # An exchange that is not a shared folder has no root.
    if root := getattr(exchange, "root", ""):
        done.append(Prepared(f"exchange `{root}`", _make_exchange(Path(root))))
    done.append(Prepared("gradebook", make_gradebook(coursedir.db_url, coursedir.course_id)))
    done += _register_modules(course, coursedir.db_url, coursedir.course_id)
    done.append(Prepared("secret seed of the checkpoints", _make_seed(course)))
    return done


def grading_seed(course: Course) -> int:
    """The seed of the inputs that checkpoints see when they are graded, and nobody before."""
    try:
        return int(_seed_file(course).read_text())
    except (OSError, ValueError) as error:
        raise TitoError(
            f"Could not read `{_seed_file(course)}`",
            "remove the file, then make a new one: `tito course init`",
        ) from error


def _seed_file(course: Course) -> Path:
    return course.folder / ".grading_seed"


def _make_seed(course: Course) -> bool:
    try:
        descriptor = os.open(_seed_file(course), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secrets.randbits(63)}\n")
    return True


def _make_folder(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise TitoError(
            f"Could not make `{folder}`: {error.strerror}", f"check the permissions: `ls -ld {folder.parent}`"
        ) from error
    return True


def _make_exchange(root: Path) -> bool:
    """The folder through which notebooks go out and come back; nbgrader wants it open to everybody."""
    made = _make_folder(root)
    if made:
        root.chmod(0o777)
    if not os.access(root, os.W_OK | os.X_OK):
        raise TitoError(
            f"The exchange `{root}` is not yours to write to", f"check its permissions: `ls -ld {root}`"
        )
    return made


def make_gradebook(db_url: str, course_id: str) -> bool:
    """Create nbgrader's database with our tables in it, whole or not at all."""
    from sqlalchemy import inspect, make_url
    from sqlalchemy.exc import SQLAlchemyError

    from gradebook.records import create_records, open_engine

    url = make_url(db_url)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    missing = is_file and not Path(str(url.database)).exists()
    half = Path(f"{url.database}.{os.getpid()}.tmp")
    try:
        if missing:
            with contextlib.ExitStack() as undo:
                undo.callback(half.unlink, missing_ok=True)
                _open_gradebook(f"sqlite:///{half}", course_id)
                # Students' accounts may reach this folder, and grades are nobody else's.
                half.chmod(0o600)
                half.replace(str(url.database))
        engine = open_engine(db_url)
        tables = inspect(engine).get_table_names()
        engine.dispose()
        if tables and "alembic_version" not in tables:
            raise TitoError(
                "The gradebook is half-made: it lacks nbgrader's version",
                "move it away, then repeat `tito course init`",
            )
        _open_gradebook(db_url, course_id)
        create_records(db_url)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise TitoError(
            f"Could not open the gradebook `{url.render_as_string()}`: {reason}",
            "check `db_url` in `nbgrader_config.py`; after an update of nbgrader, `nbgrader db upgrade`",
        ) from error
    return missing or not tables


def _open_gradebook(db_url: str, course_id: str) -> None:
    from nbgrader.api import Gradebook

    with _own_programs_first():
        Gradebook(db_url, course_id).close()


@contextlib.contextmanager
def _own_programs_first() -> Iterator[None]:
    """Let nbgrader find the program `alembic`; without it, it leaves a half-made database."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _register_modules(course: Course, db_url: str, course_id: str) -> list[Prepared]:
    """Put the authored modules into the gradebook; building one adds its cells."""
    from nbgrader.api import Gradebook

    with Gradebook(db_url, course_id) as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
        for module in course.authored():
            if module.id not in known:
                gradebook.add_assignment(module.id)
    return [Prepared(f"module `{module.id}`", module.id not in known) for module in course.authored()]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        # Source notebooks are built from their texts, and the build makes them again.
        built = shutil.ignore_patterns("*.ipynb") if source.name == "source" else LITTER
        shutil.copytree(
            source, target, ignore=lambda folder, names: LITTER(folder, names) | built(folder, names)
        )
    elif source.exists():
        shutil.copy2(source, target)
