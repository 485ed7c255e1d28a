"""One message of the bridge: values as JSON with references, and back."""

import types
from typing import TYPE_CHECKING, Any

from gradebook.bridge.describe import describe_class
from gradebook.bridge.faults import decode_error, encode_error
from gradebook.bridge.mirror import MIRROR_TAGS
from gradebook.bridge.remote import RemoteObject, RemoteType, home_of, number_of, peer_of
from gradebook.bridge.values import PLAIN_DECODERS, SAME_IN_JSON, encode_plain
from gradebook.bridge.wire import Buffer

if TYPE_CHECKING:
    from gradebook.bridge.peer import Peer

# A frame of one of these files is not the author's.
OWN_FILES = "gradebook/bridge"


class Message:
    """One message while it is written or read: the values in it, and what they refer to."""

    __slots__ = ("buffers", "classes", "extras", "peer", "received")

    def __init__(self, peer: "Peer", received: list[bytearray] | None = None) -> None:
        self.peer = peer
        self.buffers: list[Buffer] = []
        self.received = received or []
        self.classes: list[Any] = []
        self.extras: dict[str, Any] = {}

    def encode(self, value: Any) -> Any:
        """A value as JSON."""
        kind = type(value)
        if kind in SAME_IN_JSON:
            return value
        if kind in self.peer.met:
            return self._refer(value)
        data = encode_plain(self, value)
        if data is NotImplemented:
            data = self.peer.mirrors.encode(self, value)
        return self._refer(value) if data is NotImplemented else data

    def decode(self, data: Any) -> Any:
        """The value that JSON stands for. Raises whatever malformed JSON leads to."""
        if type(data) is not list:
            if type(data) is dict:
                raise TypeError("not a value")
            return data
        tag = data[0]
        if decoder := PLAIN_DECODERS.get(tag):
            return decoder(self, *data[1:])
        if tag in MIRROR_TAGS:
            return self.peer.mirrors.decode(self, data)
        return self._follow(tag, *data[1:])

    def _refer(self, value: Any) -> Any:
        peer = self.peer
        cls = type(value)
        if cls in peer.met and peer_of(value) is peer:
            return ["yours", number_of(value)]
        if isinstance(value, RemoteType):
            return ["yours", home_of(value)[1]]
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        if isinstance(value, type):
            number = peer.errors.get(value)
            return ["yours", number] if number else ["class", self.export_class(value)]
        if isinstance(value, BaseException):
            return ["error", peer.export(value), *encode_error(self, value, OWN_FILES)]
        number = peer.export(value)
        peer.lent[number] += 1
        return ["mine", number, self.export_class(cls)]

    def _follow(self, tag: str, *parts: Any) -> Any:
        peer = self.peer
        if tag == "yours":
            return peer.exports[parts[0]]
        if tag == "mine":
            return peer.meet(*parts)
        if tag == "class":
            return peer.classes[parts[0]]
        if tag == "module":
            return peer.find_module(parts[0])
        if tag == "error":
            return decode_error(self, list(parts[1:]))
        raise ValueError(f"{tag!r} is no kind of value")

    def export_class(self, cls: type) -> int:
        """The number of a class of this side; its description goes with this message the first time."""
        if cls in self.peer.errors:
            return 0
        if isinstance(cls, RemoteType) and cls is not RemoteObject:
            return -home_of(cls)[1]
        known = self.peer.is_exported(cls)
        number = self.peer.export(cls)
        if not known:
            self.classes.append([number, describe_class(cls, self.export_class)])
        return number
