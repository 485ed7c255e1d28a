"""A desk: what one grading process holds, and the orders that it carries out."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gradebook.grade.engine import Engine
from gradebook.grade.marking import Marked, mark_solution, mark_submission
from gradebook.grade.proving import Proof, prove_module, prove_student
from gradebook.grade.rubric import Rubric
from gradebook.grade.submission import Submission
from gradebook.records import Reading
from gradebook.sandbox.walls import Level
from tito.table import Checkpoint

# How many assertions ran on the course's own solutions: by module, then by graded cell and check.
Asserted = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Mark:
    """The order to grade a submission, whose graded copy goes to the folder `copy`."""

    submission: Submission
    copy: Path

    def carry_out(self, desk: "Desk", asserted: Asserted) -> Marked:
        """Do it at a desk."""
        rubric = desk.rubric(self.submission.module.id, asserted)
        with desk.working(rubric) as engine:
            return mark_submission(engine, rubric, self.submission, desk.level, self.copy)


@dataclass(frozen=True, slots=True)
class Prove:
    """The order to rebuild a student's package in a folder, and to run its checkpoints."""

    submissions: Mapping[Submission, Checkpoint]
    key: str
    folder: Path

    def carry_out(self, desk: "Desk", asserted: Asserted) -> Proof:
        """Do it at a desk."""
        rubrics = {one.module.id: desk.rubric(one.module.id, asserted) for one in self.submissions}
        with desk.working(next(iter(rubrics.values()))) as engine:
            return prove_student(engine, rubrics, self.submissions, self.key, desk.level, self.folder)


Order = Mark | Prove


@dataclass
class Desk:
    """What a grading process holds: the rubrics, the level, and an engine once it is needed."""

    rubrics: Mapping[str, Rubric]
    level: Level
    _engine: Engine | None = None

    def rubric(self, module: str, asserted: Asserted) -> Rubric:
        """A module's rubric, with the assertions that it is to reach."""
        return replace(self.rubrics[module], asserted=asserted[module])

    def try_solution(self, module: str, number: int) -> Marked:
        """Grade the course's own solution, with the first, second … other seed."""
        rubric = self.rubrics[module]
        rubric = replace(rubric, seed=rubric.seed + number)
        with self.working(rubric) as engine:
            return mark_solution(engine, rubric, self.level)

    def try_package(self, module: str, package: Path, checkpoint: Checkpoint, asserted: Asserted) -> Reading:
        """Run a checkpoint against the course's own package."""
        rubric = replace(self.rubric(module, asserted), package=package)
        with self.working(rubric) as engine:
            return prove_module(engine, rubric, checkpoint, self.level)

    @contextlib.contextmanager
    def working(self, rubric: Rubric) -> Iterator[Engine]:
        """The engine, made when it is first needed."""
        if self._engine is None:
            self._engine = Engine(rubric.fonts)
            self._engine.__enter__()
        try:
            yield self._engine
        except BaseException:
            # Whatever happened, the next submission gets an engine that nothing happened to.
            self.close()
            raise

    def close(self) -> None:
        """End the engine, if there is one."""
        if self._engine is not None:
            self._engine.__exit__()
            self._engine = None
