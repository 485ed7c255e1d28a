"""nbgrader's own tests of its autograder pass with our engine in it, but for what differs by design."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import REPOSITORY, made_once

SUITE = "nbgrader.tests.apps.test_nbgrader_autograde"


@dataclass(frozen=True)
class Deviation:
    """A test of nbgrader's that is to fail here: why, and what it says when it fails for that reason."""

    reason: str
    says: str


DEVIATIONS = {
    "test_side_effects": Deviation(
        "files that student code writes are gone with its private folder, and don't reach the graded copy",
        "side-effect.txt",
    ),
    "test_no_execute": Deviation(
        "`--no-execute` is refused: it takes scores from outputs that came with the submission",
        "unexpected return code: 1",
    ),
    "test_handle_failure": Deviation(
        "cells that the course doesn't know are the student's own and earn nothing: the rest is graded",
        "unexpected return code: 0",
    ),
    "test_handle_failure_single_notebook": Deviation(
        "cells that the course doesn't know are the student's own and earn nothing: the rest is graded",
        "unexpected return code: 0",
    ),
    "test_missing_source_kernelspec": Deviation(
        "the kernel that a submission names doesn't matter: none is started",
        "unexpected return code: 0",
    ),
}


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """How each of nbgrader's tests ended with our engine in it, and what it said."""

    def make(root: Path) -> None:
        (root / "config").mkdir(parents=True)
        # NOTE: nbgrader runs the program `alembic`, and its tests ask for a user's name.
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        own = {"PATH": programs, "PYTHONPATH": str(REPOSITORY), "JUPYTER_CONFIG_DIR": str(root / "config")}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        options = "-q -n 2 -p no:cacheprovider -p tests.nbgrader_with_engine --junitxml=report.xml"
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *options.split(), "--pyargs", SUITE],
            cwd=root,
            env={"USER": "instructor"} | clean | own,
            capture_output=True,
            text=True,
        )
        assert run.returncode in (0, 1), run.stdout + run.stderr

    root = made_once(tmp_path_factory, "nbgrader-suite", make)
    found = {}
    for case in ElementTree.parse(root / "report.xml").iter("testcase"):
        ended = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        said = "" if ended is None else f"{ended.get('message', '')}\n{ended.text}"
        found[str(case.get("name"))] = ("passed" if ended is None else ended.tag, said)
    return found


def test_nbgraders_own_tests_pass_but_for_the_named_deviations(outcomes):
    failed = {name for name, (how, _) in outcomes.items() if how in ("failure", "error")}
    assert failed == DEVIATIONS.keys(), {name: outcomes[name] for name in failed - DEVIATIONS.keys()}


def test_nbgraders_own_tests_ran(outcomes):
    assert sum(how == "passed" for how, _ in outcomes.values()) >= 30
    skipped = {name for name, (how, _) in outcomes.items() if how == "skipped"}
    assert skipped == {"test_many_students", "test_infinite_loop_with_output"}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_deviation_is_for_its_reason(outcomes, name):
    how, said = outcomes[name]
    assert how == "failure"
    assert DEVIATIONS[name].says in said


def test_every_deviation_is_documented():
    text = (REPOSITORY / "docs" / "grading.md").read_text(encoding="utf-8")
    section = text.partition("## An nbgrader course of your own")[2]
    for name in DEVIATIONS:
        assert f"`{name}`" in section
