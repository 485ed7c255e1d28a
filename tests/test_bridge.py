"""The same test runs with student code in its own process and without; objects decide no verdict."""

import linecache
import os
import re
import signal
import socket
import sys
import textwrap
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradebook.bridge.faults import Stopped, TestFault
from gradebook.bridge.imports import RemoteFinder
from gradebook.bridge.peer import Peer
from gradebook.bridge.wire import Wire
from gradebook.verify.cells import GradedRun
from gradebook.verify.namespace import Namespace
from gradebook.verify.plan import CodeCell

Start = Callable[[str], Peer]

FOLDER = Path(__file__).parent / "bridge"
TENSORS = (FOLDER / "tensors.py").read_text()


def read_cases(kind: str) -> dict:
    """What each file of a folder shows: the student's code and the test's, by its first line."""
    cases = {}
    for path in sorted((FOLDER / kind).glob("*.py")):
        about, student, test = re.split(r"^# %% ", path.read_text(), flags=re.MULTILINE)
        shared = TENSORS if student.startswith("student with tensors") else ""
        cases[about.strip().strip('"')] = (shared + "# " + student, "# " + test)
    return cases


IDIOMS, LIARS = read_cases("idioms"), read_cases("liars")


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a student process that has run some code; what comes back is how to ask it."""
    peers: list[Peer] = []
    processes: list[int] = []

    def fork(source: str) -> Peer:
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            ours.close()
            try:
                main = types.ModuleType("__main__")
                sys.modules["__main__"] = main
                exec(compile(source, "<student>", "exec"), vars(main))
                Peer(Wire(theirs), strict=False).serve()
            except BaseException:  # noqa: BLE001 - the end of a process
                traceback.print_exc()
            finally:
                os._exit(0)
        theirs.close()
        peer = Peer(Wire(ours), strict=True)
        peer.deadline = time.monotonic() + 20
        peers.append(peer)
        processes.append(process)
        return peer

    yield fork
    for peer in peers:
        peer.close("over")
    for process in processes:
        # Some of them are asleep in their student's code.
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


class Names(dict):
    def __init__(self, peer: Peer) -> None:
        super().__init__({"__name__": "__main__"})
        self.peer = peer

    def __missing__(self, name: str) -> Any:
        found = self.peer.request("names", [name])
        if name not in found:
            raise KeyError(name)
        return found[name]


def run(test: str, peer: Peer) -> dict:
    space = Names(peer)
    linecache.cache["<test>"] = (len(test), None, test.splitlines(keepends=True), "<test>")
    try:
        exec(compile(test, "<test>", "exec"), space)
    except Stopped as stopped:
        # Not an exception that pytest outlives.
        raise RuntimeError(str(stopped)) from None
    return space


@pytest.mark.parametrize(("student", "test"), IDIOMS.values(), ids=IDIOMS)
def test_the_same_text_holds_in_one_process_and_in_two(start, student, test):
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(student, plain)
    exec(test, plain)

    run(test, start(student))


@pytest.mark.parametrize(("student", "test"), LIARS.values(), ids=LIARS)
def test_what_a_students_object_says_of_itself_decides_nothing(start, student, test):
    with pytest.raises((AssertionError, TestFault, TypeError, ValueError)):
        run(test, start(student))


def test_a_test_that_compares_an_object_is_told_what_to_do(start):
    peer = start("class L:\n    def __eq__(self, o):\n        return True\ndef f():\n    return L()")
    with pytest.raises(TestFault, match="compares a student object directly, a `L`: compare its data"):
        run("assert f() == 3", peer)


SHELF = """
class Shelf:
    secret = 5
    def __len__(self):
        return 3
    def __getitem__(self, i):
        return [10, 20, 30][i]
    def __add__(self, other):
        return 99
