"""What checks say with: each `expect_…` fails with what was expected and what came instead."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np


class CheckFailure(AssertionError):  # noqa: N818 - a failure of the student's code; our own are errors
    """What a check expected and what came instead; `hint` says more than the check's first rung would."""

    def __init__(self, what: str, expected: str, actual: str, hint: str = "") -> None:
        super().__init__(f"{what}: expected {expected}, got {actual}" + (f"\nHint: {hint}" if hint else ""))
        self.what, self.expected, self.actual, self.hint = what, expected, actual, hint


class StudentCodeStopped(BaseException):
    """Code under test ended its process, took too long, or answered what can't be read; the text says it."""


def expect_equal(actual: object, expected: object, what: str, hint: str = "") -> None:
    """Fail unless `actual` has the type and value of `expected` (plain data: numbers, texts, containers).

    A NumPy number counts as Python's of the same kind: `np.int64(9)` is 9, and `np.float64(9.0)` is not.
    """
    __tracebackhide__ = True
    if not _same(actual, expected):
        raise CheckFailure(what, *_told_apart(expected, actual), hint)


def _same(actual: object, expected: object) -> bool:
    """Whether two pieces of plain data are equal, without asking the `__eq__` of a class of the student's."""
    kind, given = type(expected), type(actual)
    # NOTE: `is`, not `in`, which would ask the `__eq__` of a student's metaclass.
    if (kind is int or kind is float) and (given is int or given is float):
        return actual == expected
    if kind is bool or kind is int or kind is float:
        actual = _python_number(actual)
    if type(actual) is not kind:
        return False
    if isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(map(_same, actual, expected))
    if isinstance(actual, dict) and isinstance(expected, dict):
        return len(actual) == len(expected) and all(
            k in actual and _same(actual[k], v) for k, v in expected.items()
        )
    return actual == expected


