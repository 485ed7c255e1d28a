"""nbgrader's autograder for one submission, made to fail closed and to say why."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import is_solution
from traitlets import List

from gradebook.grade.kernel import KernelRun
from gradebook.grade.one_notebook import OneNotebook
from gradebook.grade.restore import Repair, RestoreCells
from gradebook.grade.verdict import CHECKPOINT, Run, Verdict, checkpoint_data, judge_cell

# nbgrader lays the source's other files beside the notebook; these hold solutions and hidden tests.
KEPT_FROM_STUDENTS = ["*.py", "*.toml"]


@dataclass
class Grading:
    """What the steps of grading one submission need, and what they find out.

    released: the texts of the module's cells as students got them, in order, by id.
    unreadable: why there is no notebook to run, or empty.
    """

    course: Path
    package: Path
    fonts: Path
    seed: int
    released: dict[str, str]
    unreadable: str = ""
    repair: Repair = field(default_factory=Repair)
    runs: dict[str, Run] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    incidents: list[Run] = field(default_factory=list)
    checkpoint: dict[str, Any] | None = None


class SaveScores(SaveAutoGrades):  # type: ignore[misc] # nbgrader has no types
    """Save each cell's score as `judge_cell` finds it."""

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        if is_solution(cell) or cell.cell_type != "code":
            super()._add_score(cell, resources)
            return
        name = cell.metadata.nbgrader["grade_id"]
        grading: Grading = resources["tito"]
        verdict = judge_cell(
            name, cell.source, cell.outputs, float(cell.metadata.nbgrader["points"]), grading.runs.get(name)
        )
        grading.verdicts[name] = verdict
        if name == CHECKPOINT:
            grading.checkpoint = checkpoint_data(cell.outputs, verdict.score)
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = verdict.score
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


class Autograder(OneNotebook, Autograde):  # type: ignore[misc] # nbgrader has no types
    """Grade one notebook, read already: restore its cells, run it, judge it, save scores and the graded copy.

    Old scores are gone before anything runs, so that whatever happens meanwhile, no better score of an
    earlier submission stays. Scores that a person gave are kept, and marked for review where the
    submission is a new one.
    """

    sanitize_preprocessors = List([OverwriteKernelspec, RestoreCells, CheckCellMetadata]).tag(config=True)
    autograde_preprocessors = List(
        [KernelRun, IgnorePattern, LimitOutput, SaveScores, AssignLatePenalties, CheckCellMetadata]
    ).tag(config=True)

    def __init__(self, grading: Grading, notebook: NotebookNode, coursedir: Any, **options: Any) -> None:
        super().__init__(coursedir=coursedir, **options)
        self.grading = grading
        self.notebook = notebook
        self.preprocessors = [*self.sanitize_preprocessors, *self.autograde_preprocessors]
        coursedir.ignore = [*coursedir.ignore, *KEPT_FROM_STUDENTS]

    @property
    def destination(self) -> Path:
        """The folder of the graded copy."""
        return Path(self._format_dest(self.coursedir.assignment_id, self.coursedir.student_id))

    def convert_notebooks(self) -> None:
        """Grade it; unlike nbgrader's, this leaves the meaning of an exception to the caller."""
        module, student = self.coursedir.assignment_id, self.coursedir.student_id
        shutil.rmtree(self.destination, ignore_errors=True)
        self.destination.mkdir(parents=True)
        self.init_assignment(module, student)
        self.convert_single_notebook(self.notebooks[0])
        self.set_permissions(module, student)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Create the submission's rows, and reset its scores."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                before = gradebook.find_submission(assignment_id, student_id).timestamp
            except MissingEntry:
                before = None
        notebooks = self.notebooks
        super().init_assignment(assignment_id, student_id)
        self.notebooks = notebooks
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            submission = gradebook.find_submission(assignment_id, student_id)
            resubmitted = before is not None and submission.timestamp != before
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    self._reset(grade, resubmitted)
            gradebook.db.commit()

    def _reset(self, grade: Any, resubmitted: bool) -> None:
        by_machine = bool(self.grading.unreadable) or (
            grade.cell.type == "GradeCell" and grade.cell.cell_type == "code"
        )
        grade.auto_score = 0.0 if by_machine else None
        if by_machine:
            grade.needs_manual_grade = False
        elif grade.manual_score is None or resubmitted:
            grade.needs_manual_grade = True

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Take the notebook through all steps in memory, and write the graded copy once."""
        resources = self.init_single_notebook_resources(notebook_filename)
        resources["metadata"] = {"name": resources["unique_key"], "path": str(self.destination)}
        resources["tito"] = self.grading
        output, resources = self.exporter.from_notebook_node(self.notebook, resources)
        self.grading = resources["tito"]
        self.write_single_notebook(output, resources)
