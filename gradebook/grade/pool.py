"""Desks: the processes that grade, each with an engine of its own, behind the standard executor interface."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

from gradebook.course import Course
from gradebook.grade.engine import ONE_THREAD, Engine
from gradebook.grade.marking import Marked, mark_solution, mark_submission
from gradebook.grade.rubric import Rubric, store_assertions, stored_assertions
from gradebook.grade.submission import Submission
from gradebook.sandbox.walls import Level
from tito.errors import GraderFault

# Each submission has a seed of its own, and how often a check asserts may depend on it.
SEEDS = 2

T = TypeVar("T")
Task = tuple[Submission, Path]


@dataclass
class Desk:
    """What a grading process holds: the rubrics, the level, and an engine once it is needed."""

    rubrics: Mapping[str, Rubric]
    level: Level
    _engine: Engine | None = None

    def mark(self, submission: Submission, copy: Path, asserted: Mapping[str, int]) -> Marked:
        """Grade a submission."""
        rubric = replace(self.rubrics[submission.module.id], asserted=asserted)
        with self._working(rubric) as engine:
            return mark_submission(engine, rubric, submission, self.level, copy)

    def try_solution(self, module: str, number: int) -> Marked:
        """Grade the course's own solution, with the first, second … other seed."""
        rubric = self.rubrics[module]
        rubric = replace(rubric, seed=rubric.seed + number)
        with self._working(rubric) as engine:
            return mark_solution(engine, rubric, self.level)

    @contextlib.contextmanager
    def _working(self, rubric: Rubric) -> Iterator[Engine]:
        if self._engine is None:
            self._engine = Engine(rubric.fonts)
            self._engine.__enter__()
        try:
            yield self._engine
        except BaseException:
            # Whatever happened, the next submission gets an engine that nothing happened to.
            self._engine.__exit__()
            self._engine = None
            raise


class Desks:
    """Some grading processes. Use it as a context manager; Ctrl-C ends them at once."""

    def __init__(self, count: int, rubrics: Mapping[str, Rubric], level: Level) -> None:
        self.count, self.rubrics, self.level = max(1, count), rubrics, level
        self.asserted: dict[str, Mapping[str, int]] = {}

    def __enter__(self) -> "Desks":
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
        # NOTE: spawned, not forked: a fork would copy locks that other threads of this process hold.
        context = multiprocessing.get_context("spawn")
        processors: Any = context.Queue()
        for number in _processors(self.count):
            processors.put(number)
        self._pool: Executor = ProcessPoolExecutor(
            self.count,
            mp_context=context,
            initializer=_sit_down,
            initargs=(self.rubrics, self.level, processors),
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None:
            for process in multiprocessing.active_children():
                process.terminate()
        self._pool.shutdown(cancel_futures=True)
        if kind is not None and issubclass(kind, BrokenProcessPool):
            message = "A grading process was killed, perhaps because memory ran out. What was graded is saved"
            raise GraderFault(message, "`tito course grade --jobs 1` goes on where it was")

    def try_solutions(self, course: Course) -> None:
        """See that the course's own solutions earn full points, and count the assertions that run on them.

        What was measured before for the same rubric counts. Raises `GraderFault` where points are lost.
        """
        missing = []
        for module, rubric in self.rubrics.items():
            known = stored_assertions(course, rubric.key)
            if known is None:
                missing.append(rubric)
            else:
                self.asserted[module] = known
        tried = [
            (rubric, [self._pool.submit(_try_solution, rubric.module.id, number) for number in range(SEEDS)])
            for rubric in missing
        ]
        for rubric, futures in tried:
            runs = [_full_marks(rubric, future.result()).asserted for future in futures]
            asserted = {name: min(run.get(name, 0) for run in runs) for name in runs[0]}
            store_assertions(course, rubric.key, asserted)
            self.asserted[rubric.module.id] = asserted

    def mark(
        self, order: Iterator[tuple[T, Task]], begun: Callable[[T], object]
    ) -> Iterator[tuple[T, Marked | Exception]]:
        """Grade in this order, each desk one at a time: nothing waits in a queue when it is stopped."""
        running: dict[Future[Marked], T] = {}
        while True:
            while len(running) < self.count and (following := next(order, None)):
                job, (submission, copy) = following
                asserted = self.asserted[submission.module.id]
                running[self._pool.submit(_mark, submission, copy, asserted)] = job
                begun(job)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job, error = running.pop(future), future.exception()
                if isinstance(error, BrokenProcessPool):
                    raise error
                yield job, error if isinstance(error, Exception) else future.result()


def _full_marks(rubric: Rubric, marked: Marked) -> Marked:
    """The same, or `GraderFault` where the course's own solution does not earn all there is."""
    points = {cell.name: cell.points for cell in rubric.originals if cell.by_machine}
    lost = [name for name, most in points.items() if marked.scores.get(name, 0.0) < most]
    if lost:
        why = f": {marked.explanation}" if marked.explanation else ""
        raise GraderFault(
            f"The course's own solution of `{rubric.module.id}` loses points in `{lost[0]}`{why}",
            f"mend the module, then `tito course build {rubric.module.id}`; nothing was graded",
        )
    return marked


def default_workers() -> int:
    """One for each processor that this process may use."""
    return len(_processors(0)) or os.cpu_count() or 1


def _processors(count: int) -> list[int]:
    """A processor for each of some processes, as long as there are enough; asked for none, all there are.

    A student's process and its verifier take turns: on one processor they do so four times as fast.
    """
    known = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return known[:count] if 0 < count <= len(known) else [] if count else known


_desk: Desk | None = None


def _sit_down(rubrics: Mapping[str, Rubric], level: Level, processors: Any) -> None:
    global _desk
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Without a processor of its own it runs wherever there is one.
    with contextlib.suppress(Empty, OSError, AttributeError):
        os.sched_setaffinity(0, {processors.get(timeout=0.1)})
    _desk = Desk(rubrics, level)


def _mark(submission: Submission, copy: Path, asserted: Mapping[str, int]) -> Marked:
    assert _desk
    return _desk.mark(submission, copy, asserted)


def _try_solution(module: str, number: int) -> Marked:
    assert _desk
    return _desk.try_solution(module, number)
