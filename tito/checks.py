"""What checkpoints and notebook checks are written with.

A checkpoint file holds one `Checkpoint` and one function per check:

    checkpoint = Checkpoint(__file__)

    @checkpoint.check(points=5)
    def test_addition(rng):
        \"\"\"Addition follows NumPy's broadcasting\"\"\"
        from tinytorch.core.tensor import Tensor

        a, b = rng.normal(size=(4, 1)), rng.normal(size=3)
        expect_close((Tensor(a) + Tensor(b)).numpy(), a + b, "Tensor(a) + Tensor(b)")

    if __name__ == "__main__":
        checkpoint.main()

The file runs on its own, under pytest, by `tito checkpoint test` and as the last cell of its module's
notebook; all four run the same functions. The first docstring line of a check is what people read.
"""

import contextlib
import functools
import inspect
import io
import os
import re
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tito.results import CheckpointResult, CheckResult, Outcome

if TYPE_CHECKING:
    import numpy as np

SEED_VARIABLE = "TITO_SEED"


class CheckFailure(AssertionError):
    """What a check expected and what came instead; `hint` says more than the check's first rung would."""

    def __init__(self, what: str, expected: str, actual: str, hint: str = "") -> None:
        super().__init__(f"{what}: expected {expected}, got {actual}" + (f"\nHint: {hint}" if hint else ""))
        self.what, self.expected, self.actual, self.hint = what, expected, actual, hint


def expect_equal(actual: object, expected: object, what: str, hint: str = "") -> None:
    """Fail unless `actual` has the type and value of `expected` (plain data: numbers, strings, containers)."""
    __tracebackhide__ = True
    same_type = type(actual) is type(expected) or (
        isinstance(expected, (int, float))
        and isinstance(actual, (int, float))
        and isinstance(actual, bool) == isinstance(expected, bool)
    )
    if not same_type or actual != expected:
        raise CheckFailure(what, show(expected), show(actual), hint)


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
        raise CheckFailure(what, f"an array of shape {wanted.shape}", f"{show(actual)} of type {type(actual).__name__}", hint)
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
    error: type[Exception], call: Callable[[], object], what: str, *, says: tuple[str, ...] = (), hint: str = ""
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
            raise CheckFailure(f"message of {what}", f"a {error.__name__} that mentions {wanted}", repr(message), hint) from None
    except Exception as other:  # noqa: BLE001 - whatever else it raises is the answer to report
        raise CheckFailure(what, f"a {error.__name__}", f"{type(other).__name__}: {other}", hint) from None
    else:
        raise CheckFailure(what, f"a {error.__name__}", f"no error but {show(value)}", hint)


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


@dataclass(frozen=True)
class Check:
    """A check as it was written: its function, its worth and the checks it builds on."""

    name: str
    title: str
    points: int
    needs: tuple[str, ...]
    function: Callable[..., object]


class Checkpoint:
    """The checks of one checkpoint file, in the order they were written.

    `path` is the file (`__file__`); its stem is the checkpoint's id.
    """

    def __init__(self, path: str) -> None:
        self.id = Path(path).stem
        self.checks: dict[str, Check] = {}

    def check(self, points: int, needs: str | tuple[str, ...] = ()) -> Callable[[Callable[..., object]], Callable[[], None]]:
        """Register a check worth `points`, judged only when the checks it `needs` have passed.

        The function's name is `test_NAME`; an argument called `rng` receives a NumPy generator that is
        seeded for this check alone, so that checks don't disturb each other's inputs.
        """
        names = (needs,) if isinstance(needs, str) else needs

        def register(function: Callable[..., object]) -> Callable[[], None]:
            name = function.__name__.removeprefix("test_")
            title = (function.__doc__ or "").strip().split("\n")[0]
            unknown = [need for need in names if need not in self.checks]
            if name in self.checks or unknown or not title:
                raise ValueError(f"check `{name}`: duplicate name, no docstring, or needs unknown checks {unknown}")
            self.checks[name] = Check(name, title, points, names, function)

            # NOTE: pytest reads fixtures from the signature, so the wrapper shows none and no __wrapped__.
            def under_pytest() -> None:
                import pytest

                result = self._memo(name)
                if result.outcome is Outcome.NOT_JUDGED:
                    pytest.skip(f"not judged: {result.message}")
                if result.outcome is Outcome.FAILED:
                    pytest.fail(f"{result.title}\n{result.message}\nHint: {result.hint or '—'}", pytrace=False)

            functools.update_wrapper(under_pytest, function)
            del under_pytest.__wrapped__  # type: ignore[attr-defined]
            return under_pytest

        return register

    def run(self, seed: int | None = None) -> CheckpointResult:
        """Run every check and return what it found. `seed` defaults to `$TITO_SEED`, else 0."""
        seed = _seed(seed)
        return CheckpointResult(self.id, tuple(self.run_each(seed)), seed)

    def run_each(self, seed: int | None = None, started: Callable[[Check], object] = lambda _: None) -> Iterator[CheckResult]:
        """Run the checks one by one, calling `started` before each, yielding each result as it comes."""
        seed = _seed(seed)
        outcomes: dict[str, Outcome] = {}
        for check in self.checks.values():
            started(check)
            broken = [need for need in check.needs if outcomes[need] is not Outcome.PASSED]
            if broken:
                reason = f"it builds on “{self.checks[broken[0]].title}”, which did not pass"
                result = CheckResult(check.name, check.title, Outcome.NOT_JUDGED, check.points, message=reason)
            else:
                result = _judge(check, seed, self.id)
            outcomes[check.name] = result.outcome
            yield result

    def main(self) -> None:
        """Run as a script: print a line per check, then the trophy; exit 0 when all passed, else 1."""
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")
        results = []
        for check in self.run_each():
            print(check_line(check), flush=True)
            results.append(check)
        result = CheckpointResult(self.id, tuple(results))
        title = self.id.split("_", 2)[-1].replace("_", " ").capitalize()
        if result.passed:
            print(f"🏆 {title} checkpoint PASSED ({result.earned}/{result.points} points)")
        else:
            print(f"❌ {title} checkpoint failed ({result.earned}/{result.points} points)")
        raise SystemExit(0 if result.passed else 1)

    def _memo(self, name: str) -> CheckResult:
        """The result of one check under pytest, where each is asked for on its own."""
        if not hasattr(self, "_results"):
            self._results = {result.name: result for result in self.run_each()}
        return self._results[name]


