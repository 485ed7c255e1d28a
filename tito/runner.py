"""Running a checkpoint file in a process of its own, and never believing more than its verdicts."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tito.errors import GraderFault
from tito.results import CheckpointResult, CheckResult, Outcome, check_from_json
from tito.workspace import Workspace

TIMEOUT = 60.0
OUTPUT_LIMIT = 10_000
# The longest line the other side may send: a hostile one must not fill our memory.
LINE_LIMIT = 1_000_000
TICK = 0.05


@dataclass(frozen=True)
class Event:
    """What a run reports while it goes on: `result` is None when check `number` of `total` begins."""

    number: int
    total: int
    title: str
    result: CheckResult | None = None


@dataclass
class Run:
    """What the judging process has said so far. It must say it in order, or it is not believed."""

    planned: list[CheckResult] = field(default_factory=list)
    results: list[CheckResult] = field(default_factory=list)
    started: bool = False
    ended: bool = False
    fault: str = ""
    nonsense: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more is expected."""
        return self.ended or bool(self.fault) or self.nonsense

    def hear(self, lines: list[bytes], on_check: Callable[[Event], object]) -> None:
        """Take lines in, and tell `on_check` what they mean."""
        for line in lines:
            if self.over:
                return
            try:
                event = self._understand(json.loads(line))
            except (ValueError, LookupError, TypeError, RecursionError):
                self.nonsense = True
                return
            if event:
                on_check(event)

    def _understand(self, data: dict[str, Any]) -> Event | None:
        position = len(self.results)
        match data["event"]:
            case "fault" if not self.planned:
                self.fault = str(data["message"])
            case "checks" if not self.planned and data["checks"]:
                self.planned = [_planned(check) for check in data["checks"]]
            case "start" if not self.started and data["name"] == self.planned[position].name:
                self.started = True
                return Event(position + 1, len(self.planned), self.planned[position].title)
            case "check" if self.started:
                result = check_from_json(data["check"])
                if not _answers(result, self.planned[position]):
                    raise ValueError("not an answer to this check")
                self.results.append(result)
                self.started = False
                return Event(position + 1, len(self.planned), result.title, result)
            case "end" if self.planned and len(self.results) == len(self.planned):
                self.ended = True
            case _:
                raise ValueError("out of order")
        return None

    def close(self, message: str, hint: str, output: str) -> Iterator[CheckResult]:
        """The checks as they stand: the one under way has failed with `message`, the rest is not judged."""
        yield from self.results
        rest = self.planned[len(self.results) :]
        for check in rest[:1]:
            yield replace(check, outcome=Outcome.FAILED, message=message, hint=hint, output=output)
        for check in rest[1:]:
            yield replace(check, message=f"the run ended in “{rest[0].title}”")


def _planned(check: dict[str, Any]) -> CheckResult:
    name, title, points = check["name"], check["title"], check["points"]
    if not (isinstance(name, str) and isinstance(title, str) and type(points) is int):
        raise TypeError("a check has a name, a title and points")
    return CheckResult(name, title, Outcome.NOT_JUDGED, points)


def _answers(result: CheckResult, planned: CheckResult) -> bool:
    """Whether a result is about the planned check and made of the types it should be made of."""
    texts = (result.message, result.expected, result.actual, result.hint, result.where, result.output)
    return (
        (result.name, result.title, result.points) == (planned.name, planned.title, planned.points)
        and all(isinstance(text, str) for text in texts)
        and isinstance(result.seconds, float)
    )


