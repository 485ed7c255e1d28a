"""Grading one submission: restore its cells, run them, judge what came, and write the graded copy."""

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat.notebooknode import NotebookNode

from gradebook.build.notebooks import METADATA
from gradebook.build.regions import hidden_lines
from gradebook.grade.engine import Engine, Verified, clean_environment
from gradebook.grade.nodes import error_output, make_cell, make_node, make_notebook
from gradebook.grade.outcome import Status
from gradebook.grade.restore import Repair, grade_id, order_as, restore_cells
from gradebook.grade.rubric import BESIDE_NOTEBOOK, NotebookRubric
from gradebook.grade.screening import suspicious_names
from gradebook.grade.submission import HandedIn, UnreadableError
from gradebook.grade.verdict import Ended, judge_cell
from gradebook.sandbox.walls import Level, Walls
from gradebook.verify.plan import CellResult, CodeCell, Plan
from tito.files import files_in
from tito.results import result_from_json

# In the metadata of a graded cell: what it showed came about before any hidden line ran.
SHOWABLE = "tito_showable"
STATUS_OF = {Ended.DIED: Status.CRASHED, Ended.TIMEOUT: Status.TIMEOUT}


@dataclass(frozen=True, slots=True)
class Marked:
    """What grading a submission came to.

    scores: the points of each machine-graded cell, by id. written: the text of each cell that students write
    in. readable: whether there was a notebook at all. checks: the checkpoint's result as JSON, or nothing.
    asserted: how many assertions ran, by cell and check. level: how student code was contained.
    """

    status: Status
    scores: Mapping[str, float] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    explanation: str = ""
    checks: str = ""
    seconds: float = 0.0
    asserted: Mapping[str, int] = field(default_factory=dict)
    level: str = ""
    readable: bool = True


def mark_submission(
    engine: Engine, rubric: NotebookRubric, submission: HandedIn, level: Level, copy: Path
) -> Marked:
    """Grade a submission, whatever is in it, and leave the graded copy in the folder `copy`."""
    start = time.perf_counter()
    with _replacing_folder(copy) as folder:
        try:
            notebook = submission.read(rubric.released, rubric.limits)
        except UnreadableError as error:
            words = make_cell("markdown", f"**This submission could not be graded:** {error}")
            cells, _ = restore_cells([words], rubric.originals)
            _write(folder / f"{rubric.module.id}.ipynb", cells)
            seconds = time.perf_counter() - start
            return Marked(error.status, explanation=str(error), seconds=seconds, level=level, readable=False)
        lay_out(folder, rubric.handed_out, _came_with(submission))
        originals = rubric.originals if rubric.ordered else order_as(notebook.cells, rubric.originals)
        cells, repair = restore_cells(notebook.cells, originals)
        marked = mark_cells(engine, _for_one(rubric, submission), cells, level, folder, repair)
        _write(folder / f"{rubric.module.id}.ipynb", cells)
    return replace(marked, seconds=time.perf_counter() - start)


def mark_cells(
    engine: Engine,
    rubric: NotebookRubric,
    cells: Sequence[NotebookNode],
    level: Level,
    own: Path | None,
    repair: Repair | None = None,
) -> Marked:
    """Run and judge restored cells, whose outputs are replaced by what they showed."""
    plan = make_plan(rubric, cells)
    walls = make_walls(rubric, level, own)
    verified = engine.run(plan, walls, rubric.package, verifier_environment(rubric))
    results = {result.index: result for result in verified.cells}
    scores: dict[str, float] = {}
    remarks: list[str] = []
    for code in plan.cells:
        result = results.get(code.index) or CellResult(code.index, Ended.NOT_RUN, f"not run: {verified.lost}")
        _show(cells[code.index], result)
        if not result.secret:
            cells[code.index].metadata[SHOWABLE] = True
        if code.graded:
            verdict = judge_cell(code.name, result.ended, result.value, code.points)
            scores[code.name] = verdict.score
            remarks += [f"`{code.name}`: {verdict.remark}"] if verdict.remark else []
    written = {grade_id(cell): cell.source for cell in cells if _is_written(cell)}
    return Marked(
        _worst(verified.cells, verified.lost),
        scores,
        written,
        "; ".join(_reasons(plan, verified, remarks, repair, _flags(cells))),
        _checks(verified.cells),
        asserted={name: count for result in verified.cells for name, count in result.asserted.items()},
        level=level,
    )


def mark_solution(engine: Engine, rubric: NotebookRubric, level: Level) -> Marked:
    """Grade the course's own notebook; where it fails, the explanation says how."""
    made = make_notebook([make_cell(cell.type, cell.source, cell.metadata) for cell in rubric.solution])
    cells, _ = restore_cells(made.cells, rubric.originals)
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), rubric.handed_out)
        marked = mark_cells(engine, rubric, cells, level, Path(folder))
    return replace(marked, explanation=marked.explanation or _first_failure(cells, marked.checks))


def make_plan(rubric: NotebookRubric, cells: Sequence[NotebookNode]) -> Plan:
    """The verifier's orders for a restored notebook."""
    code = tuple(_code_cell(index, cell) for index, cell in enumerate(cells) if cell.cell_type == "code")
    return plan_cells(rubric, code, rubric.given)


def plan_cells(rubric: NotebookRubric, code: tuple[CodeCell, ...], given: Mapping[str, str]) -> Plan:
    """The verifier's orders for code cells, within the rubric's limits."""
    limits = rubric.limits
    return Plan(
        code,
        given,
        rubric.packages,
        rubric.asserted,
        cell_seconds=limits.cell_seconds,
        check_seconds=min(limits.check_seconds, limits.cell_seconds),
        call_seconds=limits.call_seconds,
        notebook_seconds=limits.notebook_seconds,
    )


