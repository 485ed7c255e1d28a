"""What a student's machine gets, looked at as a file."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gradebook.build.regions import Kind
from gradebook.course import Course
from tests.conftest import REPOSITORY

COURSE = Course(REPOSITORY)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder: Path = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_carries_the_table_the_releases_and_the_checkpoints(wheel):
    names = set(wheel.namelist())

    assert "tito/_material/course/course.toml" in names
    for module in COURSE.authored():
        checkpoint = COURSE.table.checkpoint_of(module)
        assert f"tito/_material/course/release/{module.id}/{module.id}.ipynb" in names
        assert f"tito/_material/tests/checkpoints/{checkpoint.filename}" in names


def test_wheel_carries_no_source_no_solution_and_nobodys_exports(wheel):
    names = wheel.namelist()
    notebooks = [wheel.read(name).decode() for name in names if name.endswith(".ipynb")]

    assert not [name for name in names if "course/source" in name]
    assert not [name for name in names if name.endswith(("variants.toml", "demo.toml"))]
    assert not [text for text in notebooks for kind in Kind if kind.begin in text or kind.end in text]
    assert [name for name in names if name.startswith("tinytorch/core/")] == ["tinytorch/core/__init__.py"]
