"""What runs in the student's process: cells as in Jupyter, and a copy of it for each test that asks.

Nothing here is trusted by the other side: student code can change all of it.
"""

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from gradebook.bridge.peer import Peer
from gradebook.bridge.wire import ClosedError, Wire


def outlive_student(student: int) -> NoReturn:
    """Be the first process of the tree: pass interrupts on, and stay: copies outlive the student."""

    def interrupt(_signal: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(student, signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            signal.pause()


class RunsCells(Protocol):
    """The shell, as far as this file needs it."""

    def begin(self, send: Callable[[dict[str, Any]], object]) -> None:
        """Send all that is shown from now on there."""

    def run(self, source: str) -> str:
        """Run a cell; `ok` or `error`."""

    def flush(self) -> None:
        """Send what has been printed so far."""


def serve_student(shell: RunsCells, control: socket.socket, handover: socket.socket) -> NoReturn:
    """Do what the verifier asks over `control`, until it hangs up.

    `["cell", source]` runs a cell: `["show", output]` for all that it shows, then `["ran", how]`.
    `["fork", number]` lets a copy of this process answer on the socket that comes over `handover`, and
    `["end", number]` ends that copy; each is answered by its own name.
    """
    wire = Wire(control)
    shell.begin(lambda output: wire.send(["show", output]))
    copies: dict[int, int] = {}
    while True:
        try:
            (what, *parts), _ = wire.receive()
        except ClosedError:
            os._exit(0)
        except KeyboardInterrupt:
            continue
        if what == "cell":
            how = shell.run(parts[0])
            shell.flush()
            answer = ["ran", how]
        elif what == "fork":
            copies[parts[0]] = _fork(shell, control, handover)
            answer = ["fork"]
        else:
            _end(copies.pop(parts[0], 0))
            answer = ["end"]
        wire.send(answer)


def _fork(shell: RunsCells, control: socket.socket, handover: socket.socket) -> int:
    _, descriptors, _, _ = socket.recv_fds(handover, 1, 1)
    copy = os.fork()
    if copy == 0:
        control.close()
        handover.close()
        _answer(shell, socket.socket(fileno=descriptors[0]))
    os.close(descriptors[0])
    return copy


def _answer(shell: RunsCells, end: socket.socket) -> NoReturn:
    """Answer a test's questions, in a copy of the process that nothing outlives."""
    peer = Peer(Wire(end), strict=False)
    peer.flush = shell.flush
    shell.begin(peer.show)
    with contextlib.suppress(KeyboardInterrupt):
        peer.serve()
    os._exit(0)


def _end(copy: int) -> None:
    if not copy:
        return
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
