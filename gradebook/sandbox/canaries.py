"""Attempts to break out, made inside an enclosure; each says how the walls answered.

A canary raises OSError or MemoryError where it met a wall, and returns what it got where it met none.
"""

import contextlib
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gradebook.sandbox.syscalls import CLONE_NEWUSER, MS_BIND, call
from gradebook.sandbox.walls import Limits

MAP_NORESERVE = 0x4000


@dataclass(frozen=True)
class Target:
    """What the warden set out to be attacked.

    folder: of the warden's, world-writable, with a world-readable secret; home: a folder that may show what
    is in `shown` and nothing else; daemon: a descriptor that is closed when the last process here has ended.
    """

    warden: int
    folder: Path
    home: Path
    shown: frozenset[str]
    tcp: int
    udp: int
    abstract: str
    limits: Limits
    daemon: int

    @property
    def secret(self) -> Path:
        """The file that must not be read, changed or hidden."""
        return self.folder / "secret.txt"


def read_secret(target: Target) -> str:
    """Read a file of the grader's that its mode lets everyone read."""
    return target.secret.read_text()


def list_home(target: Target) -> str:
    """List the grader's home; a few empty folders on the way to what is readable may show."""
    return ", ".join(sorted({path.name for path in target.home.iterdir()} - target.shown))


def read_environment(target: Target) -> str:
    """Read the environment that the grader was started with."""
    return repr(Path(f"/proc/{target.warden}/environ").read_bytes()[:20])


def read_memory(target: Target) -> str:
    """Open the grader's memory."""
    with Path(f"/proc/{target.warden}/mem").open("rb"):
        return "opened"


def connect_tcp(target: Target) -> str:
    """Connect to a server of the grader's on this machine."""
    with socket.socket() as client:
        client.connect(("127.0.0.1", target.tcp))
        return "connected"


def send_udp(target: Target) -> str:
    """Send a datagram to the grader."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return f"{sender.sendto(b'!', ('127.0.0.1', target.udp))} byte sent"


def connect_abstract(target: Target) -> str:
    """Connect to a local socket of the grader's that has no path."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0{target.abstract}")
        return "connected"


def connect_path(target: Target) -> str:
    """Connect to a local socket of the grader's that has a path, as a session bus does."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(target.folder / "socket"))
        return "connected"


def signal_grader(target: Target) -> str:
    """Send signals to the grader."""
    got = []
    for number in (0, signal.SIGWINCH):  # neither does harm
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.kill(target.warden, number)
            got.append(str(int(number)))
    return " ".join(got)


def write_outside(target: Target) -> str:
    """Write into a folder that its mode lets everyone write, and into the interpreter's own library."""
    got = []
    for path in (target.folder / "written.txt", Path(os.__file__)):
        with contextlib.suppress(OSError), path.open("a"):
            got.append(str(path))
    return " ".join(got)


def change_mode(target: Target) -> str:
    """Take a file of the grader's away from everyone; whether it worked is for the warden to see."""
    target.secret.chmod(0)
    return ""


def fork_too_often(target: Target) -> str:
    """Start more processes than allowed; that one can be started at all is part of it."""
    waiting, release = os.pipe()
    children: list[int] = []
    try:
        for _ in range(target.limits.processes + 1):
            pid = os.fork()
            if pid == 0:
                os.close(release)
                os.read(waiting, 1)
                os._exit(0)
            children.append(pid)
    except BlockingIOError:
        return "" if children else "not even one process"
    finally:
        os.close(release)
        os.close(waiting)
        for pid in children:
            os.waitpid(pid, 0)
    return f"{len(children)} processes"


def allocate_too_much(target: Target) -> str:
    """Ask for more memory than allowed."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
    with mmap.mmap(-1, target.limits.memory_bytes, flags=flags) as memory:
        return f"{len(memory)} bytes"


def write_large_file(target: Target) -> str:
    """Write a file that is larger than allowed."""
    path = Path("large")
    try:
        return f"{path.write_bytes(bytes(target.limits.file_bytes + 1))} bytes"
    finally:
        path.unlink(missing_ok=True)


def fill_disk(target: Target) -> str:
    """Write more files than fit."""
    part = bytes(target.limits.file_bytes)
    paths = [Path(f"part-{number}") for number in range(target.limits.disk_bytes // len(part) + 1)]
    try:
        return f"{sum(path.write_bytes(part) for path in paths)} bytes"
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def become_root(_: Target) -> str:
    """Gain privileges: by setuid, and by a user namespace of its own."""
    got = []
    for name, gain in (
        ("setuid", lambda: os.setuid(0)),
        ("user namespace", lambda: call("unshare", CLONE_NEWUSER)),
    ):
        with contextlib.suppress(OSError):
            gain()
            got.append(name)
    return " ".join(got)


def mount_something(_: Target) -> str:
    """Mount a folder over another."""
    call("mount", b"/usr/lib", b"/tmp", b"", MS_BIND, None)
    return "mounted"


def trace_grader(target: Target) -> str:
    """Attach to the grader as a debugger."""
    seize = 0x4206
    call("ptrace", seize, target.warden, None, None)
    return "attached"


def leave_daemon(target: Target) -> str:
    """Leave a process that outlives the enclosure; whether it did is for the warden to see."""
    started, starting = os.pipe()
    if os.fork() == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.write(starting, b"1")
            os.fstat(target.daemon)
            time.sleep(60)
        os._exit(0)
    os.read(started, 1)
    os.close(started)
    os.close(starting)
    return ""


CANARIES: dict[str, Callable[[Target], str]] = {
    canary.__name__: canary
    for canary in (
        read_secret,
        list_home,
        read_environment,
        read_memory,
        connect_tcp,
        send_udp,
        connect_abstract,
        connect_path,
        signal_grader,
        write_outside,
        change_mode,
        fork_too_often,
        allocate_too_much,
        write_large_file,
        fill_disk,
        become_root,
        mount_something,
        trace_grader,
        leave_daemon,
    )
}
