"""Blocks and ignores every signal that can be, then loops."""

import signal
from contextlib import suppress


def add(a, b):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    for number in signal.valid_signals():
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    while True:
        pass