def _python_number(value: object) -> object:
    """A NumPy number as Python's of its kind, exactly; all else as it is, a subclass of NumPy's too."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not any(type(value) is kind for kind in numpy.sctypeDict.values()):
        return value
    number = cast("np.generic", value)
    # A span of time is none of these, though `item` makes an int of it.
    return number.item() if number.dtype.kind in "biuf" else value


def _told_apart(expected: object, actual: object) -> tuple[str, str]:
    """Two unequal values in words; where these would be alike, with all digits and their types."""
    texts = show(expected), show(actual)
    if texts[0] != texts[1]:
        return texts
    return _with_type(expected), _with_type(actual)


def _with_type(value: object) -> str:
    kind = type(value)
    digits = repr(value) if kind is float else str(value) if kind.__module__ == "numpy" else show(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"{digits} ({name})"


def expect_close(
    actual: object, expected: object, what: str, *, rtol: float = 1e-5, atol: float = 1e-6, hint: str = ""
) -> None:
    """Fail unless `actual` is an array or number with `expected`'s shape and values.

    Passes where |actual - expected| <= atol + rtol * |expected| elementwise. NaN and infinity must stand
    where they are expected. The tolerances suit float32, whose spacing near 1 is 1.2e-7.
    """
    __tracebackhide__ = True
    import numpy as np

    wanted = np.asarray(expected)
    if not isinstance(actual, (np.ndarray, np.generic, int, float)):
        raise CheckFailure(
            what, f"an array of shape {wanted.shape}", f"{show(actual)} of type {type(actual).__name__}", hint
        )
    given = np.asarray(actual)
    if given.shape != wanted.shape:
        raise CheckFailure(f"shape of {what}", show(wanted.shape), show(given.shape), hint)
    if given.dtype.kind not in "biuf":
        raise CheckFailure(f"dtype of {what}", "numbers", str(given.dtype), hint)
    with np.errstate(invalid="ignore", over="ignore"):
        wrong = ~np.isclose(given, wanted, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        if wanted.ndim == 0:
            raise CheckFailure(what, show(wanted[()]), show(given[()]), hint)
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f"{what} at {list(first)} ({int(wrong.sum())} of {wrong.size} values differ)"
        raise CheckFailure(place, show(wanted[first]), show(given[first]), hint)


def expect_true(condition: object, what: str, expected: str, actual: object, hint: str = "") -> None:
    """Fail unless `condition` is true; `expected` and `actual` put the two sides into words."""
    __tracebackhide__ = True
    if condition is not True and not (type(condition).__module__ == "numpy" and bool(condition)):
        raise CheckFailure(what, expected, show(actual), hint)


def expect_raises(
    error: type[Exception],
    call: Callable[[], object],
    what: str,
    *,
    says: tuple[str, ...] = (),
    hint: str = "",
) -> None:
    """Fail unless `call()` raises `error` with a message that contains every text of `says`."""
    __tracebackhide__ = True
    try:
        value = call()
    except error as raised:
        message = str(raised)
        missing = [text for text in says if text not in message]
        if missing:
            wanted = " and ".join(f"`{text}`" for text in missing)
            raise CheckFailure(
                f"message of {what}", f"a {error.__name__} that mentions {wanted}", repr(message), hint
            ) from None
    except Exception as other:  # noqa: BLE001 - whatever else it raises is the answer to report
        raise CheckFailure(what, f"a {error.__name__}", f"{type(other).__name__}: {other}", hint) from None
    else:
        raise CheckFailure(what, f"a {error.__name__}", f"no error but {show(value)}", hint)


def expect_recorded(
    recorders: list[Any], call: Callable[[], Any], what: str, sources: Mapping[str, Any]
) -> None:
    """Fail unless `call()` is made of every source by recorded operations, and leaves the sources alone.

    recorders: the framework's list of those who hear of each operation, by a method
    `record(function, inputs, settings, output)`. The result has the dtype of the first source.
    """
    __tracebackhide__ = True
    before = {name: source.data.copy() for name, source in sources.items()}
    with _listening(recorders) as heard:
        result = call()
    for name, source in sources.items():
        # A student's object may arrive anew each time it is asked for: it is known by what is held here.
        reached = {id(source)}
        for inputs, output in heard:
            if any(id(value) in reached for value in inputs):
                reached.add(id(output))
        actual = f"a {type(result).__name__} made without it"
        hint = "compute with tensors and parameters, not with their `.data`"
        expect_true(id(result) in reached, what, f"a Tensor made from {name}", actual, hint)
        hint = "make a new tensor"
        expect_close(source.data, before[name], f"{name} after {what}", rtol=0, atol=0, hint=hint)
    first = next(iter(sources.values()))
    expect_equal(str(result.dtype), str(first.dtype), f"dtype of {what}")


def expect_unrecorded(recorders: list[Any], call: Callable[[], Any], what: str) -> None:
    """Fail if `call()` does anything that is recorded. recorders: as for `expect_recorded`."""
    __tracebackhide__ = True
    with _listening(recorders) as heard:
        call()
    expect_equal(len(heard), 0, f"operations at the door in {what}", hint="use `data`")


@contextmanager
def _listening(recorders: list[Any]) -> Iterator[list[tuple[Any, Any]]]:
    """The inputs and the output of each operation that is recorded meanwhile."""
    heard: list[tuple[Any, Any]] = []

    class Listener:
        def record(self, function: Any, inputs: Any, settings: Any, output: Any) -> None:  # noqa: ARG002
            heard.append((inputs, output))

    recorders.append(Listener())
    try:
        yield heard
    finally:
        recorders.pop()


def show(value: object, limit: int = 200) -> str:
    """A value in one line of at most `limit` characters, as a person would write it."""
    module = type(value).__module__
    if module == "numpy":
        import numpy as np

        if isinstance(value, np.ndarray):
            text = np.array2string(value, precision=5, threshold=20, separator=", ")
        else:
            text = f"{value:.7g}" if isinstance(value, np.floating) else str(value)
    elif type(value) is float:
        text = f"{value:.7g}"
    else:
        text = repr(value)
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
