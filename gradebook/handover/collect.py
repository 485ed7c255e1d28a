"""Taking submissions in: nbgrader's collect, which refuses what it must not take."""

import os
import pwd
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns, parse_utc

from gradebook.records import Refusal, create_records, save_refusals

# The last thing that submitting does is to open the folder to everybody.
COMPLETE = 0o777
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one submission in the exchange.

    `state` is `collected`, `updated`, `unchanged`, `waiting` (it is still being written) or `refused`, which
    has a `reason`. `submitted` is the moment it was handed in, in UTC.
    """

    student: str
    module: str
    submitted: datetime
    state: str
    reason: str = ""


class CheckedCollect(ExchangeCollect):  # type: ignore[misc] # nbgrader has no types
    """Collect each student's newest submission, and refuse what nbgrader collects with a warning, or follows.

    Refused, and recorded with the reason: a folder that is not owned by the student it names, a moment in the
    future or other than the one written inside, links and other things that are not plain files, and too much
    of it. What is refused stays where it is, and never stands in the way of an honest submission.
    """

    def init_src(self) -> None:
        """Find the submissions of the assignment, and sort out which to take."""
        if not self.coursedir.course_id:
            self.fail("No course id specified")
        self.inbound_path = f"{self.root}/{self.coursedir.course_id}/inbound"
        if not os.access(self.inbound_path, os.R_OK | os.X_OK):
            self.fail(f"You can't read `{self.inbound_path}`: nothing has been released, or it is not yours")
        self.collected: list[Collected] = []
        self.src_records = []
        due = self._duedate() if self.before_duedate else None
        by_student: dict[str, list[dict[str, Any]]] = {}
        for folder in self._candidates():
            if record := self._read_name(folder):
                by_student.setdefault(record["username"], []).append(record)
            else:
                now = datetime.now(UTC).replace(tzinfo=None)
                self._keep(folder.name, now, "refused", "its folder's name can't be read")
        for records in by_student.values():
            records.sort(key=lambda record: record["timestamp"], reverse=True)
            if due is not None:
                records.sort(key=lambda record: record["timestamp"] > due)
            for record in records:
                state, reason = self._examine(Path(self.inbound_path, record["filename"]), record)
                if state == "good":
                    self.src_records.append(record)
                    break
                self._keep(record["username"], record["timestamp"], state, reason)

    def copy_files(self) -> None:
        """Copy what was found good, and record what was refused."""
        for record in sorted(self.src_records, key=lambda record: str(record["username"])):
            student, moment = record["username"], record["timestamp"]
            target = Path(
                self.coursedir.format_path(
                    self.coursedir.submitted_directory, student, self.coursedir.assignment_id
                )
            )
            there = target.is_dir()
            known = self._written_moment(target) if there else None
            newer = self.update and (known is None or moment > known)
            if there and not newer and not (self.before_duedate and moment != known):
                self._keep(student, moment, "unchanged")
                continue
            self._replace(Path(self.inbound_path, record["filename"]), target)
            self._keep(student, moment, "updated" if there else "collected")
        refused = [item for item in self.collected if item.state == "refused"]
        create_records(self.coursedir.db_url)
        save_refusals(
            self.coursedir.db_url,
            [Refusal(item.student, item.module, item.submitted, item.reason) for item in refused],
        )

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:  # noqa: ARG002 - nbgrader's signature
        """Copy a folder; a link that was put in meanwhile is copied as a link, never followed."""
        ignore = ignore_patterns(
            self.coursedir.ignore, self.coursedir.include, self.coursedir.max_file_size, self.log
        )
        shutil.copytree(src, dest, symlinks=True, ignore=ignore)

    def _candidates(self) -> list[Path]:
        student = self.coursedir.student_id if self.coursedir.student_id not in ("", "*") else ""
        mark = f"+{self.coursedir.assignment_id}+"
        names = sorted(path.name for path in Path(self.inbound_path).iterdir() if mark in path.name)
        return [
            Path(self.inbound_path, name)
            for name in names
            if not student or name.startswith(f"{student}{mark}")
        ]

    def _read_name(self, folder: Path) -> dict[str, Any] | None:
        """What a folder's name claims: `STUDENT+ASSIGNMENT+MOMENT`, with or without `+RANDOM`."""
        assignment = re.escape(self.coursedir.assignment_id)
        name = re.fullmatch(rf"([^/+.][^/+]*)\+{assignment}\+([^+]+)(\+[A-Za-z0-9_-]+)?", folder.name)
        if not (name and folder.name.isprintable()):
            return None
        try:
            moment = parse_utc(name[2])
        except (ValueError, OverflowError):
            return None
        return {"username": name[1], "filename": folder.name, "timestamp": moment}

    def _examine(self, folder: Path, record: dict[str, Any]) -> tuple[str, str]:
        """Whether a submission is `good`, `waiting` or `refused`, and why."""
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            return "refused", "it is not a folder"
        if self.check_owner and _owner(status.st_uid) != record["username"]:
            return "refused", f"it belongs to `{_owner(status.st_uid)}`"
        if record["timestamp"] > datetime.now(UTC).replace(tzinfo=None) + CLOCK_TOLERANCE:
            return "refused", f"it claims to be from the future, {record['timestamp']:%Y-%m-%d %H:%M} UTC"
        if stat.S_IMODE(status.st_mode) & COMPLETE != COMPLETE:
            return "waiting", "it is still being written"
        if reason := self._examine_files(folder, status.st_uid):
            return "refused", reason
        if self._written_moment(folder) != record["timestamp"]:
            return "refused", "the moment in its `timestamp.txt` is another than in its name"
        return "good", ""

    def _examine_files(self, folder: Path, owner: int) -> str:
        size = 0
        for path in _walk(folder):
            status = path.lstat()
            name = path.relative_to(folder)
            if stat.S_ISLNK(status.st_mode):
                return f"it contains a symbolic link, `{name}`"
            if not str(name).isprintable():
                return f"it contains a file with a strange name, {str(name)!r}"
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                return f"`{name}` is not a plain file"
            if self.check_owner and status.st_uid != owner:
                return f"`{name}` belongs to `{_owner(status.st_uid)}`"
            size += status.st_size
        limit = 1000 * int(self.coursedir.max_dir_size)
        return f"it has {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB" if size > limit else ""

    def _written_moment(self, folder: Path) -> datetime | None:
        try:
            moment: datetime = parse_utc((folder / "timestamp.txt").read_text(encoding="utf-8").strip())
        except (OSError, ValueError, OverflowError):
            return None
        return moment

    def _duedate(self) -> datetime | None:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                due: datetime | None = gradebook.find_assignment(self.coursedir.assignment_id).duedate
            except MissingEntry:
                return None
        return due

    def _replace(self, source: Path, target: Path) -> None:
        """Put a copy where the earlier one was, which stays until the new one is complete."""
        fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.do_copy(str(source), str(fresh))
        if target.is_dir():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)

    def _keep(self, student: str, moment: datetime, state: str, reason: str = "") -> None:
        self.collected.append(Collected(student, self.coursedir.assignment_id, moment, state, reason))


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below a folder, without following links."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in sorted([*folders, *files]))


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
