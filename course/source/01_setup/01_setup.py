# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Setup: repeat, compare, measure
#
# Two people run the same training script and write down three numbers.
#
# | | accuracy | loss | time |
# |---|---|---|---|
# | you | 0.931 | 0.2137004 | 0.34 |
# | a colleague | 0.924 | 0.2136998 | 1.20 |
#
# Which of the three differences says something about the program, and which is an accident?
# Nobody can tell yet. The accuracies may differ because the two runs drew different random
# numbers. The losses may be one result, rounded twice. The times may come from different
# machines, in different units, one of them a first call. You are about to build a framework whose
# parts you will compare hundreds of times, so you start with the instruments.
#
# | question | what you write |
# |---|---|
# | Is it the same software, on the same kind of machine? | `parse_version`, `meets`, `environment` |
# | Were the same random numbers drawn? | `manual_seed`, `randn` |
# | Are two floating-point numbers the same result? | `isclose`, `allclose` |
# | How long does it take, and is that fast? | `time_call`, `format_unit`, `matmul_flops` |
#
# At the end you point them at your own machine and see what a Python loop costs: where these
# pages were written, a factor of 400.
#
# **The loop of every module.** You write a function, and a check below it says at once whether it
# works. When the notebook is done, type `tito module complete setup` in a terminal. It copies the
# cells that begin with `#| export` into your own package, as `tinytorch/core/setup.py`, and runs
# the module's *checkpoint* against that file. A checkpoint that passes unlocks a *capability*,
# here "I can configure, measure and reproduce a machine-learning environment", and every later
# module imports what you wrote.

# %%
#| export
# What you import here is there for your exported functions too: add what you need.
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

# %% [markdown]
# ## 1 · Versions are not text
#
# Suppose a library needs Python 3.10, and you have 3.9. You guard your program with `installed >=
# minimum`, both of them text.
#
# **Predict before you run.** Write your guess into the next cell in place of `None`, then press
# <kbd>Shift</kbd>+<kbd>Enter</kbd>. Nobody grades a guess; it is there because you remember what
# surprised you.

# %%
guess = None  # True or False?

print("you say:    ", guess)
print("Python says:", "3.9" >= "3.10")

# %% [markdown]
# Python compares text one character at a time. `"3."` agrees, then `"9"` stands against `"1"`,
# and 9 is larger. The guard lets the old version through. Tuples of integers are compared number
# by number: `(3, 9) >= (3, 10)` is `False`, as it should be. So a version has to become numbers
# before anything else. Real version texts carry more than numbers, and the extra part is left
# out:
#
# | text | numbers | what was left out |
# |---|---|---|
# | `"3.10"` | `(3, 10)` | |
# | `"2.1.0rc1"` | `(2, 1, 0)` | a release candidate |
# | `"3.11.7+local.5"` | `(3, 11, 7)` | somebody's own build |
# | `"1.26.dev3"` | `(1, 26)` | a development snapshot |
# | `"nightly"` | `ValueError` | there is no number to start with |
#
# Your turn. Replace the last two lines of the next cell; the text in quotes is the *contract*,
# all that your function promises. The cell after it is locked and calls your function: a green ✅
# means that the contract was kept, and otherwise it says which call it made, what it expected and
# what it got. Run it as often as you like. When your work is graded it makes a few more calls,
# all of them covered by the contract.


# %% nbgrader={"grade": false, "grade_id": "parse-version", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def parse_version(text: str) -> tuple[int, ...]:
    """The numbers that a version starts with.

    Reads numbers joined by dots, from the start of `text` to the first thing that is neither; the
    rest is left out. A text that starts with no number raises a `ValueError` whose message
    contains the text.
    """
    ### BEGIN SOLUTION
    match = re.match(r"\d+(\.\d+)*", text)
    if match is None:
        raise ValueError(f"{text!r} starts with no number, so it is not a version")
    return tuple(int(number) for number in match[0].split("."))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "parse-version-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
from tito.checks import expect_equal, expect_raises


def check(text, numbers):
    expect_equal(parse_version(text), numbers, f"parse_version({text!r})")


def check_refused(text):
    expect_raises(
        ValueError, lambda: parse_version(text), f"parse_version({text!r})", says=(text,)
    )


check("3.10", (3, 10))
check("2.1.0rc1", (2, 1, 0))
check("3.11.7+local.5", (3, 11, 7))
check_refused("nightly")
### BEGIN HIDDEN TESTS
check("7", (7,))
check("1.26.dev3", (1, 26))
check("2024.10.0.1-beta.2", (2024, 10, 0, 1))
check_refused("v2.1")
check_refused("")
### END HIDDEN TESTS
print("✅ parse_version passed: versions are numbers")

# %% [markdown]
# ## 2 · Is it new enough?
#
# With numbers in hand, `parse_version(installed) >= parse_version(minimum)` looks like the whole
# answer. It works for `(3, 12) >= (3, 11)`. Then somebody writes the minimum with one more zero.

# %%
guess = None  # is 3.11 at least 3.11.0? True or False?

print("you say:    ", guess)
print("Python says:", (3, 11) >= (3, 11, 0))

# %% [markdown]
# When one tuple runs out, Python calls the longer one the larger, so 3.11 would not satisfy
# 3.11.0. For a version a missing number means zero:
#
# | installed | minimum | compared as | meets it |
# |---|---|---|---|
# | `"3.11"` | `"3.11.0"` | `(3, 11, 0)` and `(3, 11, 0)` | yes |
# | `"3.11"` | `"3.11.1"` | `(3, 11, 0)` and `(3, 11, 1)` | no |
# | `"2.0.1"` | `"2"` | `(2, 0, 1)` and `(2, 0, 0)` | yes |
# | `"2.1.0rc1"` | `"2.1"` | `(2, 1, 0)` and `(2, 1, 0)` | yes |
#
# The last row is a choice. A release candidate comes *before* its release, and a package manager
# would say no. This course only asks whether a feature is there, so the candidate counts. A
# contract that states where it simplifies can be relied on.


