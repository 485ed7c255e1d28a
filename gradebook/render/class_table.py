"""The class table on a terminal: students side by side, in the form that the width allows."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from gradebook.plain_text import printable
from gradebook.report.standing import By, Standing
from gradebook.report.summary import needing_attention, wide_table
from tito.table import CapabilityTable

if TYPE_CHECKING:
    import pandas as pd

Sort = Literal["name", "id", "score", "attention"]
# Each two cells wide, and none that needs a variation selector.
GLYPHS = {
    Standing.PASSED: "✅",
    Standing.PARTIAL: "🔶",
    Standing.FAILED: "❌",
    Standing.NEEDS_REVIEW: "👀",
    Standing.NOT_GRADED: "⏳",
    Standing.TIMEOUT: "⌛",
    Standing.CRASHED: "💥",
    Standing.UNREADABLE: "🚫",
    Standing.NO_NOTEBOOK: "📭",
    Standing.FAULT: "🔧",
    Standing.REFUSED: "⛔",
    Standing.MISSING: "➖",
    Standing.NOT_RELEASED: "🔒",
}
# A column as wide as most names of checkpoints; and the last column, with the space before it.
NAMED, MEAN = 14, 5
TITLE = "Student"
PARTS = ("status", "score", "max")
DIFFERS = "≠"


@dataclass(frozen=True, slots=True)
class Column:
    """One checkpoint, module or stage of the class table."""

    id: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Density:
    """How much the class table shows: names of columns, points beside the signs, and out of how many."""

    named: bool
    score: bool
    most: bool


# The first that fits the width is taken.
DENSITIES = (
    Density(True, True, True),
    Density(False, True, True),
    Density(False, True, False),
    Density(False, False, False),
)


def class_tables(
    rows: "pd.DataFrame",
    table: CapabilityTable,
    *,
    by: By = "checkpoint",
    sort: Sort = "name",
    limit: int = 0,
    everything: bool = False,
    width: int = 80,
) -> Iterator[Table]:
    """The students side by side, in as many tables as the width asks for.

    limit: the most students to show, 0 for all. everything: also what is not released yet.
    """
    shown = rows if everything else rows[rows["released"]]
    wide = wide_table(shown, by, table)
    names = student_names(rows)
    order = _order(rows, names, sort)
    columns = [column for column in _columns(table, by) if column.id in wide.columns.get_level_values(0)]
    totals = _totals(rows)
    students = order[:limit] if limit else order
    label = min(max(map(cell_len, [TITLE, *(names[student] for student in students)])), label_width(width))
    differing = _differing(shown, by)
    texts = {
        density: [_cells(wide, column, density, differing) for column in columns] for density in DENSITIES
    }
    density, cell_width = _fit(texts, width - label - MEAN)
    per_table = max(1, (width - label - MEAN) // (cell_width + 1))
    for start in range(0, len(columns), per_table):
        part = slice(start, start + per_table)
        yield _class_table(
            dict(zip(columns[part], texts[density][part], strict=True)),
            {student: names[student] for student in students},
            totals,
            density,
            cell_width,
            label,
        )


def _class_table(
    columns: Mapping[Column, Mapping[str, str]],
    names: Mapping[str, str],
    totals: Mapping[str, str],
    density: Density,
    cell_width: int,
    label: int,
) -> Table:
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column(TITLE, width=label, no_wrap=True, overflow="ellipsis")
    for column in columns:
        title = f"{column.number} {column.name}" if density.named else column.number
        grid.add_column(Text(title), width=cell_width, no_wrap=True, overflow="ellipsis")
    grid.add_column("mean", width=4, justify="right", no_wrap=True)
    for student, name in names.items():
        grid.add_row(Text(name), *(cells[student] for cells in columns.values()), totals[student])
    return grid


def _cells(
    wide: "pd.DataFrame", column: Column, density: Density, marked: Collection[tuple[str, str]]
) -> dict[str, str]:
    """A column of the class table as texts, by student."""
    values = zip(wide.index, *(wide[column.id, part] for part in PARTS), strict=True)
    return {
        student: _cell(status, score, most, density) + (DIFFERS if (student, column.id) in marked else "")
        for student, status, score, most in values
    }


def _cell(status: str, score: float | None, most: float, density: Density) -> str:
    glyph = GLYPHS[Standing(status)]
    if not density.score or score is None or score != score:
        return glyph
    return f"{glyph} {_number(score)}" + (f"/{_number(most)}" if density.most else "")


def _differing(rows: "pd.DataFrame", by: By) -> set[tuple[str, str]]:
    """The students and columns whose two readings differ; a stage has only one."""
    found = rows[rows["differs"]]
    return set() if by == "stage" else set(zip(found["student"], found[by], strict=True))


def _number(points: float) -> str:
    return f"{points:.1f}".removesuffix(".0")


def _fit(texts: Mapping[Density, Sequence[Mapping[str, str]]], space: int) -> tuple[Density, int]:
    """The form that shows most with all columns in one table, else the smallest; how wide a column is."""
    for density, columns in texts.items():
        width = max((cell_len(text) for cells in columns for text in cells.values()), default=2)
        if density.named:
            width = max(width, NAMED)
        if len(columns) * (width + 1) <= space:
            break
    return density, width


def _columns(table: CapabilityTable, by: By) -> list[Column]:
    if by == "stage":
        return [
            Column(stage.name, str(number), stage.short) for number, stage in enumerate(table.stages, start=1)
        ]
    if by == "module":
        return [Column(module.id, f"{module.number:02d}", module.name) for module in table.modules]
    return [
        Column(checkpoint.id, f"{checkpoint.number:02d}", checkpoint.name) for checkpoint in table.checkpoints
    ]


def _order(rows: "pd.DataFrame", names: dict[str, str], sort: Sort) -> list[str]:
    students = sorted(names, key=lambda student: (names[student].casefold(), student))
    if sort == "id":
        return sorted(names)
    if sort == "score":
        score = rows.groupby("student")["checkpoint_score"].sum()
        return sorted(students, key=lambda student: -score[student])
    if sort == "attention":
        worries = list(needing_attention(rows))
        rank = {student: place for place, student in enumerate(worries)}
        return sorted(students, key=lambda student: rank.get(student, len(rank)))
    return students


def student_names(rows: "pd.DataFrame") -> dict[str, str]:
    """How each student is called: by name, and by id too where two have one name."""
    names = {
        str(row.student): printable(f"{row.last_name}, {row.first_name}".strip(", ") or str(row.student))
        for row in rows.drop_duplicates("student").itertuples()
    }
    count = Counter(names.values())
    return {student: name if count[name] == 1 else f"{student} {name}" for student, name in names.items()}


def _totals(rows: "pd.DataFrame") -> dict[str, str]:
    """Each student's mean over the modules handed out; what is missing counts nothing.

    What is not graded yet is left out.
    """
    released = rows[rows["released"] & ~rows["status"].isin([Standing.NOT_GRADED, Standing.FAULT])]
    means = released.assign(percent=released["percent"].fillna(0)).groupby("student")["percent"].mean()
    return {student: show_percent(means.get(student)) for student in rows["student"].unique()}


def label_width(width: int) -> int:
    """The most cells that a student's name gets."""
    return 26 if width >= 100 else 18


def show_percent(value: float | None) -> str:
    """A share of 100, or a dash where there is none."""
    return "—" if value is None or value != value else f"{value:.0f}%"
