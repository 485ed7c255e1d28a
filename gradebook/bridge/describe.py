"""What one process tells the other about a class: its name, its bases, and what its objects can do."""

import types
from collections.abc import Callable
from typing import Any

from gradebook.bridge.faults import nearest_error

# Special methods that Python calls on the class: an object elsewhere needs them on its class too.
BINARY = [
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "lshift",
    "rshift",
    "and",
    "xor",
    "or",
]
COMPARISONS = ["lt", "le", "eq", "ne", "gt", "ge"]
OTHERS = [
    "neg",
    "pos",
    "abs",
    "invert",
    "int",
    "float",
    "complex",
    "index",
    "round",
    "trunc",
    "floor",
    "ceil",
    "len",
    "getitem",
    "setitem",
    "delitem",
    "contains",
    "iter",
    "next",
    "reversed",
    "length_hint",
    "call",
    "enter",
    "exit",
    "bool",
    "hash",
    "repr",
    "str",
    "format",
    "bytes",
    "dir",
    "missing",
    "array",
    "array_function",
    "array_wrap",
    "array_ufunc",
    "copy",
    "deepcopy",
    "fspath",
    "init",
    "get",
    "set",
    "delete",
]
SPECIAL = frozenset(
    f"__{name}__" for name in [*BINARY, *(f"{p}{n}" for n in BINARY for p in "ri"), *COMPARISONS, *OTHERS]
)
# Builtin classes whose content can stand for an object of a subclass.
PLAIN_BASES = (int, float, complex, str, bytes, tuple, list, dict, set, frozenset)
LONGEST_DOC = 4000


def describe_class(cls: type, number_of: Callable[[type], int]) -> dict[str, Any]:
    """A class as plain data. `number_of` exports one of its bases.

    `own` are functions of the class itself, `special` what it has beyond them; `plain` names the builtin
    class that its content is, `equal` whether that class also compares it; `error` names the nearest
    exception that both sides know.
    """
    ancestors = [base for base in cls.__mro__ if base is not object]
    special = {name for base in ancestors for name in vars(base) if name in SPECIAL}
    own = [name for name, value in vars(cls).items() if isinstance(value, types.FunctionType)]
    hashed = next((vars(base)["__hash__"] for base in ancestors if "__hash__" in vars(base)), True)
    ufunc = next(
        (vars(base)["__array_ufunc__"] for base in ancestors if "__array_ufunc__" in vars(base)), False
    )
    priority: Any = getattr(cls, "__array_priority__", None)
    plain = next((base for base in ancestors if base in PLAIN_BASES), None)
    return {
        "name": cls.__name__,
        "module": str(cls.__module__),
        "doc": str(cls.__doc__ or "")[:LONGEST_DOC],
        "bases": [number_of(base) for base in cls.__bases__ if base.__module__ != "builtins"],
        "own": [name for name in own if isinstance(name, str)],
        "special": sorted(special),
        "hash": hashed is not None,
        "ufunc": None if ufunc is None else ufunc is not False,
        "priority": float(priority) if type(priority) in (int, float) else None,
        "error": nearest_error(cls) if issubclass(cls, BaseException) else "",
        "plain": plain.__name__ if plain else "",
        "equal": bool(plain) and _definer(cls, "__eq__") is plain,
    }


def _definer(cls: type, name: str) -> type:
    return next(base for base in cls.__mro__ if name in vars(base))
