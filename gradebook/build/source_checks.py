"""What a source notebook must be before nbgrader makes the students' version of it."""

import ast
import builtins
import re
import symtable
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradebook.build.notebooks import CELL_ID, Cell, cells_of
from gradebook.build.regions import Kind, code_lines, regions_of
from tito.errors import TitoError
from tito.export import ExportError, exported_text
from tito.notebook import lean_jsonschema
from tito.table import CapabilityTable, Module

# A student who must write more than this at one go needs the exercise cut in two.
MOST_SOLUTION_LINES = 15
# Names of every notebook: Python's and IPython's own.
GIVEN_NAMES = {*dir(builtins), "__file__", "_", "__", "___", "In", "Out", "display", "get_ipython"}
DOTTED = re.compile(r"\w+(?:\.\w+)+")
APART = "graded cells run apart; define it in a locked cell above"

# What is wrong, and in which cell; None is the notebook as a whole.
Finding = tuple[Cell | None, str]


def check_source(table: CapabilityTable, module: Module, notebook: dict[str, Any]) -> Iterator[Finding]:
    """Whatever makes a source notebook unfit to be handed out or graded."""
    cells = cells_of(notebook)
    yield from _check_metadata(notebook, cells)
    for cell in cells:
        yield from _check_regions(cell)
        if cell.autograded:
            yield from _check_graded_cell(cell)
    yield from _check_tasks(cells)
    yield from _check_shared_names(cells)
    yield from _check_imports(table, module, cells)
    checkpoints = [cell for cell in cells if cell.autograded and _checkpoint_calls(cell)]
    yield from _check_checkpoint(table, module, cells, checkpoints)
    yield from _check_points(table, module, cells, checkpoints)
    try:
        exported_text(notebook, f"{module.id}.ipynb")
    except ExportError as error:
        yield None, error.message


def _check_metadata(notebook: dict[str, Any], cells: Sequence[Cell]) -> Iterator[Finding]:
    with lean_jsonschema():
        import nbformat
        from nbgrader.nbgraderformat import MetadataValidator, ValidationError
        from nbgrader.nbgraderformat.common import SchemaMismatchError

    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield None, f"the notebook is not valid: {str(error).splitlines()[0]}"
    validator = MetadataValidator()
    for cell, raw in zip(cells, notebook["cells"], strict=True):
        if "incorrectly_encoded_metadata" in cell.metadata:
            yield cell, f"its header is not valid: `{cell.metadata['incorrectly_encoded_metadata']}`"
        try:
            validator.validate_cell(nbformat.from_dict(raw))  # type: ignore[no-untyped-call]
        except (ValidationError, SchemaMismatchError) as error:
            yield cell, f"its nbgrader metadata is not valid: {str(error).splitlines()[0]}"
        name = cell.nbgrader.get("grade_id", "")
        if cell.nbgrader and not (isinstance(name, str) and CELL_ID.fullmatch(name)):
            yield cell, f"its grade_id is {name!r}: it needs 1 to 64 letters, digits, `-` or `_`"
    names = Counter(cell.grade_id for cell in cells)
    for name in (name for name, count in names.items() if name and count > 1):
        where = ", ".join(str(cell.position) for cell in cells if cell.grade_id == name)
        yield None, f"the grade_id `{name}` is used by cells {where}"


def _check_regions(cell: Cell) -> Iterator[Finding]:
    allowed = {
        Kind.SOLUTION: (cell.solution, "a cell with a solution must be an nbgrader solution cell"),
        Kind.HIDDEN_TESTS: (cell.autograded, "hidden tests belong in a graded test cell"),
        Kind.MARK_SCHEME: (cell.task, "a mark scheme belongs in a task cell"),
    }
    for kind, (fits, message) in allowed.items():
        try:
            regions = regions_of(cell.source, kind)
        except ValueError as error:
            yield cell, str(error)
            continue
        if regions and not fits:
            yield cell, message
        if kind is Kind.SOLUTION:
            for lines in map(len, map(code_lines, regions)):
                if lines > MOST_SOLUTION_LINES:
                    yield cell, f"asks for {lines} lines at one go; at most {MOST_SOLUTION_LINES} are kind"


def _check_graded_cell(cell: Cell) -> Iterator[Finding]:
    """A graded cell runs the test itself: one that only defines it gives its points to everybody."""
    if not cell.locked:
        yield cell, "a graded test cell must be locked"
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError as error:
        yield cell, f"is not Python in line {error.lineno}: {error.msg}"
        return
    passive = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
    if all(
        isinstance(s, passive) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        for s in statements
    ):
        yield cell, "tests nothing when it runs: it only defines"


def _check_tasks(cells: Sequence[Cell]) -> Iterator[Finding]:
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        open_cell = following is not None and following.type == "markdown" and not following.nbgrader
        if cell.task and cell.locked and not open_cell:
            yield cell, "nobody can answer it: the task is locked and no Markdown cell to write in follows it"


@dataclass(frozen=True, slots=True)
class Names:
    """The global names of a cell.

    uses: those it reads and never binds; calls: those it calls; binds: those it defines, assigns or imports;
    functions: those it binds to a function or class and to nothing else; stars: it imports `*`.
    """

    uses: frozenset[str]
    calls: frozenset[str]
    binds: frozenset[str]
    functions: frozenset[str]
    stars: bool


