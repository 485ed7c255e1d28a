"""Packages made of notebooks: the given parts of `tinytorch`, and the modules that notebooks export.

The reference package is the one that the course's own solutions make.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from gradebook.build.cache import tool_versions
from gradebook.build.notebooks import notebook_from_text
from gradebook.course import Course
from gradebook.folders import cannot_write, digest, digest_folder, staging_folder
from tito.export import exported_text, is_exported
from tito.files import files_in
from tito.material import scaffold_root
from tito.table import Module


def reference_package(course: Course, before: Module | None) -> Path:
    """A folder with a `tinytorch` that holds the solutions of all written modules before `before`, or of all.

    Set `TINYTORCH_HOME` to it. It is made once for the same texts; several processes may ask at once.
    """
    modules = [module for module in course.authored() if before is None or module.number < before.number]
    texts = [course.text_source(module).read_text(encoding="utf-8") for module in modules]
    key = digest(
        tool_versions("jupytext", "nbformat"),
        scaffold_version(),
        *(f"{module.export} {text}" for module, text in zip(modules, texts, strict=True)),
    )
    folder = course.cache / "reference" / key[:32]
    if folder.is_dir():
        return folder
    exports = {
        module.export: exported_text(notebook_from_text(text, module), f"{module.id}.ipynb")
        for module, text in zip(modules, texts, strict=True)
    }
    with staging_folder(folder.parent) as staging:
        try:
            write_package(staging, exports)
            _claim(staging, folder)
        except OSError as error:
            raise cannot_write(folder, error) from error
    return folder


def write_package(folder: Path, exports: Mapping[str, str]) -> None:
    """Write the given parts of `tinytorch` to a folder, and each exported module by its dotted name."""
    for file in _scaffold():
        text = file.read_text(encoding="utf-8")
        _put(folder / "tinytorch" / file.relative_to(scaffold_root()), text)
    for name, text in exports.items():
        _put(folder.joinpath(*name.split(".")).with_suffix(".py"), text)
    # Graded code runs under another account.
    folder.chmod(0o755)


def scaffold_version() -> str:
    """A fingerprint of the given parts."""
    return digest(*(f"{file.relative_to(scaffold_root())} {digest_folder(file)}" for file in _scaffold()))


def _scaffold() -> list[Path]:
    return [file for file in files_in(scaffold_root()) if not is_exported(file)]


def _put(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        # The folder's name promises its content, also after a power cut.
        os.fsync(file.fileno())


def _claim(staging: Path, folder: Path) -> None:
    """Give the finished folder its name; another process may have been first, with the same content."""
    try:
        staging.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