def run_checkpoint_file(
    workspace: Workspace,
    file: Path,
    seed: int = 0,
    timeout: float = TIMEOUT,
    on_check: Callable[[Event], object] = lambda _: None,
) -> CheckpointResult:
    """Run a checkpoint file against the workspace's own package, and return what it found.

    Ends within `timeout` seconds. A check in which the process dies, hangs or talks nonsense has failed,
    and the later ones are not judged. Raises `GraderFault` when the checkpoint file itself is at fault.
    """
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        try:
            process = _start(workspace, file, seed, timeout, writer)
        finally:
            os.close(writer)
        try:
            run, output, timed_out = _listen(process, pipe.fileno(), timeout, on_check)
        finally:
            _stop(process)
    if run.fault or not run.planned:
        reason = run.fault or (
            f"no answer within {timeout:g} s" if timed_out else _last_line(output) or "no checks"
        )
        raise GraderFault(
            f"`{workspace.name(file)}` could not be run: {reason}. This is not your code's fault",
            "`tito init` restores the checkpoints of the course, `tito system doctor` looks for the cause",
        )
    if run.ended:
        checks = tuple(run.results)
    else:
        checks = tuple(run.close(*_explain_end(process.returncode, timed_out, run.nonsense, timeout), output))
    return CheckpointResult(file.stem, checks, seed)


def _start(
    workspace: Workspace, file: Path, seed: int, timeout: float, writer: int
) -> subprocess.Popen[bytes]:
    # NOTE: -P keeps the workspace off sys.path, where a student's `random.py` would shadow Python's own.
    options = ["-B", "-P", "-X", "faulthandler"]
    command = [sys.executable, *options, "-m", "tito.judge", str(file.resolve()), str(writer), str(timeout)]
    return subprocess.Popen(
        command,
        cwd=workspace.root,
        env={
            **os.environ,
            "TINYTORCH_HOME": str(workspace.root),
            "TITO_SEED": str(seed),
            "MPLBACKEND": "agg",
            "PYTHONIOENCODING": "utf-8:backslashreplace",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writer,),
        start_new_session=True,
    )


def _listen(
    process: subprocess.Popen[bytes], pipe: int, timeout: float, on_check: Callable[[Event], object]
) -> tuple[Run, str, bool]:
    """Follow the process: what it reported, the last of what it printed, and whether time ran out."""
    run, pending, printed = Run(), b"", b""
    assert process.stdout
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        selector.register(process.stdout.fileno(), selectors.EVENT_READ)
        while not run.over and time.monotonic() < deadline:
            # NOTE: asked before looking, so that what it wrote before it died is still read. A child of
            # its own may hold the pipes open for ever, so their end is not waited for.
            dead = process.poll() is not None
            ready = [key.fd for key, _ in selector.select(0 if dead else TICK)]
            for fd in ready:
                data = os.read(fd, 65_536)
                if not data:
                    selector.unregister(fd)
                elif fd == pipe:
                    *lines, pending = (pending + data).split(b"\n")
                    run.hear(lines, on_check)
                    run.nonsense = run.nonsense or len(pending) > LINE_LIMIT
                else:
                    printed = (printed + data)[-OUTPUT_LIMIT:]
            if dead and pipe not in ready:
                break
    return run, printed.decode("utf-8", "replace"), not run.over and process.poll() is None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process, if it hasn't ended, and every child it left in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def _explain_end(returncode: int, timed_out: bool, nonsense: bool, timeout: float) -> tuple[str, str]:
    """Why a run ended before its last check, and what to try next."""
    if nonsense:
        return (
            "something answered in place of the checks",
            "take `os.fork()` and writing to open file descriptors out of the module",
        )
    if timed_out:
        return (
            f"did not finish within {timeout:g} s",
            "look for a loop that never ends; on a slow machine `--timeout 300` allows more time",
        )
    if returncode < 0:
        name = signal.Signals(-returncode).name
        cause = (
            "usually memory ran out: look at the shapes you create"
            if name == "SIGKILL"
            else "run the cell in the notebook to see where"
        )
        return f"Python was killed in the middle of it ({name})", cause
    return (
        f"Python ended in the middle of it (exit code {returncode})",
        "take `exit()`, `sys.exit()` and `os._exit()` out of the module: functions return to their caller",
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
