"""A root of its own for a student's process: read-only but for /tmp, with nothing else of the host in it.

Every step is taken by the first process of the new namespaces. Folders on the way to a path are fresh ones,
so a path below a folder of mode 0700 can be reached by an account that could not enter it outside.
"""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gradebook.sandbox.copies import copy_files
from gradebook.sandbox.credentials import Account
from gradebook.sandbox.interpreter import DEVICES
from gradebook.sandbox.syscalls import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MNT_DETACH,
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_RDONLY,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    PR_SET_DUMPABLE,
    call,
    mount,
    prctl,
    set_mount_attributes,
    write_bytes,
)

NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
WITH_OWN_USERS = NAMESPACES | CLONE_NEWUSER
HOME = Path("/tmp/home")
HOST = Path("/.host")
FROM_THE_HOST = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
MOST_FILES = 16384


@dataclass(frozen=True)
class Root:
    """What is in a private root: whose account, how large its /tmp, which submission.

    paths: where they are to be seen, and where on the host they really are, without links.
    """

    paths: tuple[tuple[Path, Path], ...]
    account: Account
    disk_bytes: int
    own: Path | None


def map_own_account(uid: int, gid: int) -> None:
    """In a new user namespace, be who one was outside, and no one else.

    uid, gid: as outside; they have no name in here yet.
    """
    prctl(PR_SET_DUMPABLE, 1)  # else the maps belong to root
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        write_bytes(f"/proc/self/{name}", text.encode())


def build_root(root: Root) -> None:
    """Make a private root and move into it; nothing of the host can be reached after that."""
    os.umask(0o022)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    _enter_empty_root()
    _mount_tmp(root.disk_bytes)
    _show_paths(root.paths)
    _make_devices()
    _make_etc(root.account)
    _mount_proc()
    _make_home(root)
    call("umount2", bytes(HOST), MNT_DETACH)
    HOST.rmdir()
    set_mount_attributes("/", FROM_THE_HOST, recursive=False)
    call("sethostname", b"student", len("student"))


def _enter_empty_root() -> None:
    """Make a tmpfs the root, and what was the root HOST.

    It is mounted over a folder that is there everywhere, and that is seen again as soon as it has moved.
    """
    base = next(path for path in ("/tmp", "/var", "/usr") if Path(path).is_dir())
    mount("none", base, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=4096,mode=0755")
    host = Path(base + str(HOST))
    host.mkdir()
    call("pivot_root", base.encode(), bytes(host))
    os.chdir("/")


def _on_host(path: Path) -> Path:
    return HOST / path.relative_to("/")


def _show_paths(paths: Iterable[tuple[Path, Path]]) -> None:
    for path, real in paths:
        source, target = f"{HOST}{real}", str(path)
        if path.parent == Path("/") and os.path.islink(f"{HOST}{path}"):  # noqa: PTH114 - as the next line
            os.symlink(os.readlink(f"{HOST}{path}"), path)  # noqa: PTH211, PTH115 - /lib and its like
            continue
        os.makedirs(path.parent, exist_ok=True)  # noqa: PTH103 - see `write_bytes`
        _make_place(target, os.path.isdir(source))  # noqa: PTH112
        mount(source, target, flags=MS_BIND | MS_REC)
        set_mount_attributes(target, FROM_THE_HOST, recursive=True)


def _make_place(target: str, is_folder: bool) -> None:
    with contextlib.suppress(FileExistsError):
        if is_folder:
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))


def _make_devices() -> None:
    os.makedirs("/dev/pts")  # noqa: PTH103
    for name in DEVICES:
        _make_place(name, is_folder=False)
        mount(f"{HOST}{name}", name, flags=MS_BIND)
    # Pseudo-terminals: a shell magic of IPython runs its command on one.
    mount("none", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,max=16")
    for target, link in (("pts/ptmx", "ptmx"), ("/tmp/.shm", "shm"), ("/proc/self/fd", "fd")):
        os.symlink(target, f"/dev/{link}")  # noqa: PTH211


def _make_etc(account: Account) -> None:
    _make_place("/etc", is_folder=True)
    user = f"student:x:{account.uid}:{account.gid}:student:{HOME}:/bin/sh\n"
    write_bytes("/etc/passwd", user.encode(), os.O_CREAT)
    write_bytes("/etc/group", f"student:x:{account.gid}:\n".encode(), os.O_CREAT)


def _mount_tmp(disk_bytes: int) -> None:
    """Mount the one place that can be written; before the paths to show, which may lie in the host's /tmp."""
    Path("/tmp").mkdir()
    options = f"size={disk_bytes},nr_inodes={MOST_FILES},mode=1777"
    mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options)


def _make_home(root: Root) -> None:
    """Make the folders that belong to the student, and copy the submission into the home."""
    account = root.account
    for folder in (HOME, Path("/tmp/.shm")):
        folder.mkdir()
        os.chown(folder, account.uid, account.gid)
    if root.own is not None:
        copy_files(_on_host(root.own), HOME, account.uid, account.gid)


def _mount_proc() -> None:
    """Mount a /proc of the new processes alone.

    A container whose own /proc is partly hidden may not do it without root; then there is none to see.
    """
    Path("/proc").mkdir()
    with contextlib.suppress(PermissionError):
        mount("none", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
