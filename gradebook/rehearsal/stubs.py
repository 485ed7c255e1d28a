"""Stubs: notebooks in which every solution does next to nothing, and what each may honestly earn."""

import ast
import copy
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import cells_of
from gradebook.build.regions import Kind
from gradebook.rehearsal.variants import VariantError

# What a docstring gives as an example: a quoted text, a tuple of numbers, a truth value, a number.
EXAMPLE = re.compile(
    r'"[^"]+"|(?<!\w)\((?:\d+, *)+\d*\)|\b(?:True|False)\b|(?<![\w.(])\d+(?:\.\d+)?(?![\w.×])'
)
# What an object's `__repr__` is to look like.
CODE = re.compile(r"`(\w+\([^`]*\))`")


@dataclass(frozen=True, slots=True)
class Honest:
    """What a stub meets of its own right: graded cells and checks, each with the reason in words."""

    cells: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)


def read_honest(path: Path) -> dict[str, Honest]:
    """What a `stubs.toml` states of each stub."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if data.keys() != STUBS.keys():
        raise VariantError(f"`{path}` states something of {sorted(data)}", f"state it of {sorted(STUBS)}")
    return {stub: Honest(**stated) for stub, stated in data.items()}


def plant_stub(notebook: Mapping[str, Any], stub: str) -> dict[str, Any]:
    """A copy of a source notebook in which each solution region does what the stub of that name does."""
    planted = copy.deepcopy(dict(notebook))
    for cell, json_cell in zip(cells_of(notebook), planted["cells"], strict=True):
        if cell.solution and cell.type == "code":
            json_cell["source"] = stubbed(cell.source, STUBS[stub])
    return planted


def stubbed(source: str, answer: "Answer") -> str:
    """A cell's source with `return ANSWER` in place of each solution.

    A constructor stays as it is: it returns nothing, and without objects nothing else would be asked.
    """
    functions = list(_functions(ast.parse(source)))
    lines: list[str] = []
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = inside and Kind.SOLUTION.end not in line
        if not inside:
            lines.append(line)
        if Kind.SOLUTION.begin in line:
            around = [function for function in functions if function.holds(number)]
            if not around:
                raise VariantError(f"“{line.strip()}” stands in no function", "move the solution into one")
            innermost = around[-1]
            if innermost.node.name != "__init__":
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(f"{indent}return {answer(innermost)}")
                inside = True
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method of a cell."""

    node: ast.FunctionDef
    method: bool

    def holds(self, line: int) -> bool:
        """Whether a line stands in it."""
        return self.node.lineno <= line <= (self.node.end_lineno or 0)

    @property
    def input(self) -> str:
        """The name of what it is about: the first parameter that must be given, else the object itself."""
        parameters = self.node.args
        required = parameters.args[self.method : len(parameters.args) - len(parameters.defaults)]
        required += [parameters.vararg] if parameters.vararg else []
        return required[0].arg if required else "self" if self.method else "None"


def _functions(tree: ast.AST) -> Iterator[Function]:
    """The functions of a tree, outer ones before those inside."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield Function(node, isinstance(tree, ast.ClassDef))
        yield from _functions(node)


# What a stub returns, as code.
Answer = Callable[[Function], str]


def _input(function: Function) -> str:
    """What came in."""
    return function.input


def _zeros(function: Function) -> str:
    """Zeros in the shape of what came in, or 0."""
    name = function.input
    in_shape = f"{name} * 0 if hasattr({name}, 'shape')"
    return f"{in_shape} else np.zeros_like({name}) if isinstance({name}, list) else 0"


def _example(function: Function) -> str:
    """The first value that the docstring gives as an example, or None."""
    text = ast.get_docstring(function.node) or ""
    if function.node.name == "__repr__" and (code := CODE.search(text)):
        return repr(code[1])
    example = EXAMPLE.search(text)
    return example[0] if example else "None"


STUBS: Mapping[str, Answer] = {"input": _input, "zeros": _zeros, "example": _example}
