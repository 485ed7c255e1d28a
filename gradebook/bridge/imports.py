"""Importing the student's package from the other process."""

import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder

from gradebook.bridge.peer import Peer
from gradebook.bridge.remote import RemoteModule


class RemoteFinder(MetaPathFinder, Loader):
    """Finds `package` and its modules in the other process; `peer()` is where that is at the moment."""

    def __init__(self, package: str, peer: Callable[[], Peer]) -> None:
        self.package, self.peer = package, peer
        self._found: set[str] = set()

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - what Python calls it with
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module of the package."""
        if name.partition(".")[0] != self.package:
            return None
        self._found.add(name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Import it there; what that raises is raised here."""
        peer = self.peer()
        peer.request("import", spec.name)
        return RemoteModule(peer, spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is run here."""

    def install(self) -> None:
        """Let this process import the package from there, and forget modules of it that it had."""
        self._found.update(name for name in sys.modules if name.partition(".")[0] == self.package)
        self.forget()
        sys.meta_path.insert(0, self)

    def forget(self) -> None:
        """Forget the modules of a process that is gone."""
        for name in self._found:
            sys.modules.pop(name, None)
        self._found.clear()
