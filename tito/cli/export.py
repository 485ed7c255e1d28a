"""`tito export`: a notebook's code becomes a module of the package."""

from typing import Annotated

import typer

from tito import terminal
from tito.cli.here import module_names, open_logbook

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def export(
    module: Annotated[
        str, typer.Argument(metavar="MODULE", help="Its name or number", autocompletion=module_names)
    ],
) -> None:
    """Export a module's notebook to your package, without testing it"""
    logbook = open_logbook()
    found = logbook.workspace.table.module(module)
    with terminal.working(f"Exporting {found.id}"):
        export = logbook.export(found)
    name = logbook.workspace.name
    news = f"{export.cells} cells, {export.lines} lines" + ("" if export.changed else ", unchanged")
    terminal.say([f"✅ {name(export.notebook)} → {name(export.target)} ({news})"])
    terminal.note(f"→ `tito module complete {found.name}` tests what it can do")
