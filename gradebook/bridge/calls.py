"""What a test calls the objects that it asks, to say which of them does not answer."""

from typing import Any

from gradebook.bridge.remote import RemoteObject, RemoteType, home_of, number_of

Question = tuple[Any, ...]


class CallNames:
    """The names by which this side asked for objects of the other side.

    What the other side says of itself is left aside: there it could put what a hidden test told it.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def learn(self, question: Question, answer: Any) -> None:
        """Remember what an object is called that came as the answer."""
        what = question[0]
        if what == "names" and type(answer) is dict:
            for name in question[1]:
                self._enter(answer.get(name), name)
        elif what == "attribute":
            self._enter(answer, question[2])
        elif what == "get" and isinstance(answer, RemoteObject):
            self._enter(answer, self._part_of(question[1], question[2]))

    def name(self, question: Question) -> str:
        """What was asked, for people."""
        what, *parts = question
        name = ""
        if what == "call":
            name = self._name_of(parts[0])
        elif what == "method":
            name = _joined(self._names.get(parts[0], ""), parts[1])
        elif what == "op":
            operation, (target, *_) = parts[:2]
            name = self._part_of(target, f"__{operation}__")
            if operation == "call":
                name = self._name_of(target) or (self._name_of(type(target)) and name)
        elif what in ("get", "set", "delete"):
            name = self._part_of(parts[0], parts[1])
        elif what in ("import", "attribute"):
            name = str(parts[-1])
        return f"`{name}`" if name else "your code"

    def _enter(self, value: Any, name: str) -> None:
        if number := _number_of(value):
            self._names[number] = name

    def _name_of(self, value: Any) -> str:
        return self._names.get(_number_of(value), "")

    def _part_of(self, value: Any, name: str) -> str:
        """The name of an attribute, behind that of the class where it is known."""
        return _joined(self._name_of(value if isinstance(value, RemoteType) else type(value)), name)


def _joined(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name


def _number_of(value: Any) -> int:
    """The number there of an object or class of the other side, or 0."""
    if isinstance(value, RemoteType):
        return 0 if value is RemoteObject else home_of(value)[1]
    return number_of(value) if isinstance(value, RemoteObject) else 0
