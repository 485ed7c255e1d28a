import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradebook.sandbox import enclose as enclosing
from gradebook.sandbox import landlock, plan, student
from gradebook.sandbox.canaries import CANARIES
from gradebook.sandbox.cgroup import Group, Place, create_group
from gradebook.sandbox.copies import remove_tree
from gradebook.sandbox.enclose import enclose
from gradebook.sandbox.proof import Proof, _set_out, prove, strongest_level
from gradebook.sandbox.supervisor import _children
from gradebook.sandbox.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from gradebook.sandbox.walls import ContainmentError, Layer, Level, Limits, Walls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls are built of Linux's parts")

NOBODY = 65534
# They would change the process or the machine that tries them.
GAINS = {"become_root", "mount_something", "trace_grader"}
WALLED = (Level.SEALED, Level.CONFINED)
both_levels = pytest.mark.parametrize("level", WALLED)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another account")
accounts = pytest.mark.parametrize("account", ["own", pytest.param("nobody", marks=needs_root)])


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that any account can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def in_fork(function: Callable[[], Any], account: str = "own") -> Any:
    """Call it in a forked process, which has one thread; its value as JSON, or its error as text."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            if account == "nobody":
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            try:
                answer = function()
            except Exception as error:  # noqa: BLE001 - it is the answer
                answer = f"{type(error).__name__}: {error}"
            os.write(writing, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        text = answers.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def run_inside(walls: Walls, function: Callable[[], Any], account: str = "own", **options: Any) -> Any:
    """Call it in an enclosure."""

    def grade() -> Any:
        reading, writing = os.pipe()
        enclosed = enclose(walls, {writing}, **options)
        if enclosed is None:
            try:
                answer = function()
            except OSError as error:
                answer = f"{type(error).__name__}: {error}"
            os.write(writing, json.dumps(answer).encode())
            os._exit(0)
        os.close(writing)
        try:
            with os.fdopen(reading, "rb") as answers:
                return json.loads(answers.read())
        finally:
            enclosed.kill()

    return in_fork(grade, account)


def ends_within(descriptor: int, seconds: float) -> bool:
    """Whether the last process that holds the other end of a pipe ends in time."""
    deadline = time.monotonic() + seconds
    while select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
        if not os.read(descriptor, 4096):
            return True
    return False


def leave_daemon() -> None:
    """Start a process that leaves its session, is adopted, and ignores polite signals."""
    if os.fork() == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
    os.wait()


# What the walls hold


@both_levels
@accounts
def test_every_canary_meets_a_wall(level: Level, account: str) -> None:
    def outcome() -> Any:
        proof = prove(level)
        return [proof.reasons, {canary.name: canary.detail for canary in proof.canaries if not canary.held}]

    assert in_fork(outcome, account) == [[], {}]


@needs_root
@pytest.mark.parametrize("abi", [1, 3, 4, 5])
def test_confined_holds_on_kernels_with_an_older_landlock(abi: int) -> None:
    def outcome() -> Any:
        for module in (landlock, plan):
            module.landlock_abi = lambda: abi  # type: ignore[attr-defined]
        proof = prove(Level.CONFINED)
        return [proof.reasons, {canary.name: canary.detail for canary in proof.canaries if not canary.held}]

    assert in_fork(outcome, "nobody") == [[], {}]


@pytest.mark.parametrize(
    "name",
    sorted(set(CANARIES) - {"list_home", "change_mode", "leave_daemon"} - GAINS),
)
def test_canary_tells_when_there_is_no_wall(name: str, tmp_path: Path) -> None:
    def outcome() -> str:
        os.chdir(tmp_path)
        with _set_out(tmp_path) as (target, _):
            return CANARIES[name](target)

    (tmp_path / "folder").mkdir()
    answer = in_fork(outcome)
    assert answer and "Error" not in answer


def test_canary_for_the_home_tells_when_there_is_no_wall(tmp_path: Path) -> None:
    def outcome() -> str:
        with _set_out(tmp_path) as (target, _):
            return CANARIES["list_home"](replace(target, home=tmp_path, shown=frozenset({"socket"})))

    assert in_fork(outcome) == "secret.txt"


def test_warden_sees_a_changed_mode_where_there_is_no_wall(tmp_path: Path) -> None:
    def outcome() -> int:
        with _set_out(tmp_path) as (target, _):
            CANARIES["change_mode"](target)
            return target.secret.stat().st_mode & 0o777

    assert in_fork(outcome) == 0


def test_warden_sees_a_daemon_where_there_is_no_wall(tmp_path: Path) -> None:
    def outcome() -> list[bool]:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        with _set_out(tmp_path) as (target, gone):
            CANARIES["leave_daemon"](target)
            os.close(target.daemon)
            lives = not ends_within(gone, 0.2)
            for child in _children():
                os.kill(child, signal.SIGKILL)
            return [lives, ends_within(gone, 5)]

    assert in_fork(outcome) == [True, True]


def test_strongest_level_is_sealed_here_and_falls_back_with_reasons() -> None:
    def outcome() -> Any:
        proofs: list[Proof] = [
            strongest_level(),
            strongest_level({Layer.NAMESPACES}),
            strongest_level({Layer.LANDLOCK}),
        ]
        return [[proof.level, proof.held, list(proof.reasons)] for proof in proofs]

    sealed, confined, nothing = in_fork(outcome)
    assert sealed[:2] == ["sealed", True]
    assert confined[:2] == ["confined", True]
    assert nothing == [
        "open",
        False,
        ["not sealed: this machine lacks landlock", "not confined: this machine lacks landlock"],
    ]


@both_levels
def test_proof_is_quick(level: Level) -> None:
    start = time.perf_counter()
    prove(level)
    assert time.perf_counter() - start < 2


# What student code finds


@both_levels
@accounts
def test_own_files_are_there_and_links_are_not(level: Level, account: str, public_folder: Path) -> None:
    own = public_folder / "own"
    (own / "data").mkdir(parents=True)
    (own / "notebook.ipynb").write_text("{}")
    (own / "data" / "points.csv").write_text("1,2")
    (own / "shadow").symlink_to("/etc/passwd")
    (own / "home").symlink_to("/root")
    os.mkfifo(own / "pipe")

    def look() -> Any:
        Path("made.txt").write_text("by the student")
        Path("notebook.ipynb").write_text("changed")
        return sorted(str(path) for path in Path().rglob("*"))

    found = run_inside(Walls(level, own=own), look, account)
    assert found == ["data", "data/points.csv", "made.txt", "notebook.ipynb"]
    assert (own / "notebook.ipynb").read_text() == "{}"


@both_levels
@needs_root
def test_readable_path_below_a_private_folder_can_be_read(level: Level, tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "course").mkdir(parents=True)
    (private / "course" / "given.py").write_text("answer = 42")
    (private / "gradebook.db").write_text("grades")
    private.chmod(0o700)

    def look() -> Any:
        given = (private / "course" / "given.py").read_text()
        try:
            return [given, (private / "gradebook.db").read_text()]
        except OSError:
            return [given, None]

    assert run_inside(Walls(level, readable=(private / "course",)), look) == ["answer = 42", None]


@both_levels
@needs_root
def test_own_folder_is_usable_where_temporary_files_are_private(level: Level, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    def work() -> Any:
        path = Path(os.environ["HOME"], "made.txt")
        path.write_text("made")
        return path.read_text()

    def grade() -> Any:
        tempfile.tempdir = str(tmp_path)
        return run_inside(Walls(level), work)

    assert in_fork(grade) == "made"


@both_levels
@accounts
def test_ordinary_work_goes_on(level: Level, account: str) -> None:
    def work() -> Any:
        import shutil
        import socket
        import threading

        thread = threading.Thread(target=lambda: Path("threaded.txt").write_text("1"))
        thread.start()
        thread.join()
        shutil.copy2("threaded.txt", "copy.txt")
        one, other = socket.socketpair()
        socket.send_fds(one, [b"x"], [0])
        message, descriptors, _, _ = socket.recv_fds(other, 1, 1)
        sleeper = subprocess.Popen(["sleep", "60"])
        sleeper.terminate()
        shown = subprocess.run(
            ["sh", "-c", "echo $HOME $ANSWER | tr a-z A-Z"], capture_output=True, text=True
        )
        return [message.decode(), len(descriptors), sleeper.wait(), shown.stdout.split()[1:]]

    environment = {"ANSWER": "yes", "PATH": "/usr/bin:/bin"}
    assert run_inside(Walls(level, environment=environment), work, account) == ["x", 1, -15, ["YES"]]


@pytest.mark.parametrize("level", list(Level))
def test_environment_is_replaced_for_programs_too(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")

    def look() -> Any:
        shown = subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout
        return [sorted(os.environ), sorted(line.split("=")[0] for line in shown.splitlines())]

    names = ["A", "HOME", "LOGNAME", "TMPDIR", "USER"]
    assert run_inside(Walls(level, environment={"A": "1"}), look) == [names, names]


@pytest.mark.parametrize("level", list(Level))
def test_only_kept_descriptors_are_open(level: Level) -> None:
    def look() -> Any:
        is_open = []
        for number in range(200):
            with contextlib.suppress(OSError):
                os.fstat(number)
                is_open.append(number)
        return len(is_open)

    hidden = os.open("/etc/passwd", os.O_RDONLY)
    assert run_inside(Walls(level), look) == 4  # the first three, and the one that answers
    os.close(hidden)


@both_levels
def test_a_kept_folder_is_refused(level: Level, tmp_path: Path) -> None:
    def grade() -> Any:
        return enclose(Walls(level), {os.open(tmp_path, os.O_RDONLY)}) is None

    assert "a way out of the walls" in in_fork(grade)


def test_sealed_has_a_terminal_for_shell_magics() -> None:
    def work() -> Any:
        import pexpect

        return pexpect.run("/bin/sh -c 'tty; echo shown'").decode().split()

    assert run_inside(Walls(Level.SEALED, environment={"PATH": "/usr/bin"}), work) == ["/dev/pts/0", "shown"]


@both_levels
def test_a_fork_bomb_ends_with_the_enclosure(level: Level) -> None:
    def grade() -> bool:
        alive, life = os.pipe()
        enclosed = enclose(Walls(level, Limits(processes=20)), {life})
        if enclosed is None:
            os.write(life, b"1")
            while True:
                with contextlib.suppress(OSError):
                    if os.fork():  # the parent ends, the child goes on: no process lives long
                        os.fork()
                        os._exit(0)
        os.close(life)
        os.read(alive, 1)
        time.sleep(0.05)
        enclosed.kill()
        return ends_within(alive, 1)

    assert in_fork(grade) is True


# How it ends


@pytest.mark.parametrize("level", list(Level))
def test_daemon_dies_with_the_enclosure(level: Level) -> None:
    def grade() -> bool:
        alive, life = os.pipe()
        enclosed = enclose(Walls(level), {life})
        if enclosed is None:
            leave_daemon()
            os.write(life, b"1")
            time.sleep(60)
            os._exit(0)
        os.close(life)
        os.read(alive, 1)
        enclosed.kill()
        return ends_within(alive, 1)

    assert in_fork(grade) is True


@pytest.mark.parametrize("level", list(Level))
@accounts
def test_death_of_the_grader_ends_everything_and_removes_its_files(level: Level, account: str) -> None:
    alive, life = os.pipe()
    grader = os.fork()
    if grader == 0:
        os.close(alive)
        if account == "nobody":
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        if enclose(Walls(level), {life}) is None:
            leave_daemon()
            os.write(life, bytes(Path.cwd()))
        else:
            os.close(life)
        time.sleep(60)
        os._exit(0)
    os.close(life)
    home = Path(os.read(alive, 4096).decode())
    os.kill(grader, signal.SIGKILL)
    os.waitpid(grader, 0)
    ended = ends_within(alive, 5)
    os.close(alive)
    deadline = time.monotonic() + 2
    while level is not Level.SEALED and home.parent.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended
    assert not home.exists()
    assert level is Level.SEALED or not home.parent.exists()


@pytest.mark.parametrize("level", list(Level))
def test_wait_tells_how_it_ended_and_interrupt_reaches_it(level: Level) -> None:
    def grade() -> Any:
        codes = []
        for end in (lambda: os._exit(7), lambda: os.abort()):
            enclosed = enclose(Walls(level))
            if enclosed is None:
                end()
            codes.append(enclosed.wait(5))
        ready, say = os.pipe()
        enclosed = enclose(Walls(level), {say})
        if enclosed is None:
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.write(say, b"1")
                time.sleep(60)
            except KeyboardInterrupt:
                os._exit(9)
        os.read(ready, 1)
        codes.append(enclosed.wait(0.01))
        enclosed.interrupt()
        codes.append(enclosed.wait(5))
        return codes

    assert in_fork(grade) == [7, -signal.SIGABRT, None, 9]


@both_levels
def test_pid_is_the_one_the_grader_sees(level: Level) -> None:
    def grade() -> Any:
        enclosed = enclose(Walls(level))
        if enclosed is None:
            time.sleep(60)
            os._exit(0)
        parent = Path(f"/proc/{enclosed.pid}/stat").read_text().rsplit(")")[-1].split()[1]
        grandparent = Path(f"/proc/{parent}/stat").read_text().rsplit(")")[-1].split()[1]
        enclosed.kill()
        return [int(grandparent) == os.getpid(), Path(f"/proc/{enclosed.pid}").exists()]

    assert in_fork(grade) == [True, False]


# What can't be built


@both_levels
def test_missing_layer_is_a_containment_error(level: Level) -> None:
    def grade() -> Any:
        return enclose(Walls(level), without={Layer.SECCOMP}) is None

    assert in_fork(grade) == "ContainmentError: this machine lacks seccomp"


def test_missing_namespaces_are_a_containment_error() -> None:
    def refuse(*_: Any) -> int:
        raise PermissionError(1, "clone: Operation not permitted")

    def grade() -> Any:
        enclosing.clone = refuse
        return enclose(Walls(Level.SEALED)) is None

    assert "ContainmentError: no process for student code" in in_fork(grade)


@pytest.mark.parametrize("level", list(Level))
def test_failure_half_way_is_a_containment_error_and_leaves_nothing(level: Level, tmp_path: Path) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "made up")

    def grade() -> Any:
        tempfile.tempdir = str(tmp_path)
        student.apply_limits = fail
        try:
            return enclose(Walls(level)) is None
        except ContainmentError as error:
            return ["made up" in str(error), sorted(tmp_path.iterdir())]

    assert in_fork(grade) == [True, []]


def test_a_process_with_threads_is_refused() -> None:
    def grade() -> Any:
        import threading

        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        return enclose(Walls(Level.CONFINED)) is None

    assert "only a process with one thread" in in_fork(grade)


# Parts


def test_remove_tree_takes_folders_that_are_deep_or_closed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (top / "lifted-1").mkdir()
    (top / "link").symlink_to(tmp_path)
    here = os.open(top, os.O_RDONLY)
    for _ in range(1500):  # deeper than Python may call, longer than a path may be
        os.mkdir("deeper-and-deeper", dir_fd=here)
        inner = os.open("deeper-and-deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.mkdir("closed", 0o000, dir_fd=here)
    os.close(here)
    remove_tree(top)
    assert not top.exists()
    assert tmp_path.exists()


def test_group_has_the_limits_of_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = (Place(tmp_path / "one", 1, ("pids",)), Place(tmp_path / "two", 2, ("memory",)))
    for place in places:
        place.folder.mkdir()
    monkeypatch.setattr("gradebook.sandbox.cgroup.find_places", lambda: places)
    group = create_group(Limits(processes=5, memory_bytes=1000), "x")
    assert isinstance(group, Group)
    pids, memory = group.folders
    assert (pids / "pids.max").read_text() == "7"
    assert (memory / "memory.max").read_text() == "1000"
