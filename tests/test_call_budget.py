"""A call that does not come back is named, and takes no more of a test's time than one call may."""

import os
import socket
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator

import pytest

from gradebook.bridge.faults import Stopped
from gradebook.bridge.peer import Peer
from gradebook.bridge.wire import Wire
from gradebook.grade.containment import choose_level
from gradebook.grade.engine import Engine
from gradebook.grade.verdict import Ended
from gradebook.sandbox.walls import Walls
from gradebook.verify.plan import CodeCell, Plan

# A process that sleeps is as good as one that computes for ever, and leaves the processor to others.
STUDENT = """
import time

def hang(*_):
    time.sleep(600)

class Tensor:
    def __init__(self, data=()):
        self.data = list(data)
    matmul = sum = __add__ = __len__ = __getitem__ = __iter__ = hang
    @property
    def slow(self):
        hang()

class Silent:
    def __init__(self):
        hang()

def nap(seconds):
    time.sleep(seconds)

def ask(function, times):
    return [function(n) for n in range(times)]

def named_after(text):
    def hang_too():
        hang()
    hang_too.__name__ = hang_too.__qualname__ = text
    return hang_too
"""
CALLS = {
    "hang()": "hang",
    "Silent()": "Silent",
    "Tensor().matmul(Tensor())": "Tensor.matmul",
    "Tensor.matmul(Tensor(), Tensor())": "Tensor.matmul",
    "Tensor() + 1": "Tensor.__add__",
    "Tensor()[0]": "Tensor.__getitem__",
    "len(Tensor())": "Tensor.__len__",
    "list(Tensor())": "Tensor.__iter__",
    "Tensor().slow": "Tensor.slow",
    "sum(Tensor().sum() for _ in range(3))": "Tensor.sum",
}
BUDGET = 0.2

Ask = Callable[[str], object]


@pytest.fixture
def peer() -> Iterator[Peer]:
    ours, theirs = socket.socketpair()
    process = os.fork()
    if process == 0:
        ours.close()
        try:
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(STUDENT, vars(main))
            Peer(Wire(theirs), strict=False).serve()
        except BaseException:  # noqa: BLE001 - the end of a process
            traceback.print_exc()
        finally:
            os._exit(0)
    theirs.close()
    peer = Peer(Wire(ours), strict=True)
    peer.deadline = time.monotonic() + 60
    yield peer
    peer.close("over")
    os.kill(process, 9)
    os.waitpid(process, 0)


@pytest.fixture
def ask(peer) -> Ask:
    """Evaluates an expression with names of the other process."""
    names = peer.request("names", ["hang", "nap", "Tensor", "Silent", "ask", "named_after"])
    peer.call_seconds = BUDGET
    return lambda expression: eval(expression, dict(names))


def stopped(ask: Ask, expression: str) -> str:
    """Why a test ends that asks this."""
    try:
        ask(expression)
    except Stopped as error:  # no exception that pytest outlives
        assert error.overdue
        return str(error)
    return ""


@pytest.mark.parametrize(("expression", "name"), CALLS.items(), ids=CALLS)
def test_the_call_that_hangs_is_named(ask, expression, name):
    assert stopped(ask, expression) == f"`{name}` did not return within {BUDGET:g} s"


def test_the_name_is_the_tests_own_and_none_that_student_code_made_up(ask):
    assert stopped(ask, "named_after('secret')()") == f"your code did not return within {BUDGET:g} s"


def test_a_test_is_over_with_its_first_call_that_hangs(ask):
    stopped(ask, "hang()")
    assert stopped(ask, "Tensor()") == f"`hang` did not return within {BUDGET:g} s"


def test_each_call_has_the_whole_budget(peer, ask):
    peer.call_seconds = 3
    assert [ask("nap(0.4)") for _ in range(8)] == [None] * 8


def test_what_a_call_asks_back_counts_as_its_own_time(ask):
    asked = []

    def function(n: int) -> None:
        asked.append(n)
        time.sleep(BUDGET)

    call = ask("ask")
    assert stopped(lambda _: call(function, 100), "") == f"`ask` did not return within {BUDGET:g} s"
    assert 0 < len(asked) < 100


def test_what_is_left_of_the_tests_time_goes_before_the_budget(peer, ask):
    peer.call_seconds = 1000
    peer.deadline = time.monotonic() + BUDGET
    assert stopped(ask, "hang()") == "your code did not finish in time"


def test_a_graded_cell_says_which_call_did_not_return_and_the_next_is_run(tmp_path):
    cells = (
        CodeCell(0, "import time\ndef f():\n    time.sleep(600)\ndef g():\n    return 3"),
        CodeCell(1, "assert f() == 3", "f-check", graded=True, points=1),
        CodeCell(2, "assert g() == 3", "g-check", graded=True, points=1),
    )
    plan = Plan(cells, call_seconds=1)
    with Engine(tmp_path) as engine:
        results = engine.run(plan, Walls(choose_level()), tmp_path, {}).cells
    assert [result.ended for result in results] == [Ended.OK, Ended.TIMEOUT, Ended.OK]
    assert results[1].reason == "`f` did not return within 1 s, in `f-check`"
    assert results[1].outputs[-1]["evalue"] == "`f` did not return within 1 s"
