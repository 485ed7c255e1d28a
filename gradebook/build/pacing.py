"""How a notebook is paced: what a student reads before there is something to do.

`make pacing` prints it for each module, from the students' versions; the build refuses what is above a limit.
"""

import sys
from collections.abc import Iterable, Iterator
from statistics import median

from gradebook.build.notebooks import Cell, cells_of, plain_notebook
from gradebook.course import find_course

# A cell above this doesn't fit a laptop's screen together with the text that explains it.
MOST_CODE_LINES = 25
# The first exercise comes after title, imports, what fails so far and one worked example.
MOST_CELLS_BEFORE_WRITING = 5
# A page and a half: nobody reads more before they want to try something.
MOST_WORDS = 300


def cells_before_writing(cells: Iterable[Cell]) -> int | None:
    """How many cells come before the first to write in; None where there is no such cell."""
    return next((cell.position - 1 for cell in cells if cell.solution), None)


def code_length(cell: Cell) -> int:
    """The lines of a cell, comments and empty ones too."""
    return cell.source.count("\n") + 1


def words_before_actions(cells: Iterable[Cell]) -> Iterator[tuple[Cell, int]]:
    """Each cell in which a student does something, with the words of Markdown since the last one."""
    words = 0
    for cell in cells:
        if cell.type == "markdown" and not cell.task:
            words += len(cell.source.split())
        else:
            yield cell, words
            words = 0


def main() -> int:
    """Print the pace of every written module."""
    course = find_course()
    row = "{:16}{:>6}{:>16}  {:38}{:>14}{:>6}".format
    print(row("module", "cells", "before writing", "longest code cell", "words between", "most"))
    for module in course.authored():
        cells = cells_of(plain_notebook(course.release(module)))
        longest = max((cell for cell in cells if cell.type == "code"), key=code_length)
        code = f"{code_length(longest)} lines, {longest.place}"
        words = [count for _, count in words_before_actions(cells)]
        before = str(cells_before_writing(cells))
        print(row(module.id, len(cells), before, code, round(median(words)), max(words)))
    print(row("at most", "", MOST_CELLS_BEFORE_WRITING, f"{MOST_CODE_LINES} lines", "", MOST_WORDS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
