"""Control groups: a count of processes and a sum of memory for a whole tree, where the grader may make them.

A group that a container engine, a batch system or systemd put the grader into is theirs. One is made only
below a hierarchy's root that is visible and writable, or where systemd delegated it (`Delegate=yes`).
"""

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gradebook.sandbox.syscalls import write_bytes
from gradebook.sandbox.walls import Limits

PREFIX = "tito-"
CONTROLLERS: tuple[str, ...] = ("pids", "memory")
# By version of cgroups and controller: the file, and whether it is memory or a count.
LIMIT_FILES = {(1, "pids"): "pids.max", (1, "memory"): "memory.limit_in_bytes"}
LIMIT_FILES |= {(2, "pids"): "pids.max", (2, "memory"): "memory.max"}


@dataclass(frozen=True)
class Place:
    """A folder in which groups may be made, and the controllers that they have."""

    folder: Path
    version: int
    controllers: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A made group, as one folder in each hierarchy."""

    folders: tuple[Path, ...]

    def join(self) -> None:
        """Move the calling process, which has one thread, into the group; what it starts is born there.

        Moving a thread that is the caller is quick; moving a process stops all of the machine's forks for
        milliseconds, and is left to the case that a process can't be born in its group of version 2.
        """
        for folder in self.folders:
            try:
                write_bytes(f"{folder}/tasks", b"0")
            except FileNotFoundError:  # version 2
                if not _was_born_in(folder):
                    write_bytes(f"{folder}/cgroup.procs", b"0")

    @property
    def birthplace(self) -> Path | None:
        """The folder of version 2, in which a process can be born instead of moving there."""
        return next((folder for folder in self.folders if not (folder / "tasks").exists()), None)

    def remove(self) -> None:
        """Remove the group; the last of its processes may be ending just now."""
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.002)


def create_group(limits: Limits, name: str) -> Group | None:
    """Make a group with `limits`, or None where none may be made."""
    folders: list[Path] = []
    extra = 2  # the supervisor, and a moment in which it forks
    for place in find_places():
        folder = place.folder / f"{PREFIX}{os.getpid()}-{name}"
        values = {"pids": limits.processes + extra, "memory": limits.memory_bytes}
        try:
            folder.mkdir()
            folders.append(folder)
            for controller in place.controllers:
                (folder / LIMIT_FILES[place.version, controller]).write_text(str(values[controller]))
        except OSError:
            Group(tuple(folders)).remove()
            return None
    return Group(tuple(folders)) if folders else None


def describe_groups() -> str:
    """Which limits on whole trees this machine lets the grader set, in a sentence for the proof."""
    found = sorted({controller for place in find_places() for controller in place.controllers})
    missing = sorted(set(CONTROLLERS) - set(found))
    said = [f"control groups limit {' and '.join(found)} of all processes together"] if found else []
    said += [f"no control group for {' and '.join(missing)} may be made here"] if missing else []
    return "; ".join(said)


@lru_cache(maxsize=1)
def find_places() -> tuple[Place, ...]:
    """Where groups may be made; what a killed grader left there is removed."""
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        own = dict(_own_groups(Path("/proc/self/cgroup").read_text()))
    except OSError:
        return ()
    places = [place for mount in mounts for place in _places_of(mount.split(), own)]
    for place in places:
        _sweep(place.folder)
    # One place for a controller: a machine has it in one hierarchy only.
    return tuple(places)


def _own_groups(text: str) -> list[tuple[str, str]]:
    """The grader's group by controller, with "" for version 2."""
    lines = [line.split(":", 2) for line in text.splitlines()]
    return [(controller, group) for _, names, group in lines for controller in names.split(",")]


def _places_of(mount: list[str], own: dict[str, str]) -> list[Place]:
    _, point, kind, options, *_ = mount
    if kind == "cgroup":
        names = tuple(name for name in CONTROLLERS if name in options.split(","))
        folder = Path(point)
        at_root = all(own.get(name) == "/" for name in names)
        limited = bool(names) and at_root and os.access(folder, os.W_OK)
        return [Place(folder, 1, names)] if limited else []
    if kind == "cgroup2" and "" in own:
        group = Path(point, own[""].lstrip("/"))
        for folder in (group, group.parent):
            names = _enabled(folder)
            if names and os.access(folder, os.W_OK) and (own[""] == "/" or _is_delegated(folder)):
                return [Place(folder, 2, names)]
    return []


def _enabled(folder: Path) -> tuple[str, ...]:
    try:
        enabled = (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return ()
    return tuple(name for name in CONTROLLERS if name in enabled)


def _is_delegated(folder: Path) -> bool:
    for name in ("user.delegate", "trusted.delegate"):
        try:
            return os.getxattr(folder, name) == b"1"
        except OSError:
            continue
    return False


def _was_born_in(folder: Path) -> bool:
    return dict(_own_groups(Path("/proc/self/cgroup").read_text())).get("", "").endswith(f"/{folder.name}")


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", owner).exists():
            Group((left,)).remove()
