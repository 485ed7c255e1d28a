"""Texts for a terminal: those that students choose made harmless, and paragraphs with commands in them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tito.render.parts import wrap

if TYPE_CHECKING:
    from rich.text import Text


def printable(text: str) -> str:
    """A text that can't move the cursor or change the colour: names and error messages may hold anything."""
    return "".join(character if character.isprintable() else " " for character in text)


def pack(items: Iterable[str], width: int) -> str:
    """Items side by side, as many to a line of `width` cells as fit."""
    lines: list[str] = []
    for item in items:
        if lines and cell_len(lines[-1]) + 3 + cell_len(item) <= width:
            lines[-1] += f"   {item}"
        else:
            lines.append(item)
    return "\n".join(lines)


def paragraph(text: str, width: int) -> "Text":
    """A text in lines of at most `width` cells, in which no command is broken."""
    from rich.text import Text

    lines = Text("\n".join(wrap(printable(text), width)))
    lines.highlight_regex(r"`[^`]+`", "bold cyan")
    return lines
