"""Reading the capability table from TOML: everything is checked, and a fault names its line."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from functools import cached_property, partial
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn, TypeVar, get_type_hints

from tito.errors import did_you_mean
from tito.table import CapabilityTable, Checkpoint, Hint, Module, Points, Stage, TableError

T = TypeVar("T")
# Where a fault is, looked up in the text only once there is one.
Line = Callable[[], int]

KINDS = {int: "a whole number", float: "a number", str: "a text"}


def read_table(text: str, origin: str) -> CapabilityTable:
    """The table that TOML text from `origin` describes; raises `TableError` at its first fault."""
    return _Parser(text, origin).parse()


class _Parser:
    """Turns one TOML text into a table. `tomllib` keeps no positions, so faults are located in the text."""

    def __init__(self, text: str, origin: str) -> None:
        self.text = text
        self.lines = text.splitlines()
        self.origin = origin

    def parse(self) -> CapabilityTable:
        try:
            raw = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            self.fail(str(error), lambda: int(line[1]) if line else len(self.lines))
        for key in raw.keys() - {"course", "stage", "module", "checkpoint", "hints"}:
            self.fail(f"unknown table `{key}`", self.line_of(rf"^\[+{re.escape(key)}\b"))
        table = CapabilityTable(
            **self.read_course(raw.get("course", {})),
            stages=self.records(Stage, raw, "stage"),
            modules=self.records(Module, raw, "module"),
            checkpoints=self.records(Checkpoint, raw, "checkpoint"),
            hints=self.read_hints(raw.get("hints", {})),
        )
        self.check_names(table)
        self.check_references(table)
        self.check_order(table)
        return table

    def read_course(self, raw: Any) -> dict[str, str]:
        line = self.line_of(r"^\[course\]")
        if not isinstance(raw, dict) or raw.keys() != {"name", "about"}:
            self.fail("`[course]` has exactly a `name` and an `about`", line)
        return {key: self.value(value, str, key, line) for key, value in raw.items()}

    def records(self, record: type[T], raw: dict[str, Any], kind: str) -> tuple[T, ...]:
        entries = raw.get(kind)
        if (
            not isinstance(entries, list)
            or not all(isinstance(entry, dict) for entry in entries)
            or not entries
        ):
            self.fail(f"no `[[{kind}]]` in the table", lambda: 1)
        types = get_type_hints(record)
        return tuple(self.record(record, types, entry, kind, index) for index, entry in enumerate(entries))

    def record(
        self, record: type[T], types: dict[str, Any], entry: dict[str, Any], kind: str, index: int
    ) -> T:
        expected = [f for f in fields(record) if f.init]  # type: ignore[arg-type]
        for key in entry.keys() - types.keys():
            self.fail(
                f"[[{kind}]] has no key `{key}`. {did_you_mean(key, list(types))}", self.at(kind, index, key)
            )
        values: dict[str, Any] = {}
        for f in expected:
            if f.name not in entry:
                if f.default is MISSING:
                    self.fail(f"[[{kind}]] lacks `{f.name}`", self.at(kind, index))
                continue
            values[f.name] = self.value(entry[f.name], types[f.name], f.name, self.at(kind, index, f.name))
        return record(**values)

    def value(self, value: Any, wanted: Any, key: str, line: Line) -> Any:
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
            self.fail(f"`{key}` is {KINDS[wanted]}, not {value!r}", line)
        if wanted in (int, float) and value < 0:
            self.fail(f"`{key}` is {value}: it can't be negative", line)
        if wanted is str and not value.strip():
            self.fail(f"`{key}` is empty", line)
        return value

    def read_hints(self, raw: Any) -> dict[tuple[str, str], Hint]:
        hints = {}
        if not isinstance(raw, dict) or not all(isinstance(checks, dict) for checks in raw.values()):
            self.fail("a hint is `[hints.CHECKPOINT.CHECK]`", self.line_of(r"^(\[hints|hints)\b"))
        for checkpoint, checks in raw.items():
            for check, rungs in checks.items():
                line = self.line_of(rf"^\[hints\.{re.escape(checkpoint)}\.{re.escape(check)}\]")
                if not isinstance(rungs, dict) or set(rungs) != {"concept", "approach", "code"}:
                    self.fail(
                        f"hint `{checkpoint}.{check}` needs exactly `concept`, `approach` and `code`", line
                    )
                hints[checkpoint, check] = Hint(**{k: self.value(v, str, k, line) for k, v in rungs.items()})
        return hints

    def check_names(self, table: CapabilityTable) -> None:
        for kind, entries, first in (
            ("module", [(module.number, module.name) for module in table.modules], 1),
            ("checkpoint", [(checkpoint.number, checkpoint.name) for checkpoint in table.checkpoints], 0),
        ):
            for index, (number, name) in enumerate(entries):
                if number != index + first:
                    self.fail(
                        f"{kind} `{name}` should be number {index + first}",
                        self.at(kind, index, "number"),
                    )
        for kind, names in (
            ("stage", [stage.name for stage in table.stages]),
            ("module", [module.name for module in table.modules]),
            ("checkpoint", [checkpoint.name for checkpoint in table.checkpoints]),
        ):
            for index, name in enumerate(names):
                if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                    self.fail(
                        f"{kind} name `{name}` is not a lower-case identifier", self.at(kind, index, "name")
                    )
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
                self.fail(
                    f"two modules map to checkpoint `{module.checkpoint}`",
                    self.at("module", index, "checkpoint"),
                )
            proved.append(module.checkpoint)
        for index, name in enumerate(checkpoints):
            if name not in proved:
                self.fail(f"no module maps to checkpoint `{name}`", self.at("checkpoint", index, "name"))
        for checkpoint, check in table.hints:
            self.known(
                [checkpoint], checkpoints, "checkpoint", self.line_of(rf"^\[hints\.{checkpoint}\.{check}\]")
            )

    def check_order(self, table: CapabilityTable) -> None:
        numbers = {module.name: module.number for module in table.modules}
        try:
            TopologicalSorter({module.name: module.needs for module in table.modules}).prepare()
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            self.fail(
                f"modules need each other in a circle: {' → '.join(cycle)}",
                self.at("module", numbers[cycle[0]] - 1, "needs"),
            )
        for index, module in enumerate(table.modules):
            for needed in module.needs:
                if numbers[needed] > module.number:
                    self.fail(
                        f"`{module.name}` needs `{needed}`, which comes later",
                        self.at("module", index, "needs"),
                    )

    def known(self, names: Iterable[str], known: Sequence[str], noun: str, line: Line) -> None:
        for name in names:
            if name not in known:
                self.fail(f"there is no {noun} `{name}`. {did_you_mean(name, list(known))}", line)

    def at(self, kind: str, index: int, key: str = "") -> Line:
        """The line of the `index`-th `[[kind]]` record, or of `key` inside it."""
        return partial(self.find_record, kind, index, key)

    def find_record(self, kind: str, index: int, key: str) -> int:
        if index >= len(self.headers[kind]):
            return 1
        start = self.headers[kind][index]
        if key:
            for n in range(start + 1, len(self.lines)):
                if re.match(r"\s*\[", self.lines[n]):
                    break
                if re.match(rf"\s*{re.escape(key)}\s*=", self.lines[n]):
                    return n + 1
        return start + 1

    @cached_property
    def headers(self) -> dict[str, list[int]]:
        """Where the records of each kind begin, counted from 0."""
        found: dict[str, list[int]] = defaultdict(list)
        for n, line in enumerate(self.lines):
            if header := re.match(r"\s*\[\[\s*(\w+)\s*\]\]", line):
                found[header[1]].append(n)
        return found

    def line_of(self, pattern: str) -> Line:
        """The first line that a pattern is found on."""
        return partial(self.find_line, pattern)

    def find_line(self, pattern: str) -> int:
        found = re.search(pattern, self.text, re.MULTILINE)
        return self.text.count("\n", 0, found.start()) + 1 if found else 1

    def fail(self, message: str, line: Line) -> NoReturn:
        raise TableError(
            f"{self.origin}:{line()}: {message.strip()}", "mend that line, then run `tito course build`"
        )
