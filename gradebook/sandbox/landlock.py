"""Landlock: a list of the files a process may touch, and no TCP and no signals out of its domain.

Not covered by the kernel: stat, chdir, chmod, chown, utime, UDP, and sockets that have a path (before ABI 9).
The mount namespace or the seccomp filter covers them. Reference: Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gradebook.sandbox.syscalls import call

SCOPES_SINCE = 6
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE
TERMINAL = DEVICE | READ_DIR | IOCTL_DEV
OF_A_FILE = EXECUTE | DEVICE | TRUNCATE | IOCTL_DEV
# Rights to files, by ABI.
HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
TCP_BIND_AND_CONNECT = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


@lru_cache(maxsize=1)
def landlock_abi() -> int:
    """The version of Landlock that the kernel offers, 0 for none."""
    ask_version = 1
    try:
        return call("landlock_create_ruleset", None, 0, ask_version)
    except OSError:
        return 0


@dataclass(frozen=True)
class Rule:
    """Allow `access` to `path` and to everything below it."""

    path: Path
    access: int


def everything() -> int:
    """All rights this kernel knows, but ioctl on devices."""
    return HANDLED[min(landlock_abi(), 5)] & ~IOCTL_DEV


def create_ruleset(rules: Iterable[Rule]) -> int:
    """Make a ruleset that allows `rules` and nothing else; its descriptor.

    Done while the process can still open the paths; `restrict_self` is then its last step but one.
    """
    abi = landlock_abi()
    handled = HANDLED[min(abi, 5)]
    # struct landlock_ruleset_attr: handled_access_fs, handled_access_net (ABI 4), scoped (ABI 6)
    fields = [handled, *([TCP_BIND_AND_CONNECT] if abi >= 4 else [])]
    fields += [ABSTRACT_SOCKETS_AND_SIGNALS] if abi >= SCOPES_SINCE else []
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    ruleset = call("landlock_create_ruleset", ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    for rule in rules:
        _add_rule(ruleset, rule, handled)
    return ruleset


def _add_rule(ruleset: int, rule: Rule, handled: int) -> None:
    beneath_a_path = 1
    descriptor = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rule.access & handled
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            allowed &= OF_A_FILE
        # struct landlock_path_beneath_attr, packed: allowed_access, parent_fd
        attributes = allowed.to_bytes(8, "little") + descriptor.to_bytes(4, "little")
        call("landlock_add_rule", ruleset, beneath_a_path, ctypes.create_string_buffer(attributes), 0)
    finally:
        os.close(descriptor)


def restrict_self(ruleset: int) -> None:
    """Put the calling process, and all it will start, under the ruleset; needs no_new_privs."""
    call("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)
