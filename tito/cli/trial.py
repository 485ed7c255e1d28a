"""Trying checkpoints: run them, show what they found, record it, and say what is next."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tito import terminal
from tito.errors import GraderFault, TitoError
from tito.logbook import Logbook
from tito.render.result import check_lines, failure_lines, headline, passed_lines
from tito.runner import run_checkpoint_file
from tito.table import Checkpoint

if TYPE_CHECKING:
    from tito.results import CheckpointResult


def run_trials(
    logbook: Logbook, checkpoints: Sequence[Checkpoint], timeout: float, verbose: bool, json: bool
) -> int:
    """Run, show and record checkpoints; 0 if all passed, else 1. Raises `GraderFault` at the end, if any."""
    table, before = logbook.workspace.table, logbook.journey()
    results: list[tuple[Checkpoint, CheckpointResult]] = []
    faults: list[GraderFault] = []
    for checkpoint in checkpoints:
        try:
            result, code = run_trial(logbook, checkpoint, timeout)
        except GraderFault as fault:
            faults.append(fault)
            continue
        results.append((checkpoint, result))
        if not json:
            terminal.say([f"{title_of(checkpoint)} · {checkpoint.question}"])
            show_checks(logbook, result, title_of(checkpoint), verbose)
        logbook.judge(checkpoint, result, code)
    failed = [(checkpoint, result) for checkpoint, result in results if not result.passed]
    if json:
        terminal.say_json({"version": 1, "results": [result.to_json() for _, result in results]})
    elif failed:
        checkpoint, result = failed[0]
        show_failure(logbook, result, checkpoint)
    elif results:
        modules = [table.module_of(checkpoint) for checkpoint, _ in results]
        terminal.say(["", *passed_lines(before, logbook.journey(), modules, terminal.width())])
    for earlier in faults[:-1]:
        terminal.note(f"❌ {earlier.message}")
    if faults:
        raise faults[-1]
    return 1 if failed else 0


def run_file(logbook: Logbook, file: Path, timeout: float, verbose: bool, json: bool) -> int:
    """Run and show a checkpoint file that isn't the course's; nothing is recorded."""
    with terminal.testing(file.name) as on_check:
        result = run_checkpoint_file(logbook.workspace, file, timeout=timeout, on_check=on_check)
    if json:
        terminal.say_json({"version": 1, "results": [result.to_json()]})
    else:
        show_checks(logbook, result, file.name, verbose)
        show_failure(logbook, result, None)
    return 0 if result.passed else 1


def run_trial(logbook: Logbook, checkpoint: Checkpoint, timeout: float) -> tuple["CheckpointResult", str]:
    """Run a checkpoint on what is exported; its result, and the hash of the code it is about."""
    workspace = logbook.workspace
    file, module = workspace.checkpoint_file(checkpoint), workspace.table.module_of(checkpoint)
    if not file.is_file():
        raise TitoError(
            f"`{workspace.name(file)}` is not there: lost, or not handed out yet",
            "`tito init` brings every checkpoint that has been handed out",
        )
    code, current = logbook.exported_code(module)
    if not current and workspace.exported(module).is_file():
        terminal.note(
            f"⚠ `{module.id}` has changed since its last export, and the export is what is tested. "
            f"`tito module complete {module.name}` does both"
        )
    with terminal.testing(title_of(checkpoint)) as on_check:
        return run_checkpoint_file(workspace, file, timeout=timeout, on_check=on_check), code


def title_of(checkpoint: Checkpoint) -> str:
    """A checkpoint as people call it."""
    return f"Checkpoint {checkpoint.number:02d} {checkpoint.name}"


def show_checks(
    logbook: Logbook, result: "CheckpointResult", title: str, verbose: bool, lead: str = ""
) -> None:
    """Show every check of a result, and the sum behind `lead`."""
    terminal.say(check_lines(result, logbook.workspace, terminal.width(), verbose))
    terminal.say([lead + headline(result, title)])


def show_failure(logbook: Logbook, result: "CheckpointResult", checkpoint: Checkpoint | None) -> None:
    """Show what to mend first, if anything failed."""
    module = logbook.workspace.table.module_of(checkpoint) if checkpoint else None
    lines = failure_lines(result, module, logbook.workspace, terminal.width())
    terminal.say(["", *lines] if lines else [])
