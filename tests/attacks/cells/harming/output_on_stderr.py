"""Writes warnings and lines on stderr without end."""

import sys
import warnings

warnings.simplefilter("always")


def add(a, b):
    for number in range(100_000):
        warnings.warn("x" * 1000, stacklevel=1)
        sys.stderr.write(f"{number}\r" * 100)
    return 3
