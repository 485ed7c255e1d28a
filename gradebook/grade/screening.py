"""Reading student code for what only an attack on a grader needs: it decides nothing, a person may look."""

import ast
import re
from collections.abc import Iterable, Iterator

MODULES = {"ctypes", "gc", "inspect", "signal", "atexit", "socket", "mmap", "faulthandler"}
ATTRIBUTES = {
    "_getframe",
    "_current_frames",
    "settrace",
    "setprofile",
    "displayhook",
    "ast_transformers",
    "input_transformers_cleanup",
    "input_transformers_post",
    "meta_path",
    "f_back",
    "f_locals",
    "f_globals",
    "tb_frame",
    "_exit",
    "get_objects",
    "get_referrers",
    "__globals__",
    "__subclasses__",
    "__builtins__",
}
IMPORTERS = {"__import__", "import_module"}
# Lines for IPython alone: `%magic`, `!command`, `name?`, and what is assigned such a thing.
MAGIC = re.compile(
    r"^([ \t]*)(?:\w[\w, ]*=[ \t]*)?(?:%%?[A-Za-z]|!(?!=)|\?|[\w.*]+\?\??[ \t]*$).*$", re.MULTILINE
)
# Of a notebook. Python's parser takes time and memory by the square of some texts: for a cell of so many
# characters a second and 700 MB.
MOST_CODE = 50_000
TOO_LONG, TOO_DEEP = "code too long to look at", "code too deep to look at"


def suspicious_names(sources: Iterable[str]) -> tuple[str, ...]:
    """The names in student code that modules and attributes for such ends have, sorted.

    What can't be looked at is named too; cells that are not Python fail where they run, and are passed over.
    """
    found: set[str] = set()
    left = MOST_CODE
    for source in sources:
        # Both: what looks like a magic may as well be a line of a text, or go on with the one before it.
        for text in dict.fromkeys((source, MAGIC.sub(r"\1pass", source))):
            if len(text) > left:
                found.add(TOO_LONG)
                continue
            left -= len(text)
            try:
                found.update(*map(_names_in, ast.walk(ast.parse(text))))
            except (RecursionError, MemoryError):
                # The parser's answers to deep code, which a process with other limits may well run.
                found.add(TOO_DEEP)
            except (SyntaxError, ValueError):
                continue
    return tuple(sorted(found))


def _names_in(node: ast.AST) -> Iterator[str]:
    """What is suspicious in one node of a syntax tree, whatever is below it."""
    match node:
        case ast.Import(names):
            yield from MODULES.intersection(_top(alias.name) for alias in names)
        case ast.ImportFrom(module, names):
            yield from MODULES.intersection([_top(module or "")])
            yield from ATTRIBUTES.intersection(alias.name for alias in names)
        case ast.Attribute(attr=name) | ast.Constant(str(name)) if name in ATTRIBUTES:
            # A text that is such a name, whole, is one way to ask for it: `getattr(sys, "_getframe")`.
            yield name
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name), [ast.Constant(str(module)), *_]):
            yield from MODULES.intersection([_top(module)] if name in IMPORTERS else ())


def _top(module: str) -> str:
    return module.partition(".")[0]
