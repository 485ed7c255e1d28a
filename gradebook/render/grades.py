"""Grading on a terminal: how far it is, and what happened to whom."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gradebook.grade.outcome import GLYPHS, Graded, Status
from gradebook.plain_text import pack, printable

if TYPE_CHECKING:
    from rich.console import RenderableType


@contextlib.contextmanager
def grading_progress(total: int) -> Iterator[tuple[Callable[[str], None], Callable[[Graded], None]]]:
    """Show on stderr what is being graded, how many ended how, and how long it will take.

    total: how many will be graded anew. Yields what to call when one is begun, and with each result.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    counts: Counter[Status] = Counter()
    if not console.is_terminal:
        yield lambda _: None, lambda graded: print(result_line(graded), file=sys.stderr, flush=True)
        return
    text = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[counts]}", markup=False)
    columns = SpinnerColumn(), BarColumn(16), MofNCompleteColumn(), TimeRemainingColumn(), text[1], text[0]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, counts="")

        def begin(what: str) -> None:
            progress.update(task, description=what)

        def finish(graded: Graded) -> None:
            counts[graded.status] += 1
            ended = "  ".join(f"{GLYPHS[status]} {counts[status]}" for status in Status if counts[status])
            progress.update(task, advance=int(graded.fresh), counts=ended)

        yield begin, finish


def result_line(graded: Graded) -> str:
    """One result in one line."""
    again = "" if graded.fresh else ", unchanged"
    line = (
        f"{GLYPHS[graded.status]} {graded.student} {graded.module}: {graded.status}{again}, {_score(graded)}"
    )
    return f"{line} · {printable(graded.explanation)}" if graded.explanation else line


def render_grades(results: Sequence[Graded], seconds: float, width: int) -> "Iterator[RenderableType]":
    """What happened in `seconds` of wall time: how many ended how, and everything that needs words."""
    from rich.table import Table
    from rich.text import Text

    fresh = [graded for graded in results if graded.fresh]
    kept = f", {len(results) - len(fresh)} had not changed" if len(fresh) < len(results) else ""
    yield Text(
        f"{len(fresh)} {'submission' if len(fresh) == 1 else 'submissions'} graded in {seconds:.0f} s{kept}",
        style="bold",
    )
    counts = Counter(graded.status for graded in results)
    ended = (f"{GLYPHS[status]} {counts[status]} {status}" for status in Status if counts[status])
    yield Text(pack(ended, width))
    told = [graded for graded in results if graded.explanation or graded.status is not Status.GRADED]
    if not told:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Student", "Module", "Ended", "Score"):
        table.add_column(title, no_wrap=True, overflow="ellipsis", max_width=max(12, width // 5))
    table.add_column("What happened", overflow="fold")
    for graded in told:
        names = Text(printable(graded.student)), Text(graded.module)
        table.add_row(
            *names,
            f"{GLYPHS[graded.status]} {graded.status}",
            _score(graded),
            Text(printable(graded.explanation)),
        )
    yield Text()
    yield table


def _score(graded: Graded) -> str:
    return "—" if graded.status is Status.FAULT else f"{graded.score:g}/{graded.max_score:g}"
