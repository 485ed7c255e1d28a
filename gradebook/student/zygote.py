"""The process that student processes are forked from: `python -m gradebook.student.zygote DESCRIPTOR`.

It loads what every notebook needs, once, and never sees a test, a submission or a secret, for whatever is in
its memory is in the memory of every student's process. It is started with an environment to match.
"""

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from gradebook.sandbox.enclose import enclose
from gradebook.sandbox.enclosed import Enclosed
from gradebook.sandbox.walls import ContainmentError, walls_from_json
from gradebook.student.process import outlive_student, serve_student
from gradebook.student.shell import Shell, warm

LARGEST_REQUEST = 1 << 16


def serve(shell: Shell, orders: socket.socket) -> NoReturn:
    """Start and end student processes as ordered, until the other side hangs up.

    `{"start": walls, "package": folder}`, with two sockets, is answered by `{"pid": …}` or `{"error": …}`;
    `{"end": pid}` by `{}`.
    """
    running: dict[int, Enclosed] = {}
    while True:
        text, descriptors, _, _ = socket.recv_fds(orders, LARGEST_REQUEST, 2)
        if not text:
            for enclosed in running.values():
                enclosed.kill()
            os._exit(0)
        order = json.loads(text)
        answer: dict[str, Any] = {}
        if "start" in order:
            try:
                started = enclose(walls_from_json(order["start"]), descriptors)
            except ContainmentError as error:
                answer = {"error": str(error)}
            else:
                if started is None:
                    # Its descriptor was closed with all others.
                    orders.detach()
                    _become_student(shell, order["package"], *map(_socket, descriptors))
                running[started.pid] = started
                answer = {"pid": started.pid}
            for descriptor in descriptors:
                os.close(descriptor)
        elif order["end"] in running:
            running.pop(order["end"]).kill()
        orders.send(json.dumps(answer).encode())


def _become_student(shell: Shell, package: str, control: socket.socket, handover: socket.socket) -> NoReturn:
    student = os.fork()
    if student:
        control.close()
        handover.close()
        outlive_student(student)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A file beside the notebook must not be imported in place of a library.
    sys.path[:] = [package, *(path for path in sys.path if path not in ("", str(Path.cwd())))]
    serve_student(shell, control, handover)


def _socket(descriptor: int) -> socket.socket:
    return socket.socket(fileno=descriptor)


def main(descriptor: str) -> NoReturn:
    """Load everything, say so, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shell = warm()
    # What is here now stays: no collection in a fork needs to look at it, and so to copy its memory.
    gc.freeze()
    orders = _socket(int(descriptor))
    orders.send(b"{}")
    serve(shell, orders)


if __name__ == "__main__":
    main(*sys.argv[1:])
