"""One side of the bridge: it asks the other side, and answers what the other side asks."""

import math
import threading
import time
import types
import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from gradebook.bridge.answers import answer
from gradebook.bridge.calls import CallNames
from gradebook.bridge.faults import Stopped, decode_error, encode_error, make_error_class
from gradebook.bridge.message import OWN_FILES, Message
from gradebook.bridge.mirror import Mirrors
from gradebook.bridge.remote import RemoteModule, RemoteObject, make_class, set_number, set_peer
from gradebook.bridge.wire import ClosedError, OverdueError, Wire, WireError

DEEPEST = 100


class Peer:
    """One end of the bridge.

    strict: this side judges, so the other side's objects decide nothing here, and may ask here for little.
    hear: called with what the other side shows meanwhile (its output).
    deadline: when all must be over, a moment of `time.monotonic`; None for never. call_seconds: how long each
    answer may take within that.
    """

    def __init__(self, wire: Wire, *, strict: bool, hear: Callable[[Any], object] = lambda _: None) -> None:
        self.wire, self.strict, self.hear = wire, strict, hear
        self.mirrors = Mirrors(1 if strict else 2)
        self.exports: dict[int, Any] = {}
        self.classes: dict[int, Any] = {}
        self.errors: dict[type[BaseException], int] = {}
        self.met: set[type] = set()
        self.deadline: float | None = None
        self.call_seconds = math.inf
        self.flush: Callable[[], object] = lambda: None
        self._numbers: dict[int, int] = {}
        self._next = 1
        # How often each object was sent there: it is let go when that many arrivals are given up, for one may
        # be on its way while the object of an earlier one dies.
        self.lent: defaultdict[int, int] = defaultdict(int)
        self._borrowed: defaultdict[int, int] = defaultdict(int)
        self._proxies: dict[int, weakref.ref[RemoteObject]] = {}
        self._released: list[list[int]] = []
        self._names = CallNames()
        self._depth = 0
        self._over: Stopped | None = None
        # A thread of student code may ask while the main thread computes an answer.
        self._turn = threading.RLock()

    def request(self, *question: Any) -> Any:
        """Ask the other side, and return or raise what it answers."""
        __tracebackhide__ = True
        if self._over:
            raise self._over
        deadline = self.deadline
        if deadline is not None:
            deadline = min(deadline, time.monotonic() + self.call_seconds)
        with self._turn:
            self.flush()
            message = self._begin()
            self._send("ask", message, [message.encode(part) for part in question], deadline)
            try:
                kind, value = self._listen(deadline)
            except OverdueError:
                raise self._overrun(question) from None
        if kind == "raise":
            raise value
        self._names.learn(question, value)
        return value

    def serve(self) -> None:
        """Answer until the other side hangs up."""
        while not self._over:
            try:
                self._listen(None)
            except Stopped:
                return

    def show(self, output: Any) -> None:
        """Let the other side hear something, without waiting for an answer."""
        with self._turn:
            self.wire.send(["show", output, {}], (), self.deadline)

    def close(self, why: str) -> None:
        """Hang up; whatever is asked from now on raises `Stopped` with this reason."""
        self._end(Stopped(why))

    def derive(self, cls: type, bases: tuple[type, ...], space: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Let the other side make a class whose functions are here; its number there and its description."""
        parts = [[key, *_parts_of(value)] for key, value in space.items() if key not in ("__qualname__",)]
        number, told = self.request("derive", cls.__name__, list(bases), parts)
        self.classes[number] = cls
        self.met.add(cls)
        return number, told

    def export(self, value: Any) -> int:
        """The number under which the other side may ask for an object of this side."""
        number = self._numbers.get(id(value))
        if number is None:
            number, self._next = self._next, self._next + 1
            self.exports[number] = value
            self._numbers[id(value)] = number
        return number

    def is_exported(self, value: Any) -> bool:
        """Whether the other side may know it."""
        return id(value) in self._numbers

    def meet(self, number: int, class_number: int) -> Any:
        """The object here for an object there; the same one as long as somebody holds it."""
        self._borrowed[number] += 1
        known = self._proxies.get(number)
        proxy = known() if known else None
        if proxy is None:
            proxy = object.__new__(self.classes[class_number])
            set_peer(proxy, self)
            set_number(proxy, number)
            self._proxies[number] = weakref.ref(proxy, lambda _: self._lost(number))
        return proxy

    def find_module(self, name: str) -> Any:
        """A module that the other side named: the other side's own, unless this side has it and trusts it."""
        import sys

        module = sys.modules.get(str(name))
        if not self.strict:
            return module
        ours = module is not None and not isinstance(module, RemoteModule)
        return (
            module if ours and str(name) not in ("__main__", "__mp_main__") else RemoteModule(self, str(name))
        )

    def _lost(self, number: int) -> None:
        reference = self._proxies.get(number)
        if reference is not None and reference() is None:
            del self._proxies[number]
            self._released.append([number, self._borrowed.pop(number)])

    def _begin(self) -> Message:
        """A message that passes the turn: first of all it tells what changed here meanwhile."""
        message = Message(self)
        if self.mirrors:
            if changes := list(self.mirrors.changes(message)):
                message.extras["changes"] = changes
            if idle := self.mirrors.strike_idle():
                message.extras["struck"] = idle
        if self._released:
            message.extras["released"], self._released = self._released, []
        if self.strict and (state := np.geterr()) != _USUAL:
            message.extras["errors"] = state
        return message

    def _send(self, kind: str, message: Message, content: Any, deadline: float | None) -> None:
        if message.classes:
            message.extras["classes"] = message.classes
        try:
            self.wire.send([kind, content, message.extras], message.buffers, deadline)
        except WireError as error:
            raise self._stop(error) from None

    def _listen(self, deadline: float | None) -> tuple[str, Any]:
        """Hear the other side out, answering what it asks, until it answers."""
        while True:
            try:
                header, received = self.wire.receive(deadline)
                kind, content, extras = header
                if kind == "show":
                    self.hear(content)
                    continue
                message = Message(self, received)
                if extras:
                    self._take_in(message, extras)
                if kind == "ask":
                    value: Any = [message.decode(part) for part in content]
                elif kind == "raise":
                    value = self._decode_raised(message, content)
                else:
                    value = message.decode(content)
            except OverdueError:
                raise
            except WireError as error:
                raise self._stop(error) from None
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001 - the boundary: malformed data leads to anything
                raise self._stop(WireError(str(error))) from None
            del content, header, message
            if kind != "ask":
                return str(kind), value
            self._answer(value, None if self.strict else extras.get("errors"))
            value = None

    def _take_in(self, message: Message, extras: dict[str, Any]) -> None:
        for number, times in extras.get("released", ()):
            self.lent[number] -= times
            if self.lent[number] <= 0:
                del self.lent[number]
                self._numbers.pop(id(self.exports.pop(number)), None)
        for number, told in extras.get("classes", ()):
            if told["error"]:
                error_class = make_error_class(str(told["name"]), str(told["error"]))
                self.classes[number], self.errors[error_class] = error_class, number
                continue
            bases = tuple(self._base(base) for base in told["bases"])
            cls = make_class(self, number, told, bases)
            self.classes[number] = cls
            self.met.add(cls)
        self.mirrors.apply(message, extras.get("changes", []))
        self.mirrors.strike(extras.get("struck", []))

    def _base(self, number: int) -> type:
        base: type = self.exports[-number] if number < 0 else self.classes[number]
        return base

    def _answer(self, question: list[Any], errors: dict[str, Any] | None) -> None:
        kind, value = "answer", None
        try:
            value = self._carry_out(question, errors)
        except Stopped:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever was asked may raise anything
            kind, value = "raise", error
        question.clear()
        with self._turn:
            self.flush()
            message = self._begin()
            try:
                content = self._encode_raised(message, value) if kind == "raise" else message.encode(value)
            except Exception as error:  # noqa: BLE001 - what can't cross is an answer too
                kind, content = "raise", self._encode_raised(message, error)
            self._send(kind, message, content, self.deadline)

    def _encode_raised(self, message: Message, error: BaseException) -> list[Any]:
        origin = getattr(error, "__bridge__", None)
        if type(origin) is tuple and len(origin) == 2 and origin[0] is self:
            return ["yours", origin[1]]
        return ["mine", self.export(error), *encode_error(message, error, OWN_FILES)]

    def _decode_raised(self, message: Message, content: list[Any]) -> BaseException:
        whose, number, *told = content
        if whose == "yours":
            error = self.exports[number]
            if not isinstance(error, BaseException):
                raise TypeError("not an exception")
            return error
        error = decode_error(message, told)
        error.__bridge__ = (self, number)  # type: ignore[attr-defined]
        return error

    def _carry_out(self, question: list[Any], errors: dict[str, Any] | None) -> Any:
        """Do what was asked, under what the other side wants of NumPy's errors."""
        if self._depth >= DEEPEST:
            raise RecursionError("the two sides called each other too deeply")
        self._depth += 1
        try:
            if not errors:
                return answer(self, *question)
            with np.errstate(**errors):
                return answer(self, *question)
        finally:
            self._depth -= 1

    def _overrun(self, question: tuple[Any, ...]) -> Stopped:
        if self.deadline is not None and time.monotonic() < self.deadline:
            called = self._names.name(question)
            return self._end(Stopped(f"{called} did not return within {self.call_seconds:g} s", overdue=True))
        return self._stop(OverdueError())

    def _stop(self, error: WireError) -> Stopped:
        if isinstance(error, OverdueError):
            return self._end(Stopped("your code did not finish in time", overdue=True))
        if isinstance(error, ClosedError):
            return self._end(Stopped("your code ended Python instead of returning"))
        # Not what was wrong with it: those words could tell what a hidden test asked.
        return self._end(Stopped("what your code answered could not be read"))

    def _end(self, over: Stopped) -> Stopped:
        self._over = self._over or over
        self.wire.close()
        return self._over


def _parts_of(value: Any) -> list[Any]:
    if isinstance(value, property):
        return ["property", [value.fget, value.fset, value.fdel]]
    if isinstance(value, classmethod | staticmethod):
        return [type(value).__name__, value.__func__]
    if isinstance(value, types.FunctionType):
        return ["function", value]
    return ["value", value]


_USUAL = np.geterr()
