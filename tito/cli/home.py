"""`tito` alone: where you are, and the one command to type next."""

from tito import terminal
from tito.cli.here import open_logbook
from tito.render.parts import wrap
from tito.table import load_table
from tito.workspace import NoWorkspaceError


def show_home() -> None:
    """Show the stage at work and the next command; outside a workspace, how to make one."""
    from tito.render.status import headline, leg_lines, next_lines

    width = terminal.width()
    try:
        logbook = open_logbook()
    except NoWorkspaceError:
        table = load_table()
        terminal.say([*wrap(f"{table.name} · {table.about}", width), "", *wrap("No workspace here", width)])
        terminal.say(
            ["", *wrap("Next: `tito init` makes one in this folder, `tito init DIR` in another", width, "→ ")]
        )
        return
    journey = logbook.journey()
    step = journey.current
    leg = journey.leg(step.module) if step else journey.legs[-1]
    terminal.say([headline(journey), "", *leg_lines(leg, width), "", *next_lines(journey, width)])
