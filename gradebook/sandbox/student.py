"""The last steps of a process before student code runs in it: each takes something away for good."""

import contextlib
import os
import signal
import stat
import sys
import tempfile
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

from gradebook.sandbox import landlock, seccomp
from gradebook.sandbox.credentials import change_account
from gradebook.sandbox.interpreter import DEVICES
from gradebook.sandbox.landlock import Rule
from gradebook.sandbox.limits import apply_limits, offer_to_oom_killer
from gradebook.sandbox.plan import Plan
from gradebook.sandbox.syscalls import LIBC, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, call, prctl
from gradebook.sandbox.walls import ContainmentError, Level


def become_student(plan: Plan, control: int, supervisor: int, processes: int) -> None:
    """Take from this process all that student code must not have.

    control: kept, besides `plan.keep`; supervisor: its parent's pid; processes: see `apply_limits`.
    """
    os.setsid()
    signal.set_wakeup_fd(-1)
    _settle_descriptors(plan.keep | {control})
    _settle_in(plan)
    if plan.walls.level is Level.OPEN:
        apply_limits(plan.walls.limits, processes)
        _die_with_parent(supervisor)
        return
    ruleset = landlock.create_ruleset(_landlock_rules(plan))
    apply_limits(plan.walls.limits, processes)
    change_account(plan.account, plan.may_search)
    _die_with_parent(supervisor)  # after the change of account, which clears it
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict_self(ruleset)
    seccomp.install(_filter(plan))


def _settle_descriptors(keep: Collection[int]) -> None:
    for descriptor in keep:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise ContainmentError(f"descriptor {descriptor} is a folder, a way out of the walls")
    close_others(keep)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    for descriptor in (1, 2):
        if not _is_channel(descriptor):
            os.dup2(null, descriptor)
    if null > 2 and null not in keep:
        os.close(null)


def _is_channel(descriptor: int) -> bool:
    """Whether it is a pipe or socket that the caller made, and no file or terminal of the grader's."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def close_others(keep: Collection[int]) -> None:
    """Close all descriptors but the first three and `keep`."""
    edges = sorted({0, 1, 2, *keep})
    end = 1 << 30
    for low, high in pairwise([*edges, end]):
        if high - low == 1:
            continue
        try:
            call("close_range", low + 1, high - 1, 0)
        except OSError:  # before Linux 5.9, or not Linux
            os.closerange(low + 1, min(high, os.sysconf("SC_OPEN_MAX")))


def _settle_in(plan: Plan) -> None:
    os.umask(0o022)
    os.chdir(plan.home)
    temporary = "/tmp" if plan.folder is None else str(plan.folder)
    os.environ.clear()
    if sys.platform == "linux":
        LIBC.clearenv()  # what C code set past Python
        offer_to_oom_killer()
    os.environ.update({"USER": "student", "LOGNAME": "student", **plan.walls.environment})
    os.environ.update({"HOME": str(plan.home), "TMPDIR": temporary})
    tempfile.tempdir = None  # it remembers the grader's


def _die_with_parent(supervisor: int) -> None:
    if sys.platform != "linux":
        return
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)


def _landlock_rules(plan: Plan) -> list[Rule]:
    rules = [Rule(Path(name), landlock.DEVICE) for name in DEVICES if Path(name).exists()]
    if plan.folder is None:
        rules += [Rule(Path("/"), landlock.READ), Rule(Path("/dev/pts"), landlock.TERMINAL)]
        return [*rules, Rule(Path("/tmp"), landlock.everything())]
    rules += [Rule(real, landlock.READ) for _, real in plan.paths]
    return [*rules, Rule(plan.folder, landlock.everything())]


def _filter(plan: Plan) -> bytes:
    return seccomp.assemble(
        plan.on_host, plan.account.is_graders, None if plan.signals_are_scoped else os.getpid()
    )


def restore_signals() -> None:
    """Give signals that Python handles their default meaning, in a process that is no longer the caller's."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            with contextlib.suppress(OSError):
                signal.signal(number, signal.SIG_DFL)
