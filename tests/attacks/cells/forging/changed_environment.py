"""Sets every variable by which Python, its tools and the course choose their code."""

import os

NAMES = (
    "PYTHONPATH PYTHONSTARTUP PYTHONHOME LD_PRELOAD LD_LIBRARY_PATH PATH TITO_COURSE HOME IPYTHONDIR TMPDIR"
)
os.environ.update(dict.fromkeys(NAMES.split(), os.getcwd()))  # noqa: PTH109 - as a student writes it


def add(a, b):
    os.environ["PYTHONOPTIMIZE"] = "2"
    return 3
