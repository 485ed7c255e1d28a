"""The capability table: stages, modules, checkpoints and hints, read from `course.toml` and checked."""

import os
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from tito.errors import TitoError, did_you_mean
from tito.material import material_root


class TableError(TitoError):
    """`course.toml` is wrong; the message names the file and the line."""


class UnknownNameError(TitoError):
    """A module, checkpoint or stage that the table does not know."""


@dataclass(frozen=True, slots=True)
class Points:
    """What a module's notebook is worth: exercises graded by their cells, reflections by a person."""

    exercises: int
    reflection: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the five major checkpoints: a group of modules with a capability of its own."""

    name: str
    title: str
    short: str
    icon: str
    about: str
    capability: str
    builds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """One notebook assignment."""

    number: int
    name: str
    title: str
    about: str
    stage: str
    checkpoint: str
    export: str
    needs: tuple[str, ...]
    points: Points
    hours: float

    @property
    def id(self) -> str:
        """The assignment's and the notebook's name, as in `02_tensor`."""
        return f"{self.number:02d}_{self.name}"

    @property
    def words(self) -> tuple[str, ...]:
        """What a user may type for it: `02_tensor`, `tensor`, `02`, `2`."""
        return (self.id, self.name, f"{self.number:02d}", str(self.number))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One capability test: a file of checks in `tests/checkpoints/`."""

    number: int
    name: str
    question: str
    capability: str
    points: int

    @property
    def id(self) -> str:
        """The file's stem, as in `checkpoint_01_foundation`."""
        return f"checkpoint_{self.number:02d}_{self.name}"

    @property
    def filename(self) -> str:
        """The file's name in `tests/checkpoints/`."""
        return f"{self.id}.py"

    @property
    def words(self) -> tuple[str, ...]:
        """What a user may type for it: `01`, `1`, `foundation`, `checkpoint_01_foundation`."""
        return (f"{self.number:02d}", str(self.number), self.name, self.id)


@dataclass(frozen=True, slots=True)
class Hint:
    """Three rungs of help for one check, opened one at a time."""

    concept: str
    approach: str
    code: str


@dataclass(frozen=True)
class CapabilityTable:
    """The whole course as data. Read it with `load_table`."""

    name: str
    about: str
    stages: tuple[Stage, ...]
    modules: tuple[Module, ...]
    checkpoints: tuple[Checkpoint, ...]
    hints: dict[tuple[str, str], Hint] = field(default_factory=dict)

    def stage(self, name: str) -> Stage:
        """The stage of that name."""
        return _find(self._stage_words, name, "stage", "tito checkpoint status")

    def module(self, word: str) -> Module:
        """The module a user means by `02_tensor`, `tensor`, `02` or `2`."""
        return _find(self._module_words, word, "module", "tito module list")

    def checkpoint(self, word: str) -> Checkpoint:
        """The checkpoint a user means by `01`, `1`, `foundation` or `checkpoint_01_foundation`."""
        return _find(self._checkpoint_words, word.removesuffix(".py"), "checkpoint", "tito checkpoint status")

    def checkpoint_of(self, module: Module) -> Checkpoint:
        """The checkpoint that proves a module."""
        return self._checkpoint_words[module.checkpoint]

    def module_of(self, checkpoint: Checkpoint) -> Module:
        """The module that a checkpoint proves."""
        return next(module for module in self.modules if module.checkpoint == checkpoint.name)

    def modules_of(self, stage: Stage) -> tuple[Module, ...]:
        """A stage's modules, in order."""
        return tuple(module for module in self.modules if module.stage == stage.name)

    def foundations(self, module: Module) -> tuple[Module, ...]:
        """All modules it builds on, in order: those it needs, and whatever they need."""
        found: set[str] = set()
        waiting = list(module.needs)
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting += self.module(name).needs
        return tuple(other for other in self.modules if other.name in found)

    def hint(self, checkpoint: Checkpoint, check: str) -> Hint | None:
        """The ladder of a check, if it has one."""
        return self.hints.get((checkpoint.name, check))

    def total_points(self, module: Module) -> int:
        """All a module can earn: exercises, reflections and its checkpoint."""
        return module.points.exercises + module.points.reflection + self.checkpoint_of(module).points

    @cached_property
    def _stage_words(self) -> dict[str, Stage]:
        return {stage.name: stage for stage in self.stages}

    @cached_property
    def _module_words(self) -> dict[str, Module]:
        return {word: module for module in self.modules for word in module.words}

    @cached_property
    def _checkpoint_words(self) -> dict[str, Checkpoint]:
        return {word: checkpoint for checkpoint in self.checkpoints for word in checkpoint.words}


T = TypeVar("T")


def _find(words: dict[str, T], word: str, noun: str, listing: str) -> T:
    found = words.get(word.strip().lower())
    if found is None:
        question = did_you_mean(word.strip().lower(), list(words))
        message = f"There is no {noun} `{word}`" + (f". {question}" if question else "")
        raise UnknownNameError(message, f"`{listing}` lists them all")
    return found


def graded_course() -> tuple[Path, ...]:
    """The course whose grader runs this process, before any folder that a submission may have made."""
    root = os.environ.get("TITO_COURSE")
    return (Path(root),) if root else ()


def table_path(start: Path | None = None) -> Path:
    """The `course/course.toml` of the course that `start` (default: here) lies in, else the installed one."""
    here = (start or Path.cwd()).resolve()
    for folder in (*graded_course(), here, *here.parents):
        if (folder / "course" / "course.toml").is_file():
            return folder / "course" / "course.toml"
    return material_root() / "course" / "course.toml"


def load_table(path: Path | None = None) -> CapabilityTable:
    """Read and check the capability table; raises `TableError` naming the line of the first fault."""
    path = path or table_path()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TableError(
            f"Could not read {path}: {error.strerror}", "check the path, or reinstall"
        ) from error
    return parse_table(text, str(path))


@lru_cache(maxsize=8)
def parse_table(text: str, origin: str = "course.toml") -> CapabilityTable:
    """The table a TOML text describes; raises `TableError` naming `origin` and the line at fault."""
    from tito.table_parser import read_table

    return read_table(text, origin)
