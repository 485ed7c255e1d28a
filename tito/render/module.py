"""Modules as text: the list of all, and one with what it asks for and what it opens."""

import shlex
from collections.abc import Iterable

from tito.journey import Journey, Step, percent
from tito.render.parts import columns, fields, wrap
from tito.render.status import next_lines
from tito.workspace import Workspace


def list_lines(journey: Journey, width: int) -> list[str]:
    """Every module with its state, its estimate and what it builds on."""
    rows = [
        (
            f"{step.glyph} {step.module.id}",
            step.module.title,
            step.state if step.handed_out else "not handed out",
            f"{percent(step.fraction):>3}%",
            f"{step.module.hours:g} h",
            step.module.about,
            needs_text(journey, step),
        )
        for step in journey.steps
    ]
    return [*columns(rows, width, optional=(6, 5, 4, 1)), "", *next_lines(journey, width)]


def start_lines(
    journey: Journey, step: Step, workspace: Workspace, width: int, has_lab: bool = True
) -> list[str]:
    """What a module is about, and how to open it, with JupyterLab or whatever else opens notebooks."""
    notebook = workspace.name(workspace.notebook(step.module))
    command = f"jupyter lab {shlex.quote(notebook)}"
    install = "Open it in your editor, or with JupyterLab: `pip install 'tinytorch-course[lab]'`, then"
    return [
        *title_lines(step, width),
        *fields(
            [
                ("Notebook", notebook),
                ("Checkpoint", checkpoint_text(step)),
                ("Unlocks", f'"{step.checkpoint.capability}"'),
                ("Time", f"about {step.module.hours:g} hours"),
                ("Builds on", needs_text(journey, step)),
            ],
            width,
        ),
        "",
        *wrap(f"{'Open it:' if has_lab else install} `{command}`", width, "→ "),
        *wrap(f"When it is written: `tito module complete {step.module.name}`", width, "  "),
    ]


def module_lines(journey: Journey, step: Step, workspace: Workspace, width: int) -> list[str]:
    """One module: where it stands and when what happened to it."""
    last = step.last
    exported = workspace.exported(step.module)
    return [
        *title_lines(step, width),
        *fields(
            [
                ("State", step.state if step.handed_out else f"{step.state}, not handed out"),
                ("Notebook", workspace.name(workspace.notebook(step.module))),
                ("Package", workspace.name(exported) if exported.is_file() else "not exported"),
                ("Checkpoint", checkpoint_text(step)),
                ("Points", f"{last.result.earned} of {last.result.points}" if last else ""),
                ("Started", _time(step.record.started)),
                ("Exported", _time(step.record.exported)),
                ("Tested", _time(last.when if last else "")),
                ("Passed", _time(last.first_passed if last else "")),
                ("Completed", _time(step.record.completed)),
                ("Builds on", needs_text(journey, step)),
            ],
            width,
        ),
        "",
        *next_lines(journey, width),
    ]


def unlock_lines(journey: Journey, width: int) -> list[str]:
    """The next checkpoint to unlock: what it asks, what it gives, and what it takes."""
    step = journey.current
    if step is None:
        return next_lines(journey, width)
    missing = [need.module.id for need in journey.missing_needs(step.module)]
    return [
        *wrap(f"Checkpoint {step.checkpoint.number:02d} {step.checkpoint.name}", width, "🔓 "),
        "",
        *fields(
            [
                ("Asks", step.checkpoint.question),
                ("Unlocks", f'"{step.checkpoint.capability}"'),
                ("Module", f"{step.module.id}: {step.module.about}, about {step.module.hours:g} hours"),
                ("State", f"{step.glyph} {step.state}, {percent(step.fraction)}% of its points"),
                ("First", ", ".join(missing)),
            ],
            width,
        ),
        "",
        *next_lines(journey, width),
    ]


def checkpoint_text(step: Step) -> str:
    """The checkpoint of a module, with what it asks."""
    return f"{step.checkpoint.number:02d} {step.checkpoint.name}: {step.checkpoint.question}"


def title_lines(step: Step, width: int) -> list[str]:
    """A module's name and subject."""
    return [
        *wrap(f"{step.module.id} · {step.module.title}: {step.module.about}", width, f"{step.glyph} "),
        "",
    ]


def needs_text(journey: Journey, step: Step) -> str:
    """What a module builds on, each with its state; nothing for one that builds on none."""
    needed: Iterable[Step] = (journey.step(journey.table.module(name)) for name in step.module.needs)
    return ", ".join(f"{need.module.id} ({need.state})" for need in needed)


def _time(stamp: str) -> str:
    return f"{stamp[:16].replace('T', ' ')} UTC" if stamp else ""
