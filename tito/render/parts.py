"""What every picture in the terminal is made of: bars, chains, columns and wrapped text, measured in cells.

Renderers return lines of plain text that are at most `width` cells wide, unless a single word is wider;
colour is added by whoever prints them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

BAR_CELLS = 12
CONNECTORS = (4, 2, 1)
WORD = re.compile(r"(?:`[^`]*`|\S)+")


def bar(fraction: float, cells: int = BAR_CELLS) -> str:
    """A progress bar; full only when all is done."""
    filled = int(fraction * cells + 1e-9)
    return "█" * filled + "▓" * (cells - filled)


def pad(text: str, cells: int) -> str:
    """The text, filled with spaces to that many cells."""
    return text + " " * (cells - cell_len(text))


def clip(text: str, cells: int) -> str:
    """The text in at most that many cells, with `…` where something is left out."""
    return text if cell_len(text) <= cells else set_cell_size(text, max(1, cells) - 1).rstrip() + "…"


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """A paragraph in lines, the first behind `first`, the others behind `rest` (default: as many spaces).

    A command in backticks stays on one line wherever it fits on one, so that it can be copied.
    """
    rest = " " * cell_len(first) if rest is None else rest
    lines, line, empty = [], first, True
    for word in _words(text, width - cell_len(rest)):
        if not empty and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    return [*lines, line.rstrip()]


def _words(text: str, room: int) -> Iterator[str]:
    for word in WORD.findall(text):
        yield from [word] if cell_len(word) <= room else word.split()


def fields(pairs: Iterable[tuple[str, str]], width: int, indent: str = "   ") -> list[str]:
    """Names with their values in two columns; a pair without a value is left out."""
    shown = [(name, value) for name, value in pairs if value]
    column = max((cell_len(name) for name, _ in shown), default=0) + 2
    return [line for name, value in shown for line in wrap(value, width, indent + pad(name, column))]


def columns(
    rows: Sequence[Sequence[str]], width: int, optional: Sequence[int] = (), gap: int = 2
) -> list[str]:
    """Rows in aligned columns. What doesn't fit loses its `optional` columns, in that order, then its end."""
    kept = list(range(len(rows[0]))) if rows else []
    sizes = [max(cell_len(row[column]) for row in rows) for column in kept]

    def total() -> int:
        return sum(sizes[column] for column in kept) + gap * (len(kept) - 1)

    for column in optional:
        if total() > width:
            kept.remove(column)
    lines = ((" " * gap).join(pad(row[column], sizes[column]) for column in kept).rstrip() for row in rows)
    return [clip(line, width) for line in lines]


@dataclass(frozen=True, slots=True)
class Link:
    """One piece of a chain: what stands on the line, and what hangs below it."""

    title: str
    percent: str
    word: str


def chain(links: Sequence[Link], width: int, indent: int = 3) -> list[str]:
    """Links side by side, joined by lines, over as many rows as they need:

    ✅ Layers ──── 🔄 Dense
      │              │
    100%            33%
    passed         in progress
    """
    dashes = next((d for d in CONNECTORS if indent + _length(links, d) <= width), CONNECTORS[0])
    rows: list[list[Link]] = [[]]
    for link in links:
        tail = 0 if link is links[-1] else 1 + dashes
        if rows[-1] and indent + _length([*rows[-1], link], dashes) + tail > width:
            rows.append([])
        rows[-1].append(link)
    return [line for row in rows for line in _chain_row(row, dashes, indent, more=row is not rows[-1])]


def _chain_row(row: Sequence[Link], dashes: int, indent: int, more: bool) -> list[str]:
    titles, stems, percents, words = (" " * indent for _ in range(4))
    for link in row:
        start = cell_len(titles)
        # The stem hangs from the space behind the glyph, and the number is centred on it.
        stem = start + 2
        stems = pad(stems, stem) + "│"
        percents = pad(percents, stem - len(link.percent) // 2) + link.percent
        words = pad(words, start) + link.word
        titles += link.title
        if link is not row[-1]:
            titles += f" {'─' * _joint(link, dashes)} "
    return [titles + (f" {'─' * dashes}" if more else ""), stems, percents, words]


def _joint(link: Link, dashes: int) -> int:
    """The length of the line behind a link: at least so long that its word fits below."""
    return max(dashes, cell_len(link.word) - cell_len(link.title))


def _length(links: Sequence[Link], dashes: int) -> int:
    joined = sum(cell_len(link.title) + _joint(link, dashes) + 2 for link in links[:-1])
    return joined + max(cell_len(links[-1].title), cell_len(links[-1].word))
