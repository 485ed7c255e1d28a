"""A workspace: the folder a student owns, with their notebooks, their package and their progress."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tito.errors import TitoError
from tito.table import CapabilityTable, Checkpoint, Module, load_table, table_path

MARKER = ".tito"


class NoWorkspaceError(TitoError):
    """The command needs a workspace and there is none here."""


class NotebookMissingError(TitoError):
    """A module's notebook is not in the workspace."""


@dataclass(frozen=True)
class Workspace:
    """A folder that holds `modules/`, `tinytorch/`, `tests/checkpoints/` and the marker folder `.tito/`."""

    root: Path

    @cached_property
    def table(self) -> CapabilityTable:
        """The capability table of the course this workspace belongs to."""
        return load_table(table_path(self.root))

    @property
    def marker(self) -> Path:
        """The folder that makes this a workspace; the progress lies in it."""
        return self.root / MARKER

    @property
    def progress(self) -> Path:
        """What has been started, exported and passed."""
        return self.marker / "progress.json"

    @property
    def package(self) -> Path:
        """The student's own `tinytorch`."""
        return self.root / "tinytorch"

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoint files."""
        return self.root / "tests" / "checkpoints"

    def notebook(self, module: Module) -> Path:
        """Where a module's notebook lies, whether or not it is there."""
        return self.root / "modules" / module.id / f"{module.id}.ipynb"

    def existing_notebook(self, module: Module) -> Path:
        """A module's notebook; raises `NotebookMissingError`."""
        notebook = self.notebook(module)
        if not notebook.is_file():
            raise NotebookMissingError(
                f"`{self.name(notebook)}` is not there",
                "`tito init` brings every notebook that has been handed out and keeps the ones you have",
            )
        return notebook

    def exported(self, module: Module) -> Path:
        """The file a module is exported to."""
        return self.root.joinpath(*module.export.split(".")).with_suffix(".py")

    def checkpoint_file(self, checkpoint: Checkpoint) -> Path:
        """Where a checkpoint's file lies, whether or not it is there."""
        return self.checkpoints / checkpoint.filename

    def name(self, path: Path) -> str:
        """A path as the student would type it from the folder they are in."""
        return os.path.relpath(path) if Path.cwd().is_relative_to(self.root) else str(path)


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace at or above `start` (default: the working directory); raises `NoWorkspaceError`."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_dir():
            return Workspace(folder)
    raise NoWorkspaceError(f"No workspace at or above `{here}`", "make one here: `tito init`")
