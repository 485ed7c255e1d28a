"""The shell of a student's process: it runs a notebook's cells and shows what a kernel would show."""

import asyncio
import builtins
import gc
import getpass
import importlib
import io
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from IPython.core.error import StdinNotImplementedError

from gradebook.student.descriptor import lead_nowhere
from gradebook.student.interactive import CONFIG, Compiler, ZMQInteractiveShell
from gradebook.student.outbox import Message, Outbox, Stream

# What a kernel tells the programs that it starts.
ENVIRONMENT = {
    "TERM": "xterm-color",
    "CLICOLOR": "1",
    "FORCE_COLOR": "1",
    "CLICOLOR_FORCE": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}
# Imported and used once before the first fork: an execution, a traceback, and a figure drawn past pyplot. The
# inline backend isn't imported: pyplot does so for the first figure, which connects it with the shell.
PRELOADED = ("matplotlib.pyplot", "matplotlib_inline.config", "IPython.core.pylabtools")
REHEARSED = ("{'a': 1 + 1}", "1 / 0", "import os\nos.path.join(1)", "def f(:")


class Shell:
    """Runs cells one by one. Student code can change all of it: nobody trusts what it says."""

    def __init__(self, ipython: Any) -> None:
        self.ipython = ipython  # a ZMQInteractiveShell, whose base class is half typed
        self._streams: list[Stream] = []
        # By process. None is dropped: to close one takes its descriptors out of the list that forks share.
        self._loops: dict[int, asyncio.AbstractEventLoop] = {}

    @property
    def execution_count(self) -> int:
        """The number of the cell that was run last."""
        return int(self.ipython.execution_count) - 1

    def begin(self, send: Callable[[Message], object]) -> None:
        """Become the student's process: from now on `send` gets what the cells show.

        To be called in the process that runs the cells, after its last fork, and again in a fork of it that
        is to speak for itself. It takes descriptors 0, 1 and 2, the streams of `sys`, and `__main__`.
        """
        first = not self._streams
        outbox = self.ipython.outbox = Outbox(send)
        # A fork must not use the loop that it inherits; a new policy makes another one when it is asked to.
        asyncio.set_event_loop_policy(None)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if first:
            self._streams = [Stream("stdout", outbox), Stream("stderr", outbox)]
            sys.stdout, sys.stderr = self._streams
            self._set_scene()
        for stream in self._streams:
            stream.outbox = outbox

    def run(self, source: str) -> str:
        """Run a cell: `"ok"`, or `"error"` when it raised.

        An interrupt ends the cell with an error. What would end a kernel from within its own loop is raised.
        """
        shell, outbox = self.ipython, self.ipython.outbox
        outbox.open_cell()
        shell.failed_to_show, shell.displayhook.message = False, None
        try:
            loop = self._loop()
            cell = loop.create_task(self._run(source))
            while not cell.done():
                try:
                    loop.run_until_complete(cell)
                except KeyboardInterrupt:
                    cell.cancel()  # it was waiting: its `await` raises CancelledError, as in a kernel
            return cell.result()
        except KeyboardInterrupt:
            shell.showtraceback()
            return "error"
        finally:
            shell.payload_manager.clear_payload()
            self._stop_script_loop()
            outbox.empty()

    def flush(self) -> None:
        """Send all that was printed so far."""
        if self.ipython.outbox:
            self.ipython.outbox.empty()

    def _loop(self) -> asyncio.AbstractEventLoop:
        process = os.getpid()
        if process not in self._loops:
            self._loops[process] = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loops[process])
        return self._loops[process]

    async def _run(self, source: str) -> str:
        """Run a cell inside the event loop, as a kernel does also with one that awaits nothing."""
        shell = self.ipython
        failure = None
        try:
            transformed = shell.transform_cell(source)
        except Exception:  # noqa: BLE001 - input transformers may be the student's; what they raise is shown
            transformed, failure = source, sys.exc_info()
        parsed: dict[str, Any] = {"transformed_cell": transformed, "preprocessing_exc_tuple": failure}
        if shell.should_run_async(source, **parsed):
            result = None
            try:
                result = await shell.run_cell_async(source, store_history=True, **parsed)
            finally:
                shell.events.trigger("post_execute")
                shell.events.trigger("post_run_cell", result)
        else:
            result = shell.run_cell(source, store_history=True)
        await asyncio.sleep(0)  # tasks that the cell started begin, as they would between a kernel's messages
        return "ok" if result and result.success and not shell.failed_to_show else "error"

    def _set_scene(self) -> None:
        """What a notebook finds in a fresh kernel."""
        shell = self.ipython
        sys.modules["__main__"] = shell.user_module
        sys.argv = [""]
        lead_nowhere(0)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor, for good
        os.environ.update(ENVIRONMENT)
        shell.starting_dir = str(Path.cwd())
        shell.history_manager.dir_hist[:] = [Path.cwd()]
        builtins.input = _refuse_input
        getpass.getpass = _refuse_password

    def _stop_script_loop(self) -> None:
        """End the thread that `%%bash` started, unless something still runs in the background."""
        scripts = self.ipython.magics_manager.registry.get("ScriptMagics")
        if getattr(scripts, "event_loop", None) is not None and not scripts.bg_processes:
            scripts.stop_event_loop()


def warm() -> Shell:
    """A shell to fork from, with what it needs loaded and used once; the process still has one thread."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    # A pool of threads would not survive the fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    shell: Any = ZMQInteractiveShell.instance(config=CONFIG, compiler_class=Compiler)
    for module in PRELOADED:
        importlib.import_module(module)
    fresh = dict(shell.user_ns)
    for source in REHEARSED:
        shell.run_cell(source)
    shell.reset()
    shell.user_ns.update(fresh)
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)
    _draw()
    tempfile.tempdir = None  # where it is, is for a student's process to find out
    for thread in threading.enumerate():  # matplotlib's timer while it looks for fonts
        if thread is not threading.current_thread():
            thread.join(timeout=1)
    return Shell(shell)


def _draw() -> None:
    """Draw a figure, so that font lists and image formats are loaded; pyplot's state stays as it is."""
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    FigureCanvasAgg(figure).print_figure(io.BytesIO(), bbox_inches="tight")
    # Fonts are open files: forks would move each other's position in them.
    font_manager._get_font.cache_clear()  # type: ignore[attr-defined]
    gc.collect()


def _refuse_input(prompt: object = "") -> NoReturn:  # noqa: ARG001 - the built-in's signature
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _refuse_password(prompt: str = "", stream: Any = None, *, echo_char: str | None = None) -> NoReturn:  # noqa: ARG001
    raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")
