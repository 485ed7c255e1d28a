"""Asks for more memory than there is, in one piece, and for shared memory besides."""

import mmap

import numpy as np


def add(a, b):
    shared = mmap.mmap(-1, 8 << 30)
    for start in range(0, 8 << 30, 64 << 20):
        shared[start : start + 4096] = b"x" * 4096
    return np.ones(1 << 40)
