"""Can I configure my environment?"""

import json
import math
import os
import platform
import re
import sys
import time

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_true

MINIMUM = {"python": (3, 11), "numpy": (2, 0)}
TAILS = ("rc1", "+local.5", ".dev3", "-beta.2", "a1.4", ".post1.7")

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=4)
def test_versions(rng):
    """Versions are read as numbers"""
    from tinytorch.core.setup import parse_version

    for length in (1, 2, 3, 4, 5):
        numbers = tuple(int(number) for number in rng.integers(0, 3000, size=length))
        text = ".".join(str(number) for number in numbers)
        expect_equal(parse_version(text), numbers, f"parse_version({text!r})")
        for tail in TAILS:
            expect_equal(parse_version(text + tail), numbers, f"parse_version({text + tail!r})")
    for text in ("nightly", f"v{rng.integers(1, 9)}.1", ".5", ""):
        call = f"parse_version({text!r})"
        expect_raises(ValueError, lambda text=text: parse_version(text), call, says=(text,))


@checkpoint.check(points=5, needs="versions")
def test_minimum(rng):
    """A version is compared number by number, and a missing number is zero"""
    from tinytorch.core.setup import meets

    def check(installed, minimum, answer):
        expect_equal(meets(installed, minimum), answer, f"meets({installed!r}, {minimum!r})")

    check("3.9", "3.10", False)
    check("3.10", "3.9", True)
    check("10", "9.9.9", True)
    for length in (1, 2, 3, 4):
        numbers = [int(number) for number in rng.integers(1, 30, size=length)]
        text = ".".join(map(str, numbers))
        same = text + ".0" * int(rng.integers(1, 4))
        for other in (text, same, text + "rc1"):
            check(text, other, True)
            check(other, text, True)
        check(text, same + ".1", False)
        check(same + ".1", text, True)
        for place in range(length):
            newer = [*numbers[:place], numbers[place] + 1, *rng.integers(0, 9, size=length - place - 1)]
            check(".".join(map(str, newer)), text, True)
            check(text, ".".join(map(str, newer)), False)
    expect_raises(ValueError, lambda: meets("nightly", "1.0"), 'meets("nightly", "1.0")', says=("nightly",))


@checkpoint.check(points=7)
def test_environment():
    """A result can say what it was measured on, and this machine is new enough for the course"""
    from tinytorch.core.setup import environment

    expected = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "byte_order": sys.byteorder,
    }
    found = environment()
    expect_true(isinstance(found, dict), "what environment() returns", "a dictionary", found)
    missing = [key for key in expected if key not in found]
    expect_equal(missing, [], "keys that environment() lacks")
    for key, value in expected.items():
        expect_equal(found[key], value, f"environment()[{key!r}]")
    expect_equal(json.loads(json.dumps(found)), found, "environment() after a trip through JSON")
    found["python"] = "changed by its reader"
    what = 'environment()["python"] after an earlier result was changed'
    expect_equal(environment()["python"], expected["python"], what)
    for name, minimum in MINIMUM.items():
        enough = tuple(map(int, re.findall(r"\d+", expected[name])[:2])) >= minimum
        advice = f"install a newer {name}, then run `tito checkpoint test environment`"
        needed = "at least " + ".".join(map(str, minimum))
        expect_true(enough, f"version of {name}", needed, expected[name], advice)


@checkpoint.check(points=6)
def test_seed(rng):
    """One seed makes every draw of the library repeatable"""
    from tinytorch.core.setup import generator, manual_seed

    kept = generator()
    expect_true(isinstance(kept, np.random.Generator), "generator()", "a NumPy Generator", kept)
    for seed in (0, *(int(seed) for seed in rng.integers(1, 2**31, size=3))):
        call = f"manual_seed({seed})"
        returned = manual_seed(seed)
        expect_true(returned is generator(), f"what {call} returns", "the library's generator", returned)
        same = "the object that it was before, in a new state"
        another = "another object: whoever kept the first one never hears of the seed"
        expect_true(generator() is kept, f"generator() after {call}", same, another)
        expected = np.random.default_rng(seed)
        for draw in ("first", "second"):
            expect_close(generator().random(4), expected.random(4), f"the {draw} draw after {call}")


