"""Objects that live in the other process, made to be used as if they were here.

Each class of the other side that is met gets a class here, with the same name, bases and special methods,
so that operators, `isinstance`, iteration and NumPy treat its objects as they would over there. Everything
an object is asked is asked there.
"""

import itertools
import linecache
import sys
import types
import weakref
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradebook.bridge.describe import COMPARISONS, PLAIN_BASES, SPECIAL
from gradebook.bridge.faults import TestFault

if TYPE_CHECKING:
    from gradebook.bridge.peer import Peer

COMPARE = {f"__{name}__" for name in COMPARISONS}
# Addresses in the other process; Python's own questions about a class.
NEVER = frozenset(
    {"__array_interface__", "__array_struct__", "__cuda_array_interface__", "__dlpack__", "__buffer__"}
)
LOCAL = frozenset(
    {
        "__class__",
        "__copy__",
        "__deepcopy__",
        "__reduce__",
        "__reduce_ex__",
        "__getstate__",
        "__init_subclass__",
    }
)
# What `RemoteObject` and `RemoteType` do in their own way, or must not hand on.
# NumPy's functions work on an object's data, not on what its class makes of them: no __array_function__.
OWN = frozenset(
    f"__{name}__"
    for name in (
        *("new", "init", "getattribute", "getattr", "setattr", "delattr", "del", "init_subclass"),
        *("class_getitem", "set_name", "reduce", "reduce_ex", "getstate", "setstate", "bool", "slots"),
        *("get", "set", "delete", "subclasshook", "instancecheck", "copy", "deepcopy", "dir"),
        "array_function",
    )
)
TRUSTED_NAMES = frozenset({"numpy", "builtins", "tito", "gradebook"})
LONGEST_TEXT = 100_000
# Where a class lives, kept apart from its attributes, whose names are the other side's.
_homes: "weakref.WeakKeyDictionary[type, tuple[Peer, int]]" = weakref.WeakKeyDictionary()
# Classes here for which a class of a library stands on both sides: their objects pass for its instances.
_library: "weakref.WeakKeyDictionary[type, type]" = weakref.WeakKeyDictionary()


