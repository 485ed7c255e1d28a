"""Writes bytes that are no text, half a character at a time, and endless lines."""

import os
import sys

os.write(1, b"\xff\xfe\x00\xc3" * 1000)
sys.stdout.write("\ud800\udfff\x00\x08\u2028" * 1000)
for _ in range(1000):
    os.write(2, b"\xf0\x9f")


def add(a, b):
    sys.stdout.buffer.write(b"\xff" * 1000)
    return 3
