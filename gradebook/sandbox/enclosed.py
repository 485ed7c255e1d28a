"""A student's process as its grader holds it: to wait for, to interrupt, to kill."""

import contextlib
import os
import select
import signal
from dataclasses import dataclass, field
from pathlib import Path

from gradebook.sandbox.cgroup import Group
from gradebook.sandbox.copies import remove_tree
from gradebook.sandbox.supervisor import ENDED
from gradebook.sandbox.walls import Level

PATIENCE = 20.0  # seconds for building walls, and for ending a tree, on a machine under load


@dataclass
class Enclosed:
    """A student's process, as its grader sees it.

    pid is valid until the process ended; signals go through a descriptor that can't mean another one.
    """

    pid: int
    level: Level
    _supervisor: int
    _control: int
    _process: int | None
    _folder: Path | None
    _group: Group | None
    _code: int | None = field(default=None)
    _gone: bool = field(default=False)

    def fileno(self) -> int:
        """A descriptor for `select`: readable once the process ended."""
        return self._control

    def interrupt(self) -> None:
        """Send SIGINT to the process, as Ctrl-C would; nothing if it ended."""
        if self._gone:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._process is not None:
                signal.pidfd_send_signal(self._process, signal.SIGINT)
            else:
                os.kill(self.pid, signal.SIGINT)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end: the exit code, negative for a signal; None if it runs on after `timeout` seconds.

        The rest of its tree is then killed and its files are removed.
        """
        if not self._gone:
            if not self._ended(timeout):
                return None
            self._clean_up()
        return self._code

    def kill(self) -> None:
        """Kill the whole tree, reap it and remove its files; nothing if that is done."""
        if self._gone:
            return
        os.kill(self._supervisor, signal.SIGTERM)
        if not self._ended(PATIENCE):
            os.kill(self._supervisor, signal.SIGKILL)
        self._clean_up()

    def _ended(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def _clean_up(self) -> None:
        self._gone = True
        os.waitpid(self._supervisor, 0)
        with contextlib.suppress(ConnectionError):
            message = os.read(self._control, 64)
            self._code = int(message[1:]) if message[:1] == ENDED else -signal.SIGKILL
        for descriptor in (self._control, self._process):
            if descriptor is not None:
                os.close(descriptor)
        if self._folder is not None:
            remove_tree(self._folder)
        if self._group is not None:
            self._group.remove()
