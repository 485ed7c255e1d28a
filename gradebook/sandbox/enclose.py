"""Enclosing student code: a forked process round which walls stand before the first line of it runs."""

import itertools
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Collection

from gradebook.sandbox.cgroup import Group, create_group
from gradebook.sandbox.copies import copy_files, remove_tree
from gradebook.sandbox.enclosed import PATIENCE, Enclosed
from gradebook.sandbox.plan import Plan, make_plan
from gradebook.sandbox.private_root import NAMESPACES, WITH_OWN_USERS, Root, build_root, map_own_account
from gradebook.sandbox.student import become_student
from gradebook.sandbox.supervisor import AWAITED, prepare_supervisor, supervise
from gradebook.sandbox.syscalls import clone
from gradebook.sandbox.walls import ContainmentError, Layer, Level, Walls

READY, FAILED, GO = b"R", b"F", b"G"

_names = itertools.count()


def enclose(
    walls: Walls, keep: Collection[int] = (), without: Collection[Layer] = frozenset()
) -> Enclosed | None:
    """Fork a process for student code: a handle in the caller, None in the child, where all walls stand.

    The caller must have one thread. The child has of the caller's descriptors 1 and 2, if they are pipes or
    sockets, and `keep`, which must hold no folders; 0 is /dev/null. File objects for all others are stale.
    Its memory is a copy of the caller's, so nothing secret may be there; nor in the environment that the
    caller was started with, which /proc/self/environ shows for ever: start it with a clean one.

    without: layers to treat as missing from this machine.
    Raises ContainmentError if a wall can't be built; then no code was run.
    """
    plan = make_plan(walls, keep, without)
    group = None if walls.level is Level.OPEN else create_group(walls.limits, str(next(_names)))
    ours, theirs = socket.socketpair()
    if sys.platform == "linux":
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()  # or the child would write it once more
    try:
        supervisor = _fork_supervisor(plan, group)
    except OSError as error:
        ours.close()
        theirs.close()
        _discard(plan, group)
        raise ContainmentError(f"no process for student code: {error}") from error
    if supervisor:
        theirs.close()
        return _meet(supervisor, ours, plan, group)
    os.close(ours.detach())
    _build(plan, group, theirs)
    return None


def _fork_supervisor(plan: Plan, group: Group | None) -> int:
    if sys.platform != "linux":
        return os.fork()
    # Half the price of `os.fork`, as Python's hooks for a child do not run twice.
    flags = 0 if plan.on_host else WITH_OWN_USERS if plan.own_users else NAMESPACES
    birthplace = group.birthplace if group is not None else None
    if birthplace is None:
        return clone(flags)
    descriptor = os.open(birthplace, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return clone(flags, descriptor)
    except OSError:
        return clone(flags)
    finally:
        os.close(descriptor)


def _discard(plan: Plan, group: Group | None) -> None:
    if plan.folder is not None:
        remove_tree(plan.folder)
    if group is not None:
        group.remove()


def _meet(supervisor: int, control: socket.socket, plan: Plan, group: Group | None) -> Enclosed:
    """Wait until the walls stand, find out who the student's process is, and let it go on."""
    control.settimeout(PATIENCE)
    room = socket.CMSG_SPACE(struct.calcsize("3i"))
    try:
        message, ancillary, *_ = control.recvmsg(4096, room)
    except OSError as error:
        message, ancillary = FAILED + str(error).encode(), []
    if message.startswith(READY):
        pid = int(message[1:])
        for _, _, credentials in ancillary:  # as the kernel translates it out of its namespace
            pid, _, _ = struct.unpack("3i", credentials)
    else:
        pid = supervisor
    enclosed = Enclosed(
        pid=pid,
        level=plan.walls.level,
        _supervisor=supervisor,
        _control=control.detach(),
        _process=os.pidfd_open(pid) if sys.platform == "linux" else None,
        _folder=plan.folder,
        _group=group,
    )
    if pid == supervisor:
        enclosed.kill()
        reason = message[1:].decode(errors="replace") or "it ended while walls were built"
        raise ContainmentError(f"no {plan.walls.level} process for student code: {reason}")
    os.write(enclosed.fileno(), GO)
    return enclosed


def _build(plan: Plan, group: Group | None, control: socket.socket) -> None:
    """Build the walls; returns in the student's process alone."""
    try:
        prepare_supervisor(control, sealed=not plan.on_host)
        if group is not None:
            group.join()
        _furnish(plan)
        supervisor = os.getpid()
        student, processes = _fork_student(plan)
        if student:
            supervise(student, control, plan.folder)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
        become_student(plan, control.fileno(), supervisor, processes)
        control.send(READY + str(os.getpid()).encode())
        if control.recv(1) != GO:
            os._exit(1)
        os.close(control.detach())
    except BaseException as error:  # noqa: BLE001 - the boundary: nothing may return into the caller's code
        control.send(FAILED + f"{type(error).__name__}: {error}".encode())
        os._exit(1)


def _furnish(plan: Plan) -> None:
    """Make the files that the student's process will see."""
    account, own = plan.account, plan.walls.own
    own = None if own is None else own.resolve()
    if plan.folder is None:
        if plan.own_users:
            map_own_account(account.uid, account.gid)
        build_root(Root(plan.paths, account, plan.walls.limits.disk_bytes, own))
        return
    plan.home.mkdir()
    if own is not None:
        copy_files(own, plan.home, account.uid, account.gid)
    for folder in (plan.home, plan.folder):
        os.chown(folder, account.uid, account.gid)


def _fork_student(plan: Plan) -> tuple[int, int]:
    """Fork, and find the limit that leaves the account the processes it is to have.

    In a container not all processes of the grader's account are to be seen, but all count: the limit is
    raised until one more is allowed.
    """
    room = plan.walls.limits.processes
    limit = plan.existing + room
    if not (plan.on_host and plan.account.is_graders) or sys.platform != "linux":
        return os.fork(), limit
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    while True:
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_NPROC, (wanted, hard))
        try:
            return os.fork(), limit
        except BlockingIOError:
            if wanted != limit:
                raise
            limit += room
