"""The timeline of a journey: as a tree from top to bottom, or as one line from left to right."""

from rich.cells import cell_len

from tito.journey import GLYPHS, Journey, Leg, percent
from tito.render.parts import BAR_CELLS, bar, columns, pad, wrap
from tito.render.status import legend, stage_line

ARROW = " → "


def timeline_lines(journey: Journey, width: int) -> list[str]:
    """A tree: the stages as branches of the course, the checkpoints as theirs."""
    way = ARROW.join(leg.stage.short for leg in journey.legs)
    lines = wrap(f"{journey.table.name} · {way}", width)
    table = [
        (
            f"{step.glyph} {step.checkpoint.number:02d} {step.checkpoint.name}",
            f"{percent(step.fraction):>3}%",
            step.state,
            step.module.id,
            step.checkpoint.question,
        )
        for leg in journey.legs
        for step in leg.steps
    ]
    rows = iter(columns(table, width - 8, optional=(4, 3)))
    for leg in journey.legs:
        last = leg is journey.legs[-1]
        lines.append(f"{'└── ' if last else '├── '}{stage_line(leg)} · {leg.state}")
        for step in leg.steps:
            branch = "└── " if step is leg.steps[-1] else "├── "
            lines.append(f"{'    ' if last else '│   '}{branch}{next(rows)}")
    return lines


def horizontal_lines(journey: Journey, width: int) -> list[str]:
    """One line of stages, each over its own bar and percentage, and the bar of the whole course."""
    rows: list[list[Leg]] = [[]]
    for leg in journey.legs:
        if rows[-1] and _row_length([*rows[-1], leg]) > width:
            rows.append([])
        rows[-1].append(leg)
    lines = []
    for row in rows:
        names = ARROW.join(pad(leg.stage.short, _size(leg)) for leg in row)
        bars = (" " * cell_len(ARROW)).join(bar(leg.fraction, _size(leg)) for leg in row)
        notes = (" " * cell_len(ARROW)).join(
            pad(f"{leg.glyph} {percent(leg.fraction)}%", _size(leg)) for leg in row
        )
        more = ARROW.rstrip() if row is not rows[-1] else ""
        lines += [(names + more).rstrip(), bars, notes.rstrip(), ""]
    whole = percent(journey.fraction)
    cells = max(_row_length(row) for row in rows) - cell_len(f"{journey.table.name}  {whole}%")
    lines.append(f"{journey.table.name} {bar(journey.fraction, max(BAR_CELLS, cells))} {whole}%")
    goal = journey.legs[-1]
    note = legend({leg.state for leg in journey.legs if leg.glyph == GLYPHS[leg.state]})
    ahead = f" · {goal.glyph} the goal, not started" if goal.glyph != GLYPHS[goal.state] else ""
    return [*lines, *wrap(note + ahead, width)]


def _size(leg: Leg) -> int:
    """The cells of a stage's column: its name, and never less than its percentage needs."""
    return max(cell_len(leg.stage.short), 7)


def _row_length(row: list[Leg]) -> int:
    return sum(map(_size, row)) + cell_len(ARROW) * len(row[1:])
