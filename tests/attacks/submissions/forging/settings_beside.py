"""Hands in settings, start-up files and hooks for every tool that might read them there."""

from pathlib import Path

from tests.attack_corpus import lay

CODE = "import builtins; print('canary: executed'); builtins.canary = True\n"
NAMES = [
    "ipython_config.py",
    "ipython_kernel_config.py",
    "jupyter_config.py",
    "nbgrader_config.py",
    "conftest.py",
    "canary.pth",
    "profile_default/startup/00-canary.py",
    ".ipython/profile_default/startup/00-canary.py",
    ".jupyter/jupyter_config.py",
    "course.toml",
    "pyvenv.cfg",
    ".env",
]


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CODE)
