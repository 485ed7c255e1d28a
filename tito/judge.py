"""The process in which a checkpoint runs: `python -m tito.judge CHECKPOINT FD SECONDS`.

It judges the checks one by one against the workspace's `tinytorch` and reports each over the pipe FD, as
lines of JSON: `checks` (all of them, before any runs), then `start` and `check` for each, then `end`; or
`fault` when the checkpoint file itself is broken. Whatever student code prints, and whatever this
process exits with, says nothing.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from tito.checks import load_checkpoint
from tito.results import dump_line

GRACE = 5


def judge(path: Path, send: Callable[[dict[str, Any]], None]) -> None:
    """Run the checkpoint at `path`, sending each event as it happens."""
    try:
        checkpoint = load_checkpoint(path)
    except Exception as error:  # noqa: BLE001 - a checkpoint file that doesn't load is a fault of ours to report
        send({"event": "fault", "message": f"{type(error).__name__}: {error}"})
        return
    checks = [{"name": c.name, "title": c.title, "points": c.points} for c in checkpoint.checks.values()]
    send({"event": "checks", "checks": checks})
    for result in checkpoint.run_each(started=lambda check: send({"event": "start", "name": check.name})):
        send({"event": "check", "check": asdict(result)})
    send({"event": "end"})


def main(path: str, fd: str, seconds: str) -> NoReturn:
    """Judge, then leave without waiting for threads or exit hooks of student code."""
    # NOTE: should `tito` be killed and leave us behind, the alarm ends us, whatever Python is doing.
    signal.alarm(int(float(seconds)) + GRACE)
    pipe = int(fd)
    os.set_inheritable(pipe, False)

    def send(event: dict[str, Any]) -> None:
        line = dump_line(event).encode("utf-8", "backslashreplace")
        while line:
            line = line[os.write(pipe, line) :]

    judge(Path(path), send)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
