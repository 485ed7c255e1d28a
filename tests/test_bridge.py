"""The same test text runs with student code in its own process and without; objects never decide a verdict."""

import linecache
import os
import socket
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gradebook.bridge.faults import Stopped, TestFault
from gradebook.bridge.imports import RemoteFinder
from gradebook.bridge.peer import Peer
from gradebook.bridge.wire import Wire

Start = Callable[[str], Peer]

TENSOR = """
import numpy as np
class Tensor:
    count = 0
    def __init__(self, data):
        self.data = np.array(data, dtype=np.float32)
        Tensor.count += 1
    @property
    def shape(self):
        return self.data.shape
    @property
    def T(self):
        made = Tensor(0)
        made.data = self.data.T
        return made
    def __add__(self, other):
        return Tensor(self.data + (other.data if isinstance(other, Tensor) else other))
    __radd__ = __add__
    def __iadd__(self, other):
        self.data += other
        return self
    def __matmul__(self, other):
        return Tensor(self.data @ other.data)
    def __neg__(self):
        return Tensor(-self.data)
    def __getitem__(self, place):
        return Tensor(self.data[place])
    def __setitem__(self, place, value):
        self.data[place] = value
    def __len__(self):
        return len(self.data)
    def __iter__(self):
        return (Tensor(row) for row in self.data)
    def __eq__(self, other):
        return Tensor(self.data == (other.data if isinstance(other, Tensor) else other))
    __hash__ = object.__hash__
    def __bool__(self):
        return bool(self.data.all())
    def __float__(self):
        return float(self.data)
    def __repr__(self):
        return f"Tensor({self.data.tolist()})"
    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.data, dtype=dtype)
    @classmethod
    def zeros(cls, *shape):
        return cls(np.zeros(shape))
    def apply_(self, function):
        self.data = function(self.data)
        return self
class Module:
    def __init__(self):
        self.training = True
    def __call__(self, *inputs):
        return self.forward(*inputs)
    def forward(self, x):
        raise NotImplementedError
    def parameters(self):
        return [value for value in vars(self).values() if isinstance(value, Tensor)]
class Linear(Module):
    def __init__(self, rows, columns):
        super().__init__()
        self.weight = Tensor(np.ones((rows, columns)))
    def forward(self, x):
        return x @ self.weight
"""

