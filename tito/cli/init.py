"""`tito init`: make a workspace, or bring one up to date."""

from pathlib import Path
from typing import Annotated

import typer

from tito import terminal

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where; by default here")] = Path(),
) -> None:
    """Make a workspace, or bring one up to date

    A workspace is a folder with the modules' notebooks, your own `tinytorch` package, the checkpoints and
    your progress. Run it again to fetch modules that were handed out since: your notebooks are never
    overwritten.
    """
    from tito.handout import lay_out
    from tito.render.init import init_lines

    handout = lay_out(folder)
    terminal.say(init_lines(handout, terminal.width()))
