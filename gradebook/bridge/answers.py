"""What one side may ask of the other, and how it is answered."""

import copy
import importlib
import operator
import os
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from gradebook.bridge.describe import BINARY, PLAIN_BASES, describe_class

if TYPE_CHECKING:
    from gradebook.bridge.peer import Peer

Named: TypeAlias = tuple[tuple[str, Any], ...]
LONGEST_TEXT = 100_000
# What a judging side answers: calls, and the public attributes of objects that a test made for the purpose.
ALLOWED = ("call", "get", "set", "op")
CLOSED = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.GeneratorType,
    types.FrameType,
    types.CodeType,
    types.ModuleType,
    type,
)
OPEN_OPERATIONS = frozenset(
    [
        "call",
        "len",
        "getitem",
        "setitem",
        "contains",
        "iter",
        "next",
        "bool",
        "repr",
        "str",
        "enter",
        "exit",
        "hash",
    ]
)


def answer(peer: "Peer", what: str, *parts: Any) -> Any:
    """Answer one question. A judging side refuses what a test did not offer."""
    if peer.strict:
        _refuse_prying(peer, what, *parts)
    return _ANSWERS[what](peer, *parts)


def _refuse_prying(peer: "Peer", what: str, *parts: Any) -> None:
    """Raise for all but the calls and public attributes of objects that a test handed over itself.

    What has a name on both sides (types, NumPy's functions) is not answered for: called here, it would make
    objects of this side out of what the other side sent.
    """
    target = parts[1][0] if what == "op" else parts[0]
    offered = what in ALLOWED and peer.is_exported(target)
    if what == "call":
        offered = offered and not (isinstance(target, type) and _of_a_library(target))
    elif what == "op":
        # NOTE: `type.__call__` and its like look special methods up on the metaclass.
        offered = offered and parts[0] in OPEN_OPERATIONS and not isinstance(target, type)
    else:
        name = parts[1]
        offered = offered and isinstance(name, str) and not name.startswith("_")
        offered = offered and not isinstance(target, CLOSED)
        if what == "set":
            offered = offered and not _of_a_library(type(target))
    if not offered:
        raise AttributeError("a check does not offer this")


def _of_a_library(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in (*sys.stdlib_module_names, "numpy", "tito", "gradebook")


def _call(_: "Peer", function: Any, args: tuple[Any, ...], named: Named) -> Any:
    return function(*args, **dict(named))


def _method(peer: "Peer", number: int, name: str, args: tuple[Any, ...], named: Named) -> Any:
    return getattr(peer.exports[number], name)(*args, **dict(named))


def _operate(_: "Peer", name: str, args: tuple[Any, ...], named: Named) -> Any:
    if name in _OPERATIONS:
        return _OPERATIONS[name](*args)
    # Python looks special methods up on the class.
    return getattr(type(args[0]), f"__{name}__")(*args, **dict(named))


def _step(iterator: Any) -> tuple[Any, ...]:
    """The next item alone in a tuple, or none: an exception would end whatever loop it came into."""
    try:
        return (next(iterator),)
    except StopIteration:
        return ()


def _import(_: "Peer", name: str) -> None:
    importlib.import_module(name)


def _attribute(_: "Peer", module: str, name: str) -> Any:
    return getattr(sys.modules[module], name)


def _assign(_: "Peer", module: str, name: str, value: Any) -> None:
    setattr(sys.modules[module], name, value)


def _names(_: "Peer", wanted: list[str]) -> dict[str, Any]:
    main = vars(sys.modules["__main__"])
    return {name: main[name] for name in wanted if name in main}


def _stand_in(peer: "Peer", name: str) -> None:  # noqa: ARG001 - one signature for all
    """Let the notebook be the module that it exports to."""
    parent, _, leaf = name.rpartition(".")
    main = sys.modules["__main__"]
    setattr(importlib.import_module(parent), leaf, main)
    sys.modules[name] = main


def _plain(_: "Peer", value: Any) -> Any:
    """The content of an object whose class derives from a builtin one, without asking the class."""
    base: Any = next(base for base in type(value).__mro__ if base in PLAIN_BASES)
    if issubclass(base, int | float | complex | str | bytes):
        parts: Any = base.__getnewargs__(value)
        return complex(*parts) if base is complex else parts[0]
    if base is dict:
        return dict(dict.items(value))
    return base(base.__iter__(value))


def _derive(peer: "Peer", name: str, bases: list[type], parts: list[list[Any]]) -> list[Any]:
    """Make a class here whose functions are the other side's."""
    space = {key: _PARTS[kind](value) for key, kind, value in parts}
    cls = types.new_class(name, tuple(bases), {}, lambda body: body.update(space))
    number = peer.export(cls)

    def number_of(base: type) -> int:
        return peer.export(base)

    return [number, describe_class(cls, number_of) | {"bases": []}]


def _as_function(remote: Any) -> Any:
    if remote is None:
        return None

    def function(*args: Any, **kwargs: Any) -> Any:
        return remote(*args, **kwargs)

    return function


_PARTS: dict[str, Callable[[Any], Any]] = {
    "value": lambda value: value,
    "function": _as_function,
    "classmethod": lambda value: classmethod(_as_function(value)),
    "staticmethod": lambda value: staticmethod(_as_function(value)),
    "property": lambda parts: property(*map(_as_function, parts)),
}
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "bool": bool,
    "bytes": bytes,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "dir": dir,
    "hash": hash,
    "iter": iter,
    "len": len,
    "next": _step,
    "repr": lambda value: repr(value)[:LONGEST_TEXT],
    "reversed": reversed,
    "str": lambda value: str(value)[:LONGEST_TEXT],
    "fspath": os.fspath,
    **{
        name: getattr(operator, name)
        for name in ["contains", "delitem", "getitem", "setitem", "lt", "le", "eq", "ne", "gt", "ge"]
    },
    **{
        name: getattr(operator, {"and": "and_", "or": "or_"}.get(name, name), divmod)
        for name in BINARY
        if name != "pow"
    },
}
_ANSWERS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "get": lambda _, value, name: getattr(value, name),
    "set": lambda _, value, name, content: setattr(value, name, content),
    "delete": lambda _, value, name: delattr(value, name),
    "method": _method,
    "op": _operate,
    "import": _import,
    "attribute": _attribute,
    "assign": _assign,
    "names": _names,
    "take name": lambda _, name: vars(sys.modules["__main__"]).pop(name, None) and None,
    "give name": lambda _, name, value: setattr(sys.modules["__main__"], name, value),
    "stand in": _stand_in,
    "plain": _plain,
    "derive": _derive,
}
