"""What a build remembers of the last one, and who may build."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from gradebook.course import Course
from gradebook.folders import cannot_write
from tito.files import write_atomic


@dataclass(frozen=True, slots=True)
class Stamp:
    """The facts under which something was built last."""

    path: Path

    def matches(self, facts: Mapping[str, str]) -> bool:
        """Whether they are still the same."""
        try:
            return bool(json.loads(self.path.read_text(encoding="utf-8")) == facts)
        except (OSError, ValueError):
            return False

    def write(self, facts: Mapping[str, str]) -> None:
        """Remember them for the next build."""
        write_atomic(self.path, json.dumps(facts, indent=1) + "\n")


def tool_versions(*packages: str) -> str:
    """The installed versions of packages whose output goes into a build."""
    return " ".join(f"{package} {version(package)}" for package in packages)


@contextmanager
def only_builder(course: Course) -> Iterator[None]:
    """Wait until nobody else builds this course: nbgrader replaces an assignment's cells in many steps."""
    try:
        course.cache.mkdir(parents=True, exist_ok=True)
        lock = (course.cache / "build.lock").open("w")
    except OSError as error:
        raise cannot_write(course.cache, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
