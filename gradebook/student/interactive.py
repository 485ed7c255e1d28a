"""IPython's shell as a kernel sets it up, without a kernel: no thread, no file, no socket."""

import fnmatch
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.autocall import ZMQExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from traitlets import Type, default
from traitlets.config import Config

from gradebook.student.outbox import Outbox

CONFIG = Config(
    # No history file, no thread that writes it. tqdm takes a shell with an `IPKernelApp` for a notebook.
    {"HistoryManager": {"enabled": False, "hist_file": ":memory:"}, "IPKernelApp": {"tqdm": "notebook"}}
)


class Publisher(DisplayPublisher):
    """What `display` shows, as messages."""

    def publish(  # type: ignore[override]  # without the deprecated argument, as in a kernel
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Show a MIME bundle, or replace those with the same display id."""
        if not isinstance(data, dict):
            raise TypeError(f"data must be a dict, got: {data!r}")
        kind = "update_display_data" if update else "display_data"
        parts = {"data": data, "metadata": metadata or {}, "transient": transient or {}}
        self._say({"output_type": kind, **parts})

    def clear_output(self, wait: bool = False) -> None:
        """Take back what the cell has shown."""
        self._say({"output_type": "clear_output", "wait": bool(wait)})

    def _say(self, message: dict[str, Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        if self.shell.outbox:
            self.shell.outbox.show(message)


class ResultHook(DisplayHook):
    """The value of a cell's last expression, as a message."""

    shell: Any
    message: dict[str, Any] | None = None

    def start_displayhook(self) -> None:
        """Begin a message; until it is sent, an error is one of showing the value."""
        self.message = {"output_type": "execute_result", "data": {}, "metadata": {}}

    def write_output_prompt(self) -> None:
        """The number in `Out[…]`."""
        if self.message:
            self.message["execution_count"] = self.prompt_count

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """The value's representations."""
        if self.message:
            self.message.update(data=format_dict, metadata=md_dict or {})

    def finish_displayhook(self) -> None:
        """Send it, unless nothing can represent the value."""
        sys.stdout.flush()
        sys.stderr.flush()
        message, self.message = self.message, None
        if message and message["data"] and self.shell.outbox:
            self.shell.outbox.show(message)


class Compiler(CachingCompiler):
    """Names a cell's file as a kernel does, but for the digits: no process's number, so that results agree.

    The name decides more than a warning's first line: IPython formats the traceback of a file that it takes
    for a module's, and can't find, in a way of its own.
    """

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:  # noqa: ARG002
        """A file that isn't there, for this source."""
        return f"/tmp/ipykernel_0/{zlib.crc32(raw_code.encode(errors='replace'))}.py"


class Database(dict[str, Any]):
    """What `%cd`, `%bookmark` and `%store` keep between sessions; here there is one session."""

    def keys(self, pattern: str = "*") -> Any:
        """The keys that match a pattern."""
        return fnmatch.filter(super().keys(), pattern)


class ZMQInteractiveShell(InteractiveShell):
    """IPython's shell as a kernel sets it up.

    It bears the name of ipykernel's class, and has an attribute `kernel`: pandas, rich and others tell a
    notebook from a terminal by these.
    """

    kernel = None
    displayhook_class = Type(ResultHook)
    display_pub_class = Type(Publisher)
    displayhook: ResultHook
    outbox: Outbox | None = None
    failed_to_show = False
    keepkernel_on_exit: bool | None = None

    @default("exiter")
    def _default_exiter(self) -> ZMQExitAutocall:
        return ZMQExitAutocall(self)  # type: ignore[no-untyped-call]

    def ask_exit(self) -> None:
        """`exit` and `quit` end nothing: what follows in the notebook is still run and judged."""

    def init_ipython_dir(self, ipython_dir: str | None) -> None:
        """No directory is made."""

    def init_profile_dir(self, profile_dir: object) -> None:  # noqa: ARG002
        """No profile is read."""
        self.db = Database()

    def init_virtualenv(self) -> None:
        """The interpreter is the one that has the course."""

    def init_sys_modules(self) -> None:
        """`__main__` is the notebook only in a student's process; see `Shell.begin`."""

    def init_hooks(self) -> None:
        """Help texts go to a pager, which a notebook that is run by a program has not."""
        super().init_hooks()  # type: ignore[no-untyped-call]
        self.set_hook("show_in_pager", lambda *_args, **_kwargs: None, 99)  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: str | None = None) -> None:
        """Plots are shown inline."""
        if gui not in (None, "inline", "agg"):
            raise UsageError(f"Invalid GUI request {gui!r}: plots are shown inline")

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:  # noqa: ARG002
        """Nothing that is printed is also kept in the history: it would grow without bounds."""
        yield

    def _format_exception_for_storage(self, exception: BaseException, *_: Any, **__: Any) -> dict[str, Any]:
        """The history needs no second traceback, which takes as long as the one that is shown."""
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.failed_to_show |= self.displayhook.message is not None
        if self.outbox:
            self.outbox.show_error(str(etype.__name__), str(evalue), stb)

    def system_piped(self, cmd: str) -> None:
        """Run a command and print what it prints; the status is `_exit_code`."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        expanded = self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
        command = [os.environ.get("SHELL") or "sh", "-c", expanded]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, **pipes) as process:
            assert process.stdout
            try:
                while chunk := os.read(process.stdout.fileno(), 1 << 16):
                    print(chunk.decode(errors="replace"), end="", flush=True)
            except BaseException:
                process.kill()
                raise
        status = process.returncode
        self.user_ns["_exit_code"] = 128 - status if status > 128 else status
        if self.system_raise_on_error and status:
            raise subprocess.CalledProcessError(status, cmd)

    system = system_piped


InteractiveShellABC.register(ZMQInteractiveShell)
