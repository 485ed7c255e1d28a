"""Messages between the two processes: a header of JSON with raw bytes behind it. None of it is executed."""

import json
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any, TypeAlias

HEADER_LIMIT = 8 << 20
BODY_LIMIT = 256 << 20
BUFFERS_LIMIT = 100_000
CHUNK = 1 << 16
_PREFIX = struct.Struct("<II")

Buffer: TypeAlias = bytes | bytearray | memoryview


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
        self._pending = bytearray()

    def send(self, header: Any, buffers: Sequence[Buffer] = (), deadline: float | None = None) -> None:
        """Send a message. `deadline` is a moment of `time.monotonic`, None for never."""
        text = json.dumps(header, separators=(",", ":"), check_circular=False).encode()
        sizes = [memoryview(buffer).nbytes for buffer in buffers]
        start = _PREFIX.pack(len(text), len(buffers)) + struct.pack(f"<{len(sizes)}Q", *sizes) + text
        try:
            self._wait_until(deadline)
            sent = self.socket.send(start)
            rest = [memoryview(start)[sent:]] if sent < len(start) else []
            for part in (*rest, *buffers):
                self._wait_until(deadline)
                self.socket.sendall(part)
        except TimeoutError:
            raise OverdueError("it does not listen") from None
        except OSError as error:
            raise ClosedError(str(error)) from None

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
            return json.loads(text), buffers
        except (ValueError, RecursionError) as error:
            raise WireError(f"a message that is no JSON: {error}") from None

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _take(self, count: int, deadline: float | None) -> bytearray:
        pending = self._pending
        while len(pending) < count:
            self._wait_until(deadline)
            try:
                part = self.socket.recv(max(CHUNK, min(count - len(pending), 16 * CHUNK)))
            except TimeoutError:
                raise OverdueError("no answer in time") from None
            except OSError as error:
                raise ClosedError(str(error)) from None
            if not part:
                raise ClosedError("the other side hung up")
            pending += part
        taken = pending[:count]
        del pending[:count]
        return taken

    def _wait_until(self, deadline: float | None) -> None:
        if deadline is None:
            self.socket.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise OverdueError("no answer in time")
        self.socket.settimeout(left)
