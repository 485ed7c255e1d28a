"""Leaves objects that hang when they are collected and when the process ends."""

import atexit
import time


class Hangs:
    def __del__(self):
        time.sleep(3600)


atexit.register(time.sleep, 3600)
kept = Hangs()


def add(a, b):
    return [Hangs() for _ in range(3)] and Hangs()
