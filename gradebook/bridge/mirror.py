"""Plain data that can change, kept equal on both sides: lists, dictionaries, sets and the memory of arrays.

The two processes take turns, so it is enough to compare when the turn passes. A mutable object that
crosses is entered in a table on both sides under one number. Before a side passes the turn, it sends what
it changed of the entered objects; an object that nothing but the table refers to is struck off instead.
Together with identity (the same object arrives as the same object) this gives the meaning of one memory:
an argument changed in place is changed for the caller, and a copy that should have been made is missed.
"""

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradebook.bridge.values import Codec

PLAIN_KINDS = "biufcmMSU"
# A view is sent without the rest of the memory it looks at when that would be so much more.
LARGE_MEMORY, LARGE_SHARE = 1 << 20, 8
# References to a table's object while `sys.getrefcount` looks at it: the table's own, and the argument.
OWN_REFERENCES = 2


@dataclass(slots=True)
class Container:
    """A list, dictionary, set or deque, and its items when both sides last agreed."""

    value: Any
    agreed: list[Any]

    def is_idle(self) -> bool:
        """Whether nothing but the table refers to it."""
        return sys.getrefcount(self.value) <= OWN_REFERENCES


@dataclass(slots=True)
class Memory:
    """The memory of one array and of every view of it that crossed, by number.

    owner: the array that holds the memory; flat: its bytes; agreed: those when both sides last agreed, as a
    `bytearray`, which compares itself with an array in place.
    """

    owner: np.ndarray[Any, Any]
    flat: np.ndarray[Any, Any]
    agreed: bytearray
    views: dict[int, np.ndarray[Any, Any]] = field(default_factory=dict)

    def is_idle(self) -> bool:
        """Whether nothing but the table refers to the memory or to a view of it."""
        own = 0
        view: Any = None
        for view in self.views.values():
            if view is self.owner:
                own += 1
                continue
            own += view.base is self.owner
            # The dictionary, the loop's name and the argument.
            if sys.getrefcount(view) > 3:
                return False
        view = None  # the loop's name would count as a reference
        # Here it is `owner`, `flat` or its base, and the argument.
        return sys.getrefcount(self.owner) <= 3 + own


