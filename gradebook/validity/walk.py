"""Running a notebook once with each change: a warm process walks through the cells and forks at each of them.

What stands before the changed cell runs once for all of its changes.
"""

import contextlib
import json
import os
import resource
import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn

from gradebook.build.notebooks import Cell
from gradebook.rehearsal.trial import Rehearsal, Trial

RUN_SECONDS = 120.0
MEMORY = 4 << 30
ENDED = Trial(messages={"": "Python ended or hung"})


def walk(
    cells: Sequence[Cell], changes: Mapping[str, Sequence[str]], home: Path, seed: int = 0
) -> Iterator[tuple[str, int, Trial]]:
    """Run the notebook once with each change: the cell's id, the number of its change, and what it scored.

    changes: other texts of cells, by id. home: a folder with the package of earlier modules. A run that ends
    Python or hangs scores nothing at all. Use it in a process that has no threads.
    """
    read, write = os.pipe()
    walker = os.fork()
    if walker == 0:
        os.close(read)
        _become_walker(cells, changes, home, seed, write)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as results:
        for line in results:
            name, number, data = json.loads(line)
            yield name, number, Trial(**data)
    _, status = os.waitpid(walker, 0)
    if status:
        raise RuntimeError(f"the process that walks through the notebook ended with status {status}")


def run_once(cells: Sequence[Cell], home: Path, seed: int) -> Trial:
    """Run the notebook as it is, with this seed, in a fork of this process."""
    return _in_fork(lambda: Rehearsal(str(home), seed).run(cells))


def _become_walker(
    cells: Sequence[Cell], changes: Mapping[str, Sequence[str]], home: Path, seed: int, write: int
) -> NoReturn:
    code = 1
    try:
        rehearsal = Rehearsal(str(home), seed)
        with os.fdopen(write, "w", encoding="utf-8") as results:
            for position, cell in enumerate(cells):
                for number, source in enumerate(changes.get(cell.grade_id, ())):
                    rest = [replace(cell, source=source), *cells[position + 1 :]]
                    trial = _in_fork(lambda rest=rest: rehearsal.run(rest))  # type: ignore[misc]
                    results.write(json.dumps([cell.grade_id, number, asdict(trial)]) + "\n")
                    results.flush()
                rehearsal.run([cell])
        code = 0
    except BaseException:  # noqa: BLE001 - it must end here, whatever happened
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _in_fork(work: Callable[[], Trial]) -> Trial:
    """What `work` comes to in a fork of this process, in an empty folder; nothing where it ends or hangs."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return _forked(work, folder)


def _forked(work: Callable[[], Trial], folder: str) -> Trial:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.chdir(folder)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with os.fdopen(write, "w", encoding="utf-8") as result:
            result.write(json.dumps(asdict(work())))
        os._exit(0)
    os.close(write)
    try:
        text = b"".join(_read_until(read, time.monotonic() + RUN_SECONDS))
        return Trial(**json.loads(text))
    except ValueError:
        return ENDED
    finally:
        os.close(read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _read_until(descriptor: int, deadline: float) -> Iterator[bytes]:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(descriptor, 1 << 16)
            if not part:
                return
            yield part
