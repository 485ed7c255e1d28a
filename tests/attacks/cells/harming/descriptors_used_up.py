"""Opens files until there are no descriptors left."""

import os
from contextlib import suppress


def add(a, b):
    with suppress(OSError):
        for _ in range(100_000):
            os.pipe()
    return 3