# What tests of this and other courses are made of: (what it shows, student code, test).
IDIOMS = [
    ("a call", "def f(a, b=2):\n    return a * b", "assert f(3) == 6\nassert f(3, b=4) == 12"),
    ("numbers, texts and containers", "def f(x):\n    return x", "for v in [1, -2**70, 1.5, 2j, 'é', b'x', None, True, (1, (2,)), [1, [2]], {'a': {1: 2}}, {3}, frozenset({4}), range(3), slice(1, 2)]:\n    assert f(v) == v and type(f(v)) is type(v), v"),
    ("infinite and missing numbers", "def f(x):\n    return x", "import math\nassert f(float('inf')) == math.inf\nassert math.isnan(f(float('nan')))"),
    ("arrays of every kind", "def f(x):\n    return x", "import numpy as np\nfor v in [np.arange(3), np.ones((2, 0)), np.array(5.0), np.array(['a']), np.array([True]), np.arange(6).reshape(2, 3).T, np.arange(8)[::2]]:\n    got = f(v)\n    assert type(got) is np.ndarray and got.dtype == v.dtype and got.tolist() == v.tolist()"),
    ("NumPy scalars and types", "import numpy as np\ndef f(x):\n    return x", "import numpy as np\nassert f(np.float32(0.1)) == np.float32(0.1)\nassert f(np.float32) is np.float32\nassert f(np.dtype('int8')) == np.dtype('int8')\nassert f(np.sum) is np.sum"),
    ("attributes and methods", TENSOR, "import numpy as np\nx = Tensor([[1, 2], [3, 4]])\nassert x.shape == (2, 2)\nassert x.data.dtype == np.float32\nassert np.allclose(x.T.data, [[1, 3], [2, 4]])"),
    ("operators from both sides", TENSOR, "x = Tensor([1, 2])\nassert (x + 1).data.tolist() == [2, 3]\nassert (1 + x).data.tolist() == [2, 3]\nassert (-x).data.tolist() == [-1, -2]"),
    ("in-place operators", TENSOR, "x = Tensor([1, 2])\ny = x\nx += 1\nassert y is x and y.data.tolist() == [2, 3]"),
    ("indexing and assignment", TENSOR, "x = Tensor([[1, 2], [3, 4]])\nassert x[0].data.tolist() == [1, 2]\nassert x[:, 1].data.tolist() == [2, 4]\nx[0, 0] = 9\nassert x.data[0, 0] == 9"),
    ("iteration, length and unpacking", TENSOR, "x = Tensor([[1, 2], [3, 4]])\nassert len(x) == 2\na, b = x\nassert b.data.tolist() == [3, 4]\nassert [r.data.sum() for r in x] == [3, 7]"),
    ("isinstance and type", TENSOR, "x = Tensor([1])\nassert isinstance(x, Tensor) and type(x) is Tensor\nassert type(x).__name__ == 'Tensor'\nassert isinstance(Linear(1, 1), Module) and issubclass(Linear, Module)\nassert not isinstance(1, Tensor)"),
    ("class methods and attributes", TENSOR, "before = Tensor.count\nassert Tensor.zeros(2, 3).shape == (2, 3)\nassert Tensor.count == before + 1"),
    ("identity", "kept = []\ndef f():\n    return kept", "assert f() is f()"),
    ("identity of objects", TENSOR + "one = Tensor(1)\ndef f():\n    return one\ndef g(x):\n    return x", "assert f() is one and g(one) is one"),
    ("an argument changed in place", "def f(x):\n    x.append(3)\ndef g(x):\n    x[0] = 9\ndef h(x):\n    x['a'] = 1", "import numpy as np\na = [1]\nf(a)\nassert a == [1, 3]\nb = np.zeros(2)\ng(b)\nassert b.tolist() == [9, 0]\nc = {}\nh(c)\nassert c == {'a': 1}"),
    ("an argument that must not change", "def f(x):\n    return sorted(x)", "a = [3, 1]\nassert f(a) == [1, 3]\nassert a == [3, 1]"),
    ("a nested argument changed in place", "def f(x):\n    x['rows'][0].append(1)", "a = {'rows': [[]]}\nf(a)\nassert a == {'rows': [[1]]}"),
    ("a view shares memory, a copy does not", TENSOR + "def view(a):\n    return a[1:]\ndef copy(a):\n    return a[1:].copy()", "import numpy as np\na = np.arange(4)\nassert np.shares_memory(view(a), a) and not np.shares_memory(copy(a), a)\nview(a)[0] = 7\nassert a[1] == 7\nx = Tensor([[1, 2], [3, 4]])\nassert np.shares_memory(x.T.data, x.data)"),
    ("a result changed by the test", "rows = [1, 2]\ndef f():\n    return rows", "f().append(3)\nassert f() == [1, 2, 3]"),
    ("exceptions with their type", "def f(x):\n    raise ValueError(f'bad {x}')", "try:\n    f(3)\nexcept ValueError as error:\n    assert str(error) == 'bad 3'\nelse:\n    raise AssertionError"),
    ("an exception class of the student's", "class ShapeError(ValueError):\n    pass\ndef f():\n    raise ShapeError('no')", "try:\n    f()\nexcept ShapeError as error:\n    assert isinstance(error, ValueError) and str(error) == 'no'\nelse:\n    raise AssertionError\nassert issubclass(ShapeError, ValueError)"),
    ("pytest.raises", "def f():\n    return {}['a']", "import pytest\nwith pytest.raises(KeyError, match='a'):\n    f()"),
    ("an exception of the test's passes through", "def f(g):\n    try:\n        return g()\n    except KeyError:\n        return 'caught'", "class Own(Exception):\n    pass\ndef missing():\n    raise KeyError\ndef own():\n    raise Own('x')\nassert f(missing) == 'caught'\ntry:\n    f(own)\nexcept Own as error:\n    assert error.args == ('x',)\nelse:\n    raise AssertionError"),
    ("callbacks", "def f(g, xs):\n    return [g(x) for x in xs]", "heard = []\ndef g(x):\n    heard.append(x)\n    return x * 2\nassert f(g, [1, 2]) == [2, 4]\nassert heard == [1, 2]"),
    ("callbacks with student objects", TENSOR, "x = Tensor([1, 2]).apply_(lambda data: data * 3)\nassert x.data.tolist() == [3, 6]"),
    ("closures and functions returned", "def f(n):\n    return lambda x: x + n", "g = f(3)\nassert g(4) == 7\nassert callable(g)"),
    ("generators", "def f(n):\n    for i in range(n):\n        yield i * i", "assert list(f(3)) == [0, 1, 4]\nassert sum(f(4)) == 14\nassert next(f(2)) == 0\nassert dict(zip('ab', f(2))) == {'a': 0, 'b': 1}"),
    ("an object of the test's", "def f(logger):\n    logger.log('hi', level=2)\n    logger.n += 1\n    return logger.n", "class Logger:\n    def __init__(self):\n        self.lines, self.n = [], 0\n    def log(self, text, level):\n        self.lines.append((text, level))\nlogger = Logger()\nassert f(logger) == 1\nassert logger.lines == [('hi', 2)] and logger.n == 1"),
    ("a subclass of a given class", TENSOR, "class Double(Module):\n    def __init__(self):\n        super().__init__()\n        self.scale = Tensor([2.0])\n    def forward(self, x):\n        return x + x\nd = Double()\nassert d(Tensor([1, 2])).data.tolist() == [2, 4]\nassert isinstance(d, Module) and len(d.parameters()) == 1 and d.training"),
    ("attributes set by the test", TENSOR, "layer = Linear(2, 1)\nlayer.weight.data = layer.weight.data * 3\nassert layer(Tensor([[1, 1]])).data.tolist() == [[6]]\nlayer.extra = 5\nassert layer.extra == 5 and hasattr(layer, 'extra') and not hasattr(layer, 'other')"),
    ("NumPy's functions on an object", TENSOR, "import numpy as np\nassert np.allclose(Tensor([1, 2]), [1, 2])\nassert np.asarray(Tensor([1])).tolist() == [1]\nassert float(Tensor(2.5)) == 2.5"),
    ("np.testing", TENSOR, "import numpy as np\nnp.testing.assert_allclose(Tensor([1, 2]).data, [1, 2])\nnp.testing.assert_array_equal((Tensor([1]) + 1).data, [2])"),
    ("comparisons that answer with an object", TENSOR, "x = Tensor([1, 2])\nassert (x == x).data.tolist() == [1, 1]\nassert (x == 2).data.tolist() == [0, 1]"),
    ("a truth value asked for by name", TENSOR, "assert bool(Tensor([1, 1])) is True\nassert bool(Tensor([0])) is False"),
    ("texts of objects", TENSOR, "assert repr(Tensor([1.0])) == 'Tensor([1.0])'\nassert str(Tensor([1.0])) == 'Tensor([1.0])'\nassert f'{Tensor([1.0])}' == 'Tensor([1.0])'"),
    ("objects in sets and dictionaries", TENSOR, "x, y = Tensor(1), Tensor(1)\nassert len({x, y, x}) == 2\nassert {x: 'a'}[x] == 'a'"),
    ("named tuples, dataclasses and enums", "from collections import namedtuple\nfrom dataclasses import dataclass\nfrom enum import Enum\nP = namedtuple('P', 'x y')\n@dataclass\nclass D:\n    a: int\n    b: str = 'z'\nclass C(Enum):\n    RED = 1", "p = P(1, 2)\nassert p.x == 1 and tuple(p) == (1, 2) and p == (1, 2)\nassert D(1).a == 1 and D(1, 'q').b == 'q'\nassert C.RED.value == 1 and C(1) is C.RED"),
    ("properties, slots and class checks", "class A:\n    __slots__ = ('x',)\n    def __init__(self):\n        self.x = 1\n    @property\n    def y(self):\n        return self.x + 1", "a = A()\na.x = 4\nassert a.y == 5"),
    ("context managers", "class M:\n    def __enter__(self):\n        self.state = 'in'\n        return self\n    def __exit__(self, *error):\n        self.state = 'out'\n        return False", "m = M()\nwith m as inside:\n    assert inside is m and m.state == 'in'\nassert m.state == 'out'"),
    ("random numbers of the test's", "def f(rng):\n    return rng.normal(size=3)", "import numpy as np\na, b = np.random.default_rng(1), np.random.default_rng(1)\nassert f(a).tolist() == b.normal(size=3).tolist()"),
    ("an object of a library's class", "import numpy as np\nkept = np.random.default_rng(3)\ndef f():\n    return kept", "import numpy as np\nassert isinstance(f(), np.random.Generator)\nassert f().random() == np.random.default_rng(3).random()"),
    ("modules and their names", "import math\nimport numpy as np", "assert math.sqrt(4) == 2\nassert np.ones(2).sum() == 2"),
    ("a global counter", "n = 0\ndef f():\n    global n\n    n += 1\n    return n", "assert [f(), f()] == [1, 2]"),
    ("copies", TENSOR, "import copy\nx = Tensor([1])\ny = copy.deepcopy(x)\ny.data[0] = 5\nassert x.data[0] == 1 and type(y) is Tensor"),
    ("functions of the library by name", "def f(op, x):\n    return op(x)", "import numpy as np\nassert f(np.sqrt, 4.0) == 2.0\nassert f(len, [1, 2]) == 2\nassert f(abs, -1) == 1"),
    ("keyword and star arguments", "def f(*args, **named):\n    return args, named", "assert f(1, 2, a=3) == ((1, 2), {'a': 3})\nassert f(*[1], **{'b': 2}) == ((1,), {'b': 2})"),
    ("decorators applied by the test", "def twice(f):\n    def g(*a):\n        return f(f(*a))\n    return g", "@twice\ndef inc(x):\n    return x + 1\nassert inc(1) == 3"),
    ("long texts and big arrays", "def f(x):\n    return x + x", "import numpy as np\nassert f('é' * 100_000) == 'é' * 200_000\nbig = np.ones(500_000)\nassert f(big).sum() == 1_000_000"),
]


