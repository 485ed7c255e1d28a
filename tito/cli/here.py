"""What a command finds where it is started: the workspace's logbook, and the names it may be given."""

from tito import terminal
from tito.errors import TitoError
from tito.logbook import Logbook
from tito.table import load_table
from tito.workspace import find_workspace


def open_logbook() -> Logbook:
    """The logbook of the workspace the user is in."""
    return Logbook(find_workspace(), lambda message: terminal.note(f"⚠ {message}"))


def module_names(incomplete: str) -> list[tuple[str, str]]:
    """The modules that what is typed so far may become, for the shell's completion."""
    try:
        modules = load_table().modules
    except TitoError:
        return []
    names = [(module.id if incomplete[:1].isdigit() else module.name, module.about) for module in modules]
    return [(name, about) for name, about in names if name.startswith(incomplete)]


def checkpoint_numbers(incomplete: str) -> list[tuple[str, str]]:
    """The checkpoints that what is typed so far may become, for the shell's completion."""
    try:
        checkpoints = load_table().checkpoints
    except TitoError:
        return []
    numbers = [(f"{checkpoint.number:02d}", checkpoint.question) for checkpoint in checkpoints]
    return [(number, question) for number, question in numbers if number.startswith(incomplete)]
