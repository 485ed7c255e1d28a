"""Forks thousands of processes that stay for a while."""

import os
import time


def add(a, b):
    first = os.getpid()
    for _ in range(12):
        os.fork()
    if os.getpid() != first:
        time.sleep(20)
        os._exit(0)
    return 3
