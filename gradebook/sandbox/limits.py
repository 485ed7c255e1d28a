"""Resource limits of a student's process."""

import contextlib
import os
import resource
import sys
from pathlib import Path

from gradebook.sandbox.syscalls import write_bytes
from gradebook.sandbox.walls import Limits


def apply_limits(limits: Limits, processes: int) -> None:
    """Limit the calling process and all it will start; `processes` counts those its account already has."""
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        # SIGXCPU first, which leaves a second to say so, then SIGKILL.
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (limits.file_bytes, limits.file_bytes),
        resource.RLIMIT_NOFILE: (limits.descriptors, limits.descriptors),
    }
    if sys.platform == "linux":
        wanted[resource.RLIMIT_AS] = (limits.memory_bytes, limits.memory_bytes)
        wanted[resource.RLIMIT_NPROC] = (processes, processes)
        wanted[resource.RLIMIT_MSGQUEUE] = wanted[resource.RLIMIT_RTPRIO] = (0, 0)
        wanted[resource.RLIMIT_MEMLOCK] = (1 << 20, 1 << 20)
    for what, (soft, hard) in wanted.items():
        highest = resource.getrlimit(what)[1]
        if highest != resource.RLIM_INFINITY:
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(what, (soft, hard))


def count_tasks(uid: int) -> int:
    """How many processes and threads an account has, as far as /proc shows."""
    total = 0
    for entry in os.scandir("/proc") if Path("/proc").is_dir() else ():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                total += sum(1 for _ in os.scandir(f"/proc/{entry.name}/task"))
        except OSError:  # it ended meanwhile
            continue
    return total


def offer_to_oom_killer() -> None:
    """Let the kernel choose this process, not the grader, when the machine runs out of memory."""
    with contextlib.suppress(OSError):  # no /proc, or one in which this process belongs to root
        write_bytes("/proc/self/oom_score_adj", b"1000")
