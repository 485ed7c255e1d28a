"""What student code may touch and use, as values; `enclose` builds it and `prove` tests it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class ContainmentError(Exception):
    """A wall could not be built, so no student code was run."""


class Level(StrEnum):
    """How much stands between student code and the grader, strongest first."""

    SEALED = "sealed"
    CONFINED = "confined"
    OPEN = "open"


class Layer(StrEnum):
    """A kernel mechanism that walls are made of, and that a machine may lack."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    cpu_seconds, memory_bytes (address space), file_bytes and descriptors hold for each process,
    processes for all of them together, threads included. disk_bytes is the size of the private /tmp,
    which only the sealed level has.
    """

    cpu_seconds: int = 120
    memory_bytes: int = 4 << 30
    processes: int = 64
    file_bytes: int = 64 << 20
    descriptors: int = 256
    disk_bytes: int = 256 << 20


@dataclass(frozen=True)
class Walls:
    """What a student's process sees.

    readable: paths it may read and execute from, at the same absolute paths, besides what Python needs.
    own: a folder whose regular files, and no links, are copied into the working directory.
    environment: all of its environment; HOME and TMPDIR are set to the private folders.
    """

    level: Level
    limits: Limits = field(default_factory=Limits)
    readable: tuple[Path, ...] = ()
    own: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The walls as plain data."""
        own = None if self.own is None else str(self.own)
        return asdict(self) | {"readable": [str(path) for path in self.readable], "own": own}


def walls_from_json(data: Mapping[str, Any]) -> Walls:
    """The walls that plain data describe."""
    return Walls(
        Level(data["level"]),
        Limits(**data["limits"]),
        tuple(map(Path, data["readable"])),
        None if data["own"] is None else Path(data["own"]),
        data["environment"],
    )