def ended(process: int) -> None:
    os.waitpid(process, 0)


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
            except BaseException:
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


@pytest.mark.parametrize(("student", "test"), [row[1:] for row in IDIOMS], ids=[row[0] for row in IDIOMS])
def test_the_same_text_holds_in_one_process_and_in_two(start, student, test):
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(student, plain)
    exec(test, plain)

    run(test, start(student))


LIARS = {
    "an __eq__ that is always true": ("class L:\n    def __eq__(self, o):\n        return True\ndef f():\n    return L()", "assert f() == 3"),
    "an __eq__ with an array": ("import numpy as np\nclass L:\n    def __eq__(self, o):\n        return np.ones(3, bool)\ndef f():\n    return L()", "assert (f() == 3).all()"),
    "an __ne__": ("class L:\n    def __ne__(self, o):\n        return False\ndef f():\n    return L()", "assert not (f() != 3)"),
    "a truth value": ("class L:\n    def __bool__(self):\n        return True\ndef f():\n    return L()", "assert f()"),
    "a membership": ("class L:\n    def __contains__(self, o):\n        return True\ndef f():\n    return L()", "assert 3 in f()"),
    "an __lt__": ("class L:\n    def __lt__(self, o):\n        return True\n    __gt__ = __lt__\ndef f():\n    return L()", "assert f() < 3"),
    "a reflected comparison": ("class L:\n    def __eq__(self, o):\n        return True\ndef f():\n    return L()", "assert 3 == f()"),
    "a list that hides liars": ("class L:\n    def __eq__(self, o):\n        return True\ndef f():\n    return [L(), L()]", "assert f() == [1, 2]"),
    "an int subclass": ("class L(int):\n    def __eq__(self, o):\n        return True\n    __hash__ = int.__hash__\ndef f():\n    return L(3)", "assert f() == 4"),
    "a str subclass": ("class L(str):\n    def __eq__(self, o):\n        return True\n    __hash__ = str.__hash__\ndef f():\n    return L('a')", "assert f() == 'b'"),
    "a list subclass": ("class L(list):\n    def __eq__(self, o):\n        return True\ndef f():\n    return L([1])", "assert f() == [2]"),
    "an array subclass": ("import numpy as np\nclass L(np.ndarray):\n    def __eq__(self, o):\n        return np.ones(3, bool)\ndef f():\n    return np.zeros(3).view(L)", "assert (f() == 1).all()"),
    "an array function": ("import numpy as np\nclass L:\n    def __array_function__(self, *a):\n        return True\n    def __array__(self, dtype=None, copy=None):\n        return np.zeros(3)\ndef f():\n    return L()", "import numpy as np\nassert np.allclose(f(), 1)"),
    "an array ufunc": ("import numpy as np\nclass L:\n    def __array_ufunc__(self, *a, **k):\n        return np.ones(3, bool)\ndef f():\n    return L()", "import numpy as np\nassert np.equal(f(), np.ones(3)).all()"),
    "patched NumPy": ("import numpy as np\nnp.allclose = lambda *a, **k: True\ndef f():\n    return np.zeros(2)", "import numpy as np\nassert np.allclose(f(), 1)"),
    "patched builtins": ("import builtins\nbuiltins.all = lambda x: True\nbuiltins.abs = lambda x: 0\ndef f():\n    return -3", "assert all([abs(f()) == 0])"),
    "a metaclass's instancecheck": ("class M(type):\n    def __instancecheck__(cls, o):\n        return True\nclass L(metaclass=M):\n    pass\ndef f():\n    return 3", "assert isinstance(f(), L)"),
    "a __class__ property": ("class T:\n    pass\nclass L:\n    @property\n    def __class__(self):\n        return T\ndef f():\n    return L()", "assert isinstance(f(), T)"),
    "a hash": ("class L:\n    def __hash__(self):\n        return hash(3)\n    def __eq__(self, o):\n        return True\ndef f():\n    return L()", "assert f() in {3}"),
    "a pickle": ("class L:\n    def __reduce__(self):\n        return (print, ('run',))\ndef f():\n    return L()", "import pickle\nassert pickle.loads(pickle.dumps(f())) is None"),
}


