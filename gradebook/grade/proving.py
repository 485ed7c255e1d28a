"""The cumulative reading: a student's own package, rebuilt from all they handed in, and its checkpoints."""

import json
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradebook.build.reference import write_package
from gradebook.grade.engine import Engine
from gradebook.grade.marking import make_walls, own_seed, plan_cells, verifier_environment
from gradebook.grade.nodes import make_notebook
from gradebook.grade.restore import restore_cells
from gradebook.grade.rubric import Rubric
from gradebook.grade.submission import Submission, UnreadableError
from gradebook.grade.verdict import CHECKPOINT, Ended
from gradebook.records import Reading
from gradebook.sandbox.walls import Level
from gradebook.verify.plan import CellResult, CodeCell
from tito.export import ExportError, exported_cells, exported_text
from tito.results import CheckpointResult, result_from_json
from tito.table import Checkpoint

# What a notebook's last cell does, but for the notebook: here the package is what is judged.
RUN = "from tito.checks import checkpoint_path, load_checkpoint\nload_checkpoint(checkpoint_path({!r})).run()"
# In characters: parsing it is the grader's own work, and can take time and memory with the square of this.
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class Proof:
    """What a package came to: a reading for each module that was handed in, and the wall time of all."""

    readings: tuple[Reading, ...]
    seconds: float = 0.0


def prove_student(
    engine: Engine,
    rubrics: Mapping[str, Rubric],
    submissions: Mapping[Submission, Checkpoint],
    key: str,
    level: Level,
    folder: Path,
) -> Proof:
    """Rebuild a student's package in `folder` from their submissions, and run the checkpoint of each.

    rubrics: by module id, with the assertions that each check must reach. A module whose notebook can't be
    read or exported is not in the package: its checkpoint fails, and so does what builds on it.
    """
    start = time.perf_counter()
    refused = rebuild_package(rubrics, submissions, folder)
    # For this package alone, as each submission has one.
    seed = own_seed(key)
    readings = []
    for submission, checkpoint in submissions.items():
        module = submission.module.id
        rubric = replace(rubrics[module], package=folder, seed=seed)
        reading = replace(
            prove_module(engine, rubric, checkpoint, level), student=submission.student, key=key
        )
        readings.append(replace(reading, explanation=refused.get(module, reading.explanation)))
    return Proof(tuple(readings), time.perf_counter() - start)


def prove_module(engine: Engine, rubric: Rubric, checkpoint: Checkpoint, level: Level) -> Reading:
    """Run a checkpoint against the package that the rubric names; of nobody yet."""
    cell = CodeCell(0, RUN.format(checkpoint.filename), CHECKPOINT, graded=True)
    plan = plan_cells(rubric, (cell,), given={})
    walls = make_walls(rubric, level, own=None)
    verified = engine.run(plan, walls, rubric.package, verifier_environment(rubric))
    result = next(iter(verified.cells), CellResult(0, Ended.NOT_RUN, verified.lost))
    found = result_from_json(result.checkpoint) if result.checkpoint else None
    return Reading(
        student="",
        module=rubric.module.id,
        key="",
        earned=float(found.earned if found else 0),
        points=float(checkpoint.points),
        checks=json.dumps(result.checkpoint) if result.checkpoint else "",
        explanation=_explain(result, found),
        level=level,
    )


def rebuild_package(
    rubrics: Mapping[str, Rubric], submissions: Iterable[Submission], folder: Path
) -> dict[str, str]:
    """Write the package that submissions make up; by module, why a notebook gave nothing to it."""
    texts: dict[str, str] = {}
    refused: dict[str, str] = {}
    for submission in submissions:
        rubric = rubrics[submission.module.id]
        try:
            notebook = submission.read(rubric.released, rubric.limits)
            cells, _ = restore_cells(notebook.cells, rubric.originals)
            texts[submission.module.export] = _export(make_notebook(cells), submission.notebook.name)
        except UnreadableError as error:
            refused[submission.module.id] = str(error)
        except ExportError as error:
            refused[submission.module.id] = error.message
    shutil.rmtree(folder, ignore_errors=True)
    write_package(folder, texts)
    return refused


def _export(notebook: Mapping[str, Any], name: str) -> str:
    """The module that a notebook exports; one that would take the grader long to parse is refused."""
    length = sum(len(cell.text) for cell in exported_cells(notebook, name))
    if length > MOST_EXPORTED:
        raise ExportError(f"`{name}` exports {length} characters of code; the limit is {MOST_EXPORTED}")
    return exported_text(notebook, name)


def _explain(result: CellResult, found: CheckpointResult | None) -> str:
    """Why points are missing: what stopped the checkpoint, else its first failure."""
    if result.reason or found is None:
        return result.reason or "the checkpoint came to no result"
    return found.why
