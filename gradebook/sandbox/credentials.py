"""Whose account student code runs in, and without which powers."""

import ctypes
import itertools
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gradebook.sandbox.syscalls import (
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_CLEAR_ALL,
    PR_CAP_AMBIENT_RAISE,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_KEEPCAPS,
    call,
    prctl,
)

NOBODY = 65534
# A range that no convention gives to anyone (see systemd's UIDS-GIDS): one account for each enclosure, so
# that students running side by side can't signal each other and don't share a count of processes.
FIRST_STUDENT, STUDENTS = 0x70000000, 0x0FFF0000
SIDE_BY_SIDE = 64

CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN = 2, 21
CAPABILITY_VERSION_3 = 0x20080522

_enclosures = itertools.count()


@dataclass(frozen=True)
class Account:
    """The user and group that student code runs as.

    is_graders: it is the grader's own, which can't be left without being root.
    is_shared: other processes may run in it, and count against its limits.
    """

    uid: int
    gid: int
    is_graders: bool
    is_shared: bool


def graders_account() -> Account:
    """The account of the calling process."""
    return Account(os.geteuid(), os.getegid(), is_graders=True, is_shared=True)


def student_account() -> Account:
    """An account of its own when the grader is root, else the grader's."""
    if os.geteuid() != 0:
        return graders_account()
    if not _all_ids_exist():
        return Account(NOBODY, NOBODY, is_graders=False, is_shared=True)
    number = FIRST_STUDENT + (os.getpid() * SIDE_BY_SIDE + next(_enclosures) % SIDE_BY_SIDE) % STUDENTS
    return Account(number, number, is_graders=False, is_shared=False)


@lru_cache(maxsize=1)
def _all_ids_exist() -> bool:
    """Whether this user namespace, as a container may have one, maps all ids."""
    try:
        return all(
            Path(name).read_text().split() == ["0", "0", "4294967295"]
            for name in ("/proc/self/uid_map", "/proc/self/gid_map")
        )
    except OSError:
        return False


def has_capability(number: int) -> bool:
    """Whether the calling process has a capability now."""
    header, data = _capability_structs()
    call("capget", ctypes.byref(header), ctypes.byref(data))
    return bool(data[3 * (number // 32)] >> number % 32 & 1)


def change_account(account: Account, may_search: bool) -> None:
    """Become `account` for good, with no capability but, with `may_search`, reading past file modes.

    `may_search` is for a grader that is root and whose Python or course lies below a folder of mode 0700:
    which files can be opened at all is then for the private root and Landlock to say.
    """
    kept = 1 << CAP_DAC_READ_SEARCH if may_search and os.geteuid() == 0 else 0
    if os.geteuid() == 0 and not account.is_graders:
        _drop_bounding_set(kept)
        prctl(PR_SET_KEEPCAPS, 1 if kept else 0)
        os.setgroups([])
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header, data = _capability_structs()
    data[0] = data[1] = data[2] = kept
    call("capset", ctypes.byref(header), ctypes.byref(data))
    if kept:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH)
    # A change of account clears it, and /proc/self would belong to root.
    prctl(PR_SET_DUMPABLE, 1)


def _drop_bounding_set(kept: int) -> None:
    for number in range(64):
        if kept >> number & 1:
            continue
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError:  # past the last one this kernel has
            return


def _capability_structs() -> tuple["ctypes.Array[ctypes.c_uint32]", "ctypes.Array[ctypes.c_uint32]"]:
    """The header (version, pid) and two times effective, permitted, inheritable."""
    return (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
