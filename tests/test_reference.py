"""The reference package: the course's own solutions as `tinytorch`, for grading one module at a time."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradebook.build.reference import reference_package
from tests.building import edit_text


@pytest.fixture
def course(tiny_course):
    return tiny_course


def test_reference_holds_the_solutions_of_earlier_modules_only(course):
    square = course.table.module("square")

    before, everything = reference_package(course, square), reference_package(course, None)

    assert (before / "tinytorch" / "core" / "count.py").is_file()
    assert not (before / "tinytorch" / "core" / "square.py").exists()
    assert (everything / "tinytorch" / "core" / "square.py").is_file()


@pytest.mark.parametrize("variable", ["TINYTORCH_HOME", "PYTHONPATH"])
def test_reference_is_what_graded_code_imports(course, variable, tmp_path):
    program = "import sys, tinytorch; print(tinytorch.__path__, file=sys.stderr)\n"
    program += "from tinytorch.core.square import square; import tinytorch.extend; print(square(7))"
    environment = {key: value for key, value in os.environ.items() if key != "TINYTORCH_HOME"}
    environment[variable] = str(reference_package(course, None))

    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert shown.stdout == "49\n", shown.stderr


def test_reference_is_made_once_for_the_same_texts_and_anew_for_others(course):
    first = reference_package(course, None)
    kept = (first / "tinytorch" / "core" / "count.py").stat().st_mtime_ns

    assert reference_package(course, None) == first
    assert (first / "tinytorch" / "core" / "count.py").stat().st_mtime_ns == kept

    edit_text(course, "return a + b", "return b + a")
    second = reference_package(course, None)
    assert second != first
    assert "return b + a" in (second / "tinytorch" / "core" / "count.py").read_text()


def test_reference_leaves_out_what_a_developer_exported(course, monkeypatch, tmp_path):
    from gradebook.build import reference

    scaffold = tmp_path / "tinytorch"
    (scaffold / "core").mkdir(parents=True)
    (scaffold / "core" / "__init__.py").write_text('"""Given."""\n')
    exported = (
        "# Exported from 02_square.ipynb: edit the notebook, not this file. `tito export` writes it again\n"
    )
    (scaffold / "core" / "square.py").write_text(exported)
    monkeypatch.setattr(reference, "scaffold_root", lambda: scaffold)

    package = reference_package(course, course.table.module("square")) / "tinytorch" / "core"

    assert sorted(path.name for path in package.iterdir()) == ["__init__.py", "count.py"]


def test_references_made_at_the_same_time_are_one_whole_folder(course):
    program = (
        "import sys; from pathlib import Path; from gradebook.course import Course\n"
        "from gradebook.build.reference import reference_package\n"
        "folder = reference_package(Course(Path(sys.argv[1])), None)\n"
        "print(folder, (folder / 'tinytorch' / 'core' / 'square.py').read_text().count('return x * x'))"
    )
    command = [sys.executable, "-c", program, str(course.root)]

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True), range(4)))

    (line,) = {each.stdout for each in done}
    assert line.endswith(" 1\n"), done
    assert [path.name for path in (course.cache / "reference").iterdir()] == [Path(line.split()[0]).name]


def test_reference_can_be_read_by_the_account_that_runs_graded_code(course):
    folder = reference_package(course, None)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