@checkpoint.check(points=4, needs="seed")
def test_randn(rng):
    """Random arrays are standard normal, float32 and drawn from the library's generator"""
    from tinytorch.core.setup import generator, manual_seed, randn

    for dimensions in (1, 2, 3, 4):
        shape = tuple(int(side) for side in rng.integers(1, 6, size=dimensions))
        call = f"randn({', '.join(map(str, shape))})"
        manual_seed(int(rng.integers(2**31)))
        drawn = randn(*shape)
        expect_true(isinstance(drawn, np.ndarray), call, "a NumPy array", type(drawn).__name__)
        expect_equal(drawn.shape, shape, f"shape of {call}")
        expect_equal(str(drawn.dtype), "float32", f"dtype of {call}")

    seed = int(rng.integers(2**31))
    manual_seed(seed)
    many, more = randn(200, 200), randn(200, 200)
    expect_true((many != more).any(), "a second call of randn", "new numbers", "the numbers of the first")
    left = generator().random(4)
    untouched = np.random.default_rng(seed).random(4)
    moved = (left != untouched).any()
    expect_true(moved, "the library's generator after randn", "a new state", "its old state")
    manual_seed(seed)
    expect_close(randn(200, 200), many, f"randn after manual_seed({seed}) a second time")
    # Six standard errors of 40 000 normal draws: a right one fails once in 10⁸ runs.
    expect_close(many.mean(), 0.0, "mean of 40 000 draws", atol=0.03)
    expect_close(many.std(), 1.0, "standard deviation of 40 000 draws", atol=0.022)
    expect_close((np.abs(many) < 1).mean(), 0.6827, "share within one standard deviation", atol=0.014)


@checkpoint.check(points=6)
def test_closeness(rng):
    """Rounding is told apart from error, and NaN from a number"""
    for a, b, tolerances in near_the_line():
        check_pair(a, b, *tolerances)

    shape = (int(rng.integers(3, 6)), int(rng.integers(3, 6)))
    b = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6, size=shape)
    a = b * (1 + rng.choice([-2e-2, -5e-3, 0.0, 5e-3, 2e-2], size=shape))
    spoiled = b.copy()
    spoiled[tuple(rng.integers(0, side) for side in shape)] += 1e7
    for options in ({}, {"rtol": 1e-2}, {"rtol": 0.0, "atol": 1e-3}):
        check_pair(a, b, what="two arrays", **options)
    check_pair(a.tolist(), b.tolist(), 0.1, what="two lists")
    check_pair(b, b, what="an array and itself")
    check_pair(spoiled, b, what="two arrays that differ in one element")
    check_pair(b[:, :1], b[0], what=f"shapes ({shape[0]}, 1) and ({shape[1]},)")
    check_pair([], [])

    pixels = rng.integers(0, 200, size=6).astype(np.uint8)
    check_pair(pixels, pixels + np.uint8(3), 0.0, 2.0, what="uint8 pixels and 3 more")
    check_pair(pixels, pixels + np.uint8(3), 0.0, 4.0, what="uint8 pixels and 3 more")

    special = np.array([0.0, 1.0, -1.0, math.inf, -math.inf, math.nan])
    for options in ({}, {"equal_nan": True}, {"equal_nan": False, "rtol": 0.0}):
        check_pair(special[:, None], special, what="each of 0, 1, -1, ∞, -∞, NaN and each", **options)
    check_pair([math.nan, 1.0], [math.nan, 1.0], equal_nan=True)
    check_pair([math.nan, 1.0], [math.nan, 1.0])


def near_the_line():
    """Pairs either side of each default tolerance, and some exactly on the line between close and not."""
    for factor in (0.9, 1.1, -0.9, -1.1):
        yield factor * 1e-8, 0.0, ()
        for size in (1.0, -1.0, 1e6, -1e6):
            yield size + factor * 1e-5 * abs(size), size, ()
    # Powers of two, so that both sides of the formula are the same number, without rounding.
    yield 1.5, 1.0, (0.5, 0.0)
    yield 0.25, 0.0, (0.5, 0.25)
    yield 2.75, 2.0, (0.25, 0.25)
    yield 100, 111, (0.1,)
    yield 111, 100, (0.1,)
    # Numbers that only float64 tells apart.
    yield 1 + 1e-9, 1.0, (0.0, 1e-12)
    yield 1.0, 1 + 1e-9, (0.0, 1e-12)


