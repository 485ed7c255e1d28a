"""Announces a message, sends half of it, and then says nothing."""

import os
import struct
import time
from contextlib import suppress


def add(a, b):
    for number in range(3, 256):
        with suppress(OSError):
            os.set_blocking(number, False)
            os.write(number, struct.pack("<II", 100, 0) + b'["answer", ')
    time.sleep(60)
    return 3
