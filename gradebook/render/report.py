"""The class report on a terminal, from 60 to 200 cells wide, for three students or three hundred."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from gradebook.plain_text import pack, paragraph, printable
from gradebook.render.class_table import (
    DIFFERS,
    GLYPHS,
    Sort,
    class_tables,
    label_width,
    show_percent,
    student_names,
)
from gradebook.report.standing import By, Standing
from gradebook.report.summary import differing, module_summary, needing_attention, stage_summary
from tito.table import CapabilityTable

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

WORRIES_SHOWN, REASONS_SHOWN, DIFFERENCES_SHOWN = 8, 3, 8
BAR = 12


def render_report(
    rows: "pd.DataFrame",
    table: CapabilityTable,
    *,
    by: By = "checkpoint",
    sort: Sort = "name",
    limit: int = 0,
    everything: bool = False,
    width: int = 80,
) -> "Iterator[RenderableType]":
    """The report, part by part: what it comes to, who needs attention, the class, what the signs mean.

    limit: the most students to show, 0 for all. everything: also what is not released yet.
    """
    if rows.empty:
        yield Text("No students yet")
        yield paragraph("add them: `tito course init --roster FILE.csv`", width)
        return
    released = rows[rows["released"]]
    yield _headline(rows, table)
    if released.empty:
        yield Text("Nothing has been handed out yet")
        yield paragraph("hand out the first module: `tito course release MODULE`", width)
        return
    yield _stages(rows, table)
    yield Text()
    yield _modules(rows, table, width)
    yield from _attention(rows, width)
    yield from _differences(rows, table, width)
    for part in class_tables(rows, table, by=by, sort=sort, limit=limit, everything=everything, width=width):
        yield Text()
        yield part
    hidden = rows["student"].nunique() - limit
    if limit and hidden > 0:
        yield paragraph(f"and {hidden} more students: `tito course report --limit 0`", width)
    yield from _closing(released, width)


def show_standing(standing: Standing) -> str:
    """A standing as its glyph and its word."""
    return f"{GLYPHS[standing]} {standing}"


def _headline(rows: "pd.DataFrame", table: CapabilityTable) -> Text:
    students, modules = rows["student"].nunique(), rows.loc[rows["released"], "module"].nunique()
    title = Text(table.name, style="bold")
    return title.append(
        f" · {_count(students, 'student')} · {modules} of {_count(len(table.modules), 'module')} handed out",
        style="not bold",
    )


def _stages(rows: "pd.DataFrame", table: CapabilityTable) -> Table:
    """Each stage as the share of its checkpoints that the class has passed."""
    summary = stage_summary(rows)
    grid = Table.grid(padding=(0, 1))
    count = summary["passed"].to_dict()
    for stage in table.stages:
        if stage.name in count:
            everybody, passed = len(rows[rows["stage"] == stage.name]), int(count[stage.name])
            share = passed / everybody
            bar = "█" * round(BAR * share) + "▓" * (BAR - round(BAR * share))
            grid.add_row(
                f"{stage.icon} {stage.short}", bar, f"{share:4.0%}", f"{passed} of {everybody} passed"
            )
    return grid


def _modules(rows: "pd.DataFrame", table: CapabilityTable, width: int) -> Table:
    grid = _grid(width)
    for title in ("Module", "submitted", "passed", "mean", "median", "to review"):
        grid.add_column(title, justify="left" if title == "Module" else "right", no_wrap=True)
    for name, row in module_summary(rows).iterrows():
        module = table.module(str(name))
        score = [show_percent(row["mean"]), show_percent(row["median"])]
        counts = [
            f"{int(row['submitted'])}/{int(row['students'])}",
            str(int(row["passed"])),
            *score,
            str(int(row["needs_review"])),
        ]
        grid.add_row(Text(f"{module.number:02d} {module.title}"), *counts)
    return grid


def _attention(rows: "pd.DataFrame", width: int) -> "Iterator[RenderableType]":
    worries = needing_attention(rows)
    if not worries:
        return
    yield Text(f"\nNeeds attention: {len(worries)} of {rows['student'].nunique()} students", style="bold")
    names = student_names(rows)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(max_width=label_width(width), no_wrap=True, overflow="ellipsis")
    grid.add_column(overflow="fold")
    for student, reasons in list(worries.items())[:WORRIES_SHOWN]:
        more = [f"and {len(reasons) - REASONS_SHOWN} more"] if len(reasons) > REASONS_SHOWN else []
        for number, reason in enumerate([*reasons[:REASONS_SHOWN], *more]):
            grid.add_row(Text("" if number else names[student]), Text(printable(reason)))
    yield grid
    if len(worries) > WORRIES_SHOWN:
        yield paragraph(
            f"and {len(worries) - WORRIES_SHOWN} more students: `tito course report --sort attention`", width
        )


def _differences(rows: "pd.DataFrame", table: CapabilityTable, width: int) -> "Iterator[RenderableType]":
    """Whose checkpoints come out otherwise in the package that all of their own notebooks make up."""
    found = differing(rows)
    if found.empty:
        return
    names = student_names(rows)
    students = found["student"].nunique()
    title = f"\n{DIFFERS} Differs in the student's own package: {students} of {len(names)} students"
    yield Text(title, style="bold")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(max_width=label_width(width), no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in found.head(DIFFERENCES_SHOWN).itertuples():
        checkpoint = table.checkpoint(str(row.checkpoint))
        points = f"{row.checkpoint_score:g} → {row.package_score:g}"
        title = f"{checkpoint.number:02d} {checkpoint.name}"
        grid.add_row(
            Text(names[str(row.student)]), title, points, Text(printable(str(row.package_explanation)))
        )
    yield grid
    if len(found) > DIFFERENCES_SHOWN:
        yield paragraph(f"and {len(found) - DIFFERENCES_SHOWN} more: `tito course report --csv FILE`", width)


def _closing(released: "pd.DataFrame", width: int) -> "Iterator[RenderableType]":
    """What the signs mean, and the next command to type."""
    present = [standing for standing in Standing if (released["status"] == standing).any()]
    signs = [show_standing(standing) for standing in present]
    signs += [f"{DIFFERS} otherwise in the own package"] if released["differs"].any() else []
    yield Text("\n").append(pack(signs, width))
    waiting = int((released["status"] == Standing.NOT_GRADED).sum())
    review = int((released["needs_review"] > 0).sum())
    if not released["submitted"].notna().any() and not waiting:
        yield paragraph(
            "Nothing has been handed in: take in what is there with `tito course collect --all`", width
        )
    if waiting:
        yield paragraph(f"{waiting} collected and not graded: `tito course grade`", width)
    if review:
        yield paragraph(
            f"{review} with answers that wait for a person, in Nbgrader › Formgrader: `jupyter lab`", width
        )


def _grid(width: int) -> Table:
    return Table(box=None, padding=(0, 2 if width >= 80 else 1, 0, 0), pad_edge=False, header_style="bold")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
