"""Leaves pipes, sockets and devices in its folder, on which a reader would hang."""

import os
import socket
import stat
from contextlib import suppress

with suppress(OSError):
    os.mkfifo("pipe.ipynb")
    os.mkfifo("canary")
    socket.socket(socket.AF_UNIX).bind("socket.txt")
    os.mknod("null", 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def add(a, b):
    return 3
