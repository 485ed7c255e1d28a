"""Messages between the two processes: a header of JSON with raw bytes behind it. None of it is executed."""

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, TypeAlias, TypeVar

HEADER_LIMIT = 8 << 20
BODY_LIMIT = 256 << 20
BUFFERS_LIMIT = 100_000
CHUNK = 1 << 16
_PREFIX = struct.Struct("<II")
# `json.dumps` makes a new encoder for each of our messages, and `json.loads` guesses how a text is encoded.
_write = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_read = json.JSONDecoder().raw_decode

Buffer: TypeAlias = bytes | bytearray
T = TypeVar("T")


class WireError(Exception):
    """The other side sent what no message can be."""


class ClosedError(WireError):
    """The other side is gone."""


class OverdueError(WireError):
    """The other side did not answer in time."""


class Wire:
    """One end of a stream socket, speaking in whole messages.

    What arrives is limited before it is read, and is data: JSON values and bytes.
    """

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        # Under a timeout of its own, a socket takes three system calls for one.
        end.settimeout(None)
        self._pending, self._at = b"", 0

    def send(self, header: Any, buffers: Sequence[Buffer] = (), deadline: float | None = None) -> None:
        """Send a message. `deadline` is a moment of `time.monotonic`, None for never."""
        text = _write(header).encode()
        sizes = [len(buffer) for buffer in buffers]
        start = _PREFIX.pack(len(text), len(sizes)) + struct.pack(f"<{len(sizes)}Q", *sizes) + text
        small = len(start) + sum(sizes) <= CHUNK
        for part in [b"".join((start, *buffers))] if small else (start, *buffers):
            self._push(part, deadline)

    def receive(self, deadline: float | None = None) -> tuple[Any, list[bytearray]]:
        """The next message: its header and its buffers."""
        length, count = _PREFIX.unpack(self._take(_PREFIX.size, deadline))
        if length > HEADER_LIMIT or count > BUFFERS_LIMIT:
            raise WireError(f"a message of {length} bytes and {count} buffers is too large")
        sizes = struct.unpack(f"<{count}Q", self._take(8 * count, deadline)) if count else ()
        if sum(sizes) > BODY_LIMIT:
            raise WireError(f"a message with {sum(sizes)} bytes of data is too large")
        text = self._take(length, deadline)
        buffers = [self._take(size, deadline) for size in sizes]
        try:
            content = text.decode()
            header, end = _read(content)
        except (ValueError, RecursionError) as error:
            raise WireError(f"a message that is no JSON: {error}") from None
        if end != len(content):
            raise WireError("a message that goes on behind its JSON")
        return header, buffers

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _take(self, count: int, deadline: float | None) -> bytearray:
        """The next so many bytes. What comes with them waits for the next time."""
        end = self._at + count
        if end > len(self._pending):
            self._pending, self._at, end = self._pending[self._at :], 0, count
            if count > CHUNK:
                return self._take_much(count, deadline)
            while count > len(self._pending):
                self._pending += self._await(self.socket.recv, CHUNK, deadline)
        taken, self._at = bytearray(self._pending[self._at : end]), end
        return taken

    def _take_much(self, count: int, deadline: float | None) -> bytearray:
        """Bytes that are received where they stay."""
        taken = bytearray(count)
        here = len(self._pending)
        taken[:here], self._pending = self._pending, b""
        with memoryview(taken) as place:
            while here < count:
                here += self._await(self.socket.recv_into, place[here:], deadline)
        return taken

    def _await(self, receive: Callable[[Any], T], what: Any, deadline: float | None) -> T:
        """Receive something once there is something."""
        try:
            if deadline is not None:
                self._wait(select.POLLIN, deadline)
            received = receive(what)
        except (OSError, ValueError) as error:
            raise ClosedError(str(error)) from None
        if not received:
            raise ClosedError("the other side hung up")
        return received

    def _push(self, part: Buffer, deadline: float | None) -> None:
        flags = 0 if deadline is None else socket.MSG_DONTWAIT
        rest = memoryview(part)
        try:
            while rest:
                try:
                    rest = rest[self.socket.send(rest, flags) :]
                except BlockingIOError:
                    self._wait(select.POLLOUT, deadline or 0.0)
        except (OSError, ValueError) as error:
            raise ClosedError(str(error)) from None

    def _wait(self, event: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(self.socket, event)
        if left <= 0 or not poll.poll(ceil(1000 * left)):
            raise OverdueError("no answer in time")
