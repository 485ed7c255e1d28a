"""Forks in the middle of a call, so that two processes answer."""

import os


def add(a, b):
    os.fork()
    return 3