# %% nbgrader={"grade": false, "grade_id": "meets", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def meets(installed: str, minimum: str) -> bool:
    """Whether version `installed` is `minimum` or newer.

    The numbers that `parse_version` reads are compared from the left, and a missing number counts
    as 0: "3.11" and "3.11.0" are the same version. What `parse_version` leaves out is not compared.
    """
    ### BEGIN SOLUTION
    have, need = parse_version(installed), parse_version(minimum)
    length = max(len(have), len(need))
    have += (0,) * (length - len(have))
    need += (0,) * (length - len(need))
    return have >= need
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "meets-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
from tito.checks import expect_equal, expect_raises


def check(installed, minimum, answer):
    expect_equal(meets(installed, minimum), answer, f"meets({installed!r}, {minimum!r})")


check("3.10", "3.9", True)
check("3.9", "3.10", False)
check("2.1.0rc1", "2.1.0", True)
check("3.11", "3.11.0", True)
### BEGIN HIDDEN TESTS
check("3.11.0", "3.11", True)
check("2", "2.0.0", True)
check("3.11", "3.11.1", False)
check("2.0.1", "2", True)
check("1.99.99", "2.0", False)
check("4.0", "3.12.5", True)
call = 'meets("nightly", "1.0")'
expect_raises(ValueError, lambda: meets("nightly", "1.0"), call, says=("nightly",))
### END HIDDEN TESTS
print("✅ meets passed: a missing number counts as zero")

# %% [markdown]
# ## 3 · Say what you measured on
#
# A machine writes the numbers 1, 2, 3 to a file, as 32-bit integers: twelve bytes. Another
# machine reads the same twelve bytes. **Predict** what it sees, then run.

# %%
guess = None  # a list of three numbers

written = np.array([1, 2, 3], dtype=">i4").tobytes()  # one machine puts the largest byte first
print("you say:         ", guess)
read = np.frombuffer(written, dtype="<i4")  # the other expects the smallest byte first
print("the other machine:", read)

# %% [markdown]
# The first machine wrote 1 as the bytes `00 00 00 01`. The second takes the first byte for the
# smallest, and reads 1 · 256³ = 16 777 216. No bit was damaged and no error was raised: the two
# machines have different *byte orders*. A result without the machine it came from can't be read
# safely, and a time without the machine means nothing at all.
#
# So every result in this course travels with a short description. Python knows all six entries;
# these are the values of the machine these pages were written on:
#
# | key | value there | where it is found |
# |---|---|---|
# | `"python"` | `"3.11.7"` | `platform.python_version` |
# | `"numpy"` | `"2.4.6"` | `np.__version__` |
# | `"system"` | `"Linux"` | module `platform` |
# | `"machine"` | `"x86_64"` | module `platform` |
# | `"cores"` | `2` | `os.cpu_count` |
# | `"byte_order"` | `"little"` | module `sys` |
#
# Where the table names only a module, type `platform.` or `sys.` in a new cell and press
# <kbd>Tab</kbd> to see what is there. **Predict** one of your own entries before you look.

# %%
guess = None  # how many cores has this machine?

print("you say:", guess)
print("it has: ", os.cpu_count())


# %% nbgrader={"grade": false, "grade_id": "environment", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def environment() -> dict[str, str | int | None]:
    """What a result was measured on: a new dictionary of plain data, which `json.dumps` can write.

    Keys: "python" and "numpy", the versions as text; "system" and "machine", the names of the
    operating system and of the processor's architecture; "cores", the number of cores that
    `os.cpu_count` reports; "byte_order", "little" or "big".
    """
    ### BEGIN SOLUTION
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "byte_order": sys.byteorder,
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "environment-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import json
import os
import platform
import sys

import numpy as np

from tito.checks import expect_equal

found = environment()
keys = ["python", "numpy", "system", "machine", "cores", "byte_order"]
expect_equal([key for key in keys if key not in found], [], "keys that environment() lacks")
expect_equal(json.loads(json.dumps(found)), found, "environment() after a trip through JSON")
expect_equal(found["python"], platform.python_version(), 'environment()["python"]')
expect_equal(found["numpy"], np.__version__, 'environment()["numpy"]')
### BEGIN HIDDEN TESTS
expect_equal(found["system"], platform.system(), 'environment()["system"]')
expect_equal(found["machine"], platform.machine(), 'environment()["machine"]')
expect_equal(found["cores"], os.cpu_count(), 'environment()["cores"]')
expect_equal(found["byte_order"], sys.byteorder, 'environment()["byte_order"]')
found["result"] = 0.931
expect_equal("result" in environment(), False, "the reader's own entry in the next environment()")
### END HIDDEN TESTS
print("✅ environment passed:", environment())

# %% [markdown]
# ## 4 · The same run, twice
#
# Here is the colleague's accuracy problem in a few lines. A grid of 121 points is labelled by
# whether x + y is positive, and a "model" with two random weights guesses the labels. The data
# never change and the program never changes. Run the cell two or three times.

# %%
points = np.array([[x, y] for x in range(-5, 6) for y in range(-5, 6)])
labels = points.sum(axis=1) > 0


def accuracy(rng: np.random.Generator) -> float:
    weights = rng.standard_normal(2)
    return float(np.mean((points @ weights > 0) == labels))


print("run 1:", round(accuracy(np.random.default_rng()), 3))
print("run 2:", round(accuracy(np.random.default_rng()), 3))

# %% [markdown]
# If a change to your code moved the accuracy by that much, you would believe that you had
# improved something.
#
# A NumPy `Generator` isn't random. It holds a *state*, a few large integers, and each draw
# computes a number and the next state from it. A *seed* sets the first state:
# `np.random.default_rng(0).random(3)` is `[0.637, 0.270, 0.041]` on every machine. Only a new
# NumPy may change how numbers are made from a state, which is one more reason to write its
# version down.
#
# It is tempting to give each part of a program its own seeded generator. **Predict**: weights are
# drawn by one generator, noise by another, both seeded with 0. How strongly are they correlated?
# (0: not at all, 1: they move together.)

