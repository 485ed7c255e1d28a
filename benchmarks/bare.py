"""The cells of a notebook and nothing else: a warm process forks, and the fork executes them.

    python -m benchmarks.bare NOTEBOOK …

This is the least that running a submission can cost: no walls, no shell, no outputs, no verdict. Prints the
processor time of each notebook as JSON. `TINYTORCH_HOME` names the folder with the package to build on.
"""

import ast
import contextlib
import gc
import importlib
import io
import json
import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path

# What the zygote and the verifier of the engine have loaded.
WARM = ("matplotlib.pyplot", "numpy.testing", "tito.checks", "tito.render.html", "tito.table")


def code_cells(path: str) -> list[str]:
    """The sources of a notebook's code cells."""
    with Path(path).open(encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def execute(sources: Sequence[str]) -> None:
    """Run cells one after the other, each to its end or its error, and represent their values."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    for number, source in enumerate(sources):
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            body = ast.parse(source).body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), f"<cell {number}>", "exec"), vars(main))
            if isinstance(last, ast.Expr):
                code = compile(ast.Expression(last.value), f"<cell {number}>", "eval")
                repr(eval(code, vars(main)))


def measure(sources: Sequence[str]) -> float:
    """The processor seconds that a fork takes for them."""
    process = os.fork()
    if process == 0:
        execute(sources)
        os._exit(0)
    _, _, used = os.wait4(process, 0)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.path.insert(0, os.environ["TINYTORCH_HOME"])
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()
    print(json.dumps([measure(code_cells(path)) for path in sys.argv[1:]]))
