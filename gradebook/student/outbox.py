"""What the student's process says to the grader: messages in the order they were meant, within a budget."""

import io
import json
import math
import os
import signal
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import date, datetime
from numbers import Integral, Real
from typing import Any, TypeAlias

from gradebook.student.descriptor import Descriptor
from gradebook.student.scale import ERROR_BYTES, fit, shorten

Message: TypeAlias = dict[str, Any]

CHARACTERS_PER_CELL = 10_000_000
BATCH_CHARACTERS = 16_384
BATCH_SECONDS = 0.2  # a kernel's flush interval
LEFT_OUT = f"… more than {CHARACTERS_PER_CELL:,} characters of output: the rest is left out\n"


class Outbox:
    """Messages on their way to the grader.

    Text waits in one buffer a stream, as in a kernel: what is printed to both within a moment comes as one
    text each. A flush puts a buffer's text in order behind what was said before.
    """

    def __init__(self, send: Callable[[Message], object]) -> None:
        self._send = send
        self._lock = threading.RLock()  # threads print, and a finaliser prints while we send
        self._process = os.getpid()
        self._buffers: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._since = {"stdout": 0.0, "stderr": 0.0}
        self._waiting = 0
        self._queue: list[Message] = []
        self._sent_at = 0.0
        self._left = CHARACTERS_PER_CELL
        self._descriptors = {"stdout": Descriptor(1), "stderr": Descriptor(2)}

    def open_cell(self) -> None:
        """A new cell: its output has a budget of its own."""
        with self._lock:
            self._left = CHARACTERS_PER_CELL

    def empty(self) -> None:
        """Send all that was said so far."""
        if os.getpid() != self._process:
            return
        with self._lock:
            for name, descriptor in self._descriptors.items():
                while self._left > 0 and (text := descriptor.read()):
                    self._buffer(name, text)
                    self._send_batch()
                descriptor.clear()
            self._seal("stdout", "stderr")
            self._transmit()

    def write(self, name: str, text: str) -> None:
        """Text on a stream. In a process that the student forked it goes through the descriptor."""
        if os.getpid() != self._process:
            os.write(1 if name == "stdout" else 2, text.encode("utf-8", "replace"))
            return
        with self._lock:
            self._drain()
            if self._buffers[name] and time.monotonic() - self._since[name] > BATCH_SECONDS:
                self._seal(name)
            self._buffer(name, text)
            self._send_batch()

    def flush(self, name: str) -> None:
        """Put a stream's text in order, and send it unless something was sent a moment ago."""
        if os.getpid() != self._process:
            return
        with self._lock:
            self._drain()
            self._seal(name)
            if time.monotonic() - self._sent_at > BATCH_SECONDS:
                self._transmit()

    def show(self, message: Message) -> None:
        """A display, after all text that was printed before it. `ValueError` where it can't be JSON."""
        if os.getpid() != self._process:
            return
        text = _pack(message)
        with self._lock:
            self._drain()
            self._seal("stdout", "stderr")
            if self._afford(len(text)) == len(text):
                self._queue.append(json.loads(text))
            self._transmit()

    def show_error(self, name: str, value: str, traceback: Iterable[str]) -> None:
        """An exception. It is always sent; what would make it huge is cut."""
        if os.getpid() != self._process:
            return
        error: Message = {"ename": fit(name, 1000), "evalue": fit(value, ERROR_BYTES // 8)}
        error["traceback"] = shorten([str(line) for line in traceback])
        with self._lock:
            self._drain()
            self._seal("stdout", "stderr")
            self._queue.append({"output_type": "error", **error})
            self._transmit()

    def _afford(self, characters: int) -> int:
        """How many of so many characters the cell may still say; the first refusal leaves one remark."""
        if self._left <= 0:
            return 0
        allowed = min(characters, self._left)
        self._left -= characters
        if self._left <= 0:
            self._buffers["stderr"].append(LEFT_OUT)
        return allowed

    def _buffer(self, name: str, text: str) -> None:
        if text and (allowed := self._afford(len(text))):
            if not self._buffers[name]:
                self._since[name] = time.monotonic()
            self._buffers[name].append(_whole(text[:allowed]))
            self._waiting += allowed

    def _drain(self) -> None:
        for name, descriptor in self._descriptors.items():
            if text := descriptor.read():
                self._buffer(name, text)

    def _seal(self, *names: str) -> None:
        for name in names:
            text = "".join(self._buffers[name])
            self._buffers[name].clear()
            if not text:
                continue
            last = self._queue[-1] if self._queue else {}
            if last.get("name") == name:
                last["text"] += text
            else:
                self._queue.append({"output_type": "stream", "name": name, "text": text})

    def _send_batch(self) -> None:
        if self._waiting >= BATCH_CHARACTERS:
            self._seal("stdout", "stderr")
            self._transmit()

    def _transmit(self) -> None:
        """Send what is in order. An interrupt waits until it is sent: half a message would be the last."""
        queue, self._queue, self._waiting = self._queue, [], 0
        if not queue:
            return
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for message in queue:
                self._send(message)
            self._sent_at = time.monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the student's code."""

    encoding = "UTF-8"

    def __init__(self, name: str, outbox: Outbox) -> None:
        self.name = name
        self.outbox = outbox

    def write(self, string: str) -> int:
        """Say a text."""
        if not isinstance(string, str):
            raise TypeError(f"write() argument must be str, not {type(string)}")
        self.outbox.write(self.name, string)
        return len(string)

    def flush(self) -> None:
        """Put the text in order with displays and with the other stream."""
        self.outbox.flush(self.name)

    def writable(self) -> bool:
        """Text can be written."""
        return True

    def fileno(self) -> int:
        """The descriptor, for programs that are started with this stream."""
        return 1 if self.name == "stdout" else 2

    def close(self) -> None:
        """Send the text; the notebook's later cells print as before."""
        self.flush()


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which can't be written to a notebook."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _pack(message: Message) -> str:
    try:
        return json.dumps(message, default=_plain, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(_finite(message), default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    """What JSON has no word for, as a kernel sends it."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Iterable):
        return list(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise ValueError(f"Can't clean for JSON: {value!r}")


def _finite(value: Any) -> Any:
    """The value with the names of numbers that JSON has not, as a kernel sends them."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_finite(part) for part in value]
    return value
