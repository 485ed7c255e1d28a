"""What was handed out and taken in, line by line."""

from typing import TYPE_CHECKING

from gradebook.plain_text import printable

if TYPE_CHECKING:
    from gradebook.collect import Collected

GLYPHS = {"collected": "✅", "updated": "✅", "unchanged": "➖", "waiting": "⏳", "refused": "⛔"}


def collected_line(item: "Collected") -> str:
    """What became of one submission."""
    reason = f": {item.reason}" if item.reason else ""
    when = f"{item.submitted:%Y-%m-%d %H:%M} UTC"
    return printable(f"{GLYPHS[item.state]} {item.student} {item.module} {item.state}{reason} · {when}")
