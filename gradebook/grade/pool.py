"""Grading a whole class, on one process or several, behind the standard executor interface."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial

from gradebook.course import Course
from gradebook.grade.grading import Job, grade_submission, open_coursedir, prepare_students
from gradebook.grade.outcome import Graded
from tito.errors import GraderFault


def run_grading(
    course: Course, jobs: list[Job], workers: int = 1, begun: Callable[[str], object] = lambda _: None
) -> Iterator[Graded]:
    """Grade submissions, yielding each result once it is saved: first what had not changed, then as they end.

    workers: how many processes; 1 is this one. `begun` hears the name of what is graded next. It can be
    stopped at any time: what was saved stays, and planning anew leaves it out.
    """
    yield from (job.graded for job in jobs if job.graded)
    fresh = [job for job in jobs if not job.graded]
    workers = min(workers, len(fresh))
    if workers <= 1:
        for job in fresh:
            begun(_name(job))
            yield grade_submission(course, job)
        return
    prepare_students(open_coursedir(course), {job.submission.student for job in fresh})
    with _process_pool(workers) as pool:
        yield from _keep_busy(pool, workers, partial(grade_submission, course), fresh, begun)


def default_workers() -> int:
    """One for each processor that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _keep_busy(
    pool: Executor,
    workers: int,
    grade: Callable[[Job], Graded],
    jobs: list[Job],
    begun: Callable[[str], object],
) -> Iterator[Graded]:
    """Give every worker one job at a time, so that nothing waits in a queue when the run is stopped."""
    waiting, running = iter(jobs), set[Future[Graded]]()
    while True:
        while len(running) < workers and (job := next(waiting, None)):
            running.add(pool.submit(grade, job))
            begun(_name(job))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)


@contextmanager
def _process_pool(workers: int) -> Iterator[Executor]:
    """Processes that leave Ctrl-C to this one, and are ended at once when it arrives."""
    # NOTE: spawned, not forked: a fork would copy locks that other threads of this process hold.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts)
    try:
        yield pool
    except BrokenProcessPool as error:
        message = "A grading process was killed, perhaps because memory ran out. What was graded is saved"
        raise GraderFault(message, "`tito course grade --jobs 1` goes on where it was") from error
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _name(job: Job) -> str:
    return f"{job.submission.student} {job.submission.module.id}"