# %%
guess = None  # a number from -1 to 1

weights = np.random.default_rng(0).standard_normal(1000)
noise = np.random.default_rng(0).standard_normal(1000)
print("you say:", guess)
print("it is:  ", round(float(np.corrcoef(weights, noise)[0, 1]), 3))

# %% [markdown]
# They are the same 1000 numbers. The cure is *one* generator for the whole library, from which
# everything draws in turn: initial weights, shuffling, dropout. PyTorch does the same, and calls
# the function that seeds it `torch.manual_seed`. Here is the library's generator, and the one way
# to get at it:

# %%
#| export
_GENERATOR = np.random.default_rng()


def generator() -> np.random.Generator:
    """The library's one source of random numbers: the same object at every call."""
    return _GENERATOR


# %% [markdown]
# What remains is to seed it. The obvious way, making a new generator and forgetting the old one,
# has a trap. A dropout layer may have asked for the generator when it was made, and still holds
# the old one. **Predict**: the library is "reseeded" below by making a new generator. Does the
# layer, which kept the old one, draw the first number of the new seed?

# %%
guess = None  # True or False?

library = np.random.default_rng(1)
kept_by_a_layer = library
library = np.random.default_rng(0)  # "reseeded"
print("you say:", guess)
print("it is:  ", kept_by_a_layer.random() == np.random.default_rng(0).random())

# %% [markdown]
# The layer never hears of the new object. The generator has to stay the same object, and its
# *state* has to change. NumPy lets you do that: `rng.bit_generator.state` is a dictionary that
# can be read and also assigned. Below, a generator is put back to where it was, and draws the
# same three numbers again.
#
# | step | drawn |
# |---|---|
# | `rng = np.random.default_rng(0)` | |
# | `saved = rng.bit_generator.state` | |
# | `rng.random(3)` | 0.637, 0.270, 0.041 |
# | `rng.random(3)` | 0.017, 0.813, 0.913 |
# | `rng.bit_generator.state = saved` | |
# | `rng.random(3)` | 0.637, 0.270, 0.041 |
#
# The same trick will save and resume a training run in a later module.


# %% nbgrader={"grade": false, "grade_id": "manual-seed", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def manual_seed(seed: int) -> np.random.Generator:
    """Put the library's generator into the state of `np.random.default_rng(seed)`, and return it.

    `generator()` stays the same object, so whoever kept it draws from the new state too.
    """
    ### BEGIN SOLUTION
    fresh = np.random.default_rng(seed)
    generator().bit_generator.state = fresh.bit_generator.state
    return generator()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "manual-seed-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from tito.checks import expect_close, expect_true

kept = generator()
returned = manual_seed(7)
expected = np.random.default_rng(7).random(3)
expect_close(generator().random(3), expected, "three draws after manual_seed(7)")
expect_true(returned is kept, "what manual_seed(7) returns", "the library's generator", returned)
same = generator() is kept
expect_true(same, "generator() after manual_seed(7)", "the object that it was before", "another")
### BEGIN HIDDEN TESTS
for seed in (0, 1, 2**40):
    manual_seed(seed)
    expected = np.random.default_rng(seed).random(4)
    expect_close(kept.random(4), expected, f"four draws after manual_seed({seed})")
first, second = generator().random(3), generator().random(3)
expect_true((first != second).any(), "a second draw", "different numbers", second)
### END HIDDEN TESTS
print("✅ manual_seed passed: the same seed, the same numbers")

# %% [markdown]
# Back to the two runs. They draw from the library's generator now, and the accuracy has become a
# property of the program and its seed. Change the seed and see how far a lucky one gets you: an
# accuracy is worth reporting over several seeds.

# %%
for seed in (0, 0, 1, 2, 3):
    manual_seed(seed)
    print(f"seed {seed}: accuracy {accuracy(generator()):.3f}")

# %% [markdown]
# ## 5 · Random numbers of the right size
#
# A network's weights start as standard normal numbers (mean 0, standard deviation 1). NumPy draws
# them with 64 bits each; a neural network needs only 32, in half the memory. Worse than the size
# is that 64 bits are contagious. **Predict** the type of the sum.

# %%
guess = None  # "float32" or "float64"?

weights = np.ones(3, dtype=np.float32)
update = np.random.default_rng(0).standard_normal(3)
print("you say:", guess)
print("it is:  ", (weights + update).dtype, "after one update")

# %% [markdown]
# One float64 array turns everything it touches into float64. So the library has its own `randn`,
# with the name and the arguments of `torch.randn`: one integer for each dimension.
#
# `manual_seed(0)`, then `generator().standard_normal((2, 3))`, gives a float64 array of shape
# `(2, 3)`:
#
# ```
# [[ 0.126  -0.132   0.640]
#  [ 0.105  -0.536   0.362]]
# ```
#
# Six numbers of 8 bytes, 48 bytes in all. `randn(2, 3)` is to give six such numbers in 24 bytes.


# %% nbgrader={"grade": false, "grade_id": "randn", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def randn(*shape: int) -> np.ndarray:
    """Standard normal numbers, a float32 array of `shape`, drawn from the library's generator.

    `randn(2, 3)` has shape (2, 3). Each call draws new numbers; `manual_seed` makes them repeatable.
    """
    ### BEGIN SOLUTION
    return generator().standard_normal(shape, dtype=np.float32)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "randn-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from tito.checks import expect_close, expect_equal, expect_true

manual_seed(0)
drawn = randn(200, 300)
expect_equal(drawn.shape, (200, 300), "shape of randn(200, 300)")
expect_equal(str(drawn.dtype), "float32", "dtype of randn(200, 300)")
expect_close(drawn.mean(), 0.0, "mean of 60 000 draws", atol=0.03)
expect_close(drawn.std(), 1.0, "standard deviation of 60 000 draws", atol=0.03)
new = (randn(300) != drawn[0]).any()
expect_true(new, "a second call of randn", "new numbers", "the numbers of the first")
### BEGIN HIDDEN TESTS
expect_equal(randn(4).shape, (4,), "shape of randn(4)")
expect_equal(randn(2, 1, 3).shape, (2, 1, 3), "shape of randn(2, 1, 3)")
within_one = (np.abs(drawn) < 1).mean()
expect_close(within_one, 0.6827, "share of draws between -1 and 1", atol=0.02)
manual_seed(0)
expect_close(randn(200, 300), drawn, "randn(200, 300), seeded with 0 a second time")
### END HIDDEN TESTS
print("✅ randn passed: repeatable, and 4 bytes a number")

