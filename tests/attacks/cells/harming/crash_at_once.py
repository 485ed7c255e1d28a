"""Crashes the interpreter while its cell runs, with a stack overflow in C."""

import os
import sys

sys.setrecursionlimit(10**9)


def nest(depth):
    return [nest(depth + 1)]


def add(a, b):
    os.abort()


nest(0)
