"""The status of a journey as text: stages with their chains of modules, and what the student can do."""

from tito.journey import GLYPHS, Journey, Leg, State, Step, percent
from tito.render.parts import Link, bar, chain, columns, wrap
from tito.workspace import Workspace

DETAILS = ("Module", "", "State", "Points", "Test file", "Tested")


def status_lines(journey: Journey, width: int) -> list[str]:
    """The overview: every stage with its modules, every capability, and the next command."""
    lines = [headline(journey), ""]
    for leg in journey.legs:
        lines += [*leg_lines(leg, width), ""]
    return [*lines, *capability_lines(journey, width), "", *next_lines(journey, width)]


def detail_lines(journey: Journey, workspace: Workspace, width: int) -> list[str]:
    """Every module of every stage with its points, its checkpoint's file and its last test."""
    table = [DETAILS, *(_detail_row(step, workspace) for leg in journey.legs for step in leg.steps)]
    rows = iter(columns(table, width - 3, optional=(1, 5, 3)))
    lines = [headline(journey), "", f"   {next(rows)}"]
    for leg in journey.legs:
        lines += [stage_line(leg), *(f"   {next(rows)}" for _ in leg.steps), ""]
    return [*lines, *next_lines(journey, width)]


def headline(journey: Journey) -> str:
    """The course, and how many of its checkpoints are passed."""
    passed = sum(step.state is State.PASSED for step in journey.steps)
    return f"{journey.table.name} · {passed} of {len(journey.steps)} checkpoints passed"


def stage_line(leg: Leg) -> str:
    """A stage with its bar: `🎯 Foundation ████▓▓▓▓▓▓▓▓ 33%`."""
    return f"{leg.stage.icon} {leg.stage.title} {bar(leg.fraction)} {percent(leg.fraction)}%"


def leg_lines(leg: Leg, width: int) -> list[str]:
    """A stage with its bar and the chain of its modules."""
    links = [
        Link(f"{step.glyph} {step.module.title}", f"{percent(step.fraction)}%", step.state)
        for step in leg.steps
    ]
    return [stage_line(leg), *(chain(links, width) if links else [])]


def capability_lines(journey: Journey, width: int) -> list[str]:
    """What the student can do, stage by stage, in the words of the table."""
    return [
        line
        for leg in journey.legs
        for line in wrap(f'"{leg.stage.capability}" · {leg.state}', width, f"{leg.glyph} ")
    ]


def next_lines(journey: Journey, width: int) -> list[str]:
    """The one command to type next, and what it is about."""
    step = journey.current
    if step is None:
        return wrap(f"Every checkpoint of {journey.table.name} is passed", width, "🎉 ")
    if not step.handed_out:
        return wrap(f"`{step.module.id}` is next: `tito init` fetches it once it is handed out", width, "→ ")
    if step.state is State.STALE:
        return wrap(f"Your notebook changed since it passed: `{journey.next_command}`", width, "→ ")
    return wrap(f"Next: `{journey.next_command}`", width, "→ ")


def legend(states: set[State]) -> str:
    """The glyphs of some states with their words."""
    return " · ".join(f"{GLYPHS[state]} {state}" for state in State if state in states)


def _detail_row(step: Step, workspace: Workspace) -> tuple[str, ...]:
    file = workspace.checkpoint_file(step.checkpoint)
    missing = "missing: `tito init`" if step.handed_out else "not handed out"
    last = step.last
    return (
        f"{step.glyph} {step.module.id}",
        step.module.title,
        step.state,
        f"{last.result.earned}/{last.result.points}" if last else f"0/{step.checkpoint.points}",
        f"{step.checkpoint.number:02d}_{step.checkpoint.name}" if file.is_file() else missing,
        f"{last.when[:16].replace('T', ' ')} UTC" if last else "never",
    )
