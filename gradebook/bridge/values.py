"""Plain values that never change, as JSON and bytes: numbers, texts, tuples, dates, NumPy scalars and names.

Only a value whose type is exactly one of these is plain; a subclass may lie about itself, and stays an
object of the process that made it.
"""

import builtins
import datetime
import decimal
import fractions
import math
import operator
import pathlib
import types
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from gradebook.bridge.wire import Buffer

# NumPy functions that touch files or run code are never passed by name.
_KEPT_BACK = frozenset(
    [
        "load",
        "loads",
        "loadtxt",
        "save",
        "savez",
        "savez_compressed",
        "savetxt",
        "fromfile",
        "tofile",
        "genfromtxt",
        "fromregex",
        "memmap",
        "open_memmap",
        "DataSource",
        "frompyfunc",
        "vectorize",
        "apply_along_axis",
        "apply_over_axes",
        "piecewise",
        "fromfunction",
        "fromiter",
        "from_dlpack",
        "show_config",
        "info",
        "set_printoptions",
        "seterr",
        "seterrcall",
        "setbufsize",
        "test",
        "lookfor",
    ]
)
LARGEST_INT = 1 << 63
LONGEST_INT = 4_000_000
SAME_IN_JSON = frozenset({type(None), bool, str, float})


class Codec(Protocol):
    """What turns the parts of a value into JSON and back."""

    buffers: list[Buffer]
    received: list[bytearray]

    def encode(self, value: Any) -> Any:
        """The value as JSON."""

    def decode(self, data: Any) -> Any:
        """The value that JSON stands for."""


def encode_plain(codec: Codec, value: Any) -> Any:
    """A value other than the `SAME_IN_JSON` as JSON, or `NotImplemented` where it is not plain."""
    encoder = _ENCODERS.get(type(value))
    if encoder is not None:
        return encoder(codec, value)
    if (
        isinstance(value, np.generic)
        and type(value).__module__ == "numpy"
        and value.dtype.kind in "biufcmMSU"
    ):
        return _encode_scalar(codec, value)
    if isinstance(value, np.dtype):
        return ["dtype", value.str] if value.kind in "biufcmMSU" else NotImplemented
    if name := global_name(value):
        return ["global", *name]
    return NotImplemented


def global_name(value: Any) -> tuple[str, str] | None:
    """Where both processes find the same type, exception or NumPy function, or None."""
    if isinstance(value, type):
        own_name = str(getattr(value, "__name__", ""))
        if value.__module__ == "builtins" and getattr(builtins, own_name, None) is value:
            return ("builtins", own_name)
        if value is type(None):
            return ("types", "NoneType")
    names = _NUMPY if isinstance(value, type | np.ufunc | _DISPATCHED) else _PURE
    if names is _PURE and not isinstance(value, types.BuiltinFunctionType):
        return None
    name = value.__name__
    if not isinstance(name, str) or name in _KEPT_BACK or name.startswith("_"):
        return None
    return next(((module, name) for module in names if getattr(names[module], name, None) is value), None)


def find_global(module: str, name: str) -> Any:
    """What `global_name` named. Raises `ValueError` for any other name, so that none can be made up."""
    space = {**_NUMPY, **_PURE, "builtins": builtins, "types": types}.get(module)
    value = getattr(space, name, None) if isinstance(name, str) else None
    if value is None or global_name(value) != (module, name):
        raise ValueError(f"{module}.{name} is not passed by name")
    return value


def _encode_int(codec: Codec, value: int) -> Any:  # noqa: ARG001 - one signature for all
    if -LARGEST_INT <= value < LARGEST_INT:
        return value
    if value.bit_length() > LONGEST_INT:
        raise ValueError(f"an integer of {value.bit_length()} bits is too large to pass")
    return ["int", hex(value)]


def _encode_scalar(codec: Codec, value: np.generic) -> Any:
    codec.buffers.append(value.tobytes())
    return ["scalar", value.dtype.str, len(codec.buffers) - 1]


