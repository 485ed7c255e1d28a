"""`tito module`: work on a module, from opening its notebook to its capability."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from tito import terminal
from tito.cli.here import module_names, open_logbook

if TYPE_CHECKING:
    from tito.journey import Journey
    from tito.logbook import Logbook
    from tito.table import Module

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Start, complete and look at modules")

Name = Annotated[
    str, typer.Argument(metavar="MODULE", help="Its name or number", autocompletion=module_names)
]


@app.command("list")
def list_modules(
    json: Annotated[bool, typer.Option("--json", help="Write JSON (version 1) instead of text")] = False,
) -> None:
    """List the modules with their state"""
    from tito.journey import step_json
    from tito.render.module import list_lines

    journey = open_logbook().journey()
    if json:
        terminal.say_json({"version": 1, "modules": [step_json(step) for step in journey.steps]})
    else:
        terminal.say(list_lines(journey, terminal.width()))


@app.command()
def status(
    module: Annotated[
        str | None,
        typer.Argument(metavar="[MODULE]", help="By default the current one", autocompletion=module_names),
    ] = None,
) -> None:
    """Show where a module stands"""
    from tito.render.module import list_lines, module_lines

    logbook = open_logbook()
    journey, width = logbook.journey(), terminal.width()
    step = journey.step(journey.table.module(module)) if module else journey.current
    if step is None:
        terminal.say(list_lines(journey, width))
    else:
        terminal.say(module_lines(journey, step, logbook.workspace, width))


@app.command()
def start(module: Name) -> None:
    """Start a module: what it is about, and how to open its notebook"""
    from tito.render.module import start_lines

    logbook = open_logbook()
    found = logbook.workspace.table.module(module)
    logbook.workspace.existing_notebook(found)
    logbook.start(found)
    journey = logbook.journey()
    warn_of_needs(journey, found)
    step, has_lab = journey.step(found), find_spec("jupyterlab") is not None
    terminal.say(start_lines(journey, step, logbook.workspace, terminal.width(), has_lab))


@app.command()
def complete(
    module: Name,
    skip_test: Annotated[bool, typer.Option("--skip-test", help="Export only, and test later")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every check in full")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds the checkpoint may take")
    ] = 60.0,
) -> None:
    """Export a module and test its capability: what you can do now, or what to mend first

    Exit codes: 0 passed, 1 checks failed, 2 usage, 3 a fault of the checkpoint itself, 130 interrupted.
    """
    logbook = open_logbook()
    found = logbook.workspace.table.module(module)
    before = logbook.journey()
    warn_of_needs(before, found)
    export_step(logbook, found)
    checkpoint = logbook.workspace.table.checkpoint_of(found)
    terminal.say([f"2/4 Map     {found.id} → {checkpoint.id}"])
    if skip_test:
        terminal.say(
            [
                "3/4 Test    ⏭️ skipped",
                "4/4 Result  exported, not tested",
                "",
                f"→ `tito checkpoint test {checkpoint.number:02d}` tests the capability",
            ]
        )
        return
    raise typer.Exit(test_step(logbook, before, found, verbose, timeout))


def export_step(logbook: "Logbook", module: "Module") -> None:
    """The first step: the notebook's code goes to the package."""
    name = logbook.workspace.name
    with terminal.working(f"1/4 Export {module.id}"):
        export = logbook.export(module)
    news = "" if export.changed else ", unchanged"
    terminal.say(
        [f"1/4 Export  {name(export.notebook)} → {name(export.target)} ({export.cells} cells{news})"]
    )


def test_step(logbook: "Logbook", before: "Journey", module: "Module", verbose: bool, timeout: float) -> int:
    """The third and fourth step: the capability test, and what follows from it."""
    from tito.cli.trial import run_trial, show_checks, show_failure, title_of
    from tito.render.result import passed_lines

    checkpoint = logbook.workspace.table.checkpoint_of(module)
    result, code = run_trial(logbook, checkpoint, timeout)
    terminal.say([f"3/4 Test    {checkpoint.question}"])
    show_checks(logbook, result, title_of(checkpoint), verbose, lead="4/4 Result  ")
    logbook.judge(checkpoint, result, code)
    if not result.passed:
        show_failure(logbook, result, checkpoint)
        return 1
    logbook.complete(module)
    terminal.say(["", *passed_lines(before, logbook.journey(), [module], terminal.width())])
    return 0


def warn_of_needs(journey: "Journey", module: "Module") -> None:
    """Say which modules this one builds on are not passed; nobody is held up by it."""
    for step in journey.missing_needs(module):
        terminal.note(
            f"⚠ `{module.id}` builds on `{step.module.id}`, which is {step.state}: "
            f"`tito module complete {step.module.name}`"
        )
