"""`tito checkpoint`: test capabilities and see how far you are."""

from pathlib import Path
from typing import Annotated

import typer

from tito import terminal
from tito.cli.here import checkpoint_numbers, open_logbook

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, help="Test your capabilities and see how far you are"
)

Json = Annotated[bool, typer.Option("--json", help="Write JSON (version 1) instead of text")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every check in full, with what it printed")
]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds a checkpoint may take")]


@app.command()
def status(
    detailed: Annotated[
        bool, typer.Option("--detailed", help="Show every module with its test file")
    ] = False,
    json: Json = False,
) -> None:
    """Show your stages, modules and capabilities, and what is next

    --json writes: version, course, percent, current, next, and stages with their modules; a module has a
    state of `passed`, `in progress`, `stale`, `failed` or `not started`.
    """
    from tito.render.status import detail_lines, status_lines

    logbook = open_logbook()
    journey, width = logbook.journey(), terminal.width()
    if json:
        terminal.say_json(journey.to_json())
    elif detailed:
        terminal.say(detail_lines(journey, logbook.workspace, width))
    else:
        terminal.say(status_lines(journey, width))


@app.command()
def timeline(
    horizontal: Annotated[
        bool, typer.Option("--horizontal", help="Draw one line from left to right")
    ] = False,
) -> None:
    """Draw the way through the course, and where you are on it"""
    from tito.render.timeline import horizontal_lines, timeline_lines

    draw = horizontal_lines if horizontal else timeline_lines
    terminal.say(draw(open_logbook().journey(), terminal.width()))


@app.command()
def unlock() -> None:
    """Show the next checkpoint to unlock, and how"""
    from tito.render.module import unlock_lines

    terminal.say(unlock_lines(open_logbook().journey(), terminal.width()))


@app.command()
def test(
    which: Annotated[
        str | None,
        typer.Argument(
            help="01, 01,02,03 or 01-05; by default the current one", autocompletion=checkpoint_numbers
        ),
    ] = None,
    verbose: Verbose = False,
    json: Json = False,
    timeout: Timeout = 60.0,
) -> None:
    """Test what you have exported against one or more checkpoints

    --json writes: version, and results with their checks; a check has an outcome of `passed`, `failed` or
    `not judged`. Exit codes: 0 all passed, 1 checks failed, 2 usage, 3 a fault of the checkpoint itself.
    """
    from tito.cli.trial import run_trials
    from tito.selection import select_checkpoints

    logbook = open_logbook()
    if which is not None:
        checkpoints = select_checkpoints(logbook.workspace.table, which)
    else:
        current = logbook.journey().current
        checkpoints = [current.checkpoint if current else logbook.workspace.table.checkpoints[-1]]
    raise typer.Exit(run_trials(logbook, checkpoints, timeout, verbose, json))


@app.command()
def run(
    which: Annotated[
        str,
        typer.Argument(
            help="A checkpoint (00), or a checkpoint file of your own", autocompletion=checkpoint_numbers
        ),
    ],
    verbose: Verbose = False,
    json: Json = False,
    timeout: Timeout = 60.0,
) -> None:
    """Run one checkpoint: of the course, or a file of your own (which is not recorded)"""
    from tito.cli.trial import run_file, run_trials

    logbook = open_logbook()
    workspace, file = logbook.workspace, Path(which)
    courses_own = {workspace.checkpoint_file(checkpoint) for checkpoint in workspace.table.checkpoints}
    if file.suffix == ".py" and file.is_file() and file.resolve() not in courses_own:
        raise typer.Exit(run_file(logbook, file, timeout, verbose, json))
    raise typer.Exit(run_trials(logbook, [workspace.table.checkpoint(file.name)], timeout, verbose, json))
