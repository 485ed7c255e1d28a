"""What an attack that gets out would change, reach or find, and what became of it."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gradebook.course import Course

TOKEN = "canary-5f1d0c"
# What attacks try; at a port that the system chooses, there is always one to find.
TCP_PORTS = (0, 8000, 8001, 8081, 8888)
UDP_PORTS = (0, 9)
COUNTING = """
import signal, sys
reached = 0
def count(*_):
    global reached
    reached += 1
signal.signal(signal.SIGURG, count)
print(flush=True)
sys.stdin.readline()
print(reached, flush=True)
"""


@contextmanager
def canaries(course: Course) -> Iterator[dict[str, Any]]:
    """Plant them; afterwards the dictionary says what became of each: zero or nothing if all is well."""
    seen: dict[str, Any] = {}
    home = course.root / "home"
    home.mkdir(exist_ok=True)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
        patch.setenv("TITO_CANARY", TOKEN)
        temporary = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="grading_canary", dir="/tmp"))
        )
        folders = (course.root, course.folder, course.folder / "source", home, temporary)
        files = [folder / "grading_canary.txt" for folder in folders]
        (home / ".bash_history").write_text(TOKEN)
        for file in files:
            file.write_text(TOKEN)
        litter = set(litter_of(course))
        bystander = stack.enter_context(start_bystander())
        listeners = [stack.enter_context(listener) for listener in listen()]
        yield seen
        seen["signals"] = int(bystander.communicate("\n")[0].strip())
        seen["connections"] = [name_of(listener) for listener in listeners if reached(listener)]
        seen["modes"] = [str(file) for file in files if file.exists() and file.stat().st_mode & 0o777 == 0]
        for file in map(Path, seen["modes"]):
            file.chmod(0o644)
        seen["files"] = [str(file) for file in files if not file.is_file() or file.read_text() != TOKEN]
        seen["litter"] = sorted(set(litter_of(course)) - litter)
        seen["processes"] = left_running(course)


@contextmanager
def start_bystander() -> Iterator[subprocess.Popen]:
    """A process that counts the signals that reach it."""
    with subprocess.Popen(
        [sys.executable, "-c", COUNTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def listen() -> Iterator[socket.socket]:
    """Whatever nobody listens at yet, of what attacks try."""
    for port in TCP_PORTS:
        with suppress(OSError):
            yield socket.create_server(("127.0.0.1", port))
    for port in UDP_PORTS:
        with suppress(OSError):
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind(("127.0.0.1", port))
            yield datagrams


def reached(listener: socket.socket) -> bool:
    """Whether anything came to it."""
    listener.setblocking(False)
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(100)
    except BlockingIOError:
        return False
    return True


def name_of(listener: socket.socket) -> str:
    """Its kind and port."""
    kind = "tcp" if listener.type == socket.SOCK_STREAM else "udp"
    return f"{kind} {listener.getsockname()[1]}"


def litter_of(course: Course) -> Iterator[str]:
    """What attacks leave where they get out of their folder."""
    for folder in map(Path, ("/tmp", "/var/tmp", "/dev/shm", course.root / "home")):
        for pattern in ("canary*", "seen*"):
            yield from map(str, folder.glob(pattern))
    own = ("submitted", "autograded", "feedback")
    for path in course.root.rglob("*canary*"):
        if "grading_canary" not in path.name and not set(own) & set(path.parts):
            yield str(path)


def left_running(course: Course) -> list[str]:
    """The command lines of students' processes that there still are."""
    mark = f"MPLCONFIGDIR={course.cache}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found
