"""Sends pickles that would run a function in whoever loads them."""

import os
import pickle
from contextlib import suppress


class Runs:
    def __reduce__(self):
        return (print, ("canary: unpickled",))

    __getstate__ = __reduce__


def add(a, b):
    for number in range(3, 256):
        with suppress(OSError):
            os.set_blocking(number, False)
            os.write(number, pickle.dumps(Runs()))
    return Runs()
