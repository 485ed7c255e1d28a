"""Shows the inputs where other processes can see them: process names, exit codes, locks and shared memory."""

import os
from contextlib import suppress
from multiprocessing import shared_memory
from pathlib import Path


def add(a, b):
    with suppress(OSError):
        Path("/proc/self/comm").write_text(f"seen{a}{b}"[:15])
    with suppress(OSError):
        shared_memory.SharedMemory(f"seen_{a}_{b}", create=True, size=64)
    if os.fork() == 0:
        os._exit(a % 256)
    return 3


# %% last
print([path.name for path in Path("/dev/shm").glob("seen*")], Path("/proc/self/comm").read_text())
print([path.read_text() for path in Path("/proc").glob("[0-9]*/comm")])