GLYPHS = {Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.NOT_JUDGED: "⏭️"}


def check_line(check: CheckResult) -> str:
    """A check as plain text: its glyph, its title and, where it didn't pass, why."""
    text = f"{GLYPHS[check.outcome]} {check.title}"
    if check.outcome is Outcome.NOT_JUDGED:
        text += f" · not judged: {check.message}"
    elif check.outcome is Outcome.FAILED:
        text += f" · failed: {check.message}"
        text += f"\n   Hint: {check.hint}" if check.hint else ""
    return text


def _judge(check: Check, seed: int, checkpoint: str) -> CheckResult:
    """Run one check against student code: the one place that catches whatever that code raises."""
    import numpy as np

    wants_rng = "rng" in inspect.signature(check.function).parameters
    arguments = {"rng": np.random.default_rng([seed, zlib.crc32(check.name.encode())])} if wants_rng else {}
    printed = io.StringIO()
    start = time.perf_counter()
    details: dict[str, str] = {}
    outcome = Outcome.PASSED
    try:
        with contextlib.redirect_stdout(printed):
            check.function(**arguments)
    except KeyboardInterrupt:
        raise
    except CheckFailure as failure:
        outcome = Outcome.FAILED
        message = f"{failure.what}: expected {failure.expected}, got {failure.actual}"
        details = {"message": message, "expected": failure.expected, "actual": failure.actual, "hint": failure.hint}
    except BaseException as error:  # noqa: BLE001 - student code may raise anything, SystemExit among it
        outcome = Outcome.FAILED
        details = {"message": _name_error(error), "where": _student_line(error)}
    if outcome is Outcome.FAILED and not details.get("hint"):
        details["hint"] = _first_rung(checkpoint, check.name)
    seconds = time.perf_counter() - start
    output = printed.getvalue()[:10_000]
    return CheckResult(check.name, check.title, outcome, check.points, output=output, seconds=seconds, **details)


def _name_error(error: BaseException) -> str:
    """An exception in one line, in words for the one kind everybody meets first."""
    if isinstance(error, NotImplementedError):
        return f"not written yet{f': {error}' if str(error) else ''}"
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _student_line(error: BaseException) -> str:
    """The innermost line outside this package where it happened, as `file:line in function`."""
    here = str(Path(__file__).parent)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(here)]
    if not frames:
        return ""
    return f"{frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}: {frames[-1].line or ''}".rstrip(": ")


def _first_rung(checkpoint_id: str, check: str) -> str:
    """The concept hint of a check, or nothing for a checkpoint the table doesn't know."""
    from tito.errors import TitoError
    from tito.table import load_table

    try:
        table = load_table()
        hint = table.hint(table.checkpoint(checkpoint_id), check)
    except TitoError:
        return ""
    return hint.concept if hint else ""


def _seed(seed: int | None) -> int:
    return int(os.environ.get(SEED_VARIABLE, "0")) if seed is None else seed


def load_checkpoint(path: Path) -> Checkpoint:
    """The `Checkpoint` that a file defines; raises what importing the file raises."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    checkpoint = module.checkpoint
    assert isinstance(checkpoint, Checkpoint)
    return checkpoint


def run_checkpoint(word: str, namespace: ModuleType | None = None) -> CheckpointResult:
    """Run a checkpoint against the notebook this is called in, and return its result: the cell's score.

    While it runs, the module the notebook will be exported to (`tinytorch.core.tensor`) *is* the
    notebook, so a check's `from tinytorch.core.tensor import Tensor` finds what stands in the cells
    above; every earlier module comes from the `tinytorch` package.
    """
    from tito.table import load_table

    table = load_table()
    checkpoint = table.checkpoint(word)
    export = table.module_of(checkpoint).export
    with _standing_in(export, namespace or sys.modules["__main__"]):
        return load_checkpoint(checkpoint_path(checkpoint.filename)).run()


def checkpoint_path(filename: str) -> Path:
    """A checkpoint's file: of the workspace or course above the working directory, else the installed one."""
    from tito.material import material_root

    here = Path.cwd().resolve()
    for folder in (here, *here.parents, material_root()):
        path = folder / "tests" / "checkpoints" / filename
        if path.is_file():
            return path
    raise FileNotFoundError(f"{filename} is in no `tests/checkpoints` above {here}; `tito init` puts it there")


@contextlib.contextmanager
def _standing_in(name: str, module: ModuleType) -> Iterator[None]:
    """Let `import name` find `module`, then put back what was there."""
    parent_name, _, leaf = name.rpartition(".")
    parent = __import__(parent_name, fromlist=["_"])
    missing = object()
    before, before_attribute = sys.modules.get(name, missing), getattr(parent, leaf, missing)
    sys.modules[name] = module
    setattr(parent, leaf, module)
    try:
        yield
    finally:
        for holder, key, value in ((sys.modules, name, before), (vars(parent), leaf, before_attribute)):
            if value is missing:
                holder.pop(key, None)
            else:
                holder[key] = value  # type: ignore[assignment]
