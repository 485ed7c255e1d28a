"""The names of a graded cell: the course's own first, then whatever the student's notebook has."""

import builtins
from typing import Any

from gradebook.verify.session import Copy


class Namespace(dict[str, Any]):
    """The globals of a graded cell: a name that neither it nor Python has, the student's process is asked."""

    def __init__(self, copy: Copy, known: dict[str, Any]) -> None:
        super().__init__(known)
        self._copy = copy

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        found = self._copy.peer.request("names", [name])
        if type(found) is not dict or name not in found:
            raise KeyError(name)
        self[name] = found[name]
        return found[name]
