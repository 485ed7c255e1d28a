"""Sleeps for an hour."""

import time


def add(a, b):
    time.sleep(3600)
    return 3
