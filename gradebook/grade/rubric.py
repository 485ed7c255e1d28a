"""What grading one notebook's submissions needs, read once: cells, the reference, seed and limits."""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from gradebook.build.assignment import recorded_cells
from gradebook.build.notebooks import Cell, cells_of
from gradebook.build.reference import reference_package
from gradebook.course import Course
from gradebook.course_folder import grading_seed
from gradebook.folders import digest_folder
from gradebook.grade.limits import GradingLimits, read_limits
from gradebook.grade.restore import Original, read_originals
from gradebook.grade.submission import PlainNotebook
from tito.errors import TitoError
from tito.files import files_in
from tito.notebook import read_notebook
from tito.table import Module

# As the first folder to import from: wherever a notebook runs, as in Jupyter.
BESIDE_NOTEBOOK = Path()
# Whatever decides a score is part of a result's key: a change of it grades everything anew.
ENGINE = ("bridge", "grade", "sandbox", "student", "verify")


@dataclass(frozen=True)
class NotebookRubric:
    """How submissions of a notebook are graded, in this course or in any course of nbgrader's.

    released: the texts of the notebook's cells as students got them, by id, in order; ordered: whether that
    order is the notebook's own, else a submission's counts.
    given: code of the course before each graded cell, by the cell's id (see `given_code`).
    solution: the course's own notebook, as cells; none where the course keeps it elsewhere.
    handed_out: the files that students got beside the notebook, by their names there.
    packages: the top-level packages that student code makes up; package: the first folder it imports from,
    which holds the reference of those up to this notebook.
    judging: environment variables of the process that judges. asserted: how many assertions ran on the
    course's own solution, by cell and check. key: stands for all of it.
    """

    module: Module | PlainNotebook
    originals: tuple[Original, ...]
    released: Mapping[str, str]
    given: Mapping[str, str]
    solution: tuple[Cell, ...]
    handed_out: Mapping[str, Path]
    packages: tuple[str, ...]
    package: Path
    judging: Mapping[str, str]
    seed: int
    fonts: Path
    limits: GradingLimits
    key: str
    asserted: Mapping[str, int] = field(default_factory=dict)
    ordered: bool = True


@dataclass(frozen=True)
class Rubric(NotebookRubric):
    """How submissions for a module are graded."""

    module: Module


def read_rubric(course: Course, module: Module) -> Rubric:
    """The rubric of a module; raises `TitoError` where the module has not been built."""
    from nbgrader.api import Gradebook

    recorded = recorded_cells(course, module)
    if not recorded or not course.release(module).is_file() or not course.source(module).is_file():
        raise TitoError(
            f"`{module.id}` is not in the gradebook yet", f"build it: `tito course build {module.id}`"
        )
    released = {
        cell.grade_id: cell.source
        for cell in cells_of(read_notebook(course.release(module)))
        if cell.nbgrader
    }
    config = course.nbgrader_config()
    db_url = config.CourseDirectory.get("db_url") or f"sqlite:///{course.database}"
    with Gradebook(db_url, config.CourseDirectory.get("course_id", "")) as gradebook:
        originals = tuple(read_originals(gradebook, module.id, module.id, released))
    packages = tuple(sorted({other.export.partition(".")[0] for other in course.table.modules}))
    solution = tuple(cells_of(read_notebook(course.source(module))))
    limits = read_limits(config)
    seed = grading_seed(course)
    return Rubric(
        module=module,
        originals=originals,
        released=released,
        given=given_code(solution, packages),
        solution=solution,
        handed_out=_handed_out(course.release(module)),
        packages=packages,
        package=reference_package(course, module),
        judging={"TITO_COURSE": str(course.root)},
        seed=seed,
        fonts=font_list(course.cache),
        limits=limits,
        key=_key(course, module, recorded, seed, limits),
    )


def _handed_out(notebook: Path) -> dict[str, Path]:
    """What lies beside the notebook that students got."""
    folder = notebook.parent
    files = [path for path in files_in(folder) if path.name != notebook.name and not path.is_symlink()]
    return {str(path.relative_to(folder)): path for path in files}


def given_code(cells: tuple[Cell, ...], packages: tuple[str, ...]) -> dict[str, str]:
    """What the course's own cells give a graded cell, by its id: imports, and functions of locked cells.

    These run beside the test; everything else that a test names, it gets from the student's process.
    """
    given: dict[str, str] = {}
    lines: list[str] = []
    for cell in cells:
        if cell.autograded:
            given[cell.grade_id] = "\n".join(lines)
        elif cell.type == "code" and not cell.solution:
            lines += _givers(cell, packages)
    return given


def _givers(cell: Cell, packages: tuple[str, ...]) -> Iterator[str]:
    try:
        body = ast.parse(cell.source).body
    except SyntaxError:
        # A magic: what it brings is the notebook's own.
        return
    for node in body:
        if isinstance(node, ast.Import):
            own = [alias for alias in node.names if alias.name.partition(".")[0] not in packages]
            if own:
                yield ast.unparse(ast.Import(own))
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] not in packages:
                yield ast.unparse(node)
        elif isinstance(node, ast.FunctionDef) and cell.locked:
            yield ast.unparse(node)


def _key(course: Course, module: Module, recorded: str, seed: int, limits: GradingLimits) -> str:
    checkpoint = course.table.checkpoint_of(module)
    earlier = [other for other in course.authored() if other.number <= module.number]
    files = [
        course.checkpoints / checkpoint.filename,
        course.root / "nbgrader_config.py",
        *map(course.text_source, earlier),
    ]
    texts = [file.read_bytes() if file.is_file() else b"" for file in files]
    parts = [engine_version(), str(seed), recorded, repr((module, checkpoint, limits))]
    return hashlib.sha256(b"\0".join([*(part.encode() for part in parts), *texts])).hexdigest()


@lru_cache
def engine_version() -> str:
    """A fingerprint of the code that decides scores."""
    here = Path(__file__).resolve().parents[1]
    tito = here.parent / "tito"
    folders = [here / name for name in ENGINE]
    parts = [digest_folder(folder, skip={".pyc"}) for folder in folders]
    parts += [digest_folder(tito / name) for name in ("checks.py", "expect.py", "results.py")]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def stored_assertions(course: Course, key: str) -> dict[str, int] | None:
    """How many assertions ran on the solution for this key, where that was measured before."""
    try:
        stored: Any = json.loads(_assertions_file(course, key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {str(name): int(count) for name, count in stored.items()}


def store_assertions(course: Course, key: str, asserted: Mapping[str, int]) -> None:
    """Keep it for later runs."""
    from tito.files import write_atomic

    write_atomic(_assertions_file(course, key), json.dumps(asserted))


def _assertions_file(course: Course, key: str) -> Path:
    return course.cache / "assertions" / f"{key[:32]}.json"


def font_list(cache: Path) -> Path:
    """A folder with matplotlib's list of fonts: finding them anew in every process would take a second."""
    folder = cache / "matplotlib"
    if not folder.is_dir():
        code = "import os, sys; os.environ['MPLCONFIGDIR'] = sys.argv[1]; import matplotlib.font_manager"
        subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)
    return folder