class Mirrors:
    """The table of one side. The two sides draw their numbers from `first` on in steps of two."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._entries: dict[int, Container | Memory] = {}
        self._numbers: dict[int, int] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to keep equal."""
        return bool(self._entries)

    def encode(self, codec: Codec, value: Any) -> Any:
        """A reference to `value`, with its content if the other side has not seen it, or NotImplemented."""
        kind = type(value)
        if kind in _KINDS:
            return self._encode_container(codec, value)
        if kind is np.ndarray and value.dtype.kind in PLAIN_KINDS and value.dtype.itemsize:
            return self._encode_array(codec, value)
        return NotImplemented

    def decode(self, codec: Codec, data: list[Any]) -> Any:
        """The object that `encode` of the other side referred to."""
        tag = data[0]
        if tag == "shared":
            return self._container(data[1]).value
        if tag == "view":
            return self._memory(data[1]).views[data[2]]
        if tag == "array":
            return self._decode_array(codec, *data[1:])
        return self._decode_container(codec, *data)

    def changes(self, codec: Codec) -> Iterator[Any]:
        """What this side changed since both last agreed."""
        for number, entry in list(self._entries.items()):
            if isinstance(entry, Memory):
                if entry.agreed != entry.flat:
                    entry.agreed = bytearray(entry.flat)
                    codec.buffers.append(entry.agreed)
                    yield [number, len(codec.buffers) - 1]
            else:
                items = _items_of(entry.value)
                if len(items) != len(entry.agreed) or any(
                    a is not b for a, b in zip(items, entry.agreed, strict=True)
                ):
                    entry.agreed = items
                    yield [number, list(map(codec.encode, items))]

    def apply(self, codec: Codec, changes: list[Any]) -> None:
        """Make the other side's changes here."""
        for number, content in changes:
            entry = self._entries[number]
            if isinstance(entry, Memory):
                data = codec.received[content]
                if len(data) != entry.flat.nbytes:
                    raise ValueError("an array can't change its size")
                if entry.flat.flags.writeable:
                    entry.flat[:] = np.frombuffer(data, np.uint8)
                entry.agreed = data
            else:
                _refill(entry.value, list(map(codec.decode, content)))
                entry.agreed = _items_of(entry.value)

    def strike_idle(self) -> list[int]:
        """Strike off what nothing here refers to; the numbers, for the other side to do the same."""
        idle = [number for number, entry in self._entries.items() if entry.is_idle()]
        self.strike(idle)
        return idle

    def strike(self, numbers: list[int]) -> None:
        """Forget these entries; the objects live on here for whoever holds them."""
        for number in numbers:
            entry = self._entries.pop(number)
            self._numbers.pop(id(entry.owner if isinstance(entry, Memory) else entry.value), None)

    def _enter(self, key: object, entry: Container | Memory, number: int | None = None) -> int:
        if number is None:
            number = self._next
            self._next += 2
        elif number in self._entries:
            raise ValueError("a number that is taken")
        self._entries[number] = entry
        self._numbers[id(key)] = number
        return number

    def _encode_container(self, codec: Codec, value: Any) -> Any:
        if number := self._numbers.get(id(value)):
            return ["shared", number]
        items = _items_of(value)
        number = self._enter(value, Container(value, items))
        factory = codec.encode(value.default_factory) if type(value) is defaultdict else None
        return [_KINDS[type(value)], number, factory, *map(codec.encode, items)]

    def _decode_container(self, codec: Codec, tag: str, number: int, factory: Any, *items: Any) -> Any:
        value = _MAKERS[tag](codec.decode(factory))
        entry = Container(value, [])
        self._enter(value, entry, number)
        _refill(value, list(map(codec.decode, items)))
        entry.agreed = _items_of(value)
        return value

    def _encode_array(self, codec: Codec, array: np.ndarray[Any, Any]) -> Any:
        owner = _owner_of(array)
        known = self._numbers.get(id(owner))
        place: Any = known
        if known is None:
            flat = _bytes_of(owner)
            much = owner.nbytes > LARGE_MEMORY and owner.nbytes > LARGE_SHARE * array.nbytes
            if flat is None or much:
                array = owner = array.copy()
                flat = _bytes_of(owner)
                assert flat is not None
            entry = Memory(owner, flat, bytearray(flat))
            known = self._enter(owner, entry)
            codec.buffers.append(entry.agreed)
            place = [known, len(codec.buffers) - 1]
        entry = self._memory(known)
        for number, view in entry.views.items():
            if view is array:
                return ["view", known, number]
        number = len(entry.views)
        entry.views[number] = array
        offset = array.__array_interface__["data"][0] - entry.flat.__array_interface__["data"][0]
        # An array without numbers may lie anywhere, also outside of its memory.
        offset, strides = (offset, array.strides) if array.size else (0, (0,) * array.ndim)
        form = [array.dtype.str, array.shape, strides, offset, array.flags.writeable]
        return ["array", place, number, *form]

    def _decode_array(
        self,
        codec: Codec,
        place: Any,
        number: int,
        dtype: str,
        shape: list[int],
        strides: list[int],
        offset: int,
        writeable: bool,
    ) -> Any:
        kind = np.dtype(str(dtype))
        if kind.kind not in PLAIN_KINDS:
            raise ValueError(f"dtype {dtype} is not plain")
        if isinstance(place, list):
            place, buffer = place
            data = codec.received[buffer]
            flat = np.frombuffer(data, np.uint8).copy()
            self._enter(flat, Memory(flat, flat, data), place)
        entry = self._memory(place)
        if number in entry.views:
            raise ValueError("a number that is taken")
        view = np.ndarray(tuple(shape), kind, entry.flat, offset, tuple(strides))
        view.flags.writeable = bool(writeable)
        entry.views[number] = view
        return view

    def _container(self, number: int) -> Container:
        entry = self._entries[number]
        if not isinstance(entry, Container):
            raise ValueError("not a container")
        return entry

    def _memory(self, number: int) -> Memory:
        entry = self._entries[number]
        if not isinstance(entry, Memory):
            raise ValueError("not the memory of an array")
        return entry


def _owner_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _bytes_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The bytes of an array's memory as a view, where they lie without gaps."""
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    straight = array.view(np.ndarray).transpose(order)
    if not straight.flags.c_contiguous or array.dtype.hasobject:
        return None
    return straight.reshape(-1).view(np.uint8)


def _items_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    return list(value)


def _refill(value: Any, items: list[Any]) -> None:
    value.clear()
    if isinstance(value, dict):
        for key, content in zip(items[::2], items[1::2], strict=True):
            value[key] = content
    elif isinstance(value, list | deque | bytearray):
        value.extend(items)
    else:
        value.update(items)


def _maker(kind: type) -> Callable[[Any], Any]:
    return lambda _: kind()


_KINDS: dict[type, str] = {
    list: "list",
    dict: "dict",
    set: "set",
    bytearray: "bytearray",
    deque: "deque",
    OrderedDict: "ordereddict",
    Counter: "counter",
    defaultdict: "defaultdict",
}
_MAKERS: dict[str, Callable[[Any], Any]] = {
    **{tag: _maker(kind) for kind, tag in _KINDS.items() if kind is not defaultdict},
    "defaultdict": defaultdict,
}
MIRROR_TAGS = frozenset({"shared", "view", "array", *_MAKERS})