class RemoteType(type):
    """A class of the other process. Calling it makes an object there; deriving from it derives there."""

    def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, Any], **made: Any) -> Any:
        """Make the class; without `made`, this is a class statement, and its class is made there first."""
        remote = [base for base in bases if base in _homes]
        if made or not remote:
            return super().__new__(mcs, name, bases, space)
        peer, _ = _homes[remote[0]]
        hidden = {key: space.pop(key) for key in ("__classcell__",) if key in space}
        cls: RemoteType = super().__new__(mcs, name, bases, {"__slots__": (), **hidden})
        number, told = peer.derive(cls, bases, space)
        _homes[cls] = (peer, number)
        fill_class(cls, told)
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any], **made: Any) -> None:
        super().__init__(name, bases, space)
        if made:
            _homes[cls] = (made["peer"], made["number"])

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an object there."""
        __tracebackhide__ = True
        return home_of(cls)[0].request("call", cls, args, tuple(kwargs.items()))

    def __getattr__(cls, name: str) -> Any:
        __tracebackhide__ = True
        if name in NEVER or name.startswith("__array_") or name == "__abstractmethods__" or cls not in _homes:
            raise AttributeError(name)
        return home_of(cls)[0].request("get", cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        __tracebackhide__ = True
        home_of(cls)[0].request("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        __tracebackhide__ = True
        home_of(cls)[0].request("delete", cls, name)


class RemoteObject(metaclass=RemoteType):
    """An object of the other process."""

    __slots__ = ("__weakref__", "_number", "_peer")

    def __getattribute__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name == "__class__":
            return _library.get(type(self), type(self))
        if name in LOCAL:
            return object.__getattribute__(self, name)
        if name in NEVER or (name.startswith("__array_") and not _has(type(self), name)):
            raise AttributeError(name)
        return peer_of(self).request("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        __tracebackhide__ = True
        peer_of(self).request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        __tracebackhide__ = True
        peer_of(self).request("delete", self, name)

    def __dir__(self) -> Any:
        return peer_of(self).request("op", "dir", (self,), ())

    def __copy__(self) -> Any:
        return peer_of(self).request("op", "copy", (self,), ())

    def __deepcopy__(self, memo: object) -> Any:
        return peer_of(self).request("op", "deepcopy", (self,), ())

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("an object of another process can't be pickled")

    def __bool__(self) -> bool:
        """The truth value, where it is asked for by name: `bool(x)`. An `if` or `assert` must not ask it."""
        __tracebackhide__ = True
        peer = peer_of(self)
        if peer.strict and not _asks_by_name(sys._getframe(1)):
            raise TestFault(direct_use(self))
        return bool(peer.request("op", "bool", (self,), ()))


class RemoteModule(types.ModuleType):
    """A module of the other process."""

    def __init__(self, peer: "Peer", name: str) -> None:
        super().__init__(name)
        self.__dict__["_peer"] = peer
        self.__dict__["__path__"] = []

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name in ("__spec__", "__file__", "__loader__", "__wrapped__"):
            raise AttributeError(name)
        return self._peer.request("attribute", self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, types.ModuleType) or name in ("__spec__", "__loader__", "__path__", "__file__"):
            self.__dict__[name] = value
        else:
            self._peer.request("assign", self.__name__, name, value)


def home_of(cls: type) -> "tuple[Peer, int]":
    """The peer through which a class is reached, and its number there."""
    return _homes[cls]


def _has(cls: type, name: str) -> bool:
    return any(name in vars(base) for base in cls.__mro__)


def _asks_by_name(frame: FrameType) -> bool:
    """Whether the expression a frame is at reads `bool(…)`."""
    positions = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    if positions is None or positions[0] is None or positions[2] is None:
        return False
    line = linecache.getline(frame.f_code.co_filename, positions[0])
    return line.encode()[positions[2] :].startswith(b"bool(")


peer_of: Callable[[Any], "Peer"] = RemoteObject.__dict__["_peer"].__get__
number_of: Callable[[Any], int] = RemoteObject.__dict__["_number"].__get__
set_peer: Callable[[Any, Any], None] = RemoteObject.__dict__["_peer"].__set__
set_number: Callable[[Any, int], None] = RemoteObject.__dict__["_number"].__set__


def direct_use(value: object) -> str:
    """What to tell a test's author who leaves a verdict to a student's object."""
    name = type(value).__name__
    return f"the test compares a student object directly, a `{name}`: compare its data"


def make_class(peer: "Peer", number: int, told: dict[str, Any], bases: tuple[type, ...]) -> RemoteType:
    """The class here for a class there, from its description."""
    module = str(told["module"])
    if module.partition(".")[0] in TRUSTED_NAMES:
        module = f"student.{module}"
    space = {"__slots__": (), "__module__": module, "__doc__": str(told["doc"])}
    cls: RemoteType = RemoteType(
        str(told["name"])[:200], bases or (RemoteObject,), space, peer=peer, number=number
    )
    if shared := _library_class(str(told["module"]), str(told["name"])):
        _library[cls] = shared
    fill_class(cls, told)
    return cls


def _library_class(module: str, name: str) -> type | None:
    """The class of that name in NumPy or Python, unless its objects cross by value: this is none of them."""
    if module.partition(".")[0] not in (*sys.stdlib_module_names, "numpy") or module in (
        "builtins",
        "__main__",
    ):
        return None
    found = getattr(sys.modules.get(module), name, None)
    by_value = (*PLAIN_BASES, np.ndarray, np.generic, BaseException)
    return found if isinstance(found, type) and not issubclass(found, by_value) else None


def fill_class(cls: RemoteType, told: dict[str, Any]) -> None:
    """Give a class here the special methods and functions of the class there."""
    peer, number = home_of(cls)
    for name in told["own"]:
        if name not in OWN and (name in SPECIAL or not name.startswith("__")):
            # A judging side answers for its objects, and not for the functions of their classes.
            asked = name in SPECIAL and not peer.strict
            method = _make_operator(peer, name) if asked else _make_method(peer, number, name)
            type.__setattr__(cls, str(name), _checked(name, method, told))
    type.__setattr__(cls, "__init__", _make_method(peer, number, "__init__"))
    for name in told["special"]:
        if name in SPECIAL and name not in OWN and name not in vars(cls) and name != "__hash__":
            inherited = any(
                name in vars(base) for base in cls.__mro__[1:] if base not in (RemoteObject, object)
            )
            if not inherited:
                type.__setattr__(cls, name, _checked(name, _make_operator(peer, name), told))
    if told["hash"] is False:
        type.__setattr__(cls, "__hash__", None)
    elif "__hash__" in told["special"] and "__hash__" not in told["own"]:
        type.__setattr__(cls, "__hash__", _make_operator(peer, "__hash__"))
    if told["ufunc"] is None:
        type.__setattr__(cls, "__array_ufunc__", None)
    if told["priority"] is not None:
        type.__setattr__(cls, "__array_priority__", float(told["priority"]))


def _make_method(peer: "Peer", number: int, name: str) -> Callable[..., Any]:
    def method(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return peer.request("method", number, name, args, tuple(kwargs.items()))

    method.__name__ = name
    return method


def _make_operator(peer: "Peer", name: str) -> Callable[..., Any]:
    operation = name.strip("_")

    def operator(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return peer.request("op", operation, args, tuple(kwargs.items()))

    operator.__name__ = name
    return operator


def _content_of(value: Any) -> Any:
    """What an object of a class that derives from a builtin one holds, as the builtin's own."""
    content = peer_of(value).request("plain", value)
    if type(content) not in PLAIN_BASES:
        raise TestFault(direct_use(value))
    return content


