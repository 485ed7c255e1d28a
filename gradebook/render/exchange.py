"""What was taken in: a line for each module, then a line for whatever was not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gradebook.plain_text import printable

if TYPE_CHECKING:
    from gradebook.handover.collect import Collected

TAKEN = ("collected", "updated", "unchanged")
GLYPHS = {"waiting": "⏳", "refused": "⛔"}


def collected_lines(items: "Sequence[Collected]") -> Iterator[str]:
    """What became of the submissions."""
    for module in dict.fromkeys(item.module for item in items):
        states = Counter(item.state for item in items if item.module == module)
        counts = [f"{states[state]} {state}" for state in TAKEN if states[state]]
        if counts:
            yield f"✅ {module}: {', '.join(counts)}"
    for item in items:
        if item.state not in TAKEN:
            reason = f": {item.reason}" if item.reason else ""
            when = f"{item.submitted:%Y-%m-%d %H:%M} UTC"
            yield printable(
                f"{GLYPHS[item.state]} {item.student} {item.module} {item.state}{reason} · {when}"
            )
