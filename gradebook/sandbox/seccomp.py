"""A filter on system calls: what no student's process needs is refused, whatever else would allow it.

The rules are tables; `assemble` turns them into a classic BPF program (reference: seccomp(2), and
include/uapi/linux/{bpf_common,seccomp,audit}.h).
"""

import ctypes
import errno
import stat
import struct
from dataclasses import dataclass
from functools import lru_cache

from gradebook.sandbox.syscall_numbers import NEWEST
from gradebook.sandbox.syscalls import (
    MACHINE,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_MM,
    PR_SET_PDEATHSIG,
    call,
    number_of,
)

REFUSED = """
    acct add_key adjtimex bpf chroot clock_adjtime clock_settime create_module delete_module fanotify_init
    fanotify_mark finit_module fsconfig fsmount fsopen fspick get_kernel_syms init_module io_uring_enter
    io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie
    memfd_create memfd_secret migrate_pages modify_ldt mount mount_setattr move_mount move_pages
    name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root
    process_madvise process_mrelease process_vm_readv process_vm_writev ptrace query_module quotactl
    quotactl_fd reboot request_key seccomp setdomainname sethostname setns settimeofday swapoff swapon
    syslog _sysctl umount2 unshare uselib userfaultfd ustat vhangup
""".split()  # noqa: SIM905
# Without namespaces: sockets with a path (a session bus starts programs for anyone), IPC that outlives its
# makers, watching folders, and leaving the process group that is killed at the end, all at once.
REFUSED_ON_THE_HOST = "connect inotify_add_watch mq_open msgget semget setpgid setsid shmget truncate".split()  # noqa: SIM905
# In the grader's own account these would reach the grader's files, which Landlock leaves open to them, and
# copying a file must work nevertheless: they do nothing, and say that it worked.
PRETENDED = """
    chmod chown fchmod fchmodat fchmodat2 fchown fchownat futimesat lchown utime utimensat utimes
""".split()  # noqa: SIM905
UNSUPPORTED = "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr".split()  # noqa: SIM905

LOAD, AND, EQUAL, AT_LEAST, JUMP, RETURN = 0x20, 0x54, 0x15, 0x35, 0x05, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
AUDIT_ARCHITECTURES = (0xC000003E, 0xC00000B7)
X32 = 0x40000000
ALL_BITS = 0xFFFFFFFF
NEW_NAMESPACES_OR_SIBLING = 0x7E020000 | 0x8000  # CLONE_NEW*, CLONE_PARENT
AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET = 1, 1, 5


@dataclass(frozen=True)
class Rule:
    """Judge a call by one argument: (argument & mask) must be one of `values`, or none if not `allowed`.

    Only the low 32 bits count, as for every argument used here the kernel reads no others.
    """

    name: str
    argument: int
    values: tuple[int, ...]
    mask: int = ALL_BITS
    allowed: bool = True


NO_DEVICE = (0, stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK)
RULES = (
    Rule("clone", 0, (0,), NEW_NAMESPACES_OR_SIBLING),
    Rule("socketpair", 0, (AF_UNIX,)),
    Rule("personality", 0, (ALL_BITS,)),  # only asks
    Rule("mknod", 1, NO_DEVICE, stat.S_IFMT(ALL_BITS)),
    Rule("mknodat", 2, NO_DEVICE, stat.S_IFMT(ALL_BITS)),
    Rule("ioctl", 1, (0x5412, 0x541C, 0x5423), allowed=False),  # TIOCSTI, TIOCLINUX, TIOCSETD
    Rule("prctl", 0, (PR_SET_PDEATHSIG, PR_SET_MM, PR_SET_CHILD_SUBREAPER), allowed=False),
    Rule("prlimit64", 0, (0,)),
)
SEALED_RULES = (Rule("socket", 0, (AF_UNIX,)),)
# A datagram socket of a pair can still send to any path.
HOST_RULES = (Rule("socket", 0, ()), Rule("socketpair", 1, (SOCK_STREAM, SOCK_SEQPACKET), mask=0xF))
# In the grader's account: no hand on other processes' scheduling.
SAME_ACCOUNT_RULES = tuple(
    Rule(name, argument, (0,))
    for name, argument in (
        ("sched_setaffinity", 0),
        ("sched_setattr", 0),
        ("sched_setparam", 0),
        ("sched_setscheduler", 0),
        ("setpriority", 1),
        ("ioprio_set", 1),
    )
)


def signal_rules(pid: int) -> tuple[Rule, ...]:
    """Signals to itself and its group alone, for the grader's account where Landlock can't scope them."""
    owner_calls = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: the kernel then sends the signal
    return (
        Rule("kill", 0, (0, pid)),
        Rule("tgkill", 0, (pid,)),
        Rule("rt_sigqueueinfo", 0, (pid,)),
        Rule("rt_tgsigqueueinfo", 0, (pid,)),
        Rule("tkill", 0, ()),
        Rule("pidfd_send_signal", 0, ()),
        Rule("fcntl", 1, owner_calls, allowed=False),
        Rule("ioctl", 1, (0x8901, 0x8902), allowed=False),  # FIOSETOWN, SIOCSPGRP
    )


@lru_cache(maxsize=8)
def assemble(on_host: bool, same_account: bool, only_signal: int | None) -> bytes:
    """The program; `on_host`: no namespaces stand round the process; `only_signal`: see `signal_rules`."""
    answers = dict.fromkeys(REFUSED, errno.EPERM) | {"clone3": errno.ENOSYS}
    rules = RULES + (HOST_RULES if on_host else SEALED_RULES)
    if on_host:
        answers |= dict.fromkeys(REFUSED_ON_THE_HOST, errno.EPERM)
    if on_host and same_account:
        answers |= dict.fromkeys(PRETENDED, 0) | dict.fromkeys(UNSUPPORTED, errno.ENOTSUP)
        rules += SAME_ACCOUNT_RULES
    if only_signal is not None:
        rules += signal_rules(only_signal)
    program = _check_machine()
    for name, error in answers.items():
        if (number := number_of(name)) is not None:
            program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | error)]
    for rule in rules:
        program += _judge(rule)
    program.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


Instruction = tuple[int, int, int, int]  # code, how many to skip if true, if false, constant


def _check_machine() -> list[Instruction]:
    if MACHINE is None:
        raise OSError(errno.ENOSYS, "seccomp: this machine's system calls are not known")
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, AUDIT_ARCHITECTURES[MACHINE]),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
        (AT_LEAST, 0, 1, NEWEST + 1),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
    ]


def _judge(rule: Rule) -> list[Instruction]:
    number = number_of(rule.name)
    if number is None:
        return []
    refuse = (RETURN, 0, 0, ERRNO | errno.EPERM)
    count = len(rule.values)
    # After the comparisons: the answer to "none of the values", then to "one of them".
    last = [refuse] if rule.allowed else [(JUMP, 0, 0, 1), refuse]
    tests = [
        (EQUAL, count - index - 1 + 1, 0, value)  # over the remaining tests and the first answer
        for index, value in enumerate(rule.values)
    ]
    body = [(LOAD, 0, 0, ARGUMENTS + 8 * rule.argument), (AND, 0, 0, rule.mask), *tests, *last]
    return [(LOAD, 0, 0, NUMBER), (EQUAL, 0, len(body), number), *body]


def install(program: bytes) -> None:
    """Put the calling process, and all it will start, under the filter; needs no_new_privs."""
    set_mode_filter = 1
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, a pointer to them
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    call("seccomp", set_mode_filter, 0, ctypes.byref(header))