def check_pair(a, b, *tolerances, what="", **options):
    """Compare `isclose` and `allclose` of `a` and `b` with NumPy's, and see that both are left alone."""
    from tinytorch.core.setup import allclose, isclose

    before = np.array(a), np.array(b)
    # A warning is no failure here: infinity minus infinity is NaN, as it should be.
    with np.errstate(all="ignore"):
        expected = np.isclose(a, b, *tolerances, **options)
        given, verdict = isclose(a, b, *tolerances, **options), allclose(a, b, *tolerances, **options)
    arguments = [
        what or f"{a}, {b}",
        *map(str, tolerances),
        *(f"{key}={value}" for key, value in options.items()),
    ]
    call = f"({', '.join(arguments)})"
    expect_close(np.asarray(given), expected, f"isclose{call}")
    expect_equal(np.asarray(given).dtype.kind, "b", f"kind of the array that isclose{call} returns")
    expect_equal(np.shape(verdict), (), f"shape of what allclose{call} returns")
    expect_equal(bool(verdict), bool(expected.all()), f"allclose{call}")
    for name, value, original in (("a", a, before[0]), ("b", b, before[1])):
        unchanged = np.array_equal(value, original, equal_nan=True)
        expect_true(unchanged, f"argument {name} after isclose{call}", "unchanged", value)


@checkpoint.check(points=5)
def test_timing(rng):
    """A time is the median of several calls after a warm-up"""
    from tinytorch.core.setup import time_call

    for repeats in (1, 2, 3, 4, 7, 8):
        usual = rng.uniform(1, 2, size=repeats)
        disturbed = usual * np.where(np.arange(repeats) % 3 == 1, rng.uniform(5, 50), 1.0)
        check_script(time_call, float(rng.uniform(20, 100)), rng.permutation(disturbed).tolist())
        check_script(time_call, 0.0, rng.permutation(disturbed).tolist())

    calls = []
    time_call(lambda: calls.append(1))
    expect_equal(len(calls), 8, "calls of the function when `repeats` is left out: a warm-up and 7")
    slept = time_call(lambda: time.sleep(0.003), repeats=2)
    what = "time_call of a sleep of 0.003 s, with the default clock"
    # A sleep lasts at least as long as asked; the upper bound only tells seconds from their thousandths.
    expect_true(0.0025 < slept < 1000, what, "at least 0.0025, in seconds", slept)


def check_script(time_call, warm_up, durations):
    """Time a function that takes scripted times on a clock that only the function moves."""
    script, taken = [warm_up, *durations], []
    last = durations[-1]

    def function():
        taken.append(script[len(taken)] if len(taken) < len(script) else last)

    measured = time_call(function, repeats=len(durations), clock=lambda: 0.5 + sum(taken))
    expect_equal(len(taken), len(script), f"calls for repeats={len(durations)}, warm-up included")
    told = ", ".join(f"{seconds:.2f}" for seconds in durations)
    what = f"time_call where the first call takes {warm_up:.2f} s and the next {told}"
    expect_close(measured, np.median(durations), what)


@checkpoint.check(points=3)
def test_quantities(rng):
    """Work is counted in operations, and a quantity is written in its own unit"""
    from tinytorch.core.setup import format_bytes, format_count, format_seconds, format_unit, matmul_flops

    for m, k, n in [(1, 1, 1), *rng.integers(1, 400, size=(4, 3)).tolist()]:
        expect_equal(matmul_flops(m, k, n), 2 * m * k * n, f"matmul_flops({m}, {k}, {n})")

    def check(value, units, step, expected):
        expect_equal(format_unit(value, units, step), expected, f"format_unit({value}, {units}, {step})")

    ladders = {
        1024: ("B", "KiB", "MiB", "GiB"),
        1000: ("ns", "µs", "ms", "s"),
        60: ("s", "min", "h"),
        10: ("mm", "cm", "dm", "m"),
    }
    for step, units in ladders.items():
        check(0, units, step, f"0 {units[0]}")
        check(0.26, units, step, f"0.3 {units[0]}")
        for power, unit in enumerate(units):
            whole, digit = int(rng.integers(2, step - 1)), int(rng.integers(1, 10))
            check(step**power, units, step, f"1 {unit}")
            check((whole + 0.04) * step**power, units, step, f"{whole} {unit}")
            check((whole + digit / 10 + 0.03) * step**power, units, step, f"{whole}.{digit} {unit}")
            check((whole + digit / 10 - 0.03) * step**power, units, step, f"{whole}.{digit} {unit}")
            check((step - 1) * step**power, units, step, f"{step - 1} {unit}")
        check(20 * step ** len(units), units, step, f"{20 * step} {units[-1]}")

    for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB")):
        expect_equal(format_bytes(500 * 1024**power), f"500 {unit}", f"format_bytes(500 * 1024**{power})")
    for power, unit in enumerate(("s", "ms", "µs", "ns")):
        expect_equal(format_seconds(500 / 1000**power), f"500 {unit}", f"format_seconds(500 / 1000**{power})")
    for power, unit in enumerate(("", " K", " M", " G", " T")):
        expect_equal(format_count(500 * 1000**power), f"500{unit}", f"format_count(500 * 1000**{power})")


if __name__ == "__main__":
    checkpoint.main()
