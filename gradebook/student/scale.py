"""Copying what a stranger said, as far as it can be written to a notebook, and weighing it on the way."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

ERROR_BYTES = 100_000
DEPTH = 30
LARGEST = 1 << 63
KEY_CHARACTERS = 200

_MIME = re.compile(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}")
_JSON_MIME = re.compile(r"application/(.*\+)?json")  # nbformat's schema takes these for JSON


class Unfit(Exception):  # noqa: N818 - a reason, not a fault
    """What was said is no output of a notebook."""


class TooMuch(Exception):  # noqa: N818
    """What was said is one, and too large."""


class Scale:
    """Copies JSON values part by part, with the bytes they take in a file, and stops at too many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.weight = 0

    def text(self, value: object) -> str:
        """A text that can be written to a file."""
        if type(value) is not str:
            raise Unfit
        self._add(len(value))
        text = value if value.isascii() else value.encode("utf-8", "replace").decode()
        self._add(len(json.dumps(text, ensure_ascii=False).encode()) - len(value))
        return text

    def value(self, value: object, depth: int = 1) -> Any:
        """A JSON value."""
        self._add(depth + 8)  # its line's indent, comma and brackets
        if type(value) is str:
            return self.text(value)
        if type(value) is dict:
            self._deeper(depth)
            return {self.key(key): self.value(part, depth + 1) for key, part in value.items()}
        if type(value) is list:
            self._deeper(depth)
            return [self.value(part, depth + 1) for part in value]
        if value is None or type(value) is bool:
            return value
        if (type(value) is int and abs(value) < LARGEST) or (type(value) is float and math.isfinite(value)):
            self._add(20)
            return value
        raise Unfit

    def key(self, key: object) -> str:
        """A name in an object."""
        if type(key) is not str or len(key) > KEY_CHARACTERS:
            raise Unfit
        return self.text(key)

    def bundle(self, data: object) -> dict[str, Any]:
        """Representations by MIME type: JSON for those types that are, text for all others."""
        if type(data) is not dict:
            raise Unfit
        for mime in data:
            if type(mime) is not str or not _MIME.fullmatch(mime):
                raise Unfit
        return {self.key(mime): self._part(mime, value) for mime, value in data.items()}

    def metadata(self, value: object) -> dict[str, Any]:
        """An object of JSON values."""
        if type(value) is not dict:
            raise Unfit
        result: dict[str, Any] = self.value(value)
        return result

    def _part(self, mime: str, value: object) -> Any:
        return self.value(value) if _JSON_MIME.fullmatch(mime) else self.text(value)

    def _add(self, weight: int) -> None:
        self.weight += weight
        if self.weight > self.most:
            raise TooMuch

    def _deeper(self, depth: int) -> None:
        if depth >= DEPTH:
            raise Unfit


def weigh(text: str) -> int:
    """The bytes that a text takes in a file."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def fit(text: str, most: int) -> str:
    """The beginning of a text that takes at most so many bytes, without halves of surrogate pairs."""
    text = text[: max(most, 0)]
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()
    while text and (weight := weigh(text)) > most:
        text = text[: len(text) * most // weight]
    return text


def shorten(lines: Sequence[str], most: int = ERROR_BYTES * 3 // 4) -> list[str]:
    """A traceback that takes at most so many bytes: its first lines and its last, which say the most."""
    kept = [fit(line, most // 8) for line in (*lines[:1000], *lines[1000:][-1000:])]
    if len(kept) == len(lines) and sum(weigh(line) + 10 for line in kept) <= most:
        return kept
    middle = len(kept) // 2
    first, last = _within(kept[:middle], most // 2), _within(kept[middle:][::-1], most // 2 - 100)[::-1]
    return [*first, f"… {len(lines) - len(first) - len(last)} lines are left out …", *last]


def _within(lines: list[str], most: int) -> list[str]:
    """The lines before the first that is too much."""
    kept: list[str] = []
    for line in lines:
        most -= weigh(line) + 10
        if most < 0:
            break
        kept.append(line)
    return kept
