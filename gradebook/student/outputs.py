"""What the grader hears of a cell, as outputs of a notebook. Whatever is said, they are valid and bounded."""

import copy
import json
from typing import Any, TypeAlias

from gradebook.student.scale import (
    ERROR_BYTES,
    KEY_CHARACTERS,
    LARGEST,
    Scale,
    TooMuch,
    Unfit,
    fit,
    shorten,
    weigh,
)

Output: TypeAlias = dict[str, Any]
DisplayId: TypeAlias = str | int

BYTES_PER_CELL = 1_000_000
OUTPUT_BYTES = 100  # what an output takes in a file around what it says
HEARD_TIMES = 20  # so many times a cell's bytes are listened to: a display can be replaced, but not for ever

UNFIT = "… an output that no notebook can hold is left out\n"
_KEYS = {
    "stream": ({"name", "text"}, set[str]()),
    "display_data": ({"data", "metadata"}, {"transient"}),
    "execute_result": ({"data", "metadata", "execution_count"}, {"transient"}),
    "update_display_data": ({"data", "metadata", "transient"}, set[str]()),
    "clear_output": ({"wait"}, set[str]()),
    "error": ({"ename", "evalue", "traceback"}, set[str]()),
}


class Displays:
    """Where in a notebook each display id is shown."""

    def __init__(self) -> None:
        self._places: dict[DisplayId, list[tuple[CellOutputs, Output]]] = {}

    def add(self, display_id: DisplayId, cell: "CellOutputs", output: Output) -> None:
        """An output shows this."""
        self._places.setdefault(display_id, []).append((cell, output))

    def forget(self, cell: "CellOutputs") -> None:
        """A cell was cleared."""
        for display_id, places in list(self._places.items()):
            self._places[display_id] = [place for place in places if place[0] is not cell]

    def update(self, display_id: DisplayId, data: Output, metadata: Output, weight: int) -> int:
        """Replace what is shown in all places; how many there are."""
        places = self._places.get(display_id, [])
        for cell, output in places:
            cell.replace(output, data, metadata, weight)
        return len(places)


