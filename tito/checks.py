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
import sys
import sysconfig
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tito.expect import (
    CheckFailure,
    StudentCodeStopped,
    expect_close,
    expect_equal,
    expect_raises,
    expect_recorded,
    expect_true,
    expect_unrecorded,
    show,
)
from tito.results import CheckpointResult, CheckResult, Outcome

__all__ = [
    "Check",
    "CheckFailure",
    "Checkpoint",
    "check_line",
    "checkpoint_path",
    "expect_close",
    "expect_equal",
    "expect_raises",
    "expect_recorded",
    "expect_true",
    "expect_unrecorded",
    "load_checkpoint",
    "run_checkpoint",
    "show",
]

SEED_VARIABLE = "TITO_SEED"
OUTPUT_LIMIT = 10_000


class Host:
    """Where checks meet the code they judge: in one process, as students run them.

    A grader that keeps student code in another process puts its own in place of `host`.
    """

    def standing_in(self, name: str, namespace: ModuleType | None) -> contextlib.AbstractContextManager[None]:
        """Let `import name` find the notebook meanwhile."""
        return _standing_in(name, namespace or sys.modules["__main__"])

    def judging(self, check: "Check") -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        """Surround one check."""
        return contextlib.nullcontext()

    def load(self, path: Path) -> ModuleType:
        """Run a checkpoint file as a module."""
        import importlib.util

        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


host = Host()


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

    def check(
        self, points: int, needs: str | tuple[str, ...] = ()
    ) -> Callable[[Callable[..., object]], Callable[[], None]]:
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
                raise ValueError(
                    f"check `{name}`: duplicate name, no docstring, or needs unknown checks {unknown}"
                )
            self.checks[name] = Check(name, title, points, names, function)

            # NOTE: pytest reads fixtures from the signature, so the wrapper shows none and no __wrapped__.
            def under_pytest() -> None:
                import pytest

                result = self._results[name]
                if result.outcome is Outcome.NOT_JUDGED:
                    pytest.skip(f"not judged: {result.message}")
                if result.outcome is Outcome.FAILED:
                    pytest.fail(
                        f"{result.title}\n{result.message}\nHint: {result.hint or '—'}", pytrace=False
                    )

            functools.update_wrapper(under_pytest, function)
            del under_pytest.__wrapped__  # type: ignore[attr-defined]
            return under_pytest

        return register

    def run(self, seed: int | None = None) -> CheckpointResult:
        """Run every check and return what it found. `seed` defaults to `$TITO_SEED`, else 0."""
        seed = _seed(seed)
        return CheckpointResult(self.id, tuple(self.run_each(seed)), seed)

    def run_each(
        self, seed: int | None = None, started: Callable[[Check], object] = lambda _: None
    ) -> Iterator[CheckResult]:
        """Run the checks one by one, calling `started` before each, yielding each result as it comes."""
        seed = _seed(seed)
        outcomes: dict[str, Outcome] = {}
        for check in self.checks.values():
            started(check)
            broken = [need for need in check.needs if outcomes[need] is not Outcome.PASSED]
            if broken:
                reason = f"it builds on “{self.checks[broken[0]].title}”, which did not pass"
                result = CheckResult(
                    check.name, check.title, Outcome.NOT_JUDGED, check.points, message=reason
                )
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

    @functools.cached_property
    def _results(self) -> dict[str, CheckResult]:
        """Every check's result under pytest, where each is asked for on its own."""
        return {result.name: result for result in self.run_each()}


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
    printed = _Printed()
    start = time.perf_counter()
    details: dict[str, str] = {}
    outcome = Outcome.PASSED
    try:
        with contextlib.redirect_stdout(printed), host.judging(check):
            check.function(**arguments)
    except KeyboardInterrupt:
        raise
    except CheckFailure as failure:
        outcome = Outcome.FAILED
        message = f"{failure.what}: expected {failure.expected}, got {failure.actual}"
        details = {
            "message": message,
            "expected": failure.expected,
            "actual": failure.actual,
            "hint": failure.hint,
        }
        details["where"] = _blamed_line(failure)
    except BaseException as error:  # noqa: BLE001 - student code may raise anything, SystemExit among it
        outcome = Outcome.FAILED
        details = {"message": _name_error(error), "where": _blamed_line(error), "hint": _export_hint(error)}
    if outcome is Outcome.FAILED and not details.get("hint"):
        details["hint"] = _first_rung(checkpoint, check.name)
    seconds = time.perf_counter() - start
    return CheckResult(
        check.name, check.title, outcome, check.points, output=printed.getvalue(), seconds=seconds, **details
    )


class _Printed(io.StringIO):
    """Keeps the first part of what is printed: a loop that prints for ever must not fill the memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, OUTPUT_LIMIT - self.tell())])
        return len(text)


def _name_error(error: BaseException) -> str:
    """An exception in one line, in words for the ones that say little by themselves."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the text of a student's exception is student code
        text = ""
    if isinstance(error, StudentCodeStopped):
        return text
    if isinstance(error, NotImplementedError):
        return f"not written yet{f': {text}' if text else ''}"
    if isinstance(error, SystemExit):
        return f"your code called `exit({text})` instead of returning"
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _blamed_line(error: BaseException) -> str:
    """The innermost line that is the student's or the check's own, as `file:line in function: code`."""
    # A grader knows of lines that ran in another process.
    if elsewhere := getattr(error, "student_lines", ()):
        return str(elsewhere[-1]).rstrip(": ")
    folders = [str(Path(__file__).parent), *map(sysconfig.get_path, ("stdlib", "purelib", "platlib"))]
    libraries = [f"{folder}{os.sep}" for folder in folders]
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(("<frozen", *libraries))]
    if not own:
        return ""
    return f"{own[-1].filename}:{own[-1].lineno} in {own[-1].name}: {own[-1].line or ''}".rstrip(": ")


def _export_hint(error: BaseException) -> str:
    """The command that exports the module an import failed on, or nothing for any other error."""
    from tito.errors import TitoError
    from tito.table import load_table

    if not isinstance(error, ImportError):
        return ""
    try:
        module = next((module for module in load_table().modules if module.export == error.name), None)
    except TitoError:
        return ""
    return f"`tito module complete {module.id}` exports what its notebook holds" if module else ""


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
    checkpoint = host.load(path).checkpoint
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
    with host.standing_in(export, namespace):
        return load_checkpoint(checkpoint_path(checkpoint.filename)).run()


def checkpoint_path(filename: str) -> Path:
    """A checkpoint's file: of the workspace or course above the working directory, else the installed one."""
    from tito.material import material_root
    from tito.table import graded_course

    here = Path.cwd().resolve()
    for folder in (*graded_course(), here, *here.parents, material_root()):
        path = folder / "tests" / "checkpoints" / filename
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{filename} is in no `tests/checkpoints` above {here}; `tito init` puts it there"
    )


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
