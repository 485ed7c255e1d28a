"""The rubric of a notebook in any course of nbgrader's: its folders and its gradebook say all there is."""

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.utils import find_all_files

from gradebook.build.notebooks import Cell, cells_of
from gradebook.build.regions import hidden_lines
from gradebook.folders import digest, digest_folder
from gradebook.grade.limits import GradingLimits, read_limits
from gradebook.grade.restore import Original, read_originals
from gradebook.grade.rubric import BESIDE_NOTEBOOK, NotebookRubric, engine_version, font_list, given_code
from gradebook.grade.submission import PlainNotebook
from tito.errors import TitoError
from tito.notebook import read_notebook

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config


def read_plain_rubric(
    coursedir: "CourseDirectory",
    gradebook: "Gradebook",
    notebook: PlainNotebook,
    limits: GradingLimits,
    kept: Collection[str] = (),
) -> NotebookRubric:
    """The rubric of a notebook that `nbgrader generate_assignment` has entered in the gradebook.

    kept: the names of files beside the notebook that students may write themselves. What can be imported from
    them is student code; from all other files the course hands out, it is the course's.

    What the course gives its tests (see `given_code`) stands in its source notebook; where that is not
    there, in the one it released, and else in the cells in the gradebook. Only with a source notebook is
    there a solution, whose assertions a submission must reach; otherwise none are required.
    """
    row = gradebook.find_notebook(notebook.id, notebook.assignment)
    _check_language(notebook, json.loads(row.kernelspec or "{}") or {})
    source, release = (
        Path(os.path.normpath(coursedir.format_path(step, ".", notebook.assignment)))
        for step in (coursedir.source_directory, coursedir.release_directory)
    )
    solution, handed_out = (_cells(folder / f"{notebook.id}.ipynb") for folder in (source, release))
    recorded = {cell.name: cell.source or "" for cell in row.source_cells}
    texts = _released(recorded, handed_out or solution, as_released=bool(handed_out))
    originals = tuple(read_originals(gradebook, notebook.id, notebook.assignment, texts))
    found = map(Path, find_all_files(str(source), [*coursedir.ignore, "*.ipynb"]))
    files = {str(path.relative_to(source)): path for path in sorted(found)}
    files = {name: path for name, path in files.items() if name not in kept}
    packages = _packages(kept)
    given = given_code(solution or handed_out or _as_cells(originals), packages)
    contents = [f"{name} {digest_folder(path)}" for name, path in files.items()]
    return NotebookRubric(
        module=notebook,
        originals=originals,
        released=texts,
        given=given,
        solution=solution,
        handed_out=files,
        packages=packages,
        package=BESIDE_NOTEBOOK,
        judging={},
        seed=0,
        fonts=plain_fonts(),
        limits=limits,
        key=digest(engine_version(), repr((notebook, originals, solution, given, limits)), *contents),
        ordered=bool(solution or handed_out),
    )


def read_plain_limits(config: "Config", timeout: float | None) -> GradingLimits:
    """The limits of a course: `c.GradingLimits`, and nbgrader's `timeout` of a cell, if there is one.

    That timeout is all that a plain course knows of: it holds for a cell, and for a call in one as well.
    """
    limits, chosen = read_limits(config), config.get("GradingLimits", {})
    unlimited = timeout is None or timeout <= 0
    seconds = limits.notebook_seconds if unlimited else float(timeout or 0)
    told: dict[str, Any] = {name: seconds for name in ("cell_seconds", "call_seconds") if name not in chosen}
    return replace(limits, **told)


def _check_language(notebook: PlainNotebook, kernel: Mapping[str, Any]) -> None:
    language = str(kernel.get("language") or "python")
    if language.lower() != "python":
        raise TitoError(
            f"`{notebook.id}` is written in {language}, and this engine grades Python",
            "grade it with nbgrader's own autograder",
        )


def _cells(path: Path) -> tuple[Cell, ...]:
    return tuple(cells_of(read_notebook(path))) if path.is_file() else ()


def _released(recorded: Mapping[str, str], cells: Iterable[Cell], *, as_released: bool) -> dict[str, str]:
    """The texts that students got, in the order of `cells`, which are what they got if `as_released`."""
    found = {cell.grade_id: cell.source for cell in cells if cell.grade_id}
    texts = {name: _visible(text) for name, text in recorded.items()}
    return {
        name: found[name] if as_released and name in found else texts[name]
        for name in dict.fromkeys([*found, *sorted(texts)])
        if name in texts
    }


def _visible(source: str) -> str:
    hidden = hidden_lines(source)
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in hidden)


def _as_cells(originals: Iterable[Original]) -> tuple[Cell, ...]:
    return tuple(
        Cell(position, cell.name, cell.cell_type, cell.source, cell.metadata, cell.metadata["nbgrader"])
        for position, cell in enumerate(originals, start=1)
    )


def _packages(files: Iterable[str]) -> tuple[str, ...]:
    """What can be imported from files beside a notebook."""
    python = [Path(name) for name in files if name.endswith(".py")]
    return tuple(sorted({path.stem if len(path.parts) == 1 else path.parts[0] for path in python}))


def plain_fonts() -> Path:
    """The list of fonts in the account's own cache: a plain course has no folder for it."""
    return font_list(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinytorch")
