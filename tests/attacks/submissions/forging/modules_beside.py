"""Hands in modules beside the notebook with the names of those that the grader imports."""

from pathlib import Path

from tests.attack_corpus import lay

NAMES = ["numpy", "tito", "gradebook", "sitecustomize", "usercustomize", "json", "nbformat", "IPython", "ast"]
CODE = "print('canary: imported')\ndef __getattr__(name):\n    return lambda *_, **__: 20.0\n"


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    for name in NAMES:
        (folder / f"{name}.py").write_text(CODE)
    (folder / "tinytorch").mkdir()
    (folder / "tinytorch" / "__init__.py").write_text(CODE)