def _check_shared_names(cells: Sequence[Cell]) -> Iterator[Finding]:
    """Graded cells run apart: student cells see nothing of them, and later ones none of their functions."""
    code = [(cell, names_of(cell.source)) for cell in cells if cell.type == "code"]
    graded = [(cell, names) for cell, names in code if cell.autograded and names]
    known = set(GIVEN_NAMES)
    for cell, names in code:
        if names and names.stars and not cell.autograded:
            return
        if not cell.autograded:
            # A cell that is not plain Python, as one with a magic, may bind whatever it mentions.
            known |= names.binds if names else set(re.findall(r"\w+", cell.source))
    for cell, names in code:
        if names and not names.stars:
            for name in sorted(names.uses - known):
                yield from _check_name(name, cell, names, [one for one in graded if name in one[1].binds])


def _check_name(
    name: str, cell: Cell, names: Names, binding: Sequence[tuple[Cell, Names]]
) -> Iterator[Finding]:
    """Whether a cell gets a name that only the graded cells `binding` bind."""
    earlier = [(other, theirs) for other, theirs in binding if other.position < cell.position]
    if binding and not cell.autograded:
        yield cell, f"uses `{name}`, which only {binding[0][0].place} defines: {APART}"
    # Data are handed on to later graded cells. What is called is none, nor what is a function in all of them.
    elif earlier and (name in names.calls or all(name in theirs.functions for _, theirs in earlier)):
        yield cell, f"uses `{name}`, a function or class of {earlier[0][0].place}: {APART}"


def names_of(source: str) -> Names | None:
    """A cell's global names; None where it is not plain Python."""
    try:
        tree, table = ast.parse(source), symtable.symtable(source, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return None
    nodes = list(ast.walk(tree))
    read, bound = _global_names(table)
    called = {
        node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    made = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_namespace()}
    # What a decorator makes of a function may be anything.
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assigned |= {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list
    }
    stars = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in nodes)
    uses, calls, binds, functions = map(frozenset, (read - bound, called, bound, made - assigned))
    return Names(uses, calls, binds, functions, stars)


def _global_names(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """The global names that a scope and those within it read, and that they bind."""
    read: set[str] = set()
    bound: set[str] = set()
    for symbol in table.get_symbols():
        if table.get_type() == "module" or symbol.is_global():
            read |= {symbol.get_name()} if symbol.is_referenced() else set()
            bound |= {symbol.get_name()} if symbol.is_assigned() or symbol.is_imported() else set()
    for inner in table.get_children():
        inner_read, inner_bound = _global_names(inner)
        read |= inner_read
        bound |= inner_bound
    return read, bound


def _check_imports(table: CapabilityTable, module: Module, cells: Sequence[Cell]) -> Iterator[Finding]:
    """A student may work on a module as soon as they have those it needs, so it uses no others."""
    known = {other.export for other in (*table.foundations(module), module)}
    others = {other.export: other for other in table.modules if other.export not in known}
    for cell in cells:
        for name in sorted(others.keys() & set(DOTTED.findall(cell.source)) if cell.type == "code" else ()):
            yield cell, f"uses `{name}`, and the table has no need for {others[name].name}"


def _checkpoint_calls(cell: Cell) -> list[ast.Call]:
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return []
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if ast.unparse(call.func).split(".")[-1] == "run_checkpoint"]


def _check_checkpoint(
    table: CapabilityTable, module: Module, cells: Sequence[Cell], found: Sequence[Cell]
) -> Iterator[Finding]:
    """The module's checkpoint is its last autograded cell, and the cell's value is its score."""
    wanted = table.checkpoint_of(module)
    if len(found) != 1:
        yield None, f"{len(found)} graded cells call `run_checkpoint`; there must be one"
        return
    cell = found[0]
    if cell != [other for other in cells if other.autograded][-1]:
        yield cell, "the checkpoint must be the last graded test cell"
    call = _checkpoint_calls(cell)[0]
    last = ast.parse(cell.source).body[-1]
    if not isinstance(last, ast.Expr) or ast.unparse(last) != ast.unparse(call):
        yield cell, "its last line must be the `run_checkpoint` call: the cell's value is its score"
    after = cell.source.encode().split(b"\n")[(last.end_lineno or 1) - 1][last.end_col_offset or 0 :]
    if b";" in after.split(b"#")[0]:
        yield cell, "a `;` at its end hides the score, and nbgrader then gives full points"
    word = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    try:
        named = table.checkpoint(str(word))
    except TitoError:
        named = None
    if named != wanted:
        yield cell, f"runs checkpoint {word!r}, and the table says `{wanted.name}`"


def _check_points(
    table: CapabilityTable, module: Module, cells: Sequence[Cell], checkpoints: Sequence[Cell]
) -> Iterator[Finding]:
    sums = (
        (
            "the exercises",
            [c for c in cells if c.autograded and c not in checkpoints],
            module.points.exercises,
        ),
        ("what a person grades", [c for c in cells if c.manual], module.points.reflection),
        ("the checkpoint", checkpoints, table.checkpoint_of(module).points),
    )
    for what, parts, wanted in sums:
        points = sum(cell.points for cell in parts)
        if points != wanted:
            yield None, f"{what}: {points:g} points in the notebook, {wanted} in the table"