def make_walls(rubric: NotebookRubric, level: Level, own: Path | None) -> Walls:
    """The walls of the student's process: it sees Python, `tito`, the package to build on, its files."""
    import tito

    readable = [Path(tito.__file__).parent, rubric.fonts]
    environment = clean_environment() | {"MPLCONFIGDIR": str(rubric.fonts)}
    if rubric.package != BESIDE_NOTEBOOK:
        readable.append(rubric.package)
        environment |= {"PYTHONPATH": str(rubric.package), "TINYTORCH_HOME": str(rubric.package)}
    return Walls(level, rubric.limits.for_process(), tuple(readable), own, environment)


def verifier_environment(rubric: NotebookRubric) -> dict[str, str]:
    """What checks need to know where they judge, and tests that ask nbgrader whether they are graded."""
    return {"NBGRADER_EXECUTION": "autograde", "TITO_SEED": str(rubric.seed), **rubric.judging}


def _for_one(rubric: NotebookRubric, submission: HandedIn) -> NotebookRubric:
    """The rubric with a seed for this submission alone: what feedback gives away helps no other."""
    return replace(rubric, seed=own_seed(f"{rubric.seed} {submission.content}"))


def own_seed(text: str) -> int:
    """The seed that belongs to a text, which has the course's secret in it."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def _code_cell(index: int, cell: NotebookNode) -> CodeCell:
    known = cell.metadata.get("nbgrader", {})
    graded = bool(known.get("grade")) and not known.get("solution")
    hidden = frozenset(hidden_lines(cell.source)) if graded else frozenset()
    return CodeCell(
        index, cell.source, grade_id(cell), graded, float(known.get("points", 0)) if graded else 0.0, hidden
    )


def _is_written(cell: NotebookNode) -> bool:
    known = cell.metadata.get("nbgrader", {})
    return bool(known.get("task") or known.get("solution"))


def _show(cell: NotebookNode, result: CellResult) -> None:
    """Put what a cell showed, and why it ended, where a person who opens the notebook sees it."""
    cell.outputs = [make_node(output) for output in result.outputs]
    cell.execution_count = None if result.ended is Ended.NOT_RUN else result.index + 1
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = cell.execution_count
    told = any(output.output_type == "error" for output in cell.outputs)
    if result.reason and (result.ended is not Ended.NOT_RUN or grade_id(cell)) and not told:
        cell.outputs.append(error_output(result.ended.title().replace(" ", ""), result.reason))


def _worst(cells: Sequence[CellResult], lost: str) -> Status:
    """The worst thing that happened."""
    ended = {result.ended for result in cells}
    if lost:
        return Status.TIMEOUT
    return next((status for end, status in STATUS_OF.items() if end in ended), Status.GRADED)


def _reasons(
    plan: Plan, verified: Verified, remarks: Sequence[str], repair: Repair | None, flags: Sequence[str]
) -> Iterator[str]:
    """All that happened, in sentences."""
    yield from remarks
    told = [result for result in verified.cells if result.reason and result.ended is not Ended.NOT_RUN]
    yield from dict.fromkeys(result.reason for result in told)
    if verified.lost:
        yield verified.lost
    ran = {result.index for result in verified.cells if result.ended is not Ended.NOT_RUN}
    skipped = sum(cell.graded and cell.index not in ran for cell in plan.cells)
    if skipped:
        yield f"{skipped} graded {'cell' if skipped == 1 else 'cells'} after it were not run"
    if repair and str(repair):
        yield str(repair)
    if flags:
        yield f"for a person to look at: {', '.join(f'`{name}`' for name in flags)}"


def _flags(cells: Sequence[NotebookNode]) -> tuple[str, ...]:
    own = [cell for cell in cells if not cell.metadata.get("nbgrader", {}).get("locked")]
    return suspicious_names(cell.source for cell in own if cell.cell_type == "code")


def _first_failure(cells: Sequence[NotebookNode], checks: str) -> str:
    """What the first cell that ended in an error said, else the first check that failed."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    errors = [f"{one.ename}: {one.evalue}" for one in outputs if one.output_type == "error"]
    if errors or not checks:
        return next(iter(errors), "")
    return result_from_json(json.loads(checks)).why


def _checks(cells: Sequence[CellResult]) -> str:
    found = [result.checkpoint for result in cells if result.checkpoint]
    return json.dumps(found[-1]) if found else ""


def lay_out(folder: Path, *layers: Mapping[str, Path]) -> None:
    """Copy files to where their names say; what lies in the way of an earlier layer's files stays out."""
    for files in layers:
        for name, path in files.items():
            target = folder / name
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    shutil.copyfile(path, target)


def _came_with(submission: HandedIn) -> dict[str, Path]:
    """What was handed in beside the notebook; links are no part of it."""
    found = [path for path in files_in(submission.folder) if not path.is_symlink()]
    names = {str(path.relative_to(submission.folder)): path for path in found}
    return {name: path for name, path in names.items() if path.name != submission.notebook.name}


def _write(target: Path, cells: Sequence[NotebookNode]) -> None:
    notebook = make_notebook(cells)
    notebook["metadata"] = METADATA
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    target.write_text(text, encoding="utf-8", errors="replace")


@contextlib.contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target`, whole, when all went well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed run left behind goes with the next.
    made = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    try:
        yield made
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
