"""Exceptions that cross, and what can go wrong with the other side."""

import builtins
import traceback
from typing import Any

import numpy as np

from tito.expect import StudentCodeStopped

LONGEST_TEXT = 10_000
FRAMES_SHOWN = 8


class TestFault(Exception):  # noqa: N818 - a fault of a test; pytest must not collect it either
    """A test did with a student's object what only its data can be asked for."""

    __test__ = False


class Stopped(StudentCodeStopped):
    """The student's process ended, did not answer in time (`overdue`), or answered what could not be read."""

    def __init__(self, reason: str, overdue: bool = False) -> None:
        super().__init__(reason)
        self.overdue = overdue


def encode_error(codec: Any, error: BaseException, own: str) -> list[Any]:
    """An exception as JSON: the nearest class both sides know, its own class, its text and where it arose.

    own: the part of a file's path that marks frames which are not the author's.
    """
    text = text_of(error)
    try:
        arguments = [codec.encode(argument) for argument in error.args]
        details = {key: codec.encode(value) for key, value in vars(error).items() if key != "__bridge__"}
        name = codec.encode(getattr(error, "name", None))
    except Exception:  # noqa: BLE001 - what can't cross leaves the text
        arguments, details, name = [text], {}, None
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if own not in frame.filename]
    shown = [[frame.filename, frame.lineno or 0, frame.name, frame.line or ""] for frame in frames]
    number = 0 if error_name(type(error)) else codec.export_class(type(error))
    base = nearest_error(type(error))
    return [base, number, text, arguments, details, name, shown[-FRAMES_SHOWN:]]


def decode_error(codec: Any, data: list[Any]) -> BaseException:
    """The exception to raise here. What would end a loop or the process by itself becomes a plain error."""
    base_name, number, text, arguments, details, name, frames = data
    base = _find(base_name)
    text = str(text)[:LONGEST_TEXT]
    values = [codec.decode(value) for value in arguments]
    if issubclass(base, StopIteration | StopAsyncIteration | GeneratorExit | KeyboardInterrupt):
        error: BaseException = RuntimeError(f"{base.__name__}: {text}".rstrip(": "))
    elif number:
        cls = codec.peer.classes[number]
        if not issubclass(cls, base):
            raise TypeError("not an exception")
        error = cls(text)
        vars(error).update({str(key): codec.decode(value) for key, value in details.items()})
    else:
        error = _make(base, text, values)
    if isinstance(error, ImportError | NameError | AttributeError) and isinstance(name, str):
        error.name = name
    lines = [f"{file}:{line} in {function}: {code}" for file, line, function, code in frames]
    error.student_lines = tuple(str(line)[:500] for line in lines)  # type: ignore[attr-defined]
    return error


def make_error_class(name: str, base_name: str) -> type[BaseException]:
    """The class here for an exception class of the other side: to be caught by, with nothing of its code."""
    base = _find(base_name)

    def begin(self: BaseException, text: str) -> None:
        BaseException.__init__(self, text)
        self.text = text  # type: ignore[attr-defined]

    space = {"__init__": begin, "__str__": lambda self: self.text, "__module__": "student"}
    return type(name[:200], (base,), space)


def text_of(error: BaseException) -> str:
    """An exception's text; writing it is code of whoever wrote the class."""
    try:
        return str(error)[:LONGEST_TEXT]
    except Exception:  # noqa: BLE001
        return ""


def nearest_error(cls: type) -> str:
    """The name of the nearest exception class both sides know."""
    return next(name for base in cls.__mro__ if (name := error_name(base)))


def error_name(cls: type) -> str:
    """The name of an exception class that both sides know, or nothing."""
    if getattr(builtins, cls.__name__, None) is cls:
        return str(cls.__name__)
    known = (np.exceptions, np.linalg)
    return next((f"numpy.{cls.__name__}" for place in known if getattr(place, cls.__name__, None) is cls), "")


def _make(base: type[BaseException], text: str, arguments: list[Any]) -> BaseException:
    for attempt in (arguments, [text]):
        try:
            error = base(*attempt)
        except Exception:  # noqa: BLE001 - classes that need other arguments are made from the text
            continue
        if text_of(error) == text:
            return error
    return make_error_class(base.__name__, error_name(base))(text)


def _find(name: str) -> type[BaseException]:
    places = (np.exceptions, np.linalg) if name.startswith("numpy.") else (builtins,)
    for place in places:
        found = getattr(place, name.rpartition(".")[2], None)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
    raise ValueError(f"{name} is no exception")
