"""Runs a grader that has no walls, or whose walls are down, where hostile code reaches nothing of ours.

Its processes, network, mounts and accounts are its own, and so is its root: Python, this repository's
packages and a copy of one course, in a `/tmp` that is gone afterwards. No filter of system calls: an IPython
kernel talks to itself over the loopback device, which students' code may not do here.
"""

import fcntl
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradebook
from gradebook.sandbox.credentials import (
    CAP_SYS_ADMIN,
    change_account,
    graders_account,
    has_capability,
    student_account,
)
from gradebook.sandbox.interpreter import python_needs, with_targets
from gradebook.sandbox.limits import apply_limits
from gradebook.sandbox.private_root import (
    HOME,
    NAMESPACES,
    WITH_OWN_USERS,
    Root,
    build_root,
    map_own_account,
)
from gradebook.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, clone, prctl
from gradebook.sandbox.walls import Limits

REPOSITORY = Path(gradebook.__file__).resolve().parents[1]
PACKAGES = ("gradebook", "tito", "tinytorch", "tests")
# Address space as large as a verifier gives itself.
LIMITS = Limits(cpu_seconds=60, memory_bytes=8 << 30, processes=400, descriptors=1024)
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def run_apart(
    function: Callable[[Path], Any], own: Path, seconds: float, environment: Mapping[str, str]
) -> Any:
    """What `function` answers, as JSON, given a copy of the folder `own`; None where it does not in time.

    The calling process must have one thread.
    """
    assert sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    # As `gradebook.sandbox.plan` decides it.
    root = os.geteuid() == 0 and has_capability(CAP_SYS_ADMIN)
    account = student_account() if root else graders_account()
    packages = (REPOSITORY / name for name in PACKAGES)
    paths = tuple((path, path.resolve()) for path in with_targets([*python_needs(), *packages]))
    reading, writing = os.pipe()
    first = clone(NAMESPACES if root else WITH_OWN_USERS)
    if first == 0:
        try:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if not root:
                map_own_account(account.uid, account.gid)
            _start_loopback()
            build_root(Root(paths, account, LIMITS.disk_bytes, own))
            inner = os.fork()
            if inner == 0:
                os.close(reading)
                os.setsid()
                _limit(root)
                change_account(account, may_search=root)
                prctl(PR_SET_NO_NEW_PRIVS, 1)
                _answer(function, writing, environment)
            while os.wait()[0] != inner:
                pass
        finally:
            os._exit(0)  # and all that is left in the namespace with it
    os.close(writing)
    try:
        text = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
    return json.loads(text) if text.endswith(b"\n") else None


def _answer(function: Callable[[Path], Any], writing: int, environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update({"HOME": str(HOME), "PATH": "/usr/bin:/bin", "TMPDIR": "/tmp", **environment})
    os.chdir(HOME)
    answer = json.dumps(function(HOME)) + "\n"
    with os.fdopen(writing, "w") as end:
        end.write(answer)
    sys.stdout.flush()
    os._exit(0)


def _start_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def _limit(root: bool) -> None:
    # Without an account of its own, what the user runs elsewhere counts too.
    apply_limits(LIMITS, LIMITS.processes if root else resource.getrlimit(resource.RLIMIT_NPROC)[1])


def _read(reading: int, deadline: float) -> bytes:
    text = b""
    while select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(reading, 1 << 16)
        if not part:
            break
        text += part
    return text
