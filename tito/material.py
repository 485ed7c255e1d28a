"""Where the course itself lies: the table, the release notebooks, the checkpoints, the package scaffold.

A checkout and an installed wheel have the same layout below the material's root, so the rest of the
code never asks which of the two it runs from.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def material_root() -> Path:
    """The folder that holds `course/` and `tests/checkpoints/`, in a wheel or a checkout."""
    packed = _HERE / "_material"
    return packed if packed.is_dir() else _HERE.parent


def scaffold_root() -> Path:
    """The `tinytorch` package that is handed out, without any exported module."""
    return _HERE.parent / "tinytorch"