"""


def test_student_code_reads_a_tests_own_object_like_a_list_and_asks_no_more(start):
    peer = start(
        "def read(shelf):\n    return len(shelf), shelf[1], list(shelf), 20 in shelf\n"
        "def add(shelf):\n    return shelf + 1\n"
        "def pry(shelf):\n    return type(shelf).secret\n"
    )
    run(SHELF + "assert tuple(read(Shelf())) == (3, 20, [10, 20, 30], True)", peer)
    for asking in ("add", "pry"):
        with pytest.raises(AttributeError, match="a check does not offer this"):
            run(SHELF + f"{asking}(Shelf())", peer)


EMPTY = [
    "np.zeros((0, 3))[:, ::2]",
    "np.frombuffer(b'', np.uint8).reshape(0, 7)[:, 1:]",
    "np.broadcast_to(np.zeros((0, 1)), (0, 5))",
    "np.zeros((4, 6))[4:, ::-2]",
    "np.empty((0, 3, 4)).transpose(2, 0, 1)[1:]",
]


@pytest.mark.parametrize("array", EMPTY)
def test_an_array_without_numbers_arrives_with_its_shape(start, array):
    peer = start(f"import numpy as np\ndef f():\n    return {array}\ndef shape(x):\n    return x.shape\n")
    run("a = f()\nassert a.size == 0\nassert tuple(shape(a)) == a.shape == f().shape", peer)


UNREADABLE = "^what your code answered could not be read$"
ENDINGS = {
    "os._exit(0)": "your code ended Python instead of returning",
    "os.kill(os.getpid(), 9)": "your code ended Python instead of returning",
    "os.close(sockets()[0])": "your code ended Python instead of returning",
    "os.write(sockets()[0], b'\\xff' * 64)": UNREADABLE,
    "os.write(sockets()[0], (2).to_bytes(4, 'little') + bytes(4) + b'{}')": UNREADABLE,
    "os.write(sockets()[0], (8).to_bytes(4, 'little') + bytes(4) + b'[1,2,3] ')": UNREADABLE,
    "os.write(sockets()[0], (99_999).to_bytes(4, 'little') + bytes(4) + b'[' * 99_999)": UNREADABLE,
    "time.sleep(60)": "your code did not finish in time",
}


@pytest.mark.parametrize(("act", "reason"), ENDINGS.items(), ids=range(len(ENDINGS)))
def test_a_process_that_ends_hangs_or_babbles_only_stops_its_own_test(start, act, reason):
    peer = start(
        "import os, stat, time\n"
        "def sockets():\n"
        "    return [d for d in range(3, 60) if is_socket(d)]\n"
        "def is_socket(d):\n"
        "    try:\n"
        "        return stat.S_ISSOCK(os.fstat(d).st_mode)\n"
        "    except OSError:\n"
        "        return False\n"
        f"def f():\n    {act}\n    time.sleep(30)\n"
    )
    run("f", peer)
    peer.deadline = time.monotonic() + 1
    with pytest.raises(RuntimeError, match=reason):
        run("f()", peer)
    with pytest.raises(RuntimeError, match=reason):
        run("f()", peer)


ASKING = """
import gc, sys
from gradebook.bridge import peer as bridge
from gradebook.bridge.remote import RemoteObject
def ask(*question):
    peer = next(o for o in gc.get_objects() if type(o) is bridge.Peer and not o.strict)
    return peer.request(*question)
def f(given):
    try:
        return ["answered", str(PRYING)]
    except Exception as error:
        return ["refused", str(error)]
"""
PRYING = [
    "ask('get', given, '__globals__')",
    "ask('get', given, '__code__')",
    "ask('get', given, 'secret')",
    "ask('call', type, 'L', (object,), {})",
    "ask('op', 'call', (type, 'L', (object,), {}), ())",
    "ask('call', len, ([1],), ())",
    "ask('attribute', 'os', 'environ')",
    "ask('import', 'os')",
    "ask('names', ['secret'])",
    "ask('assign', 'math', 'pi', 3)",
    "ask('method', 1, '__getattribute__', ('__globals__',), ())",
    "ask('derive', 'L', [object], [])",
    "ask('plain', given)",
    "ask('seed', 1)",
    "ask('set', given, 'x', 1)",
    "ask('delete', given, 'x')",
    "given.__globals__",
    "given.__closure__",
    "type(given).__mro__[1].__subclasses__()[0].secret",
]


@pytest.mark.parametrize("prying", PRYING)
def test_the_judging_side_answers_only_for_what_a_test_handed_over(start, prying):
    peer = start(ASKING.replace("PRYING", prying))
    test = "secret = 41\ndef given(x):\n    return x + secret\nanswer = f(given)"
    try:
        how, text = run(test, peer)["answer"]
    except RuntimeError:
        # Some questions are no questions, and end the conversation.
        return
    assert how == "refused", text


def test_modules_of_the_package_are_imported_from_the_other_process(start):
    peer = start("import sys, types\nm = types.ModuleType('pkg')\nm.value = 7\nsys.modules['pkg'] = m")
    finder = RemoteFinder("pkg", lambda: peer)
    finder.install()
    try:
        from pkg import value  # type: ignore[import-not-found]
    finally:
        finder.forget()
        sys.meta_path.remove(finder)
    assert value == 7


def test_a_test_takes_a_name_of_the_student_s_away_and_gives_it_back(start):
    peer = start(
        "def square(x):\n    return x * x\n\ndef squares(n):\n    return [square(i) for i in range(n)]\n"
    )
    space = Namespace(types.SimpleNamespace(peer=peer), {"own": 1})
    test = """
        kept = square
        del square, own
        try:
            squares(3)
        except NameError as error:
            said = str(error)
        square = kept
        after = squares(3)
    """

    exec(textwrap.dedent(test), space)

    assert "square" in space["said"]
    assert space["after"] == [0, 1, 4]
    with pytest.raises(NameError):
        exec("del missing", space)


def test_a_cell_leaves_what_it_made_or_changed_and_nothing_of_the_student_s(start):
    peer = start("data = [1, 2]\n")
    run = GradedRun(CodeCell(0, "made = data + [3]\nkept = 2\nsame"), "", whole=True)

    run.run(types.SimpleNamespace(peer=peer), {"kept": 1, "same": 5}, seconds=5.0)

    assert run.error is None
    assert run.left == {"made": [1, 2, 3], "kept": 2}
