"""Prints its environment, as Python has it and as the process was started with."""

import os
from pathlib import Path


def add(a, b):
    print(dict(os.environ))
    print(Path("/proc/self/environ").read_bytes())
    raise RuntimeError(f"environment: {dict(os.environ)}")
