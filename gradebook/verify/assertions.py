"""Counting the assertions that ran: a test that a student's answer cut short has asked for less."""

import ast
from typing import TypeVar

COUNTER = "__ran__"
ASSERTING = ("assert", "expect")

Node = TypeVar("Node", bound=ast.AST)


class Tally:
    """How many assertions ran so far."""

    def __init__(self) -> None:
        self.count = 0

    def ran(self, value: object = None) -> object:
        """Count one, and hand on the value of its expression."""
        self.count += 1
        return value


class _Counting(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        self.generic_visit(node)
        return [node, ast.Expr(_call([]))]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = str(getattr(node.func, "id", getattr(node.func, "attr", "")))
        return _call([node]) if name.lower().startswith(ASSERTING) else node


def counting(tree: Node) -> Node:
    """The same code, which tells the name `COUNTER` of each assertion that held.

    An assertion is an `assert`, or a call of a function whose name begins with `assert` or `expect`.
    """
    counted: Node = _Counting().visit(tree)
    return ast.fix_missing_locations(counted)


def _call(arguments: list[ast.expr]) -> ast.Call:
    return ast.Call(ast.Name(COUNTER, ast.Load()), arguments, [])
