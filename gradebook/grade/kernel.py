"""Running a submission in a real kernel, cell by cell, with an account of how each graded cell ended.

Before and after every graded cell the kernel is asked for its fingerprint (`probe.py`); where it differs
from the one taken before any student code ran, the cell earns nothing. This stops what is easy to write:
replaced display hooks, transformers, builtins, checks and NumPy functions. It is not containment. Student
code shares a process with the test and an account with the grader: code that runs *inside* a graded cell
can still put something in place and take it away again, forge the kernel's messages, or read files.
"""

import ast
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from traitlets import Integer, List

from gradebook.grade import probe
from gradebook.grade.nodes import error_output, stderr_output
from gradebook.grade.restore import grade_id
from gradebook.grade.verdict import Ended, Run, names_read

# What a kernel may know of the machine. Everything else, tokens among it, stays out.
INHERITED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
)
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
PROBE_SECONDS = 20.0


def kernel_environment(course: Path, package: Path, seed: int, home: Path) -> dict[str, str]:
    """The environment variables of a kernel that grades.

    course: its table and checkpoints are used, whatever lies in the working directory.
    package: the folder with the `tinytorch` that the notebook builds on.
    home: an empty folder, the student code's own.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return (
        inherited
        | dict.fromkeys(ONE_THREAD, "1")
        | {
            "HOME": str(home),
            "IPYTHONDIR": str(home / "ipython"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "MPLCONFIGDIR": str(home / "matplotlib"),
            "NBGRADER_EXECUTION": "autograde",
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": str(package),
            # A file beside the notebook must not be imported in place of a library.
            "PYTHONSAFEPATH": "1",
            "TINYTORCH_HOME": str(package),
            "TITO_COURSE": str(course),
            "TITO_SEED": str(seed),
        }
    )


class KernelRun(Execute):  # type: ignore[misc] # nbgrader has no types
    """Execute a submission; `resources["tito"]` says in what environment, and gets each graded `Run`."""

    notebook_timeout = Integer(300, help="Seconds after which the rest of a notebook is not run").tag(
        config=True
    )
    output_limit = Integer(1_000_000, help="Characters of output that are kept of one cell").tag(config=True)

    extra_arguments = List(["--IPKernelApp.ignore_cwd=True"]).tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.shutdown_kernel = "immediate"

    def preprocess(self, nb: NotebookNode, resources: Any, km: Any = None) -> tuple[NotebookNode, Any]:
        """Run the notebook, or mark its graded cells as not run where there is nothing to run."""
        self.grading = resources["tito"]
        self.stopped = self.grading.unreadable
        self.deadline = time.monotonic() + self.notebook_timeout
        if self.stopped:
            for cell in nb.cells:
                self._not_run(cell)
            return nb, resources
        done: tuple[NotebookNode, Any] = super().preprocess(nb, resources, km)
        return done

    @contextlib.contextmanager
    def setup_kernel(self, **options: Any) -> Iterator[None]:
        """A kernel in an environment of its own, and its fingerprint before any student code ran."""
        with tempfile.TemporaryDirectory(prefix="tito-") as folder:
            home = Path(folder)
            if self.grading.fonts.is_dir():
                shutil.copytree(self.grading.fonts, home / "matplotlib")
            options["env"] = kernel_environment(
                self.grading.course, self.grading.package, self.grading.seed, home
            )
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            group = 0
            try:
                with super().setup_kernel(**quiet, **options):
                    group = getattr(self.km.provisioner, "pgid", 0) or 0
                    self.baseline = run_sync(self._look)([], "")
                    yield
            finally:
                # What a submission started must not outlive it.
                if group:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(group, signal.SIGKILL)

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> NotebookNode:
        """Run one cell, unless something before it stopped the notebook."""
        if not self.stopped and time.monotonic() > self.deadline:
            self.stopped = f"the notebook took longer than {self.notebook_timeout} s"
        if self.stopped:
            self._not_run(cell)
            return cell
        self.in_graded = is_grade(cell)
        self.written = 0
        self.run = Run(Ended.NOT_RUN)
        place = f"`{grade_id(cell)}`" if grade_id(cell) else f"cell {cell_index + 1}"
        try:
            run = await self._run_cell(cell, cell_index, execution_count, store_history)
        except DeadKernelError:
            run = Run(Ended.DIED, f"the kernel died in {place}")
            self.stopped = run.reason
        except CellTimeoutError:
            run = Run(Ended.TIMEOUT, f"{place} did not stop when it was interrupted after {self.timeout} s")
            self.stopped = run.reason
        if run.reason:
            _say(cell, run)
            self.grading.incidents.append(run)
        if self.in_graded:
            self.grading.runs[grade_id(cell)] = run
        self.nb.cells[cell_index] = cell
        return cell

    execute_cell = run_sync(async_execute_cell)

    async def _run_cell(self, cell: NotebookNode, index: int, count: int | None, history: bool) -> Run:
        if not self.in_graded or cell.cell_type != "code":
            await super().async_execute_cell(cell, index, count, history)
            return self._named(self.run, cell, index)
        names = names_read(cell.source)
        if found := await self._find_tampering(names):
            cell.outputs = []
            return found
        await super().async_execute_cell(cell, index, count, history)
        run = self._named(self.run, cell, index)
        return (await self._find_tampering([]) or run) if run.ended is Ended.OK else run

    def _named(self, run: Run, cell: NotebookNode, index: int) -> Run:
        if run.ended is not Ended.TIMEOUT:
            return run
        place = f"`{grade_id(cell)}`" if grade_id(cell) else f"cell {index + 1}"
        return Run(Ended.TIMEOUT, f"{place} did not finish within {self.timeout} s")

    def on_cell_executed(self, **told: Any) -> None:
        """Remember how the kernel says the cell ended: the one account that printing can't change."""
        super().on_cell_executed(**told)
        reply = told["execute_reply"]["content"]
        if reply == {**self.error_on_timeout, "status": "error"}:
            self.run = Run(Ended.TIMEOUT)
        else:
            self.run = Run(Ended.OK if reply["status"] == "ok" else Ended.ERROR)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str, cell_index: int
    ) -> NotebookNode | None:
        """Keep a cell's output up to the limit; its errors and its result always."""
        if msg["msg_type"] in ("stream", "display_data"):
            size = len(json.dumps(msg["content"], default=str))
            if self.written > self.output_limit:
                return None
            self.written += size
            if self.written > self.output_limit:
                note = f"\n… more than {self.output_limit:,} characters of output: the rest is left out\n"
                outs.append(stderr_output(note))
                return None
        shown: NotebookNode | None = super().output(outs, msg, display_id, cell_index)
        return shown

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Clear a cell's output, but never a graded cell's: what it showed counts."""
        if not self.in_graded:
            super().clear_output(outs, msg, cell_index)

    def _not_run(self, cell: NotebookNode) -> None:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if is_grade(cell) and cell.cell_type == "code":
            run = Run(Ended.NOT_RUN, f"not run: {self.stopped}")
            _say(cell, run)
            self.grading.runs[grade_id(cell)] = run

    async def _find_tampering(self, names: list[str]) -> Run | None:
        known = self.baseline
        look = await self._look(names, known["digest"])
        places = known["places"] if look["digest"] == known["digest"] else look["places"]
        if changed := [place for place, value in known["places"].items() if places.get(place) != value]:
            what = (
                f"`{changed[0]}` was"
                if len(changed) == 1
                else f"`{changed[0]}` and {len(changed) - 1} more were"
            )
            return Run(Ended.TAMPERED, f"{what} replaced by code in this notebook")
        if look["redefined"]:
            word = ", ".join(f"`{name}`" for name in look["redefined"])
            return Run(
                Ended.ERROR,
                f"{word} means something else in this notebook, and the check relies on it: rename yours",
            )
        return None

    async def _look(self, names: list[str], known: str) -> Any:
        """The kernel's fingerprint; asked for in a way that no input transformer and no display hook sees."""
        nonce = secrets.token_hex(8)
        text = Path(probe.__file__).read_text(encoding="utf-8")
        ask = f"space['fingerprint']({nonce!r}, {names!r}, {known!r})"
        call = f"(lambda space: (exec({text!r}, space), {ask})[1])({{}})"
        message = self.kc.execute("", silent=True, store_history=False, user_expressions={"probe": call})
        reply = await self._reply(message)
        answer = reply["content"].get("user_expressions", {}).get("probe", {})
        try:
            look = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
            assert look["nonce"] == nonce
        except (KeyError, ValueError, SyntaxError, TypeError, AssertionError):
            return {"digest": "", "places": {}, "redefined": []}
        return look

    async def _reply(self, message: str) -> dict[str, Any]:
        deadline = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < deadline:
            try:
                reply: dict[str, Any] = await self.kc.shell_channel.get_msg(timeout=1)
            except Empty:
                if not await self.kc.is_alive():
                    break
            else:
                if reply["parent_header"].get("msg_id") == message:
                    return reply
        raise DeadKernelError("no answer to the probe")


def _say(cell: NotebookNode, run: Run) -> None:
    """Put the reason where a person who opens the notebook sees it."""
    if cell.cell_type == "code":
        cell.outputs.append(error_output(run.ended.title().replace(" ", ""), run.reason))
