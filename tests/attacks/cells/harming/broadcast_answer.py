"""Returns an array of a few bytes that claims to have an exabyte."""

import numpy as np


def add(a, b):
    return np.broadcast_to(np.int8(3), (1 << 30, 1 << 30))


# %% total
def total(numbers):
    return range(1 << 60)