# %% [markdown]
# ## 6 · Close is not equal
#
# Next, the two losses: 0.2137004 and 0.2136998. **Predict** two comparisons. The second adds 1 to
# 16 777 216, in float32.

# %%
guess = None  # two of True and False

large = np.float32(16_777_216)
print("you say:                    ", guess)
print("0.1 + 0.2 == 0.3:           ", 0.1 + 0.2 == 0.3)
print("large + 1 == large, float32:", bool(large + np.float32(1) == large))

# %% [markdown]
# A float32 has 24 binary digits, about seven decimal ones, wherever its point stands. Between
# neighbours is a gap that grows with the number, and every result is rounded to the nearest
# neighbour:
#
# | near | gap to the next float32 |
# |---|---|
# | 1 | 0.00000012 |
# | 1 000 | 0.000061 |
# | 1 000 000 | 0.0625 |
# | 16 777 216 | 2 |
#
# At the last one, adding 1 changes nothing. So "equal" asks too much, and a fixed tolerance such
# as 0.001 asks too much at a million and too little at a millionth. The allowance has to grow
# with the size of the numbers. PyTorch's `isclose(a, b)` allows
#
# $$|a - b| \;\le\; \text{atol} + \text{rtol}\cdot|b| \qquad \text{rtol} = 10^{-5},\ \text{atol} = 10^{-8}$$
#
# where `b` is the value you trust. Next to 0 the relative part vanishes, and `atol` is what is
# left.
#
# | a | b | difference | allowed | close |
# |---|---|---|---|---|
# | 1000.005 | 1000 | 0.005 | 0.01 | yes |
# | 0.2137004 | 0.2136998 | 0.0000006 | 0.0000021 | yes |
# | 0.0000001 | 0 | 0.0000001 | 0.00000001 | no |
#
# The losses are the same result. The accuracies, 0.931 and 0.924, differ by 700 times what is
# allowed.

# %%
guess = None  # which of the three are True?


def formula(a: float, b: float, rtol: float) -> bool:
    return abs(a - b) <= rtol * abs(b)


print("you say:", guess)
print("100 and 111, rtol 0.1:", formula(100, 111, 0.1))
print("111 and 100, rtol 0.1:", formula(111, 100, 0.1))
print("1 and infinity:       ", formula(1.0, float("inf"), 1e-5))

# %% [markdown]
# Two warnings in three lines. The formula is lopsided: 10 % of 111 is more than 10 % of 100, so
# it matters which argument is `b`. And it holds that 1 is close to infinity, because a
# hundred-thousandth of infinity is infinite. The values that aren't ordinary numbers need a rule
# of their own:
#
# - Infinity is close to infinity of the same sign, and to nothing else.
# - NaN ("not a number", the result of 0/0) is close to nothing, not even to NaN, unless the
#   caller says `equal_nan=True`. A training run that has turned to NaN must not pass for a
#   correct one.
#
# One last trap lies in the subtraction. Pixels are stored as `uint8`, whole numbers from 0 to
# 255, and there `3 - 5` is 254. Turn both arguments into float64 arrays first.


# %% nbgrader={"grade": false, "grade_id": "isclose", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def isclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> np.ndarray:
    """Where |a - b| <= atol + rtol * |b|: an array of booleans.

    `a` and `b` are numbers, lists or arrays of any dtype, compared as float64; their shapes
    broadcast, and they are left unchanged. Infinity is close only to infinity of the same sign.
    NaN is close to NaN if `equal_nan`, and otherwise to nothing.
    """
    ### BEGIN SOLUTION
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    with np.errstate(invalid="ignore"):  # infinity - infinity is NaN, which is no failure here
        within = np.abs(a - b) <= atol + rtol * np.abs(b)
    close = (a == b) | (within & np.isfinite(b))
    if equal_nan:
        close = close | (np.isnan(a) & np.isnan(b))
    return close
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "isclose-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from tito.checks import expect_close, expect_equal


def check(a, b, answer, **tolerances):
    options = "".join(f", {name}={value}" for name, value in tolerances.items())
    expect_close(isclose(a, b, **tolerances), answer, f"isclose({a}, {b}{options})")


check([1000.005, 0.2137004, 0.0000001], [1000, 0.2136998, 0], [True, True, False])
check(100, 111, True, rtol=0.1)
check(111, 100, False, rtol=0.1)
### BEGIN HIDDEN TESTS
check([-100.0005, -300.0], [-100.0, -100.0], [True, False])
check(1.5, 1.0, True, rtol=0.5, atol=0.0)
check(2.75, 2.0, True, rtol=0.25, atol=0.25)
pixels = np.array([3, 5], dtype=np.uint8)
check(pixels, pixels[::-1], [False, False], atol=1)
check(pixels, pixels[::-1], [True, True], atol=3)
shape = isclose(np.zeros((3, 1)), np.zeros(4)).shape
expect_equal(shape, (3, 4), "shape of isclose of shapes (3, 1) and (4,)")
numbers = np.array([1.0, 2.0])
isclose(numbers, numbers[::-1])
expect_close(numbers, [1.0, 2.0], "the argument a after isclose(a, b)")
### END HIDDEN TESTS
print("✅ isclose passed: the allowance grows with b")

# %% nbgrader={"grade": true, "grade_id": "isclose-special-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from tito.checks import expect_close

inf, nan = float("inf"), float("nan")


def check(a, b, answer, equal_nan=False):
    with np.errstate(all="ignore"):
        result = isclose(a, b, equal_nan=equal_nan)
    expect_close(result, answer, f"isclose({a}, {b}, equal_nan={equal_nan})")


