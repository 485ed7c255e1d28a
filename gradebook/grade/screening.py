"""Reading student code for what only an attack on a grader needs: it decides nothing, a person may look."""

import ast
from collections.abc import Iterable

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
    "tb_frame",
    "_exit",
    "get_objects",
    "get_referrers",
}


def suspicious_names(sources: Iterable[str]) -> tuple[str, ...]:
    """The names in student code that modules and attributes for such ends have, sorted."""
    found: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names} & MODULES
            elif isinstance(node, ast.ImportFrom):
                found |= {node.module or ""} & MODULES
            elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
                found.add(node.attr)
    return tuple(sorted(found))
