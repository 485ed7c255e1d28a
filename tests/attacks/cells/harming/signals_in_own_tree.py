"""Kills and stops the other copies of its process, and interrupts the process that they are copies of."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def brothers():
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == os.getppid() > 1 and int(path.parent.name) != os.getpid():
                yield int(path.parent.name)


def add(a, b):
    for brother in brothers():
        os.kill(brother, signal.SIGKILL)
        print("killed a brother")
    for _ in range(20):
        os.kill(os.getppid(), signal.SIGINT)
    return 3


# %% total
def total(numbers):
    for brother in brothers():
        os.kill(brother, signal.SIGSTOP)
        print("stopped a brother")
    return 0
