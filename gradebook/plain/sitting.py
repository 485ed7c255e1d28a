"""A submission of one or more notebooks while it is graded: what each came to, and where its copies wait."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from nbgrader.utils import find_all_files

from gradebook.folders import digest
from gradebook.grade.entries import Marks, NotebookMarks
from gradebook.grade.marking import Marked
from gradebook.grade.outcome import Status
from gradebook.grade.rubric import NotebookRubric
from gradebook.grade.submission import HandedIn, PlainNotebook
from gradebook.records import Record

# From good to bad.
STATUSES = list(Status)


@dataclass
class Sitting:
    """A student's submission for an assignment.

    notebooks: the names of all that the assignment has; asked: of those that are graded this time. rubrics,
    marked: by name, before and after that.
    """

    assignment: str
    student: str
    folder: Path
    notebooks: frozenset[str]
    asked: frozenset[str]
    rubrics: dict[str, NotebookRubric] = field(default_factory=dict)
    marked: dict[str, Marked] = field(default_factory=dict)

    def handed_in(self, name: str) -> HandedIn:
        """One of its notebooks."""
        return HandedIn(self.student, PlainNotebook(self.assignment, name), self.folder)

    @cached_property
    def _any(self) -> HandedIn:
        return self.handed_in(min(self.notebooks))

    @property
    def timestamp(self) -> str:
        """What was written down about when it was handed in."""
        return self._any.timestamp

    @property
    def submitted_at(self) -> datetime | None:
        """When it was handed in, in UTC; None where that is unknown."""
        return self._any.submitted_at

    @property
    def missing(self) -> list[Path]:
        """The notebooks that were not handed in."""
        paths = (self.handed_in(name).notebook for name in sorted(self.notebooks))
        return [path for path in paths if not path.exists()]

    @cached_property
    def _waiting(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory()

    def copy(self, name: str) -> Path:
        """The folder in which a graded notebook and its files wait."""
        # NOTE: never a name that nbgrader ignores, such as `feedback`.
        return Path(self._waiting.name, f"graded-{name}")

    def close(self) -> None:
        """Let what waits be gone."""
        self._waiting.cleanup()

    def marks(self) -> Marks:
        """What grading it came to."""
        told = {name: marked.explanation for name, marked in self.marked.items() if marked.explanation}
        record = Record(
            self.student,
            self.assignment,
            digest(self._any.content, *(rubric.key for rubric in self.rubrics.values())),
            max((marked.status for marked in self.marked.values()), key=STATUSES.index),
            "; ".join(f"`{name}`: {reason}" for name, reason in told.items()),
            seconds=sum(marked.seconds for marked in self.marked.values()),
            level=next(iter(self.marked.values())).level,
        )
        read = {name: marked for name, marked in self.marked.items() if marked.readable}
        notebooks = {name: NotebookMarks(marked.scores, marked.written) for name, marked in read.items()}
        return Marks(record, self.submitted_at, notebooks, self._left)

    def marks_of_fault(self, error: Exception) -> Marks:
        """The marks where the grader failed: a person is asked."""
        reason = f"the grader failed, not the student: {type(error).__name__}: {error}"
        record = Record(self.student, self.assignment, "", Status.FAULT, reason)
        return Marks(record, self.submitted_at, left=self._left)

    @property
    def _left(self) -> frozenset[str]:
        """The notebooks that were handed in and not asked for."""
        missing = {path.stem for path in self.missing}
        return self.notebooks - self.asked - missing

    def put_in_place(self, target: Path, ignored: Sequence[str]) -> None:
        """Move the graded notebooks and their files to where they are looked for."""
        for name in self.marked:
            copy = self.copy(name)
            if self.timestamp:
                # Formgrader compares it, also where the submission could not be read.
                (copy / "timestamp.txt").write_text(self.timestamp, encoding="utf-8")
            files = map(Path, find_all_files(str(copy), [*ignored, "*.ipynb"]))
            for file in (*files, copy / f"{name}.ipynb"):
                _replace(target / file.relative_to(copy), file)


def _replace(target: Path, made: Path) -> None:
    # What is there may be read-only, as nbgrader's permissions are.
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(made, target)
