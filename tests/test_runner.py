import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_course import make_course
from tito.errors import GraderFault
from tito.handout import lay_out
from tito.results import CheckpointResult
from tito.runner import Event, run_checkpoint_file
from tito.workspace import Workspace

RIGHT = "def double(n):\n    return 2 * n\n\ndef halve(n):\n    return n // 2\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_out(make_course(tmp_path) / "ws").workspace


@pytest.fixture
def run(workspace: Workspace) -> Callable[..., CheckpointResult]:
    """Export a module with that code, and run its checkpoint."""

    def run_with(code: str, **options: object) -> CheckpointResult:
        module = workspace.table.module("counting")
        workspace.exported(module).write_text(code)
        file = workspace.checkpoint_file(workspace.table.checkpoint_of(module))
        return run_checkpoint_file(workspace, file, **options)  # type: ignore[arg-type]

    return run_with


def outcomes(result: CheckpointResult) -> list[str]:
    return [check.outcome.value for check in result.checks]


ENDED = ["failed", "not judged", "not judged"]


def test_a_right_module_passes_every_check(run) -> None:
    result = run(RIGHT)
    assert outcomes(result) == ["passed"] * 3
    assert (result.checkpoint, result.earned, result.points, result.passed) == (
        "checkpoint_00_numbers",
        10,
        10,
        True,
    )


def test_a_wrong_module_is_told_what_was_expected_and_what_came(run) -> None:
    result = run(RIGHT.replace("2 * n", "n * n"))
    assert outcomes(result) == ["failed", "not judged", "passed"]
    assert (result.checks[0].expected, result.checks[0].actual) == ("42", "441")
    assert result.checks[0].hint == "Twice is once and once again"


def test_a_module_that_is_not_exported_fails_with_the_command_that_exports_it(workspace: Workspace) -> None:
    result = run_checkpoint_file(workspace, workspace.checkpoint_file(workspace.table.checkpoint("numbers")))
    assert outcomes(result) == ["failed", "not judged", "failed"]
    assert result.checks[0].message == "ModuleNotFoundError: No module named 'tinytorch.core.counting'"
    assert "`tito module complete 01_counting`" in result.checks[0].hint


def test_each_check_is_announced_before_it_runs_and_reported_after(run) -> None:
    events: list[Event] = []
    result = run(RIGHT, on_check=events.append)
    assert [(event.number, event.total, event.result) for event in events] == [
        (number, 3, outcome) for number in (1, 2, 3) for outcome in (None, result.checks[number - 1])
    ]


# ── the exit code and what is printed are not the verdict


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os\nos._exit(0)\n", "Python ended in the middle of it (exit code 0)"),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
            "Python was killed in the middle of it (SIGKILL)",
        ),
        ("import os\nos.abort()\n", "Python was killed in the middle of it (SIGABRT)"),
        ("raise KeyboardInterrupt\n", "Python was killed in the middle of it (SIGINT)"),
        ("import os\nos.closerange(3, 256)\n", "Python ended in the middle of it (exit code 1)"),
    ],
)
def test_a_module_that_ends_python_has_failed_where_it_did(run, code: str, message: str) -> None:
    result = run(RIGHT + code)
    assert outcomes(result) == ENDED
    assert [check.title for check in result.checks] == [
        "Doubling a number",
        "Doubling twice",
        "Halving a number",
    ]
    assert (result.earned, result.points) == (0, 10)
    assert result.checks[0].message == message
    assert result.checks[0].hint
    assert "“Doubling a number”" in result.checks[1].message


def test_what_ran_before_python_ended_keeps_its_points(run) -> None:
    result = run(RIGHT.replace("return n // 2", "import os; os._exit(0)"))
    assert outcomes(result) == ["passed", "passed", "failed"]
    assert result.earned == 8


@pytest.mark.parametrize("call", ["sys.exit(0)", "exit()", "quit(0)", "raise SystemExit"])
def test_a_module_that_exits_politely_fails_every_check_that_imports_it(run, call: str) -> None:
    result = run(f"import sys\n{RIGHT}{call}\n")
    assert not result.passed and result.earned == 0
    assert "instead of returning" in result.checks[0].message


def test_a_function_that_exits_fails_its_check_alone(run) -> None:
    result = run(RIGHT.replace("return n // 2", "raise SystemExit(0)"))
    assert outcomes(result) == ["passed", "passed", "failed"]


FORGED = """
import atexit, json, sys

def forge():
    for name, title, points in (("double", "Doubling a number", 4), ("quadruple", "Doubling twice", 4)):
        check = dict(name=name, title=title, outcome="passed", points=points)
        print(json.dumps({"event": "check", "check": check}), flush=True)
        print("✅", title, file=sys.stderr, flush=True)
    print(json.dumps({"event": "end"}), flush=True)

forge()
atexit.register(forge)
"""


def test_forged_lines_on_stdout_and_stderr_are_no_verdict(run) -> None:
    result = run(FORGED + RIGHT.replace("2 * n", "None"))
    assert outcomes(result) == ["failed", "not judged", "passed"]


def test_a_process_forked_in_a_module_answers_for_nobody(run) -> None:
    result = run("import os\nos.fork()\n" + RIGHT.replace("2 * n", "None"))
    assert not result.passed and outcomes(result)[0] == "failed"


