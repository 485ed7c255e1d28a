"""The student's process as the verifier sees it: cells are run there, and a copy of it answers each test."""

import contextlib
import math
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from gradebook.bridge.imports import RemoteFinder
from gradebook.bridge.peer import Peer
from gradebook.bridge.wire import OverdueError, Wire, WireError
from gradebook.grade.verdict import Ended
from tito.expect import StudentCodeStopped

# How long an interrupted cell may take to end.
GRACE_SECONDS = 2.0

Hear = Callable[[Any], object]


class GoneError(StudentCodeStopped):
    """The student's process can't be used any more; `ended` and the text say why."""

    def __init__(self, ended: Ended, reason: str) -> None:
        super().__init__(reason)
        self.ended = ended


class Session:
    """The student's process, `pid`, reached over two sockets (see `gradebook.student.process`).

    packages: the names of top-level packages that only the student's process has.
    call_seconds: how long one call by a test may take.
    """

    def __init__(
        self,
        pid: int,
        control: socket.socket,
        handover: socket.socket,
        packages: tuple[str, ...],
        call_seconds: float = math.inf,
    ) -> None:
        self.pid, self.call_seconds = pid, call_seconds
        self._wire, self._handover = Wire(control), handover
        self._gone: GoneError | None = None
        self._asked: list[Copy] = []
        self._count = 0
        self._finders = [RemoteFinder(package, self._latest_peer) for package in packages]
        for finder in self._finders:
            finder.install()

    def run_cell(self, source: str, seconds: float, hear: Hear) -> Ended:
        """Run a cell, which is interrupted after `seconds`. Raises `GoneError` when the process is lost."""
        self._send(["cell", source], seconds)
        try:
            how = self._listen("ran", seconds, hear)
        except OverdueError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)
            try:
                self._listen("ran", GRACE_SECONDS, hear)
            except OverdueError:
                raise self._lose(
                    Ended.TIMEOUT, f"did not stop when it was interrupted after {seconds:g} s"
                ) from None
            return Ended.TIMEOUT
        return Ended.OK if how == ["ok"] else Ended.ERROR

    def copy(self, seconds: float) -> "Copy":
        """A copy of the process, made when it is first asked, or by its `fork` as the process is then."""
        self._count += 1
        return Copy(self, self._count, seconds)

    @contextmanager
    def asking(self, copy: "Copy") -> Iterator["Copy"]:
        """Let tests ask this copy meanwhile; afterwards it is gone."""
        self._asked.append(copy)
        try:
            yield copy
        finally:
            self._asked.remove(copy)
            copy.close()
            for finder in self._finders:
                finder.forget()

    def fork(self, number: int, seconds: float) -> socket.socket:
        """Let the process copy itself; the socket on which the copy answers."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._send(["fork", number], seconds)
            socket.send_fds(self._handover, [b"s"], [theirs.fileno()])
        self._expect("fork", seconds)
        return ours

    def end_copy(self, number: int, seconds: float) -> None:
        """Let the process end a copy."""
        # Where the process itself is lost, whoever asks it next is told.
        with contextlib.suppress(GoneError):
            self._send(["end", number], seconds)
            self._expect("end", seconds)

    def _latest_peer(self) -> Peer:
        if not self._asked:
            raise ImportError("the student's package can be imported in a graded cell or a check only")
        return self._asked[-1].peer

    def _send(self, message: list[Any], seconds: float) -> None:
        if self._gone:
            raise self._gone
        try:
            self._wire.send(message, deadline=time.monotonic() + seconds)
        except WireError:
            raise self._lose(Ended.DIED, "Python ended") from None

    def _expect(self, name: str, seconds: float) -> None:
        try:
            self._listen(name, seconds, lambda _: None)
        except OverdueError:
            raise self._lose(Ended.TIMEOUT, "the notebook's process does not answer") from None

    def _listen(self, name: str, seconds: float, hear: Hear) -> list[Any]:
        """What comes with the answer of that name; what is shown meanwhile is heard."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                message, _ = self._wire.receive(deadline)
                if message[0] == name:
                    return list(message[1:])
                if message[0] != "show":
                    raise WireError("out of turn")
                hear(message[1])
        except OverdueError:
            raise
        except (WireError, LookupError, TypeError):
            raise self._lose(Ended.DIED, "Python ended") from None

    def _lose(self, ended: Ended, reason: str) -> GoneError:
        self._gone = self._gone or GoneError(ended, reason)
        self._wire.close()
        return self._gone


class Copy:
    """A copy of the student's process that answers one test.

    hear: called with what it shows meanwhile.
    """

    def __init__(self, session: Session, number: int, seconds: float) -> None:
        self._session, self._number, self._seconds = session, number, seconds
        self._socket: socket.socket | None = None
        self.hear: Hear = lambda _: None

    def fork(self) -> None:
        """Make it now, of the process as it is; it waits to be asked."""
        self._socket = self._socket or self._session.fork(self._number, self._seconds)

    @cached_property
    def peer(self) -> Peer:
        """The way to ask it; it has its seconds from the first time on."""
        self.fork()
        assert self._socket
        peer = Peer(Wire(self._socket), strict=True, hear=lambda output: self.hear(output))
        peer.deadline = time.monotonic() + self._seconds
        peer.call_seconds = self._session.call_seconds
        return peer

    def close(self) -> None:
        """End it, if it was ever made."""
        if self._socket is None:
            return
        if "peer" in vars(self):
            self.peer.close("this test is over")
        self._socket.close()
        self._session.end_copy(self._number, self._seconds)
