"""`tito system`: the installation and the workspace."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tito import terminal

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Look after the installation")


@app.callback()
def system() -> None:
    """Look after the installation and the workspace"""


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Write JSON (version 1) instead of text")] = False,
) -> None:
    """Examine the installation and the workspace; exits 1 if something is wrong"""
    from tito.doctor import Health, examine
    from tito.render.parts import wrap

    glyphs = {Health.FINE: "✅", Health.OPTIONAL: "💡", Health.WRONG: "❌"}
    findings = []
    for finding in examine(Path.cwd()):
        findings.append(finding)
        if not json:
            glyph = f"{glyphs[finding.health]} {finding.subject} {finding.health}: "
            terminal.say(wrap(finding.detail, terminal.width(), glyph, "   "))
            terminal.say(wrap(finding.next_step, terminal.width(), "   → ") if finding.next_step else [])
            for attempt in finding.attempts:
                glyph = "   ✅ held: " if attempt.held else "   ❌ not held: "
                what = attempt.name.replace("_", " ")
                text = what if attempt.held else f"{what}: {attempt.detail}"
                terminal.say(wrap(text, terminal.width(), glyph, "      "))
            for note in finding.notes:
                terminal.say(wrap(note, terminal.width(), "   💡 note: ", "      "))
    wrong = [finding for finding in findings if finding.health is Health.WRONG]
    if json:
        terminal.say_json({"version": 1, "findings": [asdict(finding) for finding in findings]})
    elif wrong:
        terminal.say(["", *wrap(f"{len(wrong)} to mend, from the top", terminal.width(), "❌ ")])
    else:
        terminal.say(["", "✅ Everything works"])
    raise typer.Exit(1 if wrong else 0)
