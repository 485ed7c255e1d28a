"""The names of a graded cell: the course's own first, then whatever the student's notebook has."""

import builtins
from typing import Any

from gradebook.verify.session import Copy


class Namespace(dict[str, Any]):
    """The globals of a graded cell: a name that neither it nor Python has, the student's process is asked.

    A test may take a name of the student's away, to see what needs it (`del squares`), and give it back.
    """

    def __init__(self, copy: Copy, known: dict[str, Any]) -> None:
        super().__init__(known)
        self._copy = copy
        self._student: set[str] = set()
        self._taken: set[str] = set()

    @property
    def own(self) -> dict[str, Any]:
        """What is not the student's."""
        return {name: value for name, value in self.items() if name not in self._student}

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        found = self._copy.peer.request("names", [name])
        if type(found) is not dict or name not in found:
            raise KeyError(name)
        self._student.add(name)
        super().__setitem__(name, found[name])
        return found[name]

    def __delitem__(self, name: str) -> None:
        if name not in self:
            # Asks the student's process, or raises.
            self[name]
        super().__delitem__(name)
        if name in self._student:
            self._copy.peer.request("take name", name)
            self._taken.add(name)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name in self._taken:
            self._copy.peer.request("give name", name, value)
            self._taken.remove(name)
        else:
            self._student.discard(name)