check([1.0, inf, inf], [inf, 1.0, inf], [False, False, True])
check([nan, nan, 1.0], [nan, 1.0, nan], [False, False, False])
check([nan, nan, 1.0], [nan, 1.0, nan], [True, False, False], equal_nan=True)
### BEGIN HIDDEN TESTS
check([inf, -inf, -inf], [-inf, inf, -inf], [False, False, True])
check([nan, inf], [inf, nan], [False, False], equal_nan=True)
check([5.0, 5.0], [5.0000001, 6.0], [True, False], equal_nan=True)
### END HIDDEN TESTS
print("✅ isclose passed: infinity and NaN keep their own rules")

# %% [markdown]
# ## 7 · One answer for a whole array
#
# A check wants one answer, not an array of them: "is my result right?" **Predict** what an `if`
# makes of two arrays whose last elements differ.

# %%
guess = None  # which branch is taken, or an error?

print("you say:", guess)
try:
    print("it is:  ", "right" if np.array([1.0, 2.0]) == np.array([1.0, 3.0]) else "wrong")
except ValueError as error:
    print("it is:   an error:", error)

# %% [markdown]
# NumPy refuses to guess whether you mean *all* or *any*. A result is right when all of it is:
#
# | a | b | `isclose` | `allclose` |
# |---|---|---|---|
# | `[1, 2]` | `[1, 2.000001]` | `[True, True]` | `True` |
# | `[1, 2]` | `[1, 3]` | `[True, False]` | `False` |
# | `[]` | `[]` | `[]` | `True` |
#
# The last row is what "all" means where there is nothing: no element is wrong. Build on what you
# have.


# %% nbgrader={"grade": false, "grade_id": "allclose", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def allclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all of `a` is close to `b`, as `isclose` with the same arguments says.

    True or False for inputs of any number of dimensions; True where there are no elements.
    """
    ### BEGIN SOLUTION
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "allclose-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from tito.checks import expect_equal


def check(a, b, answer, *tolerances, **options):
    with np.errstate(all="ignore"):
        result = bool(allclose(a, b, *tolerances, **options))
    told = [str(a), str(b), *map(str, tolerances), *(f"{k}={v}" for k, v in options.items())]
    expect_equal(result, answer, f"allclose({', '.join(told)})")


check([[1.0, 2.0], [3.0, 4.0]], [[1.000001, 2.0], [3.0, 4.0]], True)
check([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]], False)
check([], [], True)
check(100, 111, True, 0.1)
check(111, 100, False, 0.1)
### BEGIN HIDDEN TESTS
check([0.0, 0.3], [0.0, 0.0], True, atol=0.5)
check(1.00002, 1.0, False)
check(2e-8, 0.0, False)
check(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), True)
check([float("nan"), 1.0], [float("nan"), 1.0], False)
check([float("nan"), 1.0], [float("nan"), 1.0], True, equal_nan=True)
### END HIDDEN TESTS
print("✅ allclose passed: one answer, and it means all")

# %% [markdown]
# ## 8 · One time is no time
#
# The last difference: 0.34 against 1.20. How steady is a single measurement? The cell multiplies
# the same two matrices twenty times and times each product on its own. **Predict**: by what
# factor does the slowest exceed the fastest?

# %%
guess = None  # a factor

matrix = np.random.default_rng(0).standard_normal((256, 256)).astype(np.float32)


def time_product() -> float:
    start = time.perf_counter()
    matrix @ matrix
    return time.perf_counter() - start


durations = [time_product() for _ in range(20)]
print("you say:", guess)
print(f"it is:   {max(durations) / min(durations):.1f}")
print("microseconds:", [round(duration * 1e6) for duration in durations])

# %% [markdown]
# The same work, and a factor of 2 or more. Often the first is the slowest: memory is being handed
# out, caches are cold, threads are being started. Restart the kernel to see it again. Later ones
# are hit when the machine turns to something else for a moment. So: one call to warm up, whose
# time is thrown away, then several, and one number that a single hiccup can't move. Five
# durations in milliseconds, in the order they were taken: 0.20, 0.19, 0.95, 0.20, 0.21. One was
# disturbed.
#
# | summary | value | |
# |---|---|---|
# | mean | 0.35 | slower than four of the five |
# | median | 0.20 | the middle one of 0.19, 0.20, **0.20**, 0.21, 0.95 |
#
# How would you test a stopwatch? Not by waiting: real time never repeats. `time_call` therefore
# takes the clock as an argument, a function that returns seconds. Below is a clock that only
# moves when `work` is called, and always the same way. **Predict** what this measurement prints.

# %%
guess = None  # seconds

elapsed = [0.0]


def work() -> None:
    elapsed.append(3.0)  # this call "takes" three seconds


def scripted_clock() -> float:
    return sum(elapsed)


start = scripted_clock()
work()
print("you say:", guess)
print("it is:  ", scripted_clock() - start, "seconds, in no time at all")


# %% nbgrader={"grade": false, "grade_id": "time-call", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def time_call(
    function: Callable[[], object],
    repeats: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The median time of one call of `function`, in seconds, after a warm-up.

    Calls `function` once untimed, then `repeats` times, each timed on its own from a reading of
    `clock` before it to one after it. The median of an even number of times is the mean of the
    middle two.
    """
    ### BEGIN SOLUTION
    function()
    durations = []
    for _ in range(repeats):
        start = clock()
        function()
        durations.append(clock() - start)
    return statistics.median(durations)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "time-call-check", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from tito.checks import expect_close, expect_equal


def check(warm_up, *durations):
    script, taken = iter([warm_up, *durations] + 99 * [0.0]), []
    measured = time_call(
        lambda: taken.append(next(script)), len(durations), lambda: 100.0 + sum(taken)
    )
    expect_equal(len(taken), 1 + len(durations), f"number of calls for repeats={len(durations)}")
    told = f"when the first call takes {warm_up} s and the next take {durations}"
    expect_close(measured, np.median(durations), f"time_call {told}")


