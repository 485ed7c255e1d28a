"""How code is made wrong: mutmut's operators where they fit, and those that numerical code needs besides.

An operator takes a node of a libcst tree and yields what may stand in its place.
"""

from collections.abc import Callable, Iterable
from typing import Any

import libcst as cst
import libcst.matchers as m
from mutmut.mutation import mutators

Operator = Callable[[Any], Iterable[cst.CSTNode]]

WIDER = {"float32": "float64", "float64": "float32", "int64": "int32", "int32": "int64"}


def change_axis(node: cst.Arg) -> Iterable[cst.Arg]:
    """`axis=0` becomes `axis=1`, `axis=-1` becomes `axis=0`; any other axis is left out."""
    if node.keyword and node.keyword.value in ("axis", "axes", "dim"):
        swapped = {"0": "1", "1": "0", "-1": "0", "-2": "-1"}
        text = cst.Module([]).code_for_node(node.value)
        yield node.with_changes(value=cst.parse_expression(swapped.get(text, "None")))


def drop_transpose(node: cst.Attribute) -> Iterable[cst.BaseExpression]:
    """`x.T` becomes `x`."""
    if node.attr.value in ("T", "mT"):
        yield node.value


def drop_call(node: cst.Call) -> Iterable[cst.BaseExpression]:
    """`x.copy()`, `x.astype(t)`, `x.reshape(…)`, `abs(x)` and the like become `x`."""
    if m.matches(node.func, m.Attribute(attr=m.OneOf(*map(m.Name, METHODS)))):
        yield cst.ensure_type(node.func, cst.Attribute).value
    elif len(node.args) == 1 and m.matches(node.func, m.OneOf(*map(m.Name, FUNCTIONS))):
        yield node.args[0].value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


METHODS = ("copy", "astype", "transpose", "swapaxes", "squeeze", "ravel", "reshape", "item", "tolist")
FUNCTIONS = ("abs", "float", "int", "bool", "tuple", "list", "sorted", "reversed", "max", "min")


def alias_array(node: cst.Call) -> Iterable[cst.BaseExpression]:
    """`np.array(x)`, which copies, becomes `np.asarray(x)`, which may not; and that becomes `x`."""
    if m.matches(node.func, m.Attribute(value=m.Name("np"), attr=m.Name("array"))):
        yield node.with_deep_changes(cst.ensure_type(node.func, cst.Attribute).attr, value="asarray")
    if m.matches(node, m.Call(func=m.Attribute(value=m.Name("np"), attr=m.Name("asarray")))):
        yield node.args[0].value


ORDERED = cst.Subtract | cst.Divide | cst.MatrixMultiply | cst.Power | cst.FloorDivide


def swap_operands(node: cst.BinaryOperation) -> Iterable[cst.BinaryOperation]:
    """`a - b` becomes `b - a` where the order matters."""
    if isinstance(node.operator, ORDERED):
        inside = {"lpar": [cst.LeftParen()], "rpar": [cst.RightParen()]}
        yield node.with_changes(
            left=node.right.with_changes(**inside), right=node.left.with_changes(**inside)
        )


def swap_arguments(node: cst.Call) -> Iterable[cst.Call]:
    """`f(a, b)` becomes `f(b, a)`."""
    if len(node.args) == 2 and all(arg.keyword is None and not arg.star for arg in node.args):
        first, second = node.args
        yield node.with_changes(
            args=[first.with_changes(value=second.value), second.with_changes(value=first.value)]
        )


def subtract_one(node: cst.Integer) -> Iterable[cst.BaseExpression]:
    """`n` becomes `n - 1`; mutmut adds one."""
    yield cst.parse_expression(f"({node.evaluated_value - 1})")


def flip_sign(node: cst.UnaryOperation) -> Iterable[cst.BaseExpression]:
    """`-x` becomes `x`."""
    if isinstance(node.operator, cst.Minus):
        yield node.expression


def change_dtype(node: cst.Attribute) -> Iterable[cst.Attribute]:
    """`np.float32` becomes `np.float64`, and the other way round."""
    if node.attr.value in WIDER:
        yield node.with_changes(attr=cst.Name(WIDER[node.attr.value]))


def change_function(node: cst.Attribute) -> Iterable[cst.Attribute]:
    """A function of NumPy becomes its sibling: `maximum` becomes `minimum`, `sum` becomes `mean`."""
    if node.attr.value in SIBLINGS:
        yield node.with_changes(attr=cst.Name(SIBLINGS[node.attr.value]))


PAIRS = [
    ("maximum", "minimum"),
    ("max", "min"),
    ("sum", "mean"),
    ("add", "subtract"),
    ("multiply", "divide"),
    ("exp", "expm1"),
    ("log", "log1p"),
    ("sin", "cos"),
    ("floor", "ceil"),
    ("argmax", "argmin"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("greater", "less"),
    ("all", "any"),
    ("append", "extend"),
]
SIBLINGS = {**dict(PAIRS), **{second: first for first, second in PAIRS}}


def force_condition(node: cst.If) -> Iterable[cst.If]:
    """An `if` is always, or never, taken."""
    yield node.with_changes(test=cst.Name("True"))
    yield node.with_changes(test=cst.Name("False"))


def drop_statement(node: cst.SimpleStatementLine) -> Iterable[cst.SimpleStatementLine]:
    """A statement is left out."""
    if not m.matches(node, m.SimpleStatementLine(body=[m.Pass()])):
        yield node.with_changes(body=[cst.Pass()])


def drop_decorator(node: cst.FunctionDef) -> Iterable[cst.FunctionDef]:
    """A decorator is left out."""
    for index in range(len(node.decorators)):
        yield node.with_changes(decorators=[*node.decorators[:index], *node.decorators[index + 1 :]])


def return_nothing(node: cst.Return) -> Iterable[cst.Return]:
    """`return x` becomes `return None`."""
    if node.value is not None and not m.matches(node.value, m.Name("None")):
        yield node.with_changes(value=cst.Name("None"))


OURS: list[tuple[type[cst.CSTNode], Operator]] = [
    (cst.Arg, change_axis),
    (cst.Attribute, drop_transpose),
    (cst.Attribute, change_dtype),
    (cst.Attribute, change_function),
    (cst.BinaryOperation, swap_operands),
    (cst.Call, alias_array),
    (cst.Call, drop_call),
    (cst.Call, swap_arguments),
    (cst.FunctionDef, drop_decorator),
    (cst.If, force_condition),
    (cst.Integer, subtract_one),
    (cst.Return, return_nothing),
    (cst.SimpleStatementLine, drop_statement),
    (cst.UnaryOperation, flip_sign),
]
OPERATORS: list[tuple[type[cst.CSTNode], Operator]] = [*mutators.mutation_operators, *OURS]