def _judges(function: Any) -> bool:
    """Whether a NumPy function answers yes or no about numbers."""
    return any(kinds.startswith("d") and kinds.endswith("?") for kinds in getattr(function, "types", ()))


def _checked(name: str, ask: Callable[..., Any], told: dict[str, Any]) -> Callable[..., Any]:
    """Comparisons must not decide a verdict, and texts must stay short."""
    if name in COMPARE:

        def compare(self: Any, other: Any) -> Any:
            __tracebackhide__ = True
            peer = peer_of(self)
            if told["equal"] and peer.strict:
                theirs = _content_of(other) if isinstance(other, RemoteObject) else other
                return getattr(_content_of(self), name)(theirs)
            answer = ask(self, other)
            # An answer that is an object again has to be asked for its data; plain data would be a verdict.
            if peer.strict and not isinstance(answer, RemoteObject) and answer is not NotImplemented:
                raise TestFault(direct_use(self))
            return answer

        return compare
    if name == "__contains__":

        def contains(self: Any, item: Any) -> Any:
            __tracebackhide__ = True
            if peer_of(self).strict:
                raise TestFault(direct_use(self))
            return ask(self, item)

        return contains
    if name == "__array_ufunc__":

        def ufunc(self: Any, function: Any, *parts: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            if peer_of(self).strict and _judges(function):
                raise TestFault(direct_use(self))
            return ask(self, function, *parts, **named)

        return ufunc
    if name == "__next__":

        def advance(self: Any) -> Any:
            __tracebackhide__ = True
            step = peer_of(self).request("op", "next", (self,), ())
            if type(step) is tuple and len(step) == 1:
                return step[0]
            raise StopIteration

        return advance
    if name in ("__repr__", "__str__", "__format__"):

        def text(*args: Any) -> str:
            __tracebackhide__ = True
            answer = ask(*args)
            if type(answer) is not str:
                raise TypeError(f"{name} returned no text")
            return answer[:LONGEST_TEXT]

        return text
    return ask
