"""Running submissions: a student's process and a verifier for each, both forked from warm ones."""

import contextlib
import importlib
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from gradebook.sandbox.walls import Walls
from gradebook.verify.plan import CellResult, Plan, result_from_json, result_to_json
from tito.errors import GraderFault

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# What tests import, loaded once in the process that verifiers are forked from.
TESTS_USE = (
    "IPython.core.formatters",
    "gradebook.verify.notebook",
    "matplotlib.pyplot",
    "numpy.testing",
    "tito.checks",
    "tito.render.html",
    "tito.table",
)
# Over the notebook's own limit, which is told better.
MARGIN_SECONDS = 30.0
VERIFIER_BYTES = 8 << 30
LARGEST_REPORT = 256 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """What the verifier reported: each code cell's result.

    lost: why the verifier itself did not come to its end, or nothing. loaded: the checkpoint files it ran.
    """

    cells: tuple[CellResult, ...]
    lost: str = ""
    loaded: tuple[str, ...] = ()


class Engine:
    """Runs notebooks, one at a time. Use it as a context manager: it holds the process to fork from."""

    def __init__(self, fonts: Path) -> None:
        self._fonts = fonts
        self._checkpoints: set[str] = set()

    def __enter__(self) -> "Engine":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gradebook.student.zygote", str(theirs.fileno())],
                env=clean_environment() | {"MPLCONFIGDIR": str(self._fonts)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        self._orders = ours
        os.environ |= {"MPLBACKEND": "agg", "MPLCONFIGDIR": str(self._fonts)}
        for module in TESTS_USE:
            importlib.import_module(module)
        self._hear()
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def run(self, plan: Plan, walls: Walls, package: Path, verifier: Mapping[str, str]) -> Verified:
        """Take a notebook through; `verifier` are environment variables for the side that judges.

        package: the folder with the package that the notebook builds on.
        """
        self._prepare(plan)
        control, their_control = socket.socketpair()
        handover, their_handover = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with control, handover:
            with their_control, their_handover:
                order = {"start": walls.to_json(), "package": str(package)}
                pid = self._order(order, their_control.fileno(), their_handover.fileno())["pid"]
            try:
                verified = _verify(plan, pid, control, handover, verifier)
            finally:
                self._order({"end": pid})
        self._checkpoints.update(verified.loaded)
        return verified

    def _prepare(self, plan: Plan) -> None:
        """Do here what every verifier would do again: compile the tests, and the checkpoints seen before."""
        from gradebook.verify.cells import prepare
        from gradebook.verify.host import compile_checkpoint

        prepare(plan)
        for path in self._checkpoints:
            with contextlib.suppress(OSError, SyntaxError, ValueError):
                compile_checkpoint(Path(path))

    def _order(self, order: dict[str, Any], *descriptors: int) -> dict[str, Any]:
        socket.send_fds(self._orders, [json.dumps(order).encode()], descriptors)
        answer = self._hear()
        if "error" in answer:
            message = f"Student code could not be contained: {answer['error']}"
            raise GraderFault(message, "`tito system doctor` shows what this machine can do")
        return answer

    def _hear(self) -> dict[str, Any]:
        text = self._orders.recv(1 << 16)
        if not text:
            raise GraderFault(
                "The process that runs notebooks ended", "`tito course grade` goes on where it was"
            )
        answer: dict[str, Any] = json.loads(text)
        return answer


def clean_environment() -> dict[str, str]:
    """What a student's process may know of the machine: where programs are, the language, one thread."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return (
        kept
        | dict.fromkeys(ONE_THREAD, "1")
        | {
            "HOME": "/tmp",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "NBGRADER_EXECUTION": "autograde",
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",
            "PYTHONSAFEPATH": "1",
        }
    )


def _verify(
    plan: Plan, pid: int, control: socket.socket, handover: socket.socket, environment: Mapping[str, str]
) -> Verified:
    """Judge in a fork of this process, so that nothing a test does is there for the next submission."""
    read, write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    verifier = os.fork()
    if verifier == 0:
        os.close(read)
        _become_verifier(plan, pid, control, handover, environment, write)
    os.close(write)
    try:
        return _collect(read, time.monotonic() + plan.notebook_seconds + MARGIN_SECONDS)
    finally:
        os.close(read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(verifier, signal.SIGKILL)
        os.waitpid(verifier, 0)


def _become_verifier(
    plan: Plan,
    pid: int,
    control: socket.socket,
    handover: socket.socket,
    environment: Mapping[str, str],
    write: int,
) -> NoReturn:
    code = 1
    try:
        os.environ.update(environment)
        resource.setrlimit(resource.RLIMIT_AS, (VERIFIER_BYTES, VERIFIER_BYTES))
        with os.fdopen(write, "w", encoding="utf-8", errors="backslashreplace") as report:
            _report(plan, pid, control, handover, report.write, report.flush)
        code = 0
    finally:
        os._exit(code)


def _report(
    plan: Plan,
    pid: int,
    control: socket.socket,
    handover: socket.socket,
    write: Callable[[str], object],
    flush: Callable[[], object],
) -> None:
    from gradebook.verify.notebook import Verifier
    from gradebook.verify.session import Session

    verifier = Verifier(plan, Session(pid, control, handover, plan.packages, plan.call_seconds), _mime_data)
    try:
        for cell in verifier.verify_cells():
            write(json.dumps({"cell": result_to_json(cell)}) + "\n")
            flush()
        write(json.dumps({"loaded": sorted(verifier.host.loaded)}) + "\n")
    except Exception as error:
        import traceback

        write(json.dumps({"fault": "".join(traceback.format_exception(error))}) + "\n")
        raise


def _mime_data(value: Any) -> dict[str, Any]:
    from IPython.core.formatters import DisplayFormatter

    formatter: Any = DisplayFormatter()
    data: dict[str, Any] = formatter.format(value)[0]
    return data


def _collect(read: int, deadline: float) -> Verified:
    cells: list[CellResult] = []
    for line in _lines(read, deadline):
        event = json.loads(line)
        if "cell" in event:
            cells.append(result_from_json(event["cell"]))
        elif "fault" in event:
            raise VerifierError(event["fault"])
        else:
            return Verified(tuple(cells), loaded=tuple(event["loaded"]))
    return Verified(tuple(cells), "the test could not go on with what the code returned")


class VerifierError(Exception):
    """The verifier failed, not the student; the text is its traceback."""


def _lines(read: int, deadline: float) -> Iterator[bytes]:
    """The whole lines that come before the deadline or the end."""
    pending = b""
    total = 0
    with selectors.DefaultSelector() as selector:
        selector.register(read, selectors.EVENT_READ)
        while total < LARGEST_REPORT and selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(read, 1 << 20)
            if not part:
                return
            total += len(part)
            *lines, pending = (pending + part).split(b"\n")
            yield from lines
