"""A checkpoint's result as text: its checks, what to mend first, or what to celebrate."""

from collections.abc import Sequence

from tito.checks import GLYPHS
from tito.journey import Journey, Leg, State, Step
from tito.place import cell_line, place_of
from tito.render.parts import fields, wrap
from tito.render.status import leg_lines, next_lines
from tito.results import CheckpointResult, CheckResult, Outcome
from tito.table import Module
from tito.workspace import Workspace

LONGEST_TEXT = 400


def check_lines(
    result: CheckpointResult, workspace: Workspace, width: int, verbose: bool = False
) -> list[str]:
    """One line per check; with `verbose` also its time, what it printed, and why it did not pass."""
    lines = []
    for check in result.checks:
        word = "" if check.outcome is Outcome.PASSED and not verbose else f" · {check.outcome}"
        time = f" · {check.earned}/{check.points} points · {check.seconds:.2f} s" if verbose else ""
        lines += wrap(f"{check.title}{word}{time}", width, f"   {GLYPHS[check.outcome]} ")
        if verbose:
            lines += explain_lines(check, workspace, width, "      ")
            lines += [f"      | {line}" for line in check.output.splitlines()]
    return lines


def headline(result: CheckpointResult, title: str) -> str:
    """Whether it passed, in one line."""
    glyph, word = ("🏆", "passed") if result.passed else ("❌", "failed")
    return f"{glyph} {title} {word} · {result.earned}/{result.points} points"


def explain_lines(check: CheckResult, workspace: Workspace, width: int, indent: str = "   ") -> list[str]:
    """What was expected, what came, a hint, and where; nothing for a check that passed."""
    what = check.message
    if check.expected or check.actual:
        what = what.removesuffix(f": expected {check.expected}, got {check.actual}")
    return fields(
        [
            ("What", _short(what)),
            ("Expected", _short(check.expected)),
            ("Got", _short(check.actual)),
            ("Hint", check.hint),
            ("Where", where_text(check, workspace)),
        ],
        width,
        indent,
    )


def where_text(check: CheckResult, workspace: Workspace) -> str:
    """The line a check failed at: in the notebook, if it was exported from one."""
    place = place_of(check)
    if place is None:
        return ""
    name, code = f"{workspace.name(place.file)}:{place.line}", f": `{place.code}`" if place.code else ""
    cell = cell_line(place, workspace.root / "modules")
    if cell is None:
        return f"{name}{code}"
    line = f", line {cell.line}" if cell.line else ""
    return f"{cell.notebook}, cell {cell.cell}{line}, in {place.function}{code} ({name})"


def failure_lines(
    result: CheckpointResult, module: Module | None, workspace: Workspace, width: int
) -> list[str]:
    """The failure to mend first, how many others there are, and the command to type next."""
    first = result.first_failure
    if first is None:
        return []
    others, skipped = result.count(Outcome.FAILED) - 1, result.count(Outcome.NOT_JUDGED)
    rest = [f"{others} other{'s' * (others > 1)} failed"] * bool(others) + [f"{skipped} not judged"] * bool(
        skipped
    )
    return [
        *wrap(first.title, width, "❌ "),
        *explain_lines(first, workspace, width),
        *([f"   and {', '.join(rest)}"] if rest else []),
        "",
        *wrap(_next_after(module, workspace), width, "→ "),
    ]


def _next_after(module: Module | None, workspace: Workspace) -> str:
    """What to type after a failure: about the export that is missing, else the tested module."""
    if module is None:
        return "Mend it, then repeat the command"
    missing = missing_export(module, workspace)
    if missing:
        return f"`{missing.export}` is not in your package yet: `tito module complete {missing.name}`"
    notebook = workspace.name(workspace.notebook(module))
    return f"Mend it in `{notebook}` and save, then `tito module complete {module.name}`"


def missing_export(module: Module, workspace: Workspace) -> Module | None:
    """The first module that `module` builds on, or `module` itself, that isn't exported."""
    for name in module.needs:
        missing = missing_export(workspace.table.module(name), workspace)
        if missing:
            return missing
    return None if workspace.exported(module).is_file() else module


def passed_lines(before: Journey, after: Journey, modules: Sequence[Module], width: int) -> list[str]:
    """The capabilities that passes have unlocked, what they open, the stage, and what is next."""
    lines = []
    for module in modules:
        lines += wrap(f'"{after.step(module).checkpoint.capability}"', width, "🎉 ")
        opened = [step.module.id for step in after.unlocked_by(module) if _is_new(step)]
        lines += wrap(f"Unlocked: {', '.join(opened)}", width, "   ") if opened else []
    for leg in {after.leg(module).stage.name: after.leg(module) for module in modules}.values():
        finished = leg.state is State.PASSED and before.leg(leg.steps[0].module).state is not State.PASSED
        lines += ["", *(stage_lines(leg, width) if finished else leg_lines(leg, width))]
    return [*lines, "", *next_lines(after, width)]


def stage_lines(leg: Leg, width: int) -> list[str]:
    """The celebration of a finished stage."""
    return [
        *wrap(f"{leg.stage.title} complete", width, "🏆 "),
        *wrap(f'"{leg.stage.capability}"', width, "   "),
        *(line for built in leg.stage.builds for line in wrap(built, width, "   ✅ ")),
        "",
        *leg_lines(leg, width),
    ]


def _is_new(step: Step) -> bool:
    return step.last is None and step.handed_out


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
