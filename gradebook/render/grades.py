"""Grading on a terminal: how far it is, and what happened to whom."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gradebook.grade.outcome import GLYPHS, Graded, Proved, Status
from gradebook.plain_text import pack, printable

if TYPE_CHECKING:
    from rich.console import RenderableType


PACKAGE = "📦"


@contextlib.contextmanager
def grading_progress(total: int) -> Iterator[tuple[Callable[[str], None], Callable[[Graded | Proved], None]]]:
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

        def finish(graded: Graded | Proved) -> None:
            counts[graded.status] += 1
            ended = "  ".join(f"{GLYPHS[status]} {counts[status]}" for status in Status if counts[status])
            progress.update(task, advance=int(graded.fresh), counts=ended)

        yield begin, finish


def result_line(graded: Graded | Proved) -> str:
    """One result in one line."""
    again = "" if graded.fresh else ", unchanged"
    if isinstance(graded, Proved):
        told = printable(graded.explanation) or f"{graded.passed} of {graded.checkpoints} checkpoints"
        glyph = PACKAGE if graded.status is Status.GRADED else GLYPHS[graded.status]
        return f"{glyph} {graded.student}'s own package{again}: {told}"
    line = (
        f"{GLYPHS[graded.status]} {graded.student} {graded.module}: {graded.status}{again}, {_score(graded)}"
    )
    return f"{line} · {printable(graded.explanation)}" if graded.explanation else line


def render_grades(
    results: Sequence[Graded | Proved], seconds: float, width: int
) -> "Iterator[RenderableType]":
    """What happened in `seconds` of wall time: how many ended how, and everything that needs words."""
    from rich.table import Table
    from rich.text import Text

    submissions = [result for result in results if isinstance(result, Graded)]
    packages = [result for result in results if isinstance(result, Proved)]
    fresh = sum(graded.fresh for graded in submissions)
    kept = f", {len(submissions) - fresh} had not changed" if fresh < len(submissions) else ""
    yield Text(
        f"{fresh} {'submission' if fresh == 1 else 'submissions'} graded in {seconds:.0f} s{kept}",
        style="bold",
    )
    counts = Counter(graded.status for graded in submissions)
    ended = (f"{GLYPHS[status]} {counts[status]} {status}" for status in Status if counts[status])
    yield Text(pack(ended, width))
    if packages:
        yield Text(_packages(packages))
    told = [graded for graded in submissions if graded.explanation or graded.status is not Status.GRADED]
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


def _packages(packages: Sequence[Proved]) -> str:
    """What the students' own packages came to, in a sentence."""
    whole = sum(one.status is Status.GRADED and one.passed == one.checkpoints for one in packages)
    text = f"{PACKAGE} {len(packages)} own packages rebuilt: {whole} pass all of their checkpoints"
    faults = sum(one.status is Status.FAULT for one in packages)
    return f"{text}, {GLYPHS[Status.FAULT]} {faults} {Status.FAULT}" if faults else text


def _score(graded: Graded) -> str:
    return "—" if graded.status is Status.FAULT else f"{graded.score:g}/{graded.max_score:g}"
