"""Checkpoints whose checks ask another process: each check has a copy of it to itself."""

import contextlib
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import CodeType

from gradebook.verify.alarm import at_most
from gradebook.verify.assertions import COUNTER, Tally
from gradebook.verify.cells import compile_counting
from gradebook.verify.session import Session
from tito.checks import Check, Host
from tito.expect import CheckFailure


class RemoteHost(Host):
    """Lets checkpoints judge the student's process instead of this one.

    seconds: how long the next check may take.
    asserted: how many assertions each check must reach, by name; `ran` says how many did.
    loaded: the checkpoint files that were run.
    """

    def __init__(self, session: Session, seconds: Callable[[], float], asserted: Mapping[str, int]) -> None:
        self.session, self.seconds, self.asserted = session, seconds, asserted
        self.ran: dict[str, int] = {}
        self.loaded: set[str] = set()
        self._tally = Tally()
        self._stand_in = ""

    @contextmanager
    def standing_in(self, name: str, namespace: types.ModuleType | None) -> Iterator[None]:  # noqa: ARG002
        """Let the notebook be the module it exports to, in each copy that a check gets."""
        self._stand_in = name
        try:
            yield
        finally:
            self._stand_in = ""

    def judging(self, check: Check) -> AbstractContextManager[None]:
        """Give the check its copy, and see that it came to its end."""
        return self._judging(check.name)

    def load(self, path: Path) -> types.ModuleType:
        """Run a checkpoint file as a module whose assertions are counted."""
        self.loaded.add(str(path))
        return counted_module(path, self._tally)

    @contextmanager
    def _judging(self, name: str) -> Iterator[None]:
        before = self._tally.count
        seconds = self.seconds()
        with at_most(seconds), self.session.asking(self.session.copy(seconds)) as copy:
            if self._stand_in:
                copy.peer.request("stand in", self._stand_in)
            yield
        self.ran[name] = self._tally.count - before
        require(self.ran[name], self.asserted.get(name, 0))


def counted_module(path: Path, tally: Tally) -> types.ModuleType:
    """A checkpoint file, run as a module that tells the tally of each assertion."""
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    vars(module)[COUNTER] = tally.ran
    exec(compile_checkpoint(path), vars(module))
    return module


def compile_checkpoint(path: Path) -> CodeType:
    """A checkpoint file as code that counts its assertions; compiled once for this process and its forks."""
    return compile_counting(path.read_text(encoding="utf-8"), str(path))


def require(ran: int, wanted: int) -> None:
    """Fail where fewer assertions ran than on the course's own solution."""
    if ran < wanted:
        hint = "something that your code returns is empty or ends early"
        raise CheckFailure("comparisons that were made", str(wanted), str(ran), hint)


@contextlib.contextmanager
def remote_checkpoints(host: Host) -> Iterator[None]:
    """Let `tito.checks` judge through `host` meanwhile."""
    import tito.checks

    before, tito.checks.host = tito.checks.host, host
    try:
        yield
    finally:
        tito.checks.host = before
