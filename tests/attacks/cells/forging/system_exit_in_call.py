"""Raises SystemExit with code 0 in the middle of a check."""

import sys


def add(a, b):
    sys.exit(0)


# %% total
def total(numbers):
    raise SystemExit(0)
