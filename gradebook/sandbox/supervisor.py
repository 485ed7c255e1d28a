"""The process between the grader and a student's: it reports the end, and sees that nothing outlives it."""

import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from gradebook.sandbox.copies import remove_tree
from gradebook.sandbox.student import close_others, restore_signals
from gradebook.sandbox.syscalls import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl

AWAITED = frozenset({signal.SIGCHLD, signal.SIGTERM})
ENDED = b"S"


def prepare_supervisor(control: socket.socket, sealed: bool) -> None:
    """Leave the terminal, and be told when the grader dies: by SIGKILL if sealed, else by SIGTERM.

    The first process of a namespace takes all others along when it is killed; otherwise it has to clean up.
    """
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL if sealed else signal.SIGTERM)
        if not sealed:
            prctl(PR_SET_CHILD_SUBREAPER, 1)
    if _is_alone(control):  # it died before the line above
        os._exit(1)


def _is_alone(control: socket.socket) -> bool:
    try:
        return not control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False


def supervise(student: int, control: socket.socket, folder: Path | None) -> NoReturn:
    """Wait for the end of the student's process, report it and end all others.

    folder: its private temporary folder, to be removed; None if it is sealed.
    """
    restore_signals()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    close_others({control.fileno()})
    code = _wait_for_end(student)
    if folder is None:
        _end_namespace()
    else:
        _end_tree(student)
        remove_tree(folder)
    if code is not None:
        with contextlib.suppress(OSError):
            control.send(ENDED + str(code).encode())
    os._exit(0)


def _wait_for_end(student: int) -> int | None:
    """The student's exit code, or None if the grader is gone or wants it ended."""
    while signal.sigwait(AWAITED) != signal.SIGTERM:
        code = _student_code(student)
        if code is not None:
            return code
    return None


def _student_code(student: int) -> int | None:
    """The student's exit code if it ended, which is left unreaped: its process group must stay its own.

    Orphans of the tree that ended are reaped, since they count as processes.
    """
    if sys.platform != "linux":
        pid, status = os.waitpid(student, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None
    while True:
        try:
            end = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None
        if end is None:
            return None
        if end.si_pid == student:
            return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
        os.waitpid(end.si_pid, 0)


def _end_namespace() -> None:
    """Kill all but this process, the first of the namespace, and wait for each.

    The kernel would do the first by itself. But what a process used of the processor counts only where
    somebody waited for it.
    """
    if os.getpid() != 1:  # then -1 would mean all of the machine's
        return
    with contextlib.suppress(OSError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _end_tree(student: int) -> None:
    """Kill all descendants.

    Where the filter keeps them in one process group, one signal reaches all at once, a fork bomb too. Those
    that left it become children of this process, the subreaper, as soon as their parents die.
    """
    for kill in (os.killpg, os.kill):  # the second if it has no group of its own yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(student, signal.SIGKILL)
    while True:
        for child in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:  # not Linux, or a kernel without this list
        return []
