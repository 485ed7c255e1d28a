"""What is typed often must start fast: it loads none of the libraries that only some commands need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_course import make_course, solve, tito

HEAVY = {
    "IPython",
    "ipykernel",
    "jupyter_client",
    "jupyter_core",
    "jupytext",
    "matplotlib",
    "nbclient",
    "nbconvert",
    "nbformat",
    "nbgrader",
    "numpy",
    "pandas",
    "pyarrow",
    "sqlalchemy",
    "traitlets",
}
LIGHT_COMMANDS = [
    ["--help"],
    ["--version"],
    [],
    ["checkpoint", "--help"],
    ["checkpoint", "status"],
    ["checkpoint", "status", "--detailed"],
    ["checkpoint", "status", "--json"],
    ["checkpoint", "timeline"],
    ["checkpoint", "timeline", "--horizontal"],
    ["checkpoint", "unlock"],
    ["module", "--help"],
    ["module", "list"],
    ["module", "start", "counting"],
    ["module", "status"],
    ["system", "--help"],
    ["course", "--help"],
]
LOADED = """
import json, sys
from tito.cli import run

code = run(json.loads(sys.argv[1]))
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
WITHOUT_EXTRA = """
import sys
from tito.cli import run

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"nbgrader", "pandas", "sqlalchemy", "jupytext", "pyarrow", "openpyxl"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which one module has passed, so that its notebook's code is compared."""
    root = make_course(tmp_path_factory.mktemp("course")) / "ws"
    tito(root.parent, "init", "ws")
    solve(root, "01_counting")
    assert tito(root, "module", "complete", "counting").returncode == 0
    notebook = root / "modules" / "01_counting" / "01_counting.ipynb"
    os.utime(notebook, (1, 1))
    return root


def loaded(workspace: Path, code: str, *arguments: str, **environment: str) -> tuple[int, set[str]]:
    """The exit code of a command, and the packages it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=workspace,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout, done.stderr
    exit_code, packages = json.loads(done.stdout.splitlines()[-1])
    return exit_code, set(packages)


@pytest.mark.parametrize("command", LIGHT_COMMANDS, ids=" ".join)
def test_a_light_command_loads_no_heavy_library(workspace: Path, command: list[str]) -> None:
    code, packages = loaded(workspace, LOADED, json.dumps(command))
    assert code == 0
    assert "typer" in packages and packages & HEAVY == set()


def test_outside_a_workspace_it_is_as_light(tmp_path: Path) -> None:
    code, packages = loaded(tmp_path, LOADED, "[]")
    assert code == 0 and packages & HEAVY == set()


def test_completing_a_word_in_the_shell_loads_no_heavy_library(workspace: Path) -> None:
    completing = (
        "import atexit, json, sys\natexit.register(lambda: print(json.dumps([0, list(sys.modules)])))\n"
    )
    words = {"_TITO_COMPLETE": "complete_bash", "COMP_WORDS": "tito module complete se", "COMP_CWORD": "3"}
    _, packages = loaded(workspace, f"{completing}from tito.cli import run\nrun([])", **words)
    assert packages & HEAVY == set()
    done = subprocess.run(
        [sys.executable, "-m", "tito"],
        cwd=workspace,
        env={**os.environ, **words},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["seeing"]


def test_without_the_instructors_libraries_help_still_works(workspace: Path) -> None:
    for command in (["--help"], ["course", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_EXTRA, *command], cwd=workspace, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "course" in done.stdout


def test_a_command_that_misses_a_library_names_the_extra_that_brings_it(tmp_path: Path) -> None:
    make_course(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA, "course", "report"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "❌ This needs `" in done.stderr
    assert "→ `pip install 'tinytorch-course[instructor]'`" in done.stderr
    assert "Traceback" not in done.stderr
