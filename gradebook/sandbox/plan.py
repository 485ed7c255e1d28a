"""What has to be known of this machine and its grader before walls are built."""

import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gradebook.sandbox.credentials import (
    CAP_SYS_ADMIN,
    Account,
    graders_account,
    has_capability,
    student_account,
)
from gradebook.sandbox.interpreter import out_of_reach, python_needs, with_targets
from gradebook.sandbox.landlock import SCOPES_SINCE, landlock_abi
from gradebook.sandbox.limits import count_tasks
from gradebook.sandbox.private_root import HOME
from gradebook.sandbox.seccomp import assemble
from gradebook.sandbox.syscalls import MACHINE
from gradebook.sandbox.walls import ContainmentError, Layer, Level, Walls

NEEDED: dict[Level, frozenset[Layer]] = {
    Level.SEALED: frozenset(Layer),
    Level.CONFINED: frozenset({Layer.LANDLOCK, Layer.SECCOMP}),
    Level.OPEN: frozenset(),
}


@dataclass(frozen=True)
class Plan:
    """How walls will be built.

    paths: all that may be read, where it is to be seen, and where it really is.
    may_search: the account is kept from some of it by file modes, see `change_account`.
    own_users: the namespaces need one of users, as the grader is not root.
    existing: processes and threads that the account has already.
    folder: the private temporary folder; None at the sealed level, where it is in the private root.
    """

    walls: Walls
    keep: frozenset[int]
    account: Account
    paths: tuple[tuple[Path, Path], ...]
    may_search: bool
    own_users: bool
    existing: int
    folder: Path | None

    @property
    def on_host(self) -> bool:
        """Whether the process will stand among the host's, without namespaces."""
        return self.walls.level is not Level.SEALED

    @property
    def home(self) -> Path:
        """The working directory, which holds the copies of the submission."""
        return HOME if self.folder is None else self.folder / "home"

    @property
    def signals_are_scoped(self) -> bool:
        """Whether something other than the filter keeps signals from the grader's processes."""
        return not self.on_host or not self.account.is_graders or landlock_abi() >= SCOPES_SINCE


def make_plan(walls: Walls, keep: Collection[int], without: Collection[Layer]) -> Plan:
    """Find out what `enclose` needs; a private temporary folder is made, if it takes one.

    Raises ContainmentError if this machine lacks a layer, or is not in a state to fork.
    """
    _check_layers(walls.level, without)
    sealed = walls.level is Level.SEALED
    own_users = sealed and not (os.geteuid() == 0 and has_capability(CAP_SYS_ADMIN))
    account = graders_account() if own_users or walls.level is Level.OPEN else student_account()
    _check_readable(walls.readable)
    paths = () if walls.level is Level.OPEN else _find_paths(walls.readable)
    temporary = Path(tempfile.gettempdir())
    needed = paths if sealed else (*paths, (temporary, temporary))
    plan = Plan(
        walls=walls,
        keep=frozenset(keep),
        account=account,
        paths=paths,
        may_search=not account.is_graders and _out_of_reach(needed, not sealed),
        own_users=own_users,
        existing=_count_existing(account, own_users),
        folder=None if sealed else Path(tempfile.mkdtemp(prefix="tito-", dir=temporary)),
    )
    if walls.level is not Level.OPEN and plan.signals_are_scoped:
        assemble(plan.on_host, account.is_graders, None)  # once, for all that will be forked
    return plan


def _check_layers(level: Level, without: Collection[Layer]) -> None:
    missing = NEEDED[level] & set(without)
    if level is not Level.OPEN:
        if MACHINE is None or not Path("/proc/self/task").is_dir():
            raise ContainmentError("student code can be contained on Linux alone, on x86_64 or aarch64")
        if landlock_abi() == 0:
            missing |= {Layer.LANDLOCK}
    if missing:
        raise ContainmentError(f"this machine lacks {', '.join(sorted(missing))}")
    tasks = Path("/proc/self/task")
    if tasks.is_dir() and sum(1 for _ in tasks.iterdir()) > 1:
        raise ContainmentError("only a process with one thread can fork student code")


def _check_readable(readable: tuple[Path, ...]) -> None:
    for path in readable:
        if not os.access(path, os.R_OK):
            raise ContainmentError(f"{path} is to be readable, but the grader itself can't read it")


# A class is graded with few different lists, and looking at each path takes longer than a mount.
@lru_cache(maxsize=64)
def _find_paths(readable: tuple[Path, ...]) -> tuple[tuple[Path, Path], ...]:
    return tuple((path, path.resolve()) for path in with_targets([*python_needs(), *readable]))


@lru_cache(maxsize=64)
def _out_of_reach(paths: tuple[tuple[Path, Path], ...], with_parents: bool) -> bool:
    return out_of_reach([path for path, _ in paths], with_parents)


def _count_existing(account: Account, own_users: bool) -> int:
    if own_users:
        return 1  # the supervisor: a user namespace has its own count
    return count_tasks(account.uid) if account.is_shared else 0