def _decode_scalar(codec: Codec, dtype: str, buffer: int) -> Any:
    return np.frombuffer(codec.received[buffer], _plain_dtype(dtype))[0]


def _plain_dtype(text: str) -> np.dtype[Any]:
    dtype = np.dtype(str(text))
    if dtype.kind not in "biufcmMSU":
        raise ValueError(f"dtype {text} is not plain")
    return dtype


def _encode_bytes(codec: Codec, value: bytes) -> Any:
    codec.buffers.append(value)
    return ["bytes", len(codec.buffers) - 1]


def _encode_many(tag: str) -> Callable[[Codec, Any], Any]:
    return lambda codec, value: [tag, *map(codec.encode, value)]


def _decode_many(make: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda codec, *items: make(map(codec.decode, items))


def _as_text(tag: str, show: Callable[[Any], str] = str) -> Callable[[Codec, Any], Any]:
    return lambda _, value: [tag, show(value)]


def _from_text(read: Callable[[str], Any]) -> Callable[..., Any]:
    def decode(_: Codec, text: str) -> Any:
        if not isinstance(text, str) or len(text) > 1000:
            raise ValueError("not the text of a value")
        return read(text)

    return decode


# What NumPy makes of a Python function that other array types may answer.
_DISPATCHED: type = type(np.mean)
_NUMPY: Mapping[str, Any] = {"numpy": np, "numpy.exceptions": np.exceptions, "numpy.linalg": np.linalg}
# Functions that only compute.
_PURE: Mapping[str, Any] = {
    "builtins": types.SimpleNamespace(
        **{
            name: getattr(builtins, name)
            for name in ["abs", "all", "any", "divmod", "len", "max", "min", "pow", "round", "sorted", "sum"]
        }
    ),
    "math": math,
    "_operator": operator,
}
_TEXTS: tuple[tuple[str, type, Callable[[Any], str], Callable[[str], Any]], ...] = (
    ("fraction", fractions.Fraction, str, fractions.Fraction),
    ("decimal", decimal.Decimal, str, decimal.Decimal),
    ("moment", datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    ("date", datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
    ("path", type(pathlib.Path()), str, pathlib.Path),
    ("purepath", pathlib.PurePosixPath, str, pathlib.PurePosixPath),
)
_ENCODERS: dict[type, Callable[[Codec, Any], Any]] = {
    int: _encode_int,
    complex: lambda _, value: ["complex", value.real, value.imag],
    bytes: _encode_bytes,
    tuple: _encode_many("tuple"),
    frozenset: _encode_many("frozenset"),
    slice: lambda codec, value: ["slice", *map(codec.encode, (value.start, value.stop, value.step))],
    range: lambda _, value: ["range", value.start, value.stop, value.step],
    datetime.timedelta: lambda _, value: ["span", value.days, value.seconds, value.microseconds],
    type(Ellipsis): lambda *_: ["ellipsis"],
    type(NotImplemented): lambda *_: ["notimplemented"],
    **{kind: _as_text(tag, show) for tag, kind, show, _ in _TEXTS},
}
# By tag: the value that a tagged list stands for. They raise whatever a malformed one leads to.
PLAIN_DECODERS: dict[str, Callable[..., Any]] = {
    "int": lambda _, text: int(text, 16),
    "complex": lambda _, real, imaginary: complex(real, imaginary),
    "bytes": lambda codec, buffer: bytes(codec.received[buffer]),
    "tuple": _decode_many(tuple),
    "frozenset": _decode_many(frozenset),
    "slice": lambda codec, *parts: slice(*map(codec.decode, parts)),
    "range": lambda _, *parts: range(*parts),
    "span": lambda _, *parts: datetime.timedelta(*parts),
    "ellipsis": lambda _: ...,
    "notimplemented": lambda _: NotImplemented,
    "scalar": _decode_scalar,
    "dtype": lambda _, text: _plain_dtype(text),
    "global": lambda _, module, name: find_global(module, name),
    **{tag: _from_text(read) for tag, _, _, read in _TEXTS},
}
