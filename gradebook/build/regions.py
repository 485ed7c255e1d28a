"""The regions of a source cell that students don't get: solutions, hidden tests, mark schemes."""

import re
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

# A line shows an answer when it says this much; shorter ones, such as `return x`, stand in every notebook.
TELLING = 6
WORDS = re.compile(r"\w[\w.]*\w|\w|\"[^\"]*\"|'[^']*'|[-+*/%@<>=!&|^~]+")
HEADINGS = ("#", "import ", "from ", "def ", "class ", "@", '"""')


class Kind(StrEnum):
    """What nbgrader takes out between `BEGIN …` and `END …`."""

    SOLUTION = "SOLUTION"
    HIDDEN_TESTS = "HIDDEN TESTS"
    MARK_SCHEME = "MARK SCHEME"

    @property
    def begin(self) -> str:
        """What the first line of the region contains."""
        return f"BEGIN {self}"

    @property
    def end(self) -> str:
        """What the last line of the region contains."""
        return f"END {self}"

    def marks(self, line: str) -> bool:
        """Whether a line begins or ends such a region."""
        return self.begin in line or self.end in line


def regions_of(source: str, kind: Kind) -> list[list[str]]:
    """The lines of each region of a kind; raises `ValueError` where a marker has no partner."""
    found: list[list[str]] = []
    inside = False
    for line in source.split("\n"):
        if kind.begin in line:
            if inside:
                raise ValueError(f"`{kind.begin}` inside `{kind.begin}`")
            inside = True
            found.append([])
        elif kind.end in line:
            if not inside:
                raise ValueError(f"`{kind.end}` without `{kind.begin}`")
            inside = False
        elif inside:
            found[-1].append(line)
    if inside:
        raise ValueError(f"`{kind.begin}` without `{kind.end}`")
    return found


def region_lines(source: str, kind: Kind) -> dict[int, str]:
    """The lines of a kind's regions, markers included, by number from 1."""
    found: dict[int, str] = {}
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = inside or kind.begin in line
        if inside:
            found[number] = line
        inside = inside and kind.end not in line
    return found


def hidden_lines(source: str) -> dict[int, str]:
    """The lines of a cell that students never get, markers included, by number from 1."""
    found: dict[int, str] = {}
    for kind in (Kind.HIDDEN_TESTS, Kind.MARK_SCHEME):
        try:
            if not any(regions_of(source, kind)):
                continue
        except ValueError:
            # Markers without partners are a student's text.
            continue
        found |= {number: line.strip() for number, line in region_lines(source, kind).items()}
    return found


def code_lines(region: list[str]) -> list[str]:
    """The lines of a region that hold code: no empty lines, no comments."""
    return [line for line in region if line.strip() and not line.lstrip().startswith("#")]


def telling_lines(source: str, kind: Kind) -> Iterator[str]:
    """The lines of a source's regions that would give the answer away, in `squeeze`d form."""
    for region in regions_of(source, kind):
        for line in map(squeeze, region):
            if len(WORDS.findall(line)) >= TELLING and not line.startswith(HEADINGS):
                yield line


def visible_lines(source: str) -> set[str]:
    """The lines of a source that stand in no region, in `squeeze`d form."""
    hidden = [line for kind in Kind for region in regions_of(source, kind) for line in region]
    return {squeeze(line) for line in (Counter(source.split("\n")) - Counter(hidden))}


def squeeze(text: str) -> str:
    """A text with single spaces, to be compared whatever its layout."""
    return re.sub(r"\s+", " ", text).strip()