check(9.0, 2.0, 1.0, 50.0)
check(9.0, 4.0, 1.0, 50.0, 2.0)
### BEGIN HIDDEN TESTS
check(0.5, 3.0)
check(0.0, 8.0, 1.0, 2.0, 4.0, 16.0)
calls = []
time_call(lambda: calls.append(1))
expect_equal(len(calls), 8, "number of calls when repeats is left out")
### END HIDDEN TESTS
print("✅ time_call passed: warmed up, and unmoved by a hiccup")

# %% [markdown]
# ## 9 · Numbers a person can read
#
# Three honest numbers: `0.000000341` seconds, `497759232` bytes, `124439808` parameters.
# **Predict**: how many megabytes are the bytes, and do memory makers and disk makers mean the
# same megabyte?

# %%
guess = None  # megabytes

print("you say:", guess)
print("disk:  ", 497_759_232 / 1000**2, "MB, counted in thousands")
print("memory:", 497_759_232 / 1024**2, "MiB, counted in 1024s")

# %% [markdown]
# Seconds, bytes and counts are one task with three sets of facts: a list of units, each a fixed
# *step* larger than the one before. Divide by the step until the number is smaller than the step,
# or the units run out.
#
# | value | step | units | climb | result |
# |---|---|---|---|---|
# | 1536 | 1024 | B, KiB, MiB | 1536 → 1.5 | `1.5 KiB` |
# | 1023 | 1024 | B, KiB, MiB | 1023 | `1023 B` |
# | 1024 | 1024 | B, KiB, MiB | 1024 → 1 | `1 KiB` |
# | 341 | 1000 | ns, µs, ms, s | 341 | `341 ns` |
# | 9 000 000 000 000 | 1000 | ns, µs, ms, s | → 9e9 → 9e6 → 9000 | `9000 s` |
#
# One digit after the point is enough for a person. `f"{value:.1f}"` writes it, and `"1.0"` has a
# `".0"` that says nothing: leave it out.


# %% nbgrader={"grade": false, "grade_id": "format-unit", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def format_unit(value: float, units: tuple[str, ...], step: float) -> str:
    """`value` in the largest of `units` of which it is at least one, such as "1.5 KiB".

    `value` (0 or more) counts `units[0]`, and each unit is `step` times the one before it. What is
    less than one of the first unit stays in the first. One digit follows the point, or none where
    it would be 0: "1.5 KiB", "1 KiB".
    """
    ### BEGIN SOLUTION
    place = 0
    while value >= step and place < len(units) - 1:
        value /= step
        place += 1
    return f"{value:.1f}".removesuffix(".0") + f" {units[place]}"
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "format-unit-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
from tito.checks import expect_equal

memory, duration = ("B", "KiB", "MiB"), ("ns", "µs", "ms", "s")


def check(value, units, step, text):
    expect_equal(format_unit(value, units, step), text, f"format_unit({value}, {units}, {step})")


check(1536, memory, 1024, "1.5 KiB")
check(1023, memory, 1024, "1023 B")
check(1024, memory, 1024, "1 KiB")
check(341, duration, 1000, "341 ns")
check(9e12, duration, 1000, "9000 s")
### BEGIN HIDDEN TESTS
check(0, memory, 1024, "0 B")
check(0.26, duration, 1000, "0.3 ns")
check(3.04 * 1024, memory, 1024, "3 KiB")
check(10 * 1024, memory, 1024, "10 KiB")
check(5 * 1024**3, memory, 1024, "5120 MiB")
check(1e9, duration, 1000, "1 s")
check(5400, ("s", "min", "h"), 60, "1.5 h")
check(1000, ("mm", "cm", "dm", "m"), 10, "1 m")
### END HIDDEN TESTS
print("✅ format_unit passed: one climb for every unit")

# %% [markdown]
# The three sets of facts are then a line each. They are given; run the cell.


# %%
#| export
def format_bytes(count: int) -> str:
    """Bytes for a person: `format_bytes(1536)` is "1.5 KiB"."""
    return format_unit(count, ("B", "KiB", "MiB", "GiB", "TiB"), 1024)


def format_seconds(seconds: float) -> str:
    """Seconds for a person: `format_seconds(0.00025)` is "250 µs"."""
    return format_unit(seconds * 1e9, ("ns", "µs", "ms", "s"), 1000)


def format_count(count: float) -> str:
    """A count for a person: `format_count(124_439_808)` is "124.4 M"."""
    return format_unit(count, ("", "K", "M", "G", "T"), 1000).rstrip()


# %%
print(format_seconds(0.000000341), "·", format_bytes(497_759_232), "·", format_count(124_439_808))
print("a product took from", format_seconds(min(durations)), "to", format_seconds(max(durations)))

# %% [markdown]
# ## 10 · How much work is it?
#
# Is 200 µs fast? It depends on how much was computed. The unit of work is the *FLOP*, one
# multiplication or addition of floating-point numbers. **Predict** what a product of a 2×3 and a
# 3×4 matrix costs; the cell counts by doing every operation.

# %%
guess = None  # operations

operations = 0
for _row in range(2):
    for _column in range(4):
        for _k in range(3):
            operations += 1  # multiply a[row, k] by b[k, column]
            operations += 1  # add it to the running total

print("you say:", guess)
print("counted:", operations)

# %% [markdown]
# Eight numbers come out, each a sum of three products: three multiplications and three additions
# (the first is added to zero, and by convention it counts). 8 · 3 · 2 = 48. For a square matrix
# of side 256 it is 33 554 432: doubling the side costs eight times as much.
#
# Divided by the time it is a *rate* in FLOP/s, which can be compared across sizes and machines.
# At 200 µs, those 33.6 million operations make 168 GFLOP/s, 168 billion in a second.


# %% nbgrader={"grade": false, "grade_id": "matmul-flops", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def matmul_flops(m: int, k: int, n: int) -> int:
    """The multiplications and additions in the product of an m×k and a k×n matrix.

    Each number of the result costs k multiplications and k additions.
    """
    ### BEGIN SOLUTION
    return 2 * m * k * n
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "matmul-flops-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from tito.checks import expect_equal

