"""Starts a thousand timers whose signals interrupt every system call."""

import signal
import threading

signal.signal(signal.SIGALRM, lambda *_: None)
signal.signal(signal.SIGPROF, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
signal.setitimer(signal.ITIMER_PROF, 0.0001, 0.0001)
for _ in range(1000):
    threading.Timer(30, print).start()


def add(a, b):
    return 3
