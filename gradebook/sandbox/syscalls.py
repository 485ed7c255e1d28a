"""System calls that Python has no function for, through ctypes; importable everywhere, useful on Linux."""

import ctypes
import os
import sys
from typing import Any

from gradebook.sandbox.syscall_numbers import NUMBERS

MACHINES = {"x86_64": 0, "aarch64": 1}
MACHINE = MACHINES.get(os.uname().machine) if sys.platform == "linux" and sys.maxsize > 1 << 32 else None

# PyDLL keeps the GIL over a call: a process made by `clone` must not wait for a lock that nobody gives back.
LIBC = ctypes.PyDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long

MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x2, 0x4, 0x8
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 0x1, 0x2, 0x4

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
SIGCHLD, CLONE_INTO_CGROUP = 17, 0x200000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP = 1, 4, 8, 24
PR_SET_MM, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 35, 36, 38, 47
PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 2, 4


def number_of(name: str) -> int | None:
    """The number of a system call on this machine, or None where it does not exist."""
    return None if MACHINE is None else NUMBERS[name][MACHINE]


def call(name: str, *arguments: Any) -> int:
    """Make a system call; integers, bytes (as a C string), None (as a null pointer) and ctypes objects.

    Raises OSError, which says which call failed.
    """
    number = number_of(name)
    if number is None:
        raise OSError(38, f"{name}: no such system call here")
    result: int = LIBC.syscall(ctypes.c_long(number), *map(_as_c, arguments))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def _as_c(argument: Any) -> Any:
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    if isinstance(argument, bytes):
        return ctypes.c_char_p(argument)
    return ctypes.c_void_p(None) if argument is None else argument


def write_bytes(path: str, content: bytes, flags: int = 0) -> None:
    """Write a small file at once, past Python's layers.

    Each page of them that a forked process touches first is copied: a dozen files would cost a millisecond.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o644)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def prctl(option: int, value: int = 0, third: int = 0) -> int:
    """Operate on the calling process."""
    return call("prctl", option, value, third, 0, 0)


def clone(flags: int, group: int | None = None) -> int:
    """Fork into new namespaces: the child's pid in the parent, 0 in the child.

    group: a descriptor of the version 2 control group that it is born in. Raises OSError where the kernel, or
    a filter of a container's, has no clone3.
    Unlike after `os.fork`, Python's hooks have not run in the child: it only prepares, and forks again.
    """
    if group is None:
        return call("clone", flags | SIGCHLD, 0, 0, 0, 0)
    # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
    # set_tid_size, cgroup
    arguments = (ctypes.c_uint64 * 11)(flags | CLONE_INTO_CGROUP, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, group)
    return call("clone3", ctypes.byref(arguments), ctypes.sizeof(arguments))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount `source` at `target`."""
    call("mount", source.encode(), target.encode(), kind.encode(), flags, options.encode())


def set_mount_attributes(path: str, attributes: int, recursive: bool) -> None:
    """Add attributes, such as read-only, to a mount; with `recursive`, to all below it too (Linux 5.12)."""
    # struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    call("mount_setattr", AT_FDCWD, path.encode(), flags, ctypes.byref(wanted), ctypes.sizeof(wanted))
