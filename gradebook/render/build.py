"""A build on a terminal: what each module holds, and what must be mended."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gradebook.build.modules import BuiltModule
from gradebook.build.notebooks import cells_of
from gradebook.course import Course
from gradebook.plain_text import paragraph
from tito.notebook import read_notebook

if TYPE_CHECKING:
    from rich.console import RenderableType


def render_build(course: Course, built: Sequence[BuiltModule], width: int) -> "Iterator[RenderableType]":
    """One row for each module; then every problem with its file and cell."""
    from rich.table import Table
    from rich.text import Text

    if not built:
        yield Text("No module is written yet")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Module", "Cells", "Points", "State"):
        table.add_column(title, justify="right" if title in ("Cells", "Points") else "left", no_wrap=True)
    for module in built:
        table.add_row(module.module.id, *_size(course, module), _state(module))
    yield table
    for module in built:
        for problem in module.problems:
            file = problem.file.relative_to(course.root)
            place = f"{file}:{problem.cell}" if problem.cell else str(file)
            yield paragraph(f"❌ {place}: {problem.message}", width)
        if module.regrade:
            changed = f"⚠ {module.module.id} has changed since {module.regrade} submissions were graded"
            yield paragraph(f"{changed}: `tito course grade {module.module.name}`", width)


def _size(course: Course, built: BuiltModule) -> tuple[str, str]:
    release = course.release(built.module)
    if not release.is_file():
        return "—", "—"
    cells = cells_of(read_notebook(release))
    return str(len(cells)), f"{sum(cell.points for cell in cells):g}"


def _state(built: BuiltModule) -> str:
    if not built.ok:
        return f"❌ {len(built.problems)} {'problem' if len(built.problems) == 1 else 'problems'}"
    return "✅ built" if built.changed else "➖ unchanged"