@pytest.mark.parametrize(("student", "test"), LIARS.values(), ids=LIARS)
def test_what_a_students_object_says_of_itself_decides_nothing(start, student, test):
    with pytest.raises((AssertionError, TestFault, TypeError, ValueError)):
        run(test, start(student))


def test_a_test_that_compares_an_object_is_told_what_to_do(start):
    peer = start("class L:\n    def __eq__(self, o):\n        return True\ndef f():\n    return L()")
    with pytest.raises(TestFault, match="compares a student object directly, a `L`: compare its data"):
        run("assert f() == 3", peer)


ENDINGS = {
    "os._exit(0)": "your code ended Python instead of returning",
    "os.kill(os.getpid(), 9)": "your code ended Python instead of returning",
    "os.close(sockets()[0])": "your code ended Python instead of returning",
    "os.write(sockets()[0], b'\\xff' * 64)": "what your code answered could not be read",
    "os.write(sockets()[0], (2).to_bytes(4, 'little') + bytes(4) + b'{}')": "could not be read",
    "os.write(sockets()[0], (8).to_bytes(4, 'little') + bytes(4) + b'[1,2,3] ')": "could not be read",
    "os.write(sockets()[0], (100_000).to_bytes(4, 'little') + bytes(4) + b'[' * 100_000)": "could not be read",
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
