"""nbgrader's autograder with this engine in it: for its command line, its API and formgrader's button."""

import atexit
import copy
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import Execute

from gradebook.course_folder import make_gradebook
from gradebook.grade.entries import Marks
from gradebook.grade.ledger import Ledger
from gradebook.grade.outcome import Status
from gradebook.grade.rubric import NotebookRubric
from gradebook.grade.submission import PlainNotebook
from gradebook.plain.marking import lost_points, mark_plain, mark_plain_solution
from gradebook.plain.rubric import plain_fonts, read_plain_limits, read_plain_rubric
from gradebook.plain.sitting import Sitting
from gradebook.plain.standby import Standby
from tito.errors import TitoError

# Both outlive a converter: formgrader makes a new one for every submission that it grades.
_standby = Standby()
atexit.register(_standby.close)
_required: dict[str, Mapping[str, int]] = {}


def install() -> None:
    """Let `nbgrader autograde`, nbgrader's API and formgrader of this process grade with this engine."""
    from nbgrader.apps import api, autogradeapp

    autogradeapp.Autograde = api.Autograde = ContainedAutograde


class ContainedAutograde(Autograde):  # type: ignore[misc] # nbgrader has no types
    """Autograde submissions with an engine that contains student code, in the place of a kernel.

    The options of nbgrader's `Autograde` count, but for its lists of preprocessors: there is no kernel for
    them to work on. Nothing of a submission is entered or written before all of it is graded.
    """

    notebooks: list[str]
    _sitting: Sitting

    def start(self) -> None:
        """Grade all submissions that are asked for."""
        self._rubrics: dict[PlainNotebook, NotebookRubric] = {}
        if not Execute(parent=self).enabled:
            self._refuse("Scores come from running notebooks, never from the outputs that they came with")
        for name in ("sanitize_preprocessors", "autograde_preprocessors"):
            if name in self.config.Autograde:
                self.log.warning("`c.Autograde.%s` does not count: this engine starts no kernel", name)
        try:
            make_gradebook(self.coursedir.db_url, self.coursedir.course_id)
            _standby.prepare(plain_fonts())
        except TitoError as error:
            self._refuse(f"{error.message}: {error.next_step}")
        super().start()

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Find out which of the submission's notebooks are graded, and how."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            known = self._known_notebooks(gradebook, assignment_id, student_id)
            for path in self.notebooks:
                if _name(path) not in known:
                    self.log.warning("Skipping unknown notebook: %s", path)
            self.notebooks = [path for path in self.notebooks if _name(path) in known]
            if not self.notebooks:
                self._refuse("No notebooks found, did you forget to run 'nbgrader generate_assignment'?")
            folder = Path(self._format_source(assignment_id, student_id))
            asked = frozenset(map(_name, self.notebooks))
            self._sitting = Sitting(assignment_id, student_id, folder, known, asked)
            for missing in self._sitting.missing:
                self.log.warning("No submitted file: %s", missing)
            with self._noting_faults():
                if self._sitting.timestamp.strip() and self._sitting.submitted_at is None:
                    self._refuse(f"Invalid timestamp string: {folder / 'timestamp.txt'}")
                for path in self.notebooks:
                    self._sitting.rubrics[_name(path)] = self._rubric(gradebook, _name(path))

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Grade one notebook."""
        self.log.info("Autograding %s", notebook_filename)
        name = _name(notebook_filename)
        with self._noting_faults():
            rubric = self._with_assertions(self._sitting.rubrics[name])
            order = partial(mark_plain, rubric, self._sitting.handed_in(name), self._sitting.copy(name))
            marked = self._sitting.marked[name] = _standby.carry_out(order, rubric.fonts)
        if marked.explanation:
            self.log.warning("%s: %s", notebook_filename, marked.explanation)

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Enter the scores, put the graded files in their place, and set their permissions."""
        with self._noting_faults():
            self._save(self._sitting.marks())
            dest = Path(os.path.normpath(self._format_dest(assignment_id, student_id)))
            self._sitting.put_in_place(dest, self.coursedir.ignore)
        self._sitting.close()
        super().set_permissions(assignment_id, student_id)

    def _known_notebooks(self, gradebook: Gradebook, assignment: str, student: str) -> frozenset[str]:
        """The names of the assignment's notebooks; raises where nbgrader would not grade the submission."""
        try:
            if not self.create_student:
                gradebook.find_student(student)
        except MissingEntry:
            self._refuse(f"No student with ID '{student}' exists in the database")
        try:
            return frozenset(notebook.name for notebook in gradebook.find_assignment(assignment).notebooks)
        except MissingEntry:
            self._refuse(f"No assignment with ID '{assignment}' exists in the database")

    def _rubric(self, gradebook: Gradebook, name: str) -> NotebookRubric:
        notebook = PlainNotebook(self._sitting.assignment, name)
        if notebook not in self._rubrics:
            limits = read_plain_limits(self.config, Execute(parent=self).timeout)
            kept = self.exclude_overwriting.get(notebook.assignment, ())
            self._rubrics[notebook] = read_plain_rubric(self.coursedir, gradebook, notebook, limits, kept)
        return self._rubrics[notebook]

    def _with_assertions(self, rubric: NotebookRubric) -> NotebookRubric:
        """The rubric with the assertions that run on the course's own solution, if it has one.

        A cell that the solution itself does not pass requires none: nbgrader lets courses have such cells.
        """
        if rubric.solution and rubric.key not in _required:
            order = partial(mark_plain_solution, rubric)
            # How often a test asserts may depend on chance.
            runs = [_standby.carry_out(order, rubric.fonts) for _ in range(2)]
            lost = {name for run in runs for name in lost_points(rubric, run)}
            if lost:
                cells = ", ".join(sorted(lost))
                self.log.warning(
                    "The course's own solution of '%s' loses points in %s", rubric.module.id, cells
                )
            _required[rubric.key] = {
                name: min(run.asserted.get(name, 0) for run in runs)
                for name in runs[0].asserted.keys() - lost
            }
        return replace(rubric, asserted=_required.get(rubric.key, {}))

    @contextmanager
    def _noting_faults(self) -> Iterator[None]:
        """Where grading fails, let no old score of the machine's stand, and ask a person."""
        try:
            yield
        except BaseException as error:
            self._sitting.close()
            if isinstance(error, Exception):
                self._save(self._sitting.marks_of_fault(error))
            raise

    def _save(self, marks: Marks) -> None:
        config = copy.deepcopy(self.config)
        config.Autograde.create_student = self.create_student
        with Ledger(self.coursedir.db_url, config) as ledger:
            score, most = ledger.save(marks)
        if marks.record.status != Status.FAULT:
            self.log.info("%s: %g of %g points", marks.record.student, score, most)

    def _refuse(self, message: str) -> NoReturn:
        self.log.error(message)
        raise NbGraderException(message)


def _name(notebook: str) -> str:
    return Path(notebook).stem
