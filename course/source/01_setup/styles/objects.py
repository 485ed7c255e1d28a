# Small types do the work: a version that orders itself, a stopwatch, a quantity; the functions only ask them.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% parse-version
#| export
from dataclasses import dataclass
from functools import total_ordering
from typing import NamedTuple


@total_ordering
class Version:
    """Numbers that are compared as if zeros followed for ever."""

    def __init__(self, text):
        digits, self.numbers = "", []
        for character in text + "?":
            if character.isdecimal():
                digits += character
                continue
            if digits:
                self.numbers.append(int(digits))
            if character != "." or not digits:
                break
            digits = ""
        if not self.numbers:
            raise ValueError(f"a version starts with a number, and {text!r} does not")

    def key(self):
        """The numbers without the zeros at the end."""
        numbers = list(self.numbers)
        while numbers and not numbers[-1]:
            del numbers[-1]
        return numbers

    def __eq__(self, other):
        return self.key() == other.key()

    def __lt__(self, other):
        return self.key() < other.key()

    __hash__ = None


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers that a version starts with."""
    return tuple(Version(text).numbers)


# %% meets
#| export
def meets(installed: str, minimum: str) -> bool:
    """Whether version `installed` is `minimum` or newer."""
    return Version(installed) >= Version(minimum)


# %% environment
#| export
class Machine(NamedTuple):
    """What a result was measured on, and the defaults are this machine."""

    python: str = platform.python_version()
    numpy: str = np.__version__
    system: str = platform.system()
    machine: str = platform.machine()
    cores: int | None = os.cpu_count()
    byte_order: str = sys.byteorder


def environment() -> dict[str, str | int | None]:
    """What a result was measured on."""
    return Machine()._asdict()


# %% manual-seed
#| export
def manual_seed(seed: int) -> np.random.Generator:
    """Put the library's generator into the state of `np.random.default_rng(seed)`."""
    library = generator().bit_generator
    library.state = type(library)(seed).state
    return generator()


# %% randn
#| export
def randn(*shape: int) -> np.ndarray:
    """Standard normal numbers, float32."""
    numbers = np.empty(shape, dtype=np.float32)
    generator().standard_normal(dtype=np.float32, out=numbers)
    return numbers


# %% isclose
#| export
@dataclass(frozen=True)
class Tolerance:
    """How far a number may lie from a trusted one."""

    rtol: float
    atol: float
    equal_nan: bool

    def around(self, trusted):
        """The allowance at each trusted number."""
        return self.atol + self.rtol * np.abs(trusted)

    def holds(self, a, b):
        """Where a is within the allowance around b; each kind of number is filled in by its own rule."""
        close = np.equal(a, b)
        ordinary = np.isfinite(a) & np.isfinite(b)
        close[ordinary] = np.abs(a[ordinary] - b[ordinary]) <= self.around(b[ordinary])
        close[np.isnan(a) & np.isnan(b)] = self.equal_nan
        return close


def isclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> np.ndarray:
    """Where |a - b| <= atol + rtol * |b|."""
    a, b = np.array(a, dtype="float64"), np.array(b, dtype="float64")
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = (np.broadcast_to(array, shape).reshape(-1) for array in (a, b))
    return Tolerance(rtol, atol, equal_nan).holds(a, b).reshape(shape)


# %% allclose
#| export
def allclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all of `a` is close to `b`."""
    answers = isclose(a, b, rtol, atol, equal_nan)
    return np.count_nonzero(answers) == answers.size


# %% time-call
#| export
class Stopwatch:
    """Times what happens inside `with`, once or often."""

    def __init__(self, clock):
        self.clock, self.laps = clock, []

    def __enter__(self):
        self.started = self.clock()

    def __exit__(self, *error):
        self.laps.append(self.clock() - self.started)


def time_call(
    function: Callable[[], object],
    repeats: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The median time of one call of `function`, in seconds, after a warm-up."""
    watch = Stopwatch(clock)
    for _ in range(repeats + 1):
        with watch:
            function()
    _warm_up, *laps = watch.laps
    return float(np.median(laps))


# %% format-unit
#| export
class Quantity(NamedTuple):
    """A number, and the units it may still be written in."""

    number: float
    units: tuple[str, ...]

    def climbed(self, step):
        """The same quantity in a unit that fits."""
        if self.number < step or len(self.units) == 1:
            return self
        return Quantity(self.number / step, self.units[1:]).climbed(step)

    def __str__(self):
        whole, _, tenth = f"{self.number:.1f}".partition(".")
        return f"{whole}{'' if tenth == '0' else '.' + tenth} {self.units[0]}"


def format_unit(value: float, units: tuple[str, ...], step: float) -> str:
    """`value` in the largest of `units` of which it is at least one."""
    return str(Quantity(value, units).climbed(step))


# %% matmul-flops
#| export
def matmul_flops(m: int, k: int, n: int) -> int:
    """The multiplications and additions in the product of an m×k and a k×n matrix."""
    multiply_and_add, results = 2 * k, m * n
    return results * multiply_and_add