expect_equal(matmul_flops(2, 3, 4), 48, "matmul_flops(2, 3, 4)")
expect_equal(matmul_flops(256, 256, 256), 33_554_432, "matmul_flops(256, 256, 256)")
### BEGIN HIDDEN TESTS
expect_equal(matmul_flops(1, 10, 1), 20, "matmul_flops(1, 10, 1)")
expect_equal(matmul_flops(7, 1, 5), 70, "matmul_flops(7, 1, 5)")
expect_equal(matmul_flops(100, 20, 3), 12_000, "matmul_flops(100, 20, 3)")
### END HIDDEN TESTS
print("✅ matmul_flops passed: work can be counted before it is done")

# %% [markdown]
# ## Measure it: what does a loop cost?
#
# A dot product multiplies two rows of n numbers pairwise and adds everything up. Three ways: a
# Python loop over lists, the same loop over NumPy arrays, and NumPy's own `@`. They should agree,
# and you have the means to say so. **Predict**: at n = 100 000, how many times faster than the
# list loop is `@`? And which of the two loops is slower?

# %%
guess = None  # a factor


def dot_loop(a, b):
    total = 0.0
    for x, y in zip(a, b, strict=True):
        total += x * y
    return total


manual_seed(0)
a, b = randn(100_000), randn(100_000)
list_a, list_b = a.tolist(), b.tolist()
looped, product = dot_loop(list_a, list_b), a @ b
print(f"loop {looped:.4f}, NumPy {product:.4f}, close: {allclose(product, looped)}")
factor = time_call(lambda: dot_loop(list_a, list_b)) / time_call(lambda: a @ b)
print(f"you say {guess}, it is {factor:.0f}")

# %%
import matplotlib.pyplot as plt


def time_dot(n):
    a, b = randn(n), randn(n)
    list_a, list_b = a.tolist(), b.tolist()
    return (
        time_call(lambda: dot_loop(list_a, list_b)),
        time_call(lambda: dot_loop(a, b)),
        time_call(lambda: a @ b),
    )


lengths = [10, 100, 1_000, 10_000, 100_000]
times = np.array([time_dot(n) for n in lengths])
ways = ["Python loop over lists", "Python loop over arrays", "NumPy a @ b"]
for way, label in enumerate(ways):
    plt.loglog(lengths, times[:, way], "o-", label=label)
    print(f"{label:24}", *(f"{format_seconds(seconds):>10}" for seconds in times[:, way]))
plt.xlabel("n, length of the two vectors")
plt.ylabel("seconds a call (median of 7)")
plt.title("The dot product, three ways")
plt.legend()
plt.grid(alpha=0.3)
plt.show()

# %% [markdown]
# Both axes are logarithmic, so time proportional to n is a straight line of slope 1, and a
# constant factor is a constant distance. Three things to read off:
#
# - **Both loops are straight almost from the start.** Each element costs the same, where these
#   pages were written about 45 ns on lists and 150 ns on arrays. A loop over an *array* is the
#   slower one: each element is wrapped in a Python object of its own before it can be multiplied.
# - **NumPy's line begins flat.** Up to about a thousand elements you pay for the call, 1 µs, not
#   for the work. At n = 10 the list loop may well win.
# - **At the right the lines are two to three decades apart.** 10 000 elements are worth a factor
#   of 200, 100 000 a factor of 400. This is why every module from here on computes with whole
#   arrays, and why a loop serves only to explain an operation and to check it.

# %%
sides = [16, 32, 64, 128, 256, 512]


def matmul_rate(side, dtype):
    a, b = randn(side, side).astype(dtype), randn(side, side).astype(dtype)
    return matmul_flops(side, side, side) / time_call(lambda: a @ b)


for dtype in ("float32", "float64"):
    rates = [matmul_rate(side, dtype) for side in sides]
    plt.semilogx(sides, np.array(rates) / 1e9, "o-", base=2, label=dtype)
    print(f"{dtype}: at best {format_count(max(rates))}FLOP/s")
loop_rate = 2 * lengths[-1] / times[-1, 0]
print(f"Python loop: {format_count(loop_rate)}FLOP/s")
plt.xlabel("side of the two square matrices")
plt.ylabel("GFLOP/s")
plt.title("The arithmetic of this machine")
plt.legend()
plt.grid(alpha=0.3)
plt.show()

# %% [markdown]
# Small matrices never reach the machine's speed: the call costs more than the work. A point that
# falls far below its neighbours was measured while another program had the cores: not even a
# median survives that, so run the cell again. And float32 is up to twice as fast as float64,
# since twice as many numbers fit into a register and through the memory bus. In bytes, for a
# language model of the size of GPT-2:

# %%
parameters = 124_439_808
for dtype in ("float16", "float32", "float64"):
    size = parameters * np.dtype(dtype).itemsize
    print(f"{format_count(parameters)} parameters in {dtype}: {format_bytes(size)}")

# %% [markdown]
# ## Break it
#
# Instruments have limits, and the one who built them should know where. **Predict** each line
# before you run it; all three have cost people days.

# %%
guess = None  # what does each of the three lines say?

print("1. a gradient of 1e-9, computed as 2e-9:", allclose(2e-9, 1e-9))
print("2. shapes (3,) and (3, 1), all ones:    ", allclose(np.ones(3), np.ones((3, 1))))
counted = np.ones(3000, dtype=np.float16).cumsum()[-1]
print("3. counting to 3000 in float16:         ", int(counted))

# %% [markdown]
# 1. The result is wrong by 100 %, and `atol` swallows it: 10⁻⁹ is less than 10⁻⁸. A tolerance has
#    to suit the numbers that it judges.
# 2. The shapes broadcast to (3, 3), so a result of the wrong shape passes. Compare shapes first.
# 3. At 2048 the gap between neighbours of float16 becomes 2, and adding 1 changes nothing.
#    float32 gets stuck in the same way, at the 16 777 216 of section 6.
#
# The stopwatch can be fooled too. **Predict** which of the two is faster, and why that is the
# wrong question.

