"""The student's path through the real command line, from `tito init` to a finished stage."""

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.fake_course import SOLVED, make_course, solve, tito, write_notebook

NOTEBOOK = Path("modules/01_counting/01_counting.ipynb")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a workspace in it, both as they are before a student begins."""
    course = make_course(tmp_path_factory.mktemp("course") / "course")
    assert tito(course, "init", "ws").returncode == 0
    return course


@pytest.fixture
def ws(made: Path, tmp_path: Path) -> Path:
    """The workspace of a student who has not begun."""
    shutil.copytree(made, tmp_path / "course")
    return tmp_path / "course" / "ws"


def progress(ws: Path) -> dict:
    return json.loads((ws / ".tito" / "progress.json").read_text())


def states(ws: Path) -> dict[str, str]:
    modules = json.loads(tito(ws, "module", "list", "--json").stdout)["modules"]
    return {module["module"]: module["state"] for module in modules}


def next_step(output: str) -> str:
    """The line that says what to type next, unwrapped."""
    return " ".join(output.rpartition("→ ")[2].split())


# ── the path


def test_init_says_what_it_made_and_what_to_type_next(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    done = tito(course, "init", "ws", COLUMNS="200")
    assert done.returncode == 0 and done.stderr == ""
    assert f"✅ Workspace `{course / 'ws'}`" in done.stdout
    assert "New modules: 01_counting, 02_shapes" in done.stdout
    assert "→ Next: `cd ws`, then `tito`" in done.stdout
    again = tito(course / "ws", "init")
    assert "Everything is up to date" in again.stdout and "2 notebooks of yours" in again.stdout


def test_tito_alone_says_where_i_am_and_one_next_command(ws: Path) -> None:
    outside = tito(ws.parent, TITO="")
    assert outside.returncode == 0
    assert "No workspace here" in outside.stdout and "`tito init`" in outside.stdout
    inside = tito(ws / "modules" / "01_counting")
    assert "TinyMath · 0 of 3 checkpoints passed" in inside.stdout
    assert next_step(inside.stdout) == "Next: `tito module start counting`"


def test_start_tells_notebook_capability_time_needs_and_how_to_open_it(ws: Path) -> None:
    done = tito(ws, "module", "start", "shapes")
    assert done.returncode == 0
    for text in (
        "modules/02_shapes/02_shapes.ipynb",
        '"I can compute with arrays of any shape"',
        "about 4.5 hours",
        "01_counting (not started)",
        "`jupyter lab modules/02_shapes/02_shapes.ipynb`",
        "`tito module complete shapes`",
    ):
        assert text in done.stdout
    assert "⚠ `02_shapes` builds on `01_counting`, which is not started" in done.stderr
    assert states(ws)["02_shapes"] == "in progress"


@pytest.mark.parametrize("word", ["counting", "01", "1", "01_counting"])
def test_a_module_goes_by_name_number_and_id(ws: Path, word: str) -> None:
    assert "01_counting · Counting" in tito(ws, "module", "status", word).stdout


def test_complete_goes_its_four_steps_and_celebrates(ws: Path) -> None:
    solve(ws, "01_counting")
    done = tito(ws, "module", "complete", "counting")
    assert done.returncode == 0 and done.stderr == ""
    steps = [line for line in done.stdout.splitlines() if re.match(r"\d/4 ", line)]
    assert steps == [
        "1/4 Export  modules/01_counting/01_counting.ipynb → tinytorch/core/counting.py (2 cells)",
        "2/4 Map     01_counting → checkpoint_00_numbers",
        "3/4 Test    Can I count?",
        "4/4 Result  🏆 Checkpoint 00 numbers passed · 10/10 points",
    ]
    assert '🎉 "I can count"' in done.stdout
    assert "Unlocked: 02_shapes" in done.stdout
    assert next_step(done.stdout) == "Next: `tito module start shapes`"
    record = progress(ws)
    assert record["checkpoints"]["numbers"]["first_passed"]
    assert record["modules"]["counting"]["completed"]
    assert states(ws)["01_counting"] == "passed"


def test_a_finished_stage_gets_a_celebration_of_its_own_once(ws: Path) -> None:
    for module in ("01_counting", "02_shapes"):
        solve(ws, module)
    first = tito(ws, "module", "complete", "counting").stdout
    second = tito(ws, "module", "complete", "shapes").stdout
    third = tito(ws, "module", "complete", "shapes").stdout
    assert "Basic Numbers complete" not in first + third
    assert "🏆 Basic Numbers complete" in second
    assert '"I can build numbers and compute with them"' in second
    assert "🎯 Basic Numbers ████████████ 100%" in second


def test_the_next_module_may_not_be_handed_out_yet(ws: Path) -> None:
    for module in ("01_counting", "02_shapes"):
        solve(ws, module)
        assert tito(ws, "module", "complete", module).returncode == 0
    assert "`03_seeing` is next: `tito init` fetches it" in next_step(tito(ws).stdout)
    write_notebook(ws.parent / "course/release/03_seeing/03_seeing.ipynb", SOLVED["03_seeing"])
    assert "New modules: 03_seeing" in tito(ws, "init").stdout
    done = tito(ws, "module", "complete", "seeing")
    assert "🎉 Every checkpoint of TinyMath is passed" in done.stdout
    assert "🏆 Seeing Things complete" in done.stdout
    assert tito(ws, "checkpoint", "unlock").stdout == "🎉 Every checkpoint of TinyMath is passed\n"


def test_a_failure_says_what_was_expected_what_came_where_and_what_next(ws: Path) -> None:
    solve(ws, "01_counting", ["def double(n):\n    return n * n", "def halve(n):\n    return n / 0"])
    done = tito(ws, "module", "complete", "counting")
    assert done.returncode == 1 and done.stderr == ""
    for text in (
        "❌ Doubling a number · failed",
        "⏭️ Doubling twice · not judged",
        "4/4 Result  ❌ Checkpoint 00 numbers failed · 0/10 points",
        "   Expected  42\n   Got       441\n   Hint      Twice is once and once again\n",
        "and 1 other failed, 1 not judged",
    ):
        assert text in done.stdout
    assert next_step(done.stdout).endswith("and save, then `tito module complete counting`")
    assert (
        "completed" not in progress(ws)["modules"]["counting"]
        or not progress(ws)["modules"]["counting"]["completed"]
    )


def test_an_error_in_students_code_is_shown_at_its_notebook_cell_and_line(ws: Path) -> None:
    solve(
        ws,
        "01_counting",
        ["def double(n):\n    return 2 * n", "def halve(n):\n    half = n / 0\n    return half"],
    )
    done = tito(ws, "module", "complete", "counting", COLUMNS="200")
    assert (
        "01_counting.ipynb, cell 3, line 3, in halve: `half = n / 0` (tinytorch/core/counting.py:"
        in done.stdout
    )
    assert "ZeroDivisionError: division by zero" in done.stdout


def test_verbose_shows_each_check_with_what_it_printed(ws: Path) -> None:
    solve(
        ws,
        "01_counting",
        ["def double(n):\n    print('n is', n)\n    return 2 * n", "def halve(n): return n // 2"],
    )
    done = tito(ws, "module", "complete", "counting", "--verbose")
    assert "✅ Doubling a number · passed · 4/4 points · " in done.stdout
    assert "      | n is 21" in done.stdout
    assert "n is 21" not in tito(ws, "checkpoint", "test", "00").stdout


def test_skip_test_exports_and_leaves_the_capability_open(ws: Path) -> None:
    solve(ws, "01_counting")
    done = tito(ws, "module", "complete", "counting", "--skip-test")
    assert done.returncode == 0
    assert (ws / "tinytorch/core/counting.py").is_file()
    assert "not tested" in done.stdout and next_step(done.stdout).startswith("`tito checkpoint test 00`")
    assert states(ws)["01_counting"] == "in progress"
    tested = tito(ws, "checkpoint", "test", "00")
    assert tested.returncode == 0 and '🎉 "I can count"' in tested.stdout
    assert states(ws)["01_counting"] == "passed"


def test_export_writes_the_package_and_names_the_next_command(ws: Path) -> None:
    solve(ws, "01_counting")
    done = tito(ws, "export", "1")
    assert done.returncode == 0
    assert done.stdout.startswith(
        "✅ modules/01_counting/01_counting.ipynb → tinytorch/core/counting.py (2 cells, "
    )
    assert "`tito module complete counting`" in done.stderr
    assert "unchanged" in tito(ws, "export", "1").stdout


# ── stale, failed, in progress


def test_a_pass_is_stale_while_the_notebooks_code_differs_from_what_passed(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "module", "complete", "counting")
    passed = (ws / NOTEBOOK).read_text()
    solve(ws, "01_counting", ["def double(n):\n    return n + n", "def halve(n):\n    return n // 2"])
    assert states(ws)["01_counting"] == "stale"
    status = tito(ws, "checkpoint", "status").stdout
    assert "🕒 Counting" in status and "stale" in status
    assert next_step(status) == "Your notebook changed since it passed: `tito module complete counting`"
    (ws / NOTEBOOK).write_text(passed)
    assert states(ws)["01_counting"] == "passed"


def test_running_the_notebook_does_not_make_a_pass_stale(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "module", "complete", "counting")
    notebook = json.loads((ws / NOTEBOOK).read_text())
    notebook["cells"][1]["execution_count"] = 7
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hello\n"]}]
    notebook["cells"][0]["source"] = "# Another title"
    (ws / NOTEBOOK).write_text(json.dumps(notebook))
    assert states(ws)["01_counting"] == "passed"


def test_testing_an_old_export_says_so_and_does_not_count_for_the_new_notebook(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "export", "counting")
    solve(ws, "01_counting", ["def double(n):\n    return None", "def halve(n):\n    return None"])
    done = tito(ws, "checkpoint", "test", "00")
    assert done.returncode == 0
    assert "⚠ `01_counting` has changed since its last export" in done.stderr
    assert states(ws)["01_counting"] == "stale"


def test_a_module_that_passed_and_fails_now_is_failed_and_one_half_right_in_progress(ws: Path) -> None:
    half = ["def double(n):\n    return n + n", "def halve(n):\n    return None"]
    solve(ws, "01_counting", half)
    tito(ws, "module", "complete", "counting")
    assert states(ws)["01_counting"] == "in progress"
    assert "80%" in tito(ws, "checkpoint", "status").stdout
    solve(ws, "01_counting")
    tito(ws, "module", "complete", "counting")
    solve(ws, "01_counting", half)
    tito(ws, "module", "complete", "counting")
    assert states(ws)["01_counting"] == "failed"


# ── testing


def test_several_checkpoints_are_tested_in_one_command(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "export", "counting")
    for which in ("00,01", "00-arrays"):
        done = tito(ws, "checkpoint", "test", which, "--json")
        assert done.returncode == 1
        document = json.loads(done.stdout)
        assert [result["checkpoint"] for result in document["results"]] == [
            "checkpoint_00_numbers",
            "checkpoint_01_arrays",
        ]
        assert [(result["earned"], result["passed"]) for result in document["results"]] == [
            (10, True),
            (0, False),
        ]


def test_without_a_name_the_current_checkpoint_is_tested(ws: Path) -> None:
    tito(ws, "module", "start", "shapes")
    done = tito(ws, "checkpoint", "test", "--json")
    assert [result["checkpoint"] for result in json.loads(done.stdout)["results"]] == ["checkpoint_01_arrays"]


def test_an_earlier_module_that_is_not_exported_is_the_next_step(ws: Path) -> None:
    solve(ws, "02_shapes")
    done = tito(ws, "module", "complete", "shapes")
    assert done.returncode == 1
    assert "No module named 'tinytorch.core.counting'" in done.stdout
    assert "`tito module complete counting`" in next_step(done.stdout)


def test_a_checkpoint_file_of_ones_own_runs_and_is_not_recorded(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "export", "counting")
    own = (ws / "tests/checkpoints/checkpoint_00_numbers.py").read_text()
    (ws / "my_checkpoint.py").write_text(own)
    before = progress(ws)
    done = tito(ws, "checkpoint", "run", "my_checkpoint.py", "--verbose")
    assert done.returncode == 0 and "🏆 my_checkpoint.py passed · 10/10 points" in done.stdout
    assert progress(ws) == before
    course_own = tito(ws, "checkpoint", "run", "tests/checkpoints/checkpoint_00_numbers.py")
    assert course_own.returncode == 0 and progress(ws)["checkpoints"]["numbers"]["first_passed"]


def test_a_broken_checkpoint_file_is_a_fault_that_costs_nothing(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "module", "complete", "counting")
    before = progress(ws)
    (ws / "tests/checkpoints/checkpoint_00_numbers.py").write_text("import nothing_of_that_name\n")
    done = tito(ws, "checkpoint", "test", "00")
    assert done.returncode == 3
    assert "nothing_of_that_name" in done.stderr and "not your code's fault" in done.stderr
    assert progress(ws) == before
    assert "checkpoint_00_numbers.py" in tito(ws, "init").stdout
    assert tito(ws, "checkpoint", "test", "00").returncode == 0


def test_a_module_that_ends_python_does_not_pass(ws: Path) -> None:
    solve(ws, "01_counting", [*SOLVED["01_counting"], "import os\nos._exit(0)"])
    done = tito(ws, "module", "complete", "counting")
    assert done.returncode == 1
    assert "Python ended in the middle of it (exit code 0)" in " ".join(done.stdout.split())
    assert states(ws)["01_counting"] == "failed"


def test_an_endless_loop_ends_after_the_timeout(ws: Path) -> None:
    solve(ws, "01_counting", ["def double(n):\n    while True: pass", "def halve(n):\n    return n // 2"])
    done = tito(ws, "module", "complete", "counting", "--timeout", "2")
    assert done.returncode == 1 and "did not finish within 2 s" in done.stdout


def test_an_interrupt_ends_with_130_and_records_nothing_of_the_run(ws: Path) -> None:
    started = ws / "started"
    endless = f"open({str(started)!r}, 'w').close()\nwhile True: pass"
    solve(ws, "01_counting", [*SOLVED["01_counting"], endless])
    command = [sys.executable, "-m", "tito", "module", "complete", "counting"]
    # What a shell starts in the background ignores interrupts, and so would its children.
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=ws, preexec_fn=heeding, **pipes)
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "Interrupted" in errors and "Traceback" not in errors
    assert progress(ws)["checkpoints"] == {}


# ── bad input


@pytest.mark.parametrize(
    ("arguments", "says", "step"),
    [
        (
            ["module", "complete", "shaeps"],
            "There is no module `shaeps`. Did you mean `shapes`?",
            "tito module list",
        ),
        (["module", "start", "9"], "There is no module `9`", "tito module list"),
        (["export", "nothing"], "There is no module `nothing`", "tito module list"),
        (["checkpoint", "test", "numbrs"], "Did you mean `numbers`?", "tito checkpoint status"),
        (["checkpoint", "test", "00-"], "There is no checkpoint", "tito checkpoint status"),
        (["checkpoint", "test", "02-00"], "runs backwards", "tito checkpoint test 00-02"),
        (["checkpoint", "run", "nothing.py"], "There is no checkpoint `nothing`", "tito checkpoint status"),
        (["module", "start", "seeing"], "03_seeing.ipynb` is not there", "tito init"),
        (["modul", "list"], "No such command 'modul'. Did you mean 'module'?", "tito --help"),
        (["module", "complet"], "Did you mean 'complete'?", "tito module --help"),
        (
            ["checkpoint", "status", "--nonsense"],
            "No such option: --nonsense",
            "tito checkpoint status --help",
        ),
        (["module", "complete"], "Missing argument", "tito module complete --help"),
        (["checkpoint", "test", "--timeout", "soon"], "--timeout", "tito checkpoint test --help"),
    ],
)
def test_what_is_typed_wrongly_gets_a_message_a_next_step_and_code_2(
    ws: Path, arguments: list[str], says: str, step: str
) -> None:
    done = tito(ws, *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("❌ ") and says in done.stderr
    assert f"`{step}`" in done.stderr.rpartition("→ ")[2]


@pytest.mark.parametrize(
    "arguments", [["checkpoint", "status"], ["module", "complete", "tensor"], ["export", "1"]]
)
def test_outside_a_workspace_the_next_step_is_init(tmp_path: Path, arguments: list[str]) -> None:
    done = tito(tmp_path, *arguments)
    assert done.returncode == 2 and "No workspace at or above" in done.stderr and "`tito init`" in done.stderr


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "is not there"),
        (lambda path: path.write_text(""), "is empty"),
        (lambda path: path.write_text(path.read_text()[:200]), "not a notebook"),
        (lambda path: path.write_bytes(b"\xff\x00"), "not a notebook"),
    ],
    ids=["missing", "empty", "cut short", "binary"],
)
def test_a_damaged_notebook_is_named_and_nothing_is_lost(ws: Path, damage, says: str) -> None:
    solve(ws, "01_counting")
    tito(ws, "module", "complete", "counting")
    exported = (ws / "tinytorch/core/counting.py").read_bytes()
    before = progress(ws)
    damage(ws / NOTEBOOK)
    done = tito(ws, "module", "complete", "counting")
    assert done.returncode == 2 and says in done.stderr and "→ " in done.stderr
    assert (ws / "tinytorch/core/counting.py").read_bytes() == exported
    assert progress(ws) == before
    status = tito(ws, "checkpoint", "status")
    assert status.returncode == 0 and "🕒 Counting" in status.stdout


def test_a_syntax_error_is_named_at_its_cell_and_line(ws: Path) -> None:
    solve(ws, "01_counting", ["def double(n):\n    return 2 *"])
    done = tito(ws, "module", "complete", "counting")
    assert done.returncode == 2
    assert "01_counting.ipynb" in done.stderr and "cell 2" in done.stderr and "line 3" in done.stderr


def test_damaged_progress_is_said_once_and_kept(ws: Path) -> None:
    (ws / ".tito" / "progress.json").write_text("{ damaged")
    done = tito(ws, "checkpoint", "status")
    assert done.returncode == 0
    assert "progress.json.corrupt-1" in done.stderr.replace("\n", "")
    assert (ws / ".tito" / "progress.json.corrupt-1").read_text() == "{ damaged"
    assert tito(ws, "checkpoint", "status").stderr == ""


def test_a_table_with_a_fault_names_its_line(ws: Path) -> None:
    table = ws.parent / "course" / "course.toml"
    table.write_text(table.read_text().replace('needs = ["counting"]', 'needs = ["shapes"]'))
    done = tito(ws, "checkpoint", "status")
    assert done.returncode == 2 and re.search(r"course\.toml:\d+: .*circle: shapes → shapes", done.stderr)


def test_a_result_that_cannot_be_recorded_is_shown_all_the_same(ws: Path) -> None:
    solve(ws, "01_counting")
    tito(ws, "export", "counting")
    (ws / ".tito" / "progress.lock").unlink()
    (ws / ".tito" / "progress.lock").mkdir()
    done = tito(ws, "checkpoint", "test", "00")
    assert "🏆 Checkpoint 00 numbers passed · 10/10 points" in done.stdout
    assert done.returncode == 2 and "Could not record progress" in done.stderr and "`ls -ld" in done.stderr


def test_a_fault_of_ours_is_short_and_can_be_looked_into(ws: Path) -> None:
    broken = (
        "import tito.journey\ntito.journey.chart = None\nimport tito.logbook\ntito.logbook.chart = None\n"
    )
    code = f"{broken}import sys\nfrom tito.cli import run\nsys.exit(run(['checkpoint', 'status']))"
    for debug in ("", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ws,
            env={**os.environ, "TITO_DEBUG": debug},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 3
        assert "❌ A fault of ours: TypeError" in done.stderr and "`TITO_DEBUG=1`" in done.stderr
        assert ("Traceback" in done.stderr) == bool(debug)


# ── output


@pytest.mark.parametrize(
    "command", [["checkpoint", "status", "--detailed"], ["checkpoint", "unlock"]], ids=" ".join
)
def test_pictures_are_as_wide_as_the_terminal_at_most(ws: Path, command: list[str]) -> None:
    done = tito(ws, *command, COLUMNS="60")
    assert done.returncode == 0
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= 60


def test_a_pipe_gets_no_colour_unless_forced_and_none_at_all_with_no_color(ws: Path) -> None:
    assert "\x1b[" in tito(ws, "checkpoint", "status", FORCE_COLOR="1").stdout
    assert "\x1b[" not in tito(ws, "checkpoint", "status", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_colour_changes_no_character(ws: Path) -> None:
    plain = tito(ws, "checkpoint", "status").stdout
    coloured = tito(ws, "checkpoint", "status", FORCE_COLOR="1").stdout
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_terminal_without_glyphs_still_has_the_words(ws: Path) -> None:
    done = tito(ws, "checkpoint", "status", PYTHONIOENCODING="ascii")
    assert (
        done.returncode == 0 and "not started" in done.stdout and "tito module start counting" in done.stdout
    )


def test_a_reader_that_goes_away_does_not_stop_the_recording(ws: Path) -> None:
    solve(ws, "01_counting")
    command = f"{sys.executable} -m tito module complete counting | true"
    done = subprocess.run(["bash", "-c", command], cwd=ws, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr
    assert states(ws)["01_counting"] == "passed"


def test_status_as_json_has_what_the_help_says(ws: Path) -> None:
    document = json.loads(tito(ws, "checkpoint", "status", "--json").stdout)
    assert (document["version"], document["course"], document["percent"]) == (1, "TinyMath", 0)
    assert (document["current"], document["next"]) == ("01_counting", "tito module start counting")
    module = document["stages"][0]["modules"][0]
    assert (module["module"], module["state"], module["points"], module["tested"]) == (
        "01_counting",
        "not started",
        10,
        None,
    )


def test_the_doctor_finds_nothing_wrong_in_a_new_workspace_and_what_is_wrong_in_a_broken_one(
    ws: Path,
) -> None:
    well = json.loads(tito(ws, "system", "doctor", "--json").stdout)["findings"]
    wrong = [finding for finding in well if finding["health"] == "wrong"]
    assert [finding for finding in wrong if finding["subject"] not in ("Notebooks", "Containment")] == []
    assert {"Python", "Packages", "Workspace", "Course", "Package", "Checkpoints", "Test run"} <= {
        finding["subject"] for finding in well
    }
    (ws / NOTEBOOK).write_text("{")
    (ws / "tests/checkpoints/checkpoint_01_arrays.py").unlink()
    (ws / "tinytorch/core/counting.py").write_text("def broken(:\n")
    ill = tito(ws, "system", "doctor")
    assert ill.returncode == 1
    for text in (
        "❌ Modules wrong",
        "❌ Checkpoints wrong",
        "❌ Package wrong",
        "`tito init`",
        "`tito export counting`",
    ):
        assert text in ill.stdout
    outside = tito(ws.parents[1], "system", "doctor")
    assert outside.returncode == 1 and "No workspace" in outside.stdout


def test_the_doctor_speaks_of_containment_to_who_grades_and_to_nobody_else(ws: Path) -> None:
    # A workspace has no course directory; whoever has one, and nbgrader, is going to grade.
    assert "Containment" not in tito(ws, "system", "doctor").stdout
    (ws / "nbgrader_config.py").write_text("")
    (ws / "course").mkdir(exist_ok=True)
    (ws / "course" / "course.toml").write_text("")

    told = tito(ws, "system", "doctor").stdout
    found = json.loads(tito(ws, "system", "doctor", "--json").stdout)["findings"]

    (containment,) = (finding for finding in found if finding["subject"] == "Containment")
    if sys.platform == "linux":
        assert "✅ Containment fine: sealed" in told and "✅ held: read secret" in told
        assert containment["attempts"] and all(attempt["held"] for attempt in containment["attempts"])
    else:
        assert "❌ Containment wrong: open" in told and "docs/grading.md" in told
