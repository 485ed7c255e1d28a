"""The terminal: data on stdout, all else on stderr, colour only where there is someone to see it."""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tito.runner import Event

NARROWEST, WIDEST = 40, 200
STYLES = {
    r"`[^`]+`": "bold cyan",
    r"█+": "green",
    r"▓+|[├└│─]+": "bright_black",
    r"\bpassed\b": "green",
    r"\b(in progress|stale|not judged)\b": "yellow",
    r"\bfailed\b": "bold red",
    r"\bnot started\b": "bright_black",
    r"^ *(What|Expected|Got|Hint|Where|Unlocked)\b": "bold",
}


def width() -> int:
    """The cells a line may take: `$COLUMNS`, else the terminal's, else 80."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


def say(lines: Iterable[str]) -> None:
    """Write lines of data to stdout."""
    _write(lines, sys.stdout)


def say_json(data: Any) -> None:
    """Write one JSON document to stdout."""
    _write([json.dumps(data, ensure_ascii=False, indent=2)], sys.stdout, plain=True)


def note(text: str) -> None:
    """Tell the user something that isn't the data they asked for."""
    _write([text], sys.stderr)


@contextlib.contextmanager
def working(title: str) -> Iterator[None]:
    """Show on a terminal that something goes on."""
    if not _is_lively(sys.stderr):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(title):
        yield


@contextlib.contextmanager
def testing(title: str) -> Iterator["Callable[[Event], None]"]:
    """Show on a terminal which check of a checkpoint runs; yields what to call with each event."""
    if not _is_lively(sys.stderr):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    texts = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[check]}", markup=False)
    console = Console(stderr=True)
    with Progress(
        texts[0],
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        texts[1],
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task(title, total=None, check="")

        def on_check(event: "Event") -> None:
            done = event.number - (event.result is None)
            progress.update(task, total=event.total, completed=done, check=event.title)

        yield on_check


def _write(lines: Iterable[str], stream: TextIO, plain: bool = False) -> None:
    """Write lines; where the reader has gone (`tito … | head`), the work still goes on to its end."""
    try:
        if not plain and _is_coloured(stream):
            _write_coloured(lines, stream)
        else:
            for line in lines:
                print(line, file=stream)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write_coloured(lines: Iterable[str], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        text = Text(line)
        for pattern, style in STYLES.items():
            text.highlight_regex(pattern, style)
        console.print(text)


def _is_lively(stream: TextIO) -> bool:
    """Whether a moving picture makes sense."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _is_coloured(stream: TextIO) -> bool:
    """Whether colour is wanted: https://no-color.org, https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or _is_lively(stream)