# %%
guess = None  # "sort" or "sorted"?

manual_seed(0)
shuffled = randn(100_000).tolist()
victim = shuffled.copy()
print("you say:             ", guess)
print("victim.sort():       ", format_seconds(time_call(victim.sort)))
print("sorted(shuffled):    ", format_seconds(time_call(lambda: sorted(shuffled))))

# %% [markdown]
# The warm-up sorted `victim`, and all seven timed calls sorted a sorted list. What you time must
# find the same input at every call.
#
# ## Your first report
#
# All instruments together: what was measured, how, and on what. Somebody else can now repeat it
# and disagree with reasons.

# %%
manual_seed(0)
a, b = randn(512, 512), randn(512, 512)
trusted = a.astype(np.float64) @ b.astype(np.float64)
seconds = time_call(lambda: a @ b, repeats=15)
rate = matmul_flops(512, 512, 512) / seconds
here = environment()

print(f"what:    a @ b, 512×512, float32, {format_bytes(a.nbytes)} each, randn with seed 0")
print(f"time:    {format_seconds(seconds)}, median of 15: {format_count(rate)}FLOP/s")
print(f"checked: close to the float64 product: {allclose(a @ b, trusted, rtol=1e-4, atol=1e-4)}")
print(f"new enough: {meets(here['python'], '3.11') and meets(here['numpy'], '2.0')}")
print("on:     ", here)

# %% [markdown]
# ## Reflect
#
# Two questions that a person reads and grades. Write your answer into the cell below each; three
# to eight sentences are enough, and numbers from your own run count more than adjectives.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Reflection 1 · A claim you can check.** A classmate writes: "My matrix product is three times
# faster than yours, 2.1 ms against 6.3 ms."
#
# 1. Name three things that this sentence leaves open, each of which could explain a factor of
#    three although both run the same code. For each, say which function of this notebook would
#    settle it.
# 2. Take one measurement of your own from this notebook, and report it in one or two sentences so
#    completely that your classmate could repeat it and dispute it.
#
# ### BEGIN MARK SCHEME
# **5 points**
#
# - Part 1, 3 points: one for each cause that could really make a factor of three, *together with*
#   the function that settles it. For example: another machine, number of cores or NumPy build
#   (`environment`, `meets`); a first call or a single disturbed run (`time_call`: warm-up,
#   median); other sizes (`matmul_flops`, comparing rates instead of times); float64 instead of
#   float32 (`randn` gives float32, about a factor of two, which counts when combined with another
#   cause); a timed function that changes its input. Half a point where the cause is right and the
#   function is missing or doesn't fit. Different random *values* don't change the time of a dense
#   product: no point for the seed alone.
# - Part 2, 2 points: operation, size and dtype (half a point); time with its unit, or the rate
#   (half a point); how it was summarised, as in "median of 7 after a warm-up" (half a point); the
#   environment (half a point).
# ### END MARK SCHEME

# %% [markdown]
# *Your answer to reflection 1: double-click here and write.*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Reflection 2 · How close is close enough?** In a later module you compare gradients, computed
# in float32, with trusted ones. Some of them are as small as 10⁻⁹.
#
# 1. Use the formula of section 6 to explain why `allclose(2e-9, 1e-9)` is `True`.
# 2. Choose an `rtol` and an `atol` for these gradients and justify both. The gap between
#    neighbouring float32 numbers near 1 is 1.2 · 10⁻⁷.
# 3. Give a pair of numbers that your choice rejects although a person would accept it, or accepts
#    although a person would reject it. Run it and quote the result.
#
# ### BEGIN MARK SCHEME
# **5 points**
#
# - Part 1, 1 point: with b = 10⁻⁹ the allowance is 10⁻⁸ + 10⁻⁵ · 10⁻⁹ ≈ 10⁻⁸, and the difference
#   10⁻⁹ is below it; `atol` decides, `rtol` contributes nothing.
# - Part 2, 2 points: one for an `atol` well below 10⁻⁹ (0, or 10⁻¹² and the like) with the reason
#   that it must not swallow the values themselves; one for an `rtol` above float32's relative gap
#   of about 10⁻⁷, with room for accumulated rounding (10⁻⁶ to 10⁻³ are all defensible), with a
#   reason that refers to that gap. An `rtol` below 10⁻⁷ earns nothing: no float32 result would
#   pass.
# - Part 3, 2 points: a pair that really has the property (one) and the quoted result of running
#   it (one). For example: with `atol=0`, `allclose(1e-30, 0.0, 1e-4, 0)` is `False`, though it is
#   rounding noise next to other gradients; with `rtol=1e-3`, 1.0009 passes for 1.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer to reflection 2: double-click here and write.*

# %% [markdown]
# ## What breaks next
#
# You can compare, repeat and time computations. There is still nothing good to compute *with*.
# Three sums, and none of them does what a neural network needs:

# %%
left, right = [1, 2], [3, 4]
print("lists:  ", left + right)
print("pixels: ", np.array([200, 100], dtype=np.uint8) + np.uint8(100))
print("weights:", (np.ones(2, dtype=np.float32) + np.ones(2)).dtype)

# %% [markdown]
# Lists glue themselves together. Pixels count past 255 and start again at 0: 200 + 100 is 44. And
# the weights have caught float64. Module 02 builds one type that decides these things once, the
# `Tensor`, and every operation on it passes one door, so that whatever is learned later about an
# operation, its gradient among it, has a place to go.
#
# ## The checkpoint
#
# The last cell asks the question of this module: *Can I configure my environment?* It runs nine
# checks against what stands in the cells above, with inputs you haven't seen, and shows what it
# found. A check that fails says what it expected, what it got, and a first hint. A check that
# builds on a failed one is not judged, so mend the first failure first.
#
# When all are green, type `tito module complete setup`: it exports your functions, runs the same
# checks on the exported file, and records the capability.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("environment")
