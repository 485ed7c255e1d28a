"""Recurses without end, with no limit to stop it."""

import sys


def add(a, b):
    sys.setrecursionlimit(10**9)
    return add(b, a)


# %% total
def total(numbers):
    return total(total)