def test_nonsense_in_place_of_answers_has_failed(run) -> None:
    nonsense = """
import os
for fd in range(3, 64):
    try:
        os.write(fd, b'{"event": "end"}\\n')
    except OSError:
        pass
"""
    result = run(nonsense + RIGHT)
    assert outcomes(result) == ENDED
    assert result.checks[0].message == "something answered in place of the checks"


def test_answers_without_end_do_not_fill_the_memory(run) -> None:
    flood = """
import os
for fd in range(3, 64):
    try:
        while True:
            os.write(fd, b"x" * 65536)
    except OSError:
        pass
"""
    assert outcomes(run(flood + RIGHT)) == ENDED


def test_what_a_dying_module_printed_is_shown(run) -> None:
    result = run("import os\nos.write(2, b'so long\\n')\n" + RIGHT + "os._exit(3)\n")
    assert result.checks[0].output == "so long\n"
    assert "exit code 3" in result.checks[0].message


def test_printing_without_end_does_not_fill_the_memory_or_hide_the_verdict(run) -> None:
    result = run("import os\nos.write(1, b'x' * 3_000_000)\n" + RIGHT + "print('y' * 50_000)\n")
    assert result.passed
    assert max(len(check.output) for check in result.checks) <= 10_000


def test_text_that_is_no_unicode_can_be_recorded(run) -> None:
    result = run(RIGHT.replace("return 2 * n", "return '\\udc80'"))
    result.checks[0].actual.encode("utf-8")
    assert outcomes(result)[0] == "failed"


# ── time


def test_a_loop_that_never_ends_is_stopped_and_named(run) -> None:
    result = run(RIGHT.replace("return n // 2", "\n    while True: pass"), timeout=3)
    assert outcomes(result) == ["passed", "passed", "failed"]
    assert result.checks[2].message == "did not finish within 3 s"
    assert "`--timeout" in result.checks[2].hint


def test_nothing_of_a_module_runs_on_after_its_checkpoint(run, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess\n"
        "sleeper = subprocess.Popen(['sleep', '1000'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(sleeper.pid))\n"
    )
    assert run(code + RIGHT).passed
    assert is_gone(int(pid_file.read_text()))


def test_a_checkpoint_outlives_its_tito_by_little(workspace: Workspace, tmp_path: Path) -> None:
    """Killed with -9, `tito` can stop nobody; the kernel's alarm does."""
    pid_file = tmp_path / "pid"
    module = workspace.table.module("counting")
    endless = f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"
    workspace.exported(module).write_text(endless)
    code = (
        "import sys\nfrom pathlib import Path\nfrom tito.runner import run_checkpoint_file\n"
        "from tito.workspace import Workspace\n"
        "run_checkpoint_file(Workspace(Path(sys.argv[1])), Path(sys.argv[2]), timeout=1)\n"
    )
    file = workspace.checkpoint_file(workspace.table.checkpoint("numbers"))
    tito = subprocess.Popen([sys.executable, "-c", code, workspace.root, file])
    while not (pid_file.exists() and pid_file.read_text()):
        time.sleep(0.01)
    tito.send_signal(signal.SIGKILL)
    tito.wait()
    assert is_gone(int(pid_file.read_text()))


def is_gone(pid: int) -> bool:
    """Whether a process that should end does, within half a minute."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


# ── whose code runs


def test_the_workspaces_own_package_is_tested_wherever_tito_was_started(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere"
    (other / "tinytorch" / "core").mkdir(parents=True)
    (other / "tinytorch" / "core" / "counting.py").write_text("raise RuntimeError('the wrong package')")
    monkeypatch.chdir(other)
    monkeypatch.setenv("TINYTORCH_HOME", str(other))
    assert run(RIGHT).passed


def test_a_students_file_cannot_stand_in_for_pythons_own(run, workspace: Workspace) -> None:
    for name in ("json", "tito", "numpy", "random"):
        (workspace.root / f"{name}.py").write_text("raise RuntimeError('shadowed')")
    assert run(RIGHT).passed


def test_a_module_exported_twice_in_a_moment_runs_in_its_last_form(run) -> None:
    for answer in ("1", "2", "3", "4"):
        result = run(RIGHT.replace("2 * n", answer))
        assert result.checks[0].actual == answer


def test_the_seed_reaches_the_checks(workspace: Workspace) -> None:
    (workspace.root / "tinytorch" / "core" / "shapes.py").write_text(
        "def total(values):\n    return values[0, 0]\n"
    )
    file = workspace.checkpoint_file(workspace.table.checkpoint("arrays"))
    actual = [run_checkpoint_file(workspace, file, seed=seed).checks[0].actual for seed in (1, 1, 2)]
    assert actual[0] == actual[1] != actual[2]


# ── faults that are ours


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("def broken(:\n", "SyntaxError"),
        ("x = 1\n", "checkpoint"),
        ("from tito.checks import Checkpoint\ncheckpoint = Checkpoint(__file__)\n", "no checks"),
        ("import os\nos._exit(0)\n", ""),
        ("raise SystemExit('on its own')\n", "on its own"),
    ],
)
def test_a_checkpoint_file_that_does_not_load_is_a_fault_of_ours(
    workspace: Workspace, tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "checkpoint_broken.py"
    file.write_text(text)
    with pytest.raises(GraderFault) as raised:
        run_checkpoint_file(workspace, file)
    assert raised.value.exit_code == 3
    assert reason in raised.value.message and "not your code's fault" in raised.value.message
    assert "`tito system doctor`" in raised.value.next_step


def test_nothing_is_left_open(run) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    run(RIGHT)
    run("import os\nos._exit(0)\n")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
