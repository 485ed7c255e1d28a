"""The capability table: stages, modules, checkpoints and hints, read from `course.toml` and checked."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_type_hints

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
        raise UnknownNameError(f"There is no {noun} `{word}`. {question}".strip(), f"`{listing}` lists them all")
    return found


def table_path(start: Path | None = None) -> Path:
    """The `course/course.toml` of the course that `start` (default: here) lies in, else the installed one."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "course" / "course.toml").is_file():
            return folder / "course" / "course.toml"
    return material_root() / "course" / "course.toml"


def load_table(path: Path | None = None) -> CapabilityTable:
    """Read and check the capability table; raises `TableError` naming the line of the first fault."""
    path = path or table_path()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TableError(f"Could not read {path}: {error.strerror}", "check the path, or reinstall") from error
    return parse_table(text, str(path))


@lru_cache(maxsize=8)
def parse_table(text: str, origin: str = "course.toml") -> CapabilityTable:
    """The table a TOML text describes; raises `TableError` naming `origin` and the line of the first fault."""
    return _Parser(text, origin).parse()


class _Parser:
    """Turns one TOML text into a table. `tomllib` keeps no positions, so faults are located in the text."""

    def __init__(self, text: str, origin: str) -> None:
        self.text = text
        self.origin = origin

    def parse(self) -> CapabilityTable:
        try:
            raw = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            self.fail(str(error), int(line[1]) if line else len(self.text.splitlines()))
        for key in raw.keys() - {"course", "stage", "module", "checkpoint", "hints"}:
            self.fail(f"unknown table `{key}`", self.line_of(rf"^\[+{re.escape(key)}\b"))
        course = raw.get("course", {})
        table = CapabilityTable(
            name=str(course.get("name", "")),
            about=str(course.get("about", "")),
            stages=self.records(Stage, raw, "stage"),
            modules=self.records(Module, raw, "module"),
            checkpoints=self.records(Checkpoint, raw, "checkpoint"),
            hints=self.read_hints(raw.get("hints", {})),
        )
        self.check_names(table)
        self.check_references(table)
        self.check_order(table)
        return table

    def records(self, record: type[T], raw: dict[str, Any], kind: str) -> tuple[T, ...]:
        entries = raw.get(kind)
        if not isinstance(entries, list) or not entries:
            self.fail(f"no `[[{kind}]]` in the table", 1)
        return tuple(self.record(record, entry, kind, index) for index, entry in enumerate(entries))

    def record(self, record: type[T], entry: dict[str, Any], kind: str, index: int) -> T:
        types = get_type_hints(record)
        expected = [f for f in fields(record) if f.init]  # type: ignore[arg-type]
        for key in entry.keys() - types.keys():
            self.fail(f"[[{kind}]] has no key `{key}`. {did_you_mean(key, list(types))}", self.at(kind, index, key))
        values: dict[str, Any] = {}
        for f in expected:
            if f.name not in entry:
                if f.default is MISSING:
                    self.fail(f"[[{kind}]] needs a `{f.name}`", self.at(kind, index))
                continue
            values[f.name] = self.value(entry[f.name], types[f.name], f.name, self.at(kind, index, f.name))
        return record(**values)

    def value(self, value: Any, wanted: Any, key: str, line: int) -> Any:
        if wanted is Points:
            if not isinstance(value, dict) or value.keys() != {"exercises", "reflection"}:
                self.fail("`points` is `{ exercises = …, reflection = … }`", line)
            return Points(**{name: self.value(number, int, name, line) for name, number in value.items()})
        if wanted == tuple[str, ...]:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                self.fail(f"`{key}` is a list of strings", line)
            return tuple(value)
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            self.fail(f"`{key}` is a {wanted.__name__}, not {value!r}", line)
        if wanted in (int, float) and value < 0:
            self.fail(f"`{key}` is {value}: it can't be negative", line)
        if wanted is str and not value.strip():
            self.fail(f"`{key}` is empty", line)
        return value

    def read_hints(self, raw: dict[str, Any]) -> dict[tuple[str, str], Hint]:
        hints = {}
        for checkpoint, checks in raw.items():
            for check, rungs in checks.items():
                line = self.line_of(rf"^\[hints\.{re.escape(checkpoint)}\.{re.escape(check)}\]")
                if not isinstance(rungs, dict) or set(rungs) != {"concept", "approach", "code"}:
                    self.fail(f"hint `{checkpoint}.{check}` needs exactly `concept`, `approach` and `code`", line)
                hints[checkpoint, check] = Hint(**{k: self.value(v, str, k, line) for k, v in rungs.items()})
        return hints

    def check_names(self, table: CapabilityTable) -> None:
        for kind, entries, first in (
            ("module", table.modules, 1),
            ("checkpoint", table.checkpoints, 0),
        ):
            for index, entry in enumerate(entries):
                if entry.number != index + first:
                    self.fail(f"{kind} `{entry.name}` should be number {index + first}", self.at(kind, index, "number"))
        for kind, names in (
            ("stage", [stage.name for stage in table.stages]),
            ("module", [module.name for module in table.modules]),
            ("checkpoint", [checkpoint.name for checkpoint in table.checkpoints]),
        ):
            for index, name in enumerate(names):
                if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                    self.fail(f"{kind} name `{name}` is not a lower-case identifier", self.at(kind, index, "name"))
                if name in names[:index]:
                    self.fail(f"two {kind}s are named `{name}`", self.at(kind, index, "name"))

    def check_references(self, table: CapabilityTable) -> None:
        stages = [stage.name for stage in table.stages]
        checkpoints = [checkpoint.name for checkpoint in table.checkpoints]
        modules = [module.name for module in table.modules]
        proved: list[str] = []
        for index, module in enumerate(table.modules):
            self.known([module.stage], stages, "stage", self.at("module", index, "stage"))
            self.known([module.checkpoint], checkpoints, "checkpoint", self.at("module", index, "checkpoint"))
            self.known(module.needs, modules, "module", self.at("module", index, "needs"))
            if module.checkpoint in proved:
                self.fail(f"two modules map to checkpoint `{module.checkpoint}`", self.at("module", index, "checkpoint"))
            proved.append(module.checkpoint)
        for index, name in enumerate(checkpoints):
            if name not in proved:
                self.fail(f"no module maps to checkpoint `{name}`", self.at("checkpoint", index, "name"))
        for checkpoint, check in table.hints:
            self.known([checkpoint], checkpoints, "checkpoint", self.line_of(rf"^\[hints\.{checkpoint}\.{check}\]"))

    def check_order(self, table: CapabilityTable) -> None:
        numbers = {module.name: module.number for module in table.modules}
        try:
            TopologicalSorter({module.name: module.needs for module in table.modules}).prepare()
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            self.fail(f"modules need each other in a circle: {' → '.join(cycle)}", self.at("module", numbers[cycle[0]] - 1, "needs"))
        for index, module in enumerate(table.modules):
            for needed in module.needs:
                if numbers[needed] > module.number:
                    self.fail(f"`{module.name}` needs `{needed}`, which comes later", self.at("module", index, "needs"))

    def known(self, names: Iterable[str], known: Sequence[str], noun: str, line: int) -> None:
        for name in names:
            if name not in known:
                self.fail(f"there is no {noun} `{name}`. {did_you_mean(name, list(known))}", line)

    def at(self, kind: str, index: int, key: str = "") -> int:
        """The line of the `index`-th `[[kind]]` record, or of `key` inside it."""
        lines = self.text.splitlines()
        headers = [n for n, line in enumerate(lines) if re.match(rf"\s*\[\[\s*{kind}\s*\]\]", line)]
        start = headers[index]
        if key:
            for n in range(start + 1, len(lines)):
                if re.match(r"\s*\[", lines[n]):
                    break
                if re.match(rf"\s*{re.escape(key)}\s*=", lines[n]):
                    return n + 1
        return start + 1

    def line_of(self, pattern: str) -> int:
        found = re.search(pattern, self.text, re.MULTILINE)
        return self.text.count("\n", 0, found.start()) + 1 if found else 1

    def fail(self, message: str, line: int) -> NoReturn:
        raise TableError(f"{self.origin}:{line}: {message.strip()}", "mend that line, then run `tito course build`")
