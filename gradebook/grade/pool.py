"""The processes that grade, each with an engine of its own, behind the standard executor interface."""

import atexit
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

from gradebook.build.reference import reference_package
from gradebook.course import Course
from gradebook.folders import digest
from gradebook.grade.desk import Asserted, Desk, Order
from gradebook.grade.engine import ONE_THREAD
from gradebook.grade.marking import Marked
from gradebook.grade.proving import Proof
from gradebook.grade.rubric import Rubric, store_assertions, stored_assertions
from gradebook.records import Reading
from gradebook.sandbox.walls import Level
from tito.errors import GraderFault
from tito.table import Checkpoint

# Each submission has a seed of its own, and how often a check asserts may depend on it.
SEEDS = 2

T = TypeVar("T")


class Desks:
    """Some grading processes. Use it as a context manager; Ctrl-C ends them at once."""

    def __init__(self, count: int, rubrics: Mapping[str, Rubric], level: Level) -> None:
        self.count, self.rubrics, self.level = max(1, count), rubrics, level
        self.asserted: dict[str, Mapping[str, int]] = {}

    def __enter__(self) -> "Desks":
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
        self._pool = self._open(self.count)
        return self

    def _open(self, count: int) -> Executor:
        # NOTE: spawned, not forked: a fork would copy locks that other threads of this process hold.
        context = multiprocessing.get_context("spawn")
        processors: Any = context.Queue()
        for number in _processors(count):
            processors.put(number)
        return ProcessPoolExecutor(
            count,
            mp_context=context,
            initializer=_sit_down,
            initargs=(self.rubrics, self.level, processors),
        )

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None:
            for process in multiprocessing.active_children():
                process.terminate()
        self._pool.shutdown(cancel_futures=True)
        if kind is not None and issubclass(kind, BrokenProcessPool):
            message = "A grading process was killed, perhaps because memory ran out. Nothing was graded"
            raise GraderFault(message, "try with fewer: `tito course grade --jobs 1`")

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

    def try_package(self, course: Course) -> None:
        """See that the package of the course's own solutions passes the checkpoint of each module.

        To be called once the solutions were tried. Raises `GraderFault` where it does not.
        """
        package = reference_package(course, None)
        key = digest("package", package.name, *sorted(rubric.key for rubric in self.rubrics.values()))
        if stored_assertions(course, key) is not None:
            return
        checkpoints = {name: course.table.checkpoint_of(one.module) for name, one in self.rubrics.items()}
        tried = [
            self._pool.submit(_try_package, name, package, checkpoint, self.asserted)
            for name, checkpoint in checkpoints.items()
        ]
        for future in tried:
            reading = future.result()
            if not reading.passed:
                raise GraderFault(
                    f"The course's own package fails the checkpoint of `{reading.module}`:"
                    f" {reading.explanation}",
                    "mend the modules, then `tito course build`; nothing was graded",
                )
        store_assertions(course, key, {})

    def carry_out(
        self, orders: Iterator[tuple[T, Order]], begun: Callable[[T], object]
    ) -> Iterator[tuple[T, Marked | Proof | Exception]]:
        """Grade in this order, each desk one at a time: nothing waits in a queue when it is stopped.

        Where a process is killed, what was in work is tried again, alone: no submission stops a class.
        """
        running: dict[Future[Marked | Proof], tuple[T, Order]] = {}
        while True:
            while len(running) < self.count and (following := next(orders, None)):
                running[self._submit(following[1])] = following
                begun(following[0])
            if not running:
                return
            done = wait(running, return_when=FIRST_COMPLETED).done
            if any(map(_is_broken, done)):
                # All that was in work ends with the pool.
                done = wait(running).done
            ended = {future: running.pop(future) for future in done}
            for future, (job, _) in ended.items():
                if not _is_broken(future):
                    yield job, _outcome(future)
            suspects = [work for future, work in ended.items() if _is_broken(future)]
            if suspects:
                yield from self._one_by_one(suspects)

    def _one_by_one(self, suspects: list[tuple[T, Order]]) -> Iterator[tuple[T, Marked | Proof | Exception]]:
        """Carry out what was in work when a process was killed; what ends one again is a fault."""
        for job, order in suspects:
            self._reopen(1)
            future = self._submit(order)
            outcome = _outcome(future)
            if _is_broken(future):
                message = "grading it ended a process of the grader twice, perhaps because memory ran out"
                outcome = GraderFault(message, "`tito course grade --jobs 1` tries again")
            yield job, outcome
        self._reopen(self.count)

    def _reopen(self, count: int) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._pool = self._open(count)

    def _submit(self, order: Order) -> "Future[Marked | Proof]":
        try:
            return self._pool.submit(_carry_out, order, self.asserted)
        except BrokenProcessPool as error:
            broken: Future[Marked | Proof] = Future()
            broken.set_exception(error)
            return broken


def _is_broken(future: "Future[Marked | Proof]") -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


def _outcome(future: "Future[Marked | Proof]") -> Marked | Proof | Exception:
    error = future.exception()
    return error if isinstance(error, Exception) else future.result()


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
    # Whoever waits for this process then knows what student code took of the processor.
    atexit.register(_desk.close)


def _carry_out(order: Order, asserted: Asserted) -> Marked | Proof:
    assert _desk
    return order.carry_out(_desk, asserted)


def _try_solution(module: str, number: int) -> Marked:
    assert _desk
    return _desk.try_solution(module, number)


def _try_package(module: str, package: Path, checkpoint: Checkpoint, asserted: Asserted) -> Reading:
    assert _desk
    return _desk.try_package(module, package, checkpoint, asserted)
