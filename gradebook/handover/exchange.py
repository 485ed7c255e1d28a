"""Handing notebooks out and taking them in, through whatever exchange nbgrader is configured for."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory

from gradebook.course import Course
from gradebook.handover.collect import Collected
from tito.errors import TitoError
from tito.table import Module


@dataclass(frozen=True, slots=True)
class Released:
    """A module in the exchange; `state` is `released`, `replaced` or `unchanged`."""

    module: str
    when: datetime
    state: str


def release_modules(course: Course, modules: Sequence[Module], force: bool = False) -> list[Released]:
    """Put modules into the exchange. One that is there with another text is replaced only with `force`."""
    released = []
    for module in modules:
        if not course.release(module).is_file():
            raise TitoError(f"`{module.id}` is not built yet", f"build it: `tito course build {module.id}`")
        with open_exchange(course, module, "ReleaseAssignment") as exchange:
            target = Path(exchange.root, exchange.coursedir.course_id, "outbound", module.id)
            state = "unchanged"
            if not target.is_dir() or _texts(target) != _texts(course.release(module).parent):
                if target.is_dir() and not force:
                    raise TitoError(
                        f"`{module.id}` was released before with another text, and students may have it",
                        f"replace it all the same: `tito course release {module.id} --force`",
                    )
                state = "replaced" if target.is_dir() else "released"
                exchange.force = True
                exchange.start()
        released.append(Released(module.id, datetime.fromtimestamp(target.stat().st_ctime, UTC), state))
    return released


def collect_modules(course: Course, modules: Sequence[Module]) -> list[Collected]:
    """Take in the newest submission of every student for each module."""
    collected: list[Collected] = []
    for module in modules:
        with open_exchange(course, module, "Collect") as exchange:
            exchange.update = True
            exchange.start()
            collected += getattr(exchange, "collected", [])
    return collected


def released_modules(course: Course) -> set[str]:
    """The ids of the modules that the exchange holds."""
    config = course.nbgrader_config()
    coursedir = CourseDirectory(config=config)
    root = getattr(
        ExchangeFactory(config=config).ReleaseAssignment(coursedir=coursedir, config=config), "root", ""
    )
    outbound = Path(root, coursedir.course_id, "outbound")
    return (
        {path.name for path in outbound.iterdir() if path.is_dir()} if root and outbound.is_dir() else set()
    )


@contextlib.contextmanager
def open_exchange(course: Course, module: Module, action: str, student: str = "*") -> Iterator[Any]:
    """nbgrader's exchange for one action on one module, its failures turned into ours."""
    config = course.nbgrader_config()
    coursedir = CourseDirectory(config=config, assignment_id=module.id, student_id=student)
    factory = ExchangeFactory(config=config)
    exchange = getattr(factory, action)(
        coursedir=coursedir, authenticator=Authenticator(config=config), parent=factory
    )
    root = getattr(exchange, "root", "")
    if root and not Path(root).is_dir():
        raise TitoError(f"The exchange `{root}` is not there", "make it: `tito course init`")
    if root and not os.access(root, os.W_OK | os.X_OK):
        raise TitoError(
            f"The exchange `{root}` is not yours to write to", f"check its permissions: `ls -ld {root}`"
        )
    try:
        yield exchange
    except (ExchangeError, RuntimeError, OSError) as error:
        raise TitoError(
            f"The exchange refused `{module.id}`: {error}", f"look at it: `ls -la {root}`"
        ) from error


def _texts(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