class CellOutputs:
    """The outputs of one cell, as nbclient makes them of a kernel's messages, with equal streams joined.

    `displays` is what the cells of a notebook share. What doesn't fit in `limit` bytes is left out with a
    remark; the cell's error is kept in any case, cut to 100,000 bytes of its own.
    """

    def __init__(self, displays: Displays | None = None, limit: int = BYTES_PER_CELL) -> None:
        self._displays = Displays() if displays is None else displays
        self._limit = limit
        self._heard = 0
        self._clear_before_next = False
        self._outputs: list[Output] = []
        self._weights: dict[int, int] = {}
        self._remarks: set[str] = set()
        self._extra: Output | None = None
        self._left = limit

    @property
    def outputs(self) -> list[Output]:
        """The outputs so far; the caller's to change."""
        outputs = [copy.deepcopy(output) for output in self._outputs]
        for output in outputs:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        return outputs

    def hear(self, message: object) -> None:
        """Take a message. What isn't one is left out with a remark."""
        tired = self._heard > HEARD_TIMES * self._limit
        scale = Scale(self._limit)
        try:
            kind, parts = _open(message)
            if kind == "error":
                self._hear_error(parts)
            elif tired:
                self._remark_excess()
            elif kind == "clear_output":
                self._hear_clear(parts["wait"])
            elif kind == "stream":
                self._hear_stream(scale, parts["name"], parts["text"])
            else:
                self._hear_display(scale, kind, parts)
        except Unfit:
            self._remark(UNFIT)
        except TooMuch:
            self._remark_excess()
        self._heard += scale.weight + OUTPUT_BYTES

    def replace(self, output: Output, data: Output, metadata: Output, weight: int) -> None:
        """Let a display of this cell show something else, if the cell has room for it."""
        left = self._left + self._weights[id(output)] - weight
        if left < 0:
            self._remark_excess()
            return
        self._left, self._weights[id(output)] = left, weight
        output.update(data=data, metadata=metadata)

    def _hear_clear(self, wait: object) -> None:
        if type(wait) is not bool:
            raise Unfit
        if wait:
            self._clear_before_next = True
        else:
            self._clear()

    def _hear_stream(self, scale: Scale, name: object, text: object) -> None:
        if type(name) is not str or name not in ("stdout", "stderr") or type(text) is not str:
            raise Unfit
        self._clear_if_due()
        fitting = fit(text, self._left - OUTPUT_BYTES)
        if fitting:
            self._left -= weigh(fitting) + self._write(name, fitting)
        scale.weight = len(text)
        if len(fitting) < len(text):
            raise TooMuch

    def _hear_display(self, scale: Scale, kind: str, parts: Output) -> None:
        data, metadata = scale.bundle(parts["data"]), scale.metadata(parts["metadata"])
        display_id = _display_id(parts.get("transient"))
        weight = scale.weight + OUTPUT_BYTES
        if display_id is not None:
            self._heard += OUTPUT_BYTES * self._displays.update(display_id, data, metadata, weight)
        if kind == "update_display_data":
            return
        output: Output = {"output_type": kind, "data": data, "metadata": metadata}
        if kind == "execute_result":
            output["execution_count"] = _count(parts["execution_count"])
        self._clear_if_due()
        self._append(output, weight)
        if display_id is not None:
            self._displays.add(display_id, self, output)

    def _hear_error(self, parts: Output) -> None:
        """Keep an error; of those that come when the cell is full, the last one."""
        lines = parts["traceback"]
        if type(parts["ename"]) is not str or type(parts["evalue"]) is not str or type(lines) is not list:
            raise Unfit
        if not all(type(line) is str for line in lines):
            raise Unfit
        ename, evalue = fit(parts["ename"], 1000), fit(parts["evalue"], ERROR_BYTES // 8)
        output: Output = {"output_type": "error", "ename": ename, "evalue": evalue}
        output["traceback"] = traceback = shorten(lines)
        self._clear_if_due()
        try:
            self._append(output, len(json.dumps(output, ensure_ascii=False).encode()) + 10 * len(traceback))
        except TooMuch:
            self._outputs = [kept for kept in self._outputs if kept is not self._extra]
            self._outputs.append(output)
            self._extra = output
            self._remark_excess()

    def _append(self, output: Output, weight: int) -> None:
        if weight > self._left:
            raise TooMuch
        self._left -= weight
        self._weights[id(output)] = weight
        self._outputs.append(output)

    def _write(self, name: str, text: str) -> int:
        """Add to a stream; the bytes that it takes besides the text."""
        last = self._outputs[-1] if self._outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
            return 0
        self._outputs.append({"output_type": "stream", "name": name, "text": [text]})
        return OUTPUT_BYTES

    def _remark(self, remark: str) -> None:
        if remark not in self._remarks:
            self._remarks.add(remark)
            self._write("stderr", remark)

    def _remark_excess(self) -> None:
        self._remark(f"… more than {self._limit:,} bytes of output: the rest is left out\n")

    def _clear_if_due(self) -> None:
        if self._clear_before_next:
            self._clear()

    def _clear(self) -> None:
        self._displays.forget(self)
        self._clear_before_next = False
        self._outputs, self._weights, self._remarks, self._extra = [], {}, set(), None
        self._left = self._limit


def _open(message: object) -> tuple[str, Output]:
    """A message's kind and parts: those that it must have, and none that nobody knows."""
    if type(message) is not dict:
        raise Unfit
    kind = message.get("output_type")
    if type(kind) is not str or kind not in _KEYS:
        raise Unfit
    required, optional = _KEYS[kind]
    keys = set(message) - {"output_type"}
    if not required <= keys <= required | optional:
        raise Unfit
    return kind, message


def _display_id(transient: object) -> DisplayId | None:
    if transient is None:
        return None
    if type(transient) is not dict or len(transient) > 10:
        raise Unfit
    display_id = transient.get("display_id")
    if type(display_id) is str and len(display_id) <= KEY_CHARACTERS:
        return display_id or None
    if type(display_id) is int and abs(display_id) < LARGEST:
        return display_id or None
    if display_id is not None:
        raise Unfit
    return None


def _count(count: object) -> int | None:
    if count is not None and (type(count) is not int or not 0 <= count < 1_000_000_000):
        raise Unfit
    return count
