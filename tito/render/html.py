"""A checkpoint's result as HTML: what a notebook shows under the cell that ran it."""

from html import escape

from tito.checks import GLYPHS
from tito.place import place_of
from tito.results import CheckpointResult, CheckResult, Outcome

COLUMNS = ("Check", "Outcome", "Points")


def checkpoint_html(result: CheckpointResult) -> str:
    """One table of checks, self-contained: no script, no class, nothing loaded, all text escaped."""
    glyph, word = ("🏆", "passed") if result.passed else ("❌", "failed")
    head = "".join(f'<th scope="col" style="text-align: left">{name}</th>' for name in COLUMNS)
    rows = "".join(_row(check) for check in result.checks)
    return (
        f"<p><strong>{glyph} {escape(result.checkpoint)} {word}</strong>"
        f" · {result.earned}/{result.points} points</p>"
        f'<table style="width: 100%"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(check: CheckResult) -> str:
    title = escape(check.title) + ("" if check.outcome is Outcome.PASSED else _explanation(check))
    outcome = f"{GLYPHS[check.outcome]} {check.outcome}"
    return f"<tr>{_cell(title)}{_cell(outcome)}{_cell(f'{check.earned}/{check.points}')}</tr>"


def _explanation(check: CheckResult) -> str:
    """Expected beside got where there is something to compare, else the message; then the hint."""
    if check.expected or check.actual:
        what = check.message.removesuffix(f": expected {check.expected}, got {check.actual}")
        parts = [("", what), ("Expected", check.expected), ("Got", check.actual)]
    else:
        parts = [("", check.message)]
    lines = [
        (f"{name}: " if name else "") + f"<code>{escape(text)}</code>"
        for name, text in [*parts, ("Where", _where(check))]
        if text
    ]
    lines += [f"Hint: {escape(check.hint)}"] if check.hint else []
    return "".join(f"<br>{line}" for line in lines)


def _where(check: CheckResult) -> str:
    """The line it failed at; a notebook's cells have file names that tell a reader nothing."""
    place = place_of(check)
    return f"line {place.line} in {place.function}: {place.code}".rstrip(": ") if place else ""


def _cell(html: str) -> str:
    return f'<td style="text-align: left; vertical-align: top; white-space: normal">{html}</td>'
