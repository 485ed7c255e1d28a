"""An engine kept ready in a process of its own, for callers that grade a notebook now and then.

A server with threads must not fork a verifier itself, and starting an engine takes longer than grading.
"""

import contextlib
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from gradebook.grade.marking import Marked
from tito.errors import GraderFault

# Called with `engine` and `level`; it goes to the other process, so it is a function of a module's.
Order = Callable[..., Marked]


class Standby:
    """The process, started when it is first needed and again after anything went wrong with it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, fonts: Path) -> None:
        """See that it is there; raises `GraderFault` where nothing would contain student code.

        fonts: see `font_list`.
        """
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._start(fonts)
            self._hear()

    def carry_out(self, order: Order, fonts: Path) -> Marked:
        """Have an order carried out there; what it raises is raised here."""
        self.prepare(fonts)
        # Where it has ended meanwhile, what is heard says so.
        with contextlib.suppress(OSError):
            self._orders.send(order)
        answer = self._hear()
        assert isinstance(answer, Marked)
        return answer

    def _hear(self) -> Marked | None:
        """What it has to say: that it is ready, or what an order came to."""
        try:
            answer: Marked | Exception | None = self._orders.recv()
        except (EOFError, OSError) as error:
            self.close()
            message = "The process that grades was killed, perhaps because memory ran out"
            raise GraderFault(message, "`nbgrader autograde` grades what is left") from error
        except BaseException:
            self.close()
            raise
        if isinstance(answer, Exception):
            self.close()
            raise answer
        return answer

    def close(self) -> None:
        """End it, whatever it does at the moment."""
        if self._process is not None:
            self._orders.close()
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self, fonts: Path) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "gradebook.plain.standby", str(theirs.fileno()), str(fonts)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        self._orders = Connection(ours.detach())


def main(descriptor: str, fonts: str) -> None:
    """Carry out orders until the other side hangs up, or until one fails."""
    from gradebook.grade.containment import choose_level
    from gradebook.grade.engine import ONE_THREAD, Engine

    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    orders = Connection(int(descriptor))
    try:
        level = choose_level()
        with Engine(Path(fonts)) as engine:
            orders.send(None)
            while True:
                orders.send(orders.recv()(engine=engine, level=level))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001 - the boundary: the caller gets it, with its traceback
        error.add_note("".join(traceback.format_exception(error)))
        orders.send(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
