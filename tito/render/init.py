"""What `tito init` did, as text."""

import os
from pathlib import Path

from tito.handout import Handout
from tito.render.parts import wrap


def init_lines(handout: Handout, width: int) -> list[str]:
    """The notebooks that came, what was updated and what was left alone, and what to type next."""
    root = handout.workspace.root
    notebooks = [path.stem for path in handout.added if path.suffix == ".ipynb"]
    others = len(handout.added) - len(notebooks)
    lines = wrap(f"Workspace `{root}`", width, "✅ ")
    if notebooks:
        lines += wrap(f"New modules: {', '.join(notebooks)}", width, "   ")
    if others:
        lines += wrap(f"New files of the course: {others}", width, "   ")
    if handout.updated:
        names = ", ".join(str(path.relative_to(root)) for path in handout.updated)
        lines += wrap(f"Updated: {names}", width, "   ")
        lines += wrap(f"Their old texts are in `{handout.replaced}`", width, "   ")
    if handout.kept:
        kept = sum(path.suffix == ".ipynb" for path in handout.kept)
        lines += wrap(f"Left as they are: {kept} notebooks of yours", width, "   ")
    if not handout.changed:
        lines += wrap("Everything is up to date", width, "   ")
    command = "`tito`" if Path.cwd() == root else f"`cd {os.path.relpath(root)}`, then `tito`"
    return [*lines, "", *wrap(f"Next: {command}", width, "→ ")]
