"""A course on disk: where its material, submissions and grades lie, and how nbgrader is configured for it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tito.errors import TitoError
from tito.table import CapabilityTable, Module, load_table

if TYPE_CHECKING:
    from traitlets.config import Config


class NoCourseError(TitoError):
    """The command needs a course directory and there is none here."""


@dataclass(frozen=True)
class Course:
    """A course directory: the folder that holds `course/course.toml` and `nbgrader_config.py`.

    Below `course/` lie nbgrader's own folders (source, release, submitted, autograded, feedback) and its
    database, so stock nbgrader started in `root` works on the same class.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """What nbgrader calls the course root."""
        return self.root / "course"

    @cached_property
    def table(self) -> CapabilityTable:
        """This course's capability table."""
        return load_table(self.folder / "course.toml")

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoint files."""
        return self.root / "tests" / "checkpoints"

    @property
    def cache(self) -> Path:
        """What can be thrown away and made again, keyed by content."""
        return self.root / ".cache"

    @property
    def database(self) -> Path:
        """The gradebook, when it is nbgrader's default SQLite file."""
        return self.folder / "gradebook.db"

    def text_source(self, module: Module) -> Path:
        """The authored notebook."""
        return self.folder / "source" / module.id / f"{module.id}.py"

    def variants(self, module: Module) -> Path:
        """The planted solutions beside it."""
        return self.text_source(module).with_name("variants.toml")

    def styles(self, module: Module) -> Path:
        """The folder of whole solutions in other styles."""
        return self.text_source(module).with_name("styles")

    def stubs(self, module: Module) -> Path:
        """What notebooks of stubs may honestly earn."""
        return self.text_source(module).with_name("stubs.toml")

    def equivalents(self, module: Module) -> Path:
        """The mutants of its solutions that are no mistakes."""
        return self.text_source(module).with_name("equivalents.toml")

    def source(self, module: Module) -> Path:
        """The source notebook built from it, solutions included."""
        return self.folder / "source" / module.id / f"{module.id}.ipynb"

    def release(self, module: Module) -> Path:
        """The notebook students get."""
        return self.folder / "release" / module.id / f"{module.id}.ipynb"

    def authored(self) -> tuple[Module, ...]:
        """The modules whose notebook is written."""
        return tuple(module for module in self.table.modules if self.text_source(module).is_file())

    def nbgrader_config(self) -> "Config":
        """The settings of `nbgrader_config.py`, for nbgrader's Python API."""
        from traitlets.config.loader import PyFileConfigLoader

        config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        return config


def find_course(start: Path | None = None) -> Course:
    """The course directory at or above `start` (default: the working directory)."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "course" / "course.toml").is_file() and (folder / "nbgrader_config.py").is_file():
            return Course(folder)
    raise NoCourseError(
        f"No course directory at or above {here}",
        "go to the course's folder, or make one: `tito course init DIR`",
    )
