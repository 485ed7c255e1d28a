"""Mutants of a notebook: its solution cells, each with one thing changed that a student could get wrong."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from gradebook.build.notebooks import Cell
from gradebook.build.regions import Kind, region_lines
from gradebook.validity.operators import OPERATORS

EXPORT = "#| export"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A solution cell with one change.

    cell: its id; operator: what changed it; line: where, counted from 1 in the cell; was, now: the lines that
    differ; source: the cell's whole new text.
    """

    cell: str
    operator: str
    line: int
    was: str
    now: str
    source: str

    @property
    def diff(self) -> str:
        """What changed, as people read it."""
        was, now = self.was.split("\n"), self.now.split("\n")
        return "\n".join([f"- {line}" for line in was] + [f"+ {line}" for line in now])


def mutants_of(cells: Sequence[Cell]) -> tuple[Mutant, ...]:
    """Every mutant of the solutions that a notebook exports, each text once, in the notebook's order."""
    solutions = [cell for cell in cells if cell.solution and EXPORT in cell.source.split("\n")]
    return tuple(mutant for cell in solutions for mutant in mutate_cell(cell.grade_id, cell.source))


def mutate_cell(name: str, source: str) -> Iterator[Mutant]:
    """The mutants of one cell: changes between its solution markers that are still Python."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = _Finder(_solution_lines(source))
    wrapper.visit(finder)
    seen = {source}
    for node, operator, replacement in finder.found:
        changed = cst.ensure_type(wrapper.module.deep_replace(node, replacement), cst.Module)
        text = changed.code
        if text not in seen and _is_python(text):
            seen.add(text)
            yield _mutant(name, operator, source, text)


class _Finder(cst.CSTVisitor):
    """Finds what can be changed in a tree, and into what."""

    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, lines: frozenset[int]) -> None:
        super().__init__()
        self._lines = lines
        self.found: list[tuple[cst.CSTNode, str, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Try every operator on a node; what only words an error, annotates or documents is left alone."""
        if isinstance(node, cst.Raise | cst.Annotation) or _is_docstring(node):
            return False
        if self._is_solution(node):
            for kind, operator in OPERATORS:
                if isinstance(node, kind):
                    name = operator.__name__.removeprefix("operator_")
                    self.found += [(node, name, replacement) for replacement in operator(node)]
        return True

    def _is_solution(self, node: cst.CSTNode) -> bool:
        where = self.get_metadata(PositionProvider, node, None)
        return where is not None and {where.start.line, where.end.line} <= self._lines


def _is_docstring(node: cst.CSTNode) -> bool:
    return m.matches(node, m.SimpleStatementLine(body=[m.Expr(value=m.SimpleString())]))


def _solution_lines(source: str) -> frozenset[int]:
    lines = region_lines(source, Kind.SOLUTION)
    return frozenset(number for number, line in lines.items() if not Kind.SOLUTION.marks(line))


def _is_python(text: str) -> bool:
    try:
        compile(text, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


def _mutant(cell: str, operator: str, before: str, after: str) -> Mutant:
    old, new = before.split("\n"), after.split("\n")
    changes = [
        change
        for change in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    start, end = changes[0][1], changes[-1][2]
    now_start, now_end = changes[0][3], changes[-1][4]
    was, now = (
        "\n".join(line.strip() for line in lines) for lines in (old[start:end], new[now_start:now_end])
    )
    return Mutant(cell, operator, start + 1, was, now, after)
