"""A student's progress as a value: what was started, exported and passed, and with which code."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tito.results import CheckpointResult, result_from_json

VERSION = 1


@dataclass(frozen=True, slots=True)
class ModuleRecord:
    """When a module was started, exported and completed (ISO 8601, UTC; empty: never).

    `code` is the hash of the notebook's code at the last export.
    """

    started: str = ""
    exported: str = ""
    completed: str = ""
    code: str = ""

    @property
    def latest(self) -> str:
        """The last time anything happened to the module."""
        return max(self.started, self.exported, self.completed)


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """The last result of a checkpoint, when it was, the hash of the code it judged, and its first pass."""

    result: CheckpointResult
    when: str
    code: str
    first_passed: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A notebook as it lay on the disk when its code hash was last computed."""

    mtime_ns: int
    size: int
    code: str


@dataclass(frozen=True)
class Progress:
    """All that is recorded about one workspace, by the names of modules and checkpoints."""

    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    checkpoints: Mapping[str, CheckpointRecord] = field(default_factory=dict)
    notebooks: Mapping[str, Fingerprint] = field(default_factory=dict)

    def module(self, name: str) -> ModuleRecord:
        """A module's record; an empty one if nothing happened to it yet."""
        return self.modules.get(name, ModuleRecord())


def with_started(progress: Progress, module: str, when: str) -> Progress:
    """A module was started; the first time counts."""
    record = progress.module(module)
    return _with_module(progress, module, replace(record, started=record.started or when))


def with_exported(progress: Progress, module: str, code: str, when: str) -> Progress:
    """A module was exported with the code of that hash."""
    record = progress.module(module)
    return _with_module(
        progress, module, replace(record, started=record.started or when, exported=when, code=code)
    )


def with_completed(progress: Progress, module: str, when: str) -> Progress:
    """A module was completed: exported, and its checkpoint passed."""
    return _with_module(progress, module, replace(progress.module(module), completed=when))


def with_result(
    progress: Progress, checkpoint: str, result: CheckpointResult, code: str, when: str
) -> Progress:
    """A checkpoint was run against the code of that hash."""
    before = progress.checkpoints.get(checkpoint)
    first = before.first_passed if before else ""
    record = CheckpointRecord(result, when, code, first or (when if result.passed else ""))
    return replace(progress, checkpoints={**progress.checkpoints, checkpoint: record})


def with_fingerprint(progress: Progress, module: str, fingerprint: Fingerprint) -> Progress:
    """A notebook's code hash was computed."""
    return replace(progress, notebooks={**progress.notebooks, module: fingerprint})


def _with_module(progress: Progress, module: str, record: ModuleRecord) -> Progress:
    return replace(progress, modules={**progress.modules, module: record})


def progress_to_json(progress: Progress) -> dict[str, Any]:
    """The progress as plain data, versioned."""
    return {
        "version": VERSION,
        "modules": {name: asdict(record) for name, record in progress.modules.items()},
        "checkpoints": {
            name: {**asdict(record), "result": record.result.to_json()}
            for name, record in progress.checkpoints.items()
        },
        "notebooks": {name: asdict(fingerprint) for name, fingerprint in progress.notebooks.items()},
    }


def progress_from_json(data: Mapping[str, Any]) -> Progress:
    """The progress that plain data describes; raises `LookupError`, `TypeError` or `ValueError` otherwise."""
    checkpoints = {
        name: CheckpointRecord(
            result_from_json(record["result"]), record["when"], record["code"], record.get("first_passed", "")
        )
        for name, record in data["checkpoints"].items()
    }
    modules = {name: ModuleRecord(**record) for name, record in data["modules"].items()}
    notebooks = {name: Fingerprint(**record) for name, record in data.get("notebooks", {}).items()}
    return Progress(modules, checkpoints, notebooks)
