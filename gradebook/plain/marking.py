"""Grading a notebook of any nbgrader course, with the files that the course hands out at its tests' hand."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gradebook.grade.engine import Engine
from gradebook.grade.marking import Marked, lay_out, mark_solution, mark_submission
from gradebook.grade.rubric import NotebookRubric
from gradebook.grade.submission import HandedIn
from gradebook.sandbox.walls import Level

# Before each graded cell, in the verifier.
AT_HAND = """\
__import__("os").chdir({0!r})
__import__("sys").path.insert(0, {0!r})
"""


def mark_plain(
    rubric: NotebookRubric, submission: HandedIn, copy: Path, *, engine: Engine, level: Level
) -> Marked:
    """Grade one notebook of a submission; the folder `copy` gets the graded notebook and its files."""
    with _files_at_hand(rubric) as rubric:
        return mark_submission(engine, rubric, submission, level, copy)


def mark_plain_solution(rubric: NotebookRubric, *, engine: Engine, level: Level) -> Marked:
    """Grade the course's own notebook."""
    with _files_at_hand(rubric) as rubric:
        return mark_solution(engine, rubric, level)


def lost_points(rubric: NotebookRubric, marked: Marked) -> tuple[str, ...]:
    """The cells in which the course's own solution does not earn all there is."""
    cells = (cell for cell in rubric.originals if cell.by_machine)
    return tuple(cell.name for cell in cells if marked.scores.get(cell.name, 0.0) < cell.points)


@contextmanager
def _files_at_hand(rubric: NotebookRubric) -> Iterator[NotebookRubric]:
    """The rubric with tests that run in a folder of the files handed out: a copy, which they may change."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), rubric.handed_out)
        start = AT_HAND.format(folder)
        graded = (cell.name for cell in rubric.originals if cell.by_machine)
        yield replace(rubric, given={name: start + rubric.given.get(name, "") for name in graded})
