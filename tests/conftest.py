"""What several test files share: the course, built once."""

import fcntl
import functools
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gradebook.course import Course
from tito.table import Module

if TYPE_CHECKING:
    from gradebook.validity.measure import Laboratory, Validity

REPOSITORY = Path(__file__).resolve().parents[1]


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` fills, once for all processes of this test run; a half-made one is made anew."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    root, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            make(root)
            done.touch()
    return root


@pytest.fixture(scope="session")
def repository() -> Course:
    """The checkout itself; nothing writes to it."""
    return Course(REPOSITORY)


@pytest.fixture(scope="session")
def built_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the course with its notebooks built from the authored text, once for all test processes."""

    def make(root: Path) -> None:
        from gradebook.build.modules import build_course

        made = ("*.ipynb", "__pycache__", "submitted", "autograded", "feedback", "gradebook.db")
        ignore = shutil.ignore_patterns(*made)
        shutil.copytree(REPOSITORY / "course", root / "course", ignore=ignore)
        shutil.copytree(REPOSITORY / "tests" / "checkpoints", root / "tests" / "checkpoints", ignore=ignore)
        shutil.copy(REPOSITORY / "nbgrader_config.py", root)
        build_course(Course(root))

    return Course(made_once(tmp_path_factory, "built-course", make))


@pytest.fixture(scope="session")
def laboratory() -> "Iterator[Laboratory]":
    """Some warm processes to measure in."""
    from gradebook.validity.measure import Laboratory

    with Laboratory(Course(REPOSITORY)) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def measured(
    laboratory: "Laboratory", tmp_path_factory: pytest.TempPathFactory
) -> "Callable[[Module], Validity]":
    """What a module's checks make of a sample of its mutants and planted solutions, and of a few seeds."""

    def measure(module: Module) -> "Validity":
        def make(root: Path) -> None:
            root.mkdir()
            found = laboratory.measure(module, seeds=3, most=6)
            (root / "validity.pickle").write_bytes(pickle.dumps(found))

        folder = made_once(tmp_path_factory, f"measured-{module.id}", make)
        found: Validity = pickle.loads((folder / "validity.pickle").read_bytes())
        return found

    return functools.cache(measure)


@pytest.fixture(scope="session")
def tiny_built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of two small modules, built and then left alone."""
    from tests.tiny_course import make_tiny_course

    return make_tiny_course(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tiny_course(tiny_built: Course, tmp_path: Path) -> Course:
    """A copy of it to work on; it knows what it was built from, so nothing is built anew without a reason."""
    shutil.copytree(tiny_built.root, tmp_path / "course")
    return Course(tmp_path / "course")
