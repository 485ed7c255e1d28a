"""Leaves a process that outlives the grading, whatever is asked of it."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def add(a, b):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            with suppress(OSError):
                Path("/proc/self/comm").write_text("canary_daemon")
            time.sleep(60)
        os._exit(0)
    return 3
