"""A workspace's logbook: reads its journey, and records what happens to its modules."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tito.errors import TitoError
from tito.journey import Journey, chart
from tito.notebook import ExportError, code_hash
from tito.progress import (
    Fingerprint,
    Progress,
    with_completed,
    with_exported,
    with_fingerprint,
    with_result,
    with_started,
)
from tito.progress_file import read_progress, update_progress
from tito.results import CheckpointResult
from tito.table import Checkpoint, Module
from tito.workspace import Workspace

if TYPE_CHECKING:
    from tito.export import Export


@dataclass(frozen=True)
class Logbook:
    """The progress of one workspace. `tell` is given what its owner should know about the file."""

    workspace: Workspace
    tell: Callable[[str], object]

    def journey(self) -> Journey:
        """How far the student is, by what is recorded and by the notebooks as they lie there now."""
        progress = read_progress(self.workspace.progress, self.tell)
        fresh: dict[str, Fingerprint] = {}

        def code_now(module: Module) -> str:
            known = progress.notebooks.get(module.name)
            fingerprint = self._fingerprint(module, known)
            if fingerprint and fingerprint != known:
                fresh[module.name] = fingerprint
            return fingerprint.code if fingerprint else ""

        def handed_out(module: Module) -> bool:
            return self.workspace.notebook(module).is_file()

        journey = chart(self.workspace.table, progress, handed_out, code_now)
        if fresh:
            # It only saves the next reading some work, so a folder that can't be written to is no matter.
            with contextlib.suppress(TitoError):
                self._update(lambda now: _with_fingerprints(now, fresh))
        return journey

    def start(self, module: Module) -> None:
        """Record that a module was started."""
        self._update(lambda progress: with_started(progress, module.name, _now()))

    def export(self, module: Module) -> "Export":
        """Export a module's notebook to the student's package, and record it."""
        from tito.export import export_notebook

        notebook = self.workspace.existing_notebook(module)
        # Before exporting: should the notebook be saved meanwhile, a pass counts as stale, not as fresh.
        code = code_hash(notebook)
        export = export_notebook(notebook, self.workspace.exported(module))
        self._update(lambda progress: with_exported(progress, module.name, code, _now()))
        return export

    def judge(self, checkpoint: Checkpoint, result: CheckpointResult, code: str) -> None:
        """Record a checkpoint's result for the code of that hash."""
        self._update(lambda progress: with_result(progress, checkpoint.name, result, code, _now()))

    def complete(self, module: Module) -> None:
        """Record that a module is exported and its checkpoint passed."""
        self._update(lambda progress: with_completed(progress, module.name, _now()))

    def exported_code(self, module: Module) -> tuple[str, bool]:
        """The hash of the code in the student's package, and whether the notebook still exports that code."""
        from tito.export import exported_text
        from tito.notebook import read_notebook

        notebook = self.workspace.notebook(module)
        with contextlib.suppress(ExportError, OSError, UnicodeDecodeError):
            text = exported_text(read_notebook(notebook), notebook.name)
            if self.workspace.exported(module).read_text(encoding="utf-8") == text:
                return code_hash(notebook), True
        return read_progress(self.workspace.progress, self.tell).module(module.name).code, False

    def _fingerprint(self, module: Module, known: Fingerprint | None) -> Fingerprint | None:
        notebook = self.workspace.notebook(module)
        try:
            stat = notebook.stat()
            if known and (known.mtime_ns, known.size) == (stat.st_mtime_ns, stat.st_size):
                return known
            return Fingerprint(stat.st_mtime_ns, stat.st_size, code_hash(notebook))
        except (OSError, ExportError):
            return None

    def _update(self, change: Callable[[Progress], Progress]) -> None:
        update_progress(self.workspace.progress, change, self.tell)


def _with_fingerprints(progress: Progress, fresh: dict[str, Fingerprint]) -> Progress:
    for module, fingerprint in fresh.items():
        progress = with_fingerprint(progress, module, fingerprint)
    return progress


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
