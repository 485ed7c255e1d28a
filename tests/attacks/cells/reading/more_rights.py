"""Asks for more rights: another user, new namespaces, set-user-id programs, raw devices."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)


def add(a, b):
    for call in (os.setuid, os.setgid):
        with suppress(OSError):
            call(0)
            print(call.__name__, os.getresuid(), os.getresgid())
    print("namespaces", libc.unshare(0x10000000 | 0x20000))
    for path in [*Path("/dev").glob("sd*"), *Path("/dev").glob("vd*"), Path("/dev/mem"), Path("/dev/kmsg")]:
        with suppress(OSError), path.open("rb") as device:
            print(path, device.read(64))
    with suppress(OSError):
        Path("canary_tool").write_text("#!/bin/sh\nid\n")
        Path("canary_tool").chmod(0o6755)
    return 3
