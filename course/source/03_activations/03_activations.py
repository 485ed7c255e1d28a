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
# # 03 · Activations
#
# Multiply by a matrix, add a bias: whatever you built in module 02 keeps straight lines straight. Between
# any two layers of any network, from the first convolutional ones to GPT, stands a function that bends
# them, and at the end one that turns scores into probabilities. Each is a line or two of mathematics. The
# work is in keeping it right where `float32` ends, because that is where training runs die.
#
# **You will be able to say:** *I can bend straight lines with activation functions.*
#
# | you build | it gives you |
# |---|---|
# | `relu`, `leaky_relu` | a bend, and with it networks that can enclose a region |
# | `sigmoid`, `tanh`, `gelu` | soft bends, for gates and for transformers |
# | `softmax`, `log_softmax` | probabilities out of scores of any size |
# | `slope` | a microscope: how much of a signal finds its way back through a layer |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import math

import numpy as np

from tinytorch.core.tensor import Tensor, apply, maximum, where

# %% [markdown]
# ## A disc inside a ring
#
# Module 02 ended with a disc inside a ring, which no straight border separates. Here they are, 200 points
# each. A linear classifier is a straight line that says "ring" on one side of it. How good is the best one?
# Try them all, 360 directions at 61 distances from the middle, in one broadcast: `(400, 360, 1) > (61,)` is
# `(400, 360, 61)`, every point against every line.
#
# **Predict** the best accuracy before you run it. Guessing gives 50 %.

# %%
import functools
import itertools

import matplotlib.pyplot as plt

from tinytorch.core.setup import time_call
from tinytorch.core.tensor import recorders
from tito.checks import expect_close, expect_equal, expect_raises, expect_true

guess = None

rng = np.random.default_rng(3)
angle = rng.uniform(0, 2 * np.pi, size=400)
radius = np.concatenate([rng.uniform(0, 1, size=200), rng.uniform(2, 3, size=200)])
points = Tensor(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
labels = np.repeat([0, 1], 200)

turns, distances = np.linspace(0, 2 * np.pi, 360, endpoint=False), np.linspace(-3, 3, 61)
directions = Tensor(np.stack([np.cos(turns), np.sin(turns)]))
answers = (points @ directions).unsqueeze(2) > distances
accuracy = (answers.data == labels[:, None, None]).mean(axis=0)
print(f"the best of {accuracy.size:,} lines: {accuracy.max():.1%}, you said:", guess)

# %% [markdown]
# It cuts a slice off the ring and gives up on the rest. Would more layers help? A second linear layer on
# top of the first is
#
# ```
#      x     @   W1    +  b1            @   W2    +  b2
#   (n, 2)    (2, 16)   (16,)            (16, 3)   (3,)       →  (n, 3)
# ```
#
# **Write `collapse`**, which finds the *one* layer, a single `W` and `b`, that does the work of both.
# Multiply the brackets out on paper first: $(xW_1 + b_1)W_2 + b_2 = {}$?


# %% nbgrader={"grade": false, "grade_id": "collapse", "locked": false, "schema_version": 3, "solution": true, "task": false}
def collapse(W1, b1, W2, b2):
    """The one linear layer that equals two: a pair (W, b).

    For every x, x @ W + b is (x @ W1 + b1) @ W2 + b2.
    W1: (i, h), b1: (h,), W2: (h, o), b2: (o,); returns W: (i, o) and b: (o,)
    """
    ### BEGIN SOLUTION
    return W1 @ W2, b1 @ W2 + b2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "collapse-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
W1, b1 = Tensor([[1, 0, 2], [0, 1, 1]]), Tensor([1, 0, -1])
W2, b2 = Tensor([[1, 2], [0, 1], [3, 0]]), Tensor([10, 20])
W, b = collapse(W1, b1, W2, b2)
expect_close(W.data, [[7, 2], [3, 1]], "W", hint="x @ W1 @ W2 is x @ (W1 @ W2)")
expect_close(b.data, [8, 22], "b", hint="b1 passes the second layer too")
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(1).normal
W1, b1 = Tensor(draw(size=(2, 16))), Tensor(draw(size=16))
W2, b2 = Tensor(draw(size=(16, 3))), Tensor(draw(size=3))
W, b = collapse(W1, b1, W2, b2)
x = Tensor(np.arange(10).reshape(5, 2))
want = ((x @ W1 + b1) @ W2 + b2).data
expect_close((x @ W + b).data, want, "x @ W + b beside two layers", rtol=1e-4, atol=1e-4)
### END HIDDEN TESTS
print("✅ Two straight steps are one")

# %% [markdown]
# By the same argument a hundred layers are one. Depth buys nothing until something between the layers is
# *not* of the form $xW + b$.
#
# ## 1 · One bend
#
# The smallest change that works: let positive numbers through and stop negative ones. It is called the
# **rectified linear unit**, and costs next to nothing.
#
# ```
#   x         -2   -0.5    0    0.5    2
#   relu(x)    0    0      0    0.5    2
# ```
#
# Everything you write here goes through the door of module 02, by Tensor operations, because module 09 can
# only find the slope of what passed it. The door lets anybody listen, and the given `Meter` does: it notes
# the name of each operation and the bytes of its result. The cell after it holds what *every* activation
# must obey, so that each check below can ask for it in one line; it is locked and needs nothing from you
# but a reading.


# %%
class Meter:
    """Listens at the door: `with Meter() as meter: …`, then `meter.names`, `meter.bytes` and `meter.last`."""

    def __enter__(self):
        self.names, self.bytes, self.last = [], 0, None
        recorders.append(self)
        return self

    def __exit__(self, *error):
        recorders.remove(self)

    def record(self, function, inputs, settings, output):
        self.names.append(function.__name__)
        self.bytes += output.nbytes
        self.last = output


with Meter() as meter:
    (points * 2 + 1).sum()
print(meter.names, f"{meter.bytes:,} bytes")


# %% nbgrader={"grade": false, "grade_id": "expect-sound", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_sound(function, name, shapes=((), (5,), (2, 3, 4))):
    """A Tensor of x's shape and dtype, made at the door, and x as it was before."""
    hint = "compute with tensors, not with their `.data`"
    for shape, dtype in itertools.product(shapes, ("float32", "float64")):
        what = f"{name} for {dtype} of shape {shape}"
        x = Tensor(np.linspace(-3, 3, math.prod(shape)).reshape(shape), dtype=dtype)
        before = x.data.copy()
        with Meter() as meter:
            y = function(x)
        expect_true(isinstance(y, Tensor), f"type of {what}", "Tensor", type(y).__name__, hint)
        expect_equal((y.shape, str(y.dtype)), (shape, dtype), f"shape and dtype of {what}", hint)
        expect_true(meter.last is y, what, "the last result at the door", "another tensor", hint)
        expect_close(x.data, before, f"x after {what}", hint="make a new tensor")


def expect_quiet(function, x, name):
    """`function(x)`, computed without an overflow or a nan on the way."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            return function(x)
    except FloatingPointError as error:
        hint = "which step grows without a limit?"
        expect_true(False, name, "no overflow on the way", str(error), hint)


# %% [markdown]
# **Predict**: what is `0 * inf`? One way to write ReLU is `x * (x > 0)`, where the comparison counts as 0
# or 1.

# %%
guess = None

with np.errstate(invalid="ignore"):
    print(np.array([-2.0, 3.0, -np.inf]) * np.array([False, True, False]), "you said:", guess)

# %% [markdown]
# Not a number. An infinite score is not far-fetched: in module 07 it means "don't look there". **Write
# `relu`** in a way that picks instead of multiplying; `maximum` and `where` of module 02 both can.


# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def relu(x):
    """The rectified linear unit: x where x > 0, else 0, also for infinities.

    x: a Tensor of any shape; returns a Tensor of its shape and dtype
    """
    ### BEGIN SOLUTION
    return maximum(x, 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "relu-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[-2, -0.5, 0], [0.5, 2, 100]])
expect_close(relu(x).data, [[0, 0, 0], [0.5, 2, 100]], "relu(x)")
ends = Tensor([-np.inf, np.inf])
expect_close(relu(ends).data, [0, np.inf], "relu of -inf and inf", hint="0 * inf is nan")
expect_sound(relu, "relu(x)")
### BEGIN HIDDEN TESTS
expect_close(relu(Tensor([-1e4, 1e4, -1e-6])).data, [0, 1e4, 0], "relu of ±1e4, -1e-6", atol=0)
whole = relu(Tensor([-3, 3], dtype=np.int64))
expect_equal(str(whole.dtype), "int64", "dtype of relu(an int64 tensor)")
### END HIDDEN TESTS
print("✅ Positive numbers pass, negative ones stop")

# %% [markdown]
# ### What a bend can do
#
# The smallest problem that no line solves is **exclusive or**: say 1 where exactly one of two inputs is 1.
# Two ReLUs are enough, with weights that can be found by thinking:
#
# - the first counts the ones: `relu(a + b)` is 0, 1, 1, 2;
# - the second notices when both are there: `relu(a + b - 1)` is 0, 0, 0, 1;
# - "one, but not both" is the first minus *twice* the second.

# %%
corners = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
W1, b1 = Tensor([[1, 1], [1, 1]]), Tensor([0, -1])
W2, b2 = Tensor([1, -2]), Tensor(0)

hidden = relu(corners @ W1 + b1)
output = hidden @ W2 + b2
for i in range(4):
    print(f"inputs {corners[i]} → hidden {hidden[i]} → output {output[i].item():.0f}")

# %% [markdown]
# Look at the hidden numbers: (0, 1) and (1, 0) have landed on the *same* point. The layer folded the square
# like a sheet of paper, and after the fold a line is enough:

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 3.6))
before, after = (
    ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
    ["(0, 0)", "(0, 1), (1, 0)", "", "(1, 1)"],
)
for axis, spots, names in [(axes[0], corners.data, before), (axes[1], hidden.data, after)]:
    axis.scatter(spots[:, 0], spots[:, 1], c=["C0", "C1", "C1", "C0"], s=120, zorder=3)
    for spot, name in zip(spots, names, strict=True):
        offset = (8, -18) if spot[1] == 0 else (-12, 12)
        axis.annotate(name, spot, xytext=offset, textcoords="offset points")
    axis.set(xlim=(-0.4, 2.6), ylim=(-0.4, 1.6))
axes[0].set(title="The inputs: no line works", xlabel="input 0", ylabel="input 1")
axes[1].set(title="After relu: a line works", xlabel="hidden 0", ylabel="hidden 1")
ends = np.array([0.5, 2.6])
axes[1].plot(ends, (ends - 0.5) / 2, color="black", label="output = 0.5")
axes[1].legend()
plt.tight_layout()
plt.show()

# %% [markdown]
# Now the ring. Walk from the middle in any direction and ask how far you came *in that direction*: the
# matrix product of a point with a unit vector. Its ReLU forgets whoever went the other way. Ask `count`
# directions, spread evenly over the circle, and add the answers:
#
# ```
#   points @ directions  →  relu  →  sum over the directions  →  times π / count
#   (n, 2) @ (2, count)      (n, count)               (n,)                  (n,)
# ```
#
# With many directions the sum, scaled so, is the distance from the middle. With four, east, north, west and
# south, it is $\frac{\pi}{4}(|x|+|y|)$.
#
# **Write `ring_score`**, a network of two layers; the second has only ones as its weights.


# %% nbgrader={"grade": false, "grade_id": "ring-score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ring_score(points, count):
    """About how far each point lies from the middle, by a network of two layers: (n, 2) → (n,).

    The first layer's matrix has shape (2, count). Its columns are the unit vectors (cos a, sin a)
    at the angles a = 2π · i / count for i = 0, 1, …, count - 1. Then comes relu, then the sum over
    the directions, times π / count.
    """
    ### BEGIN SOLUTION
    angles = 2 * np.pi * np.arange(count) / count
    directions = Tensor(np.stack([np.cos(angles), np.sin(angles)]))
    return relu(points @ directions).sum(dim=1) * np.pi / count
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ring-score-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
probes = Tensor([[2, 0], [0, -2], [1, 1], [-3, 0]])
four = ring_score(probes, 4).data / np.pi * 4
expect_close(four, [2, 2, 2, 3], "4/π times ring_score with 4 directions")
one = ring_score(probes, 1).data / np.pi
expect_close(one, [2, 0, 1, 0], "ring_score / π with 1 direction, east")
distance = np.hypot(probes.data[:, 0], probes.data[:, 1])
expect_close(ring_score(probes, 200).data, distance, "ring_score with 200 directions", rtol=1e-3)
### BEGIN HIDDEN TESTS
three = ring_score(probes, 3).data / np.pi * 3
root = np.sqrt(3)
expect_close(three, [2, root, (1 + root) / 2, 3], "3/π times ring_score with 3 directions")
near, far = Tensor(probes.data / 3), Tensor(probes.data * 2)
answers = (ring_score(near, 16) > 1.5).tolist() + (ring_score(far, 16) > 1.5).tolist()
expect_equal(answers, [False] * 4 + [True] * 4, "ring_score > 1.5 near and far, 16 directions")
### END HIDDEN TESTS
print("✅ Two layers and a bend tell near from far")

# %% [markdown]
# Say "ring" where the score is above 1.5, and there it is: the border that no line could draw. **Predict**:
# how many directions does it take to close it round the disc?

# %%
guess = None

side = np.linspace(-3.5, 3.5, 281)
mesh = Tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2))

fig, axes = plt.subplots(1, 4, figsize=(13, 3.6), sharey=True)
for axis, count in zip(axes, [1, 2, 3, 16], strict=True):
    says_ring = (ring_score(mesh, count) > 1.5).data.reshape(281, 281)
    right = ((ring_score(points, count) > 1.5).data == labels).mean()
    colors, levels = ["C0", "C1"], [-0.5, 0.5, 1.5]
    axis.contourf(side, side, says_ring, levels=levels, colors=colors, alpha=0.2)
    axis.scatter(points.data[:, 0], points.data[:, 1], c=np.where(labels, "C1", "C0"), s=4)
    axis.set(title=f"{count} × relu: {right:.1%}", xlabel="x", aspect="equal")
axes[0].set(ylabel="y")
plt.show()

linear = (points @ directions).sum(dim=1).abs().amax().item()
print(f"you said: {guess}; without relu no score is further from 0 than {linear:.0e}")

# %% [markdown]
# One bend is a line, two a strip, **three** close a border, and sixteen are a circle to the eye. Without
# the ReLU the directions cancel, and nothing is left. Each ReLU contributes one crease, and any border can
# be drawn with enough of them. You set these weights by thinking. From module 09 on, they will be found by
# walking downhill, and that raises a question no accuracy answers: *which way is down?* So from here on two
# things count about an activation: its values **and its slope**.
#
# ## 2 · The S-curves
#
# Before ReLU there was the **sigmoid**, which squashes any number into (0, 1), and it is still what opens
# and shuts a gate or says yes or no: $\sigma(x) = \dfrac{1}{1 + e^{-x}}$. Typed in as it stands:


# %%
def naive_sigmoid(x):
    return 1 / (1 + (-x).exp())


def aloud():
    """Floating-point trouble, printed where it happens."""

    def tell(kind, _):
        print("   NumPy:", kind)

    return np.errstate(over="call", invalid="call", divide="call", call=tell)


with aloud():
    print("1 / (1 + e^-x)    at 0, 10, -100:", naive_sigmoid(Tensor([0.0, 10.0, -100.0])))
    grown = Tensor([0.0, 10.0, 100.0]).exp()
    print("e^x / (1 + e^x)   at 0, 10,  100:", grown / (1 + grown))
    print("e^x / (1 + e^x)²  at 0, 10,  100:", grown / (1 + grown) ** 2, "(the slope)")
largest = np.finfo(np.float32).max
print(f"the largest number float32 knows is {largest:.2e} = e^{np.log(largest):.2f}")

# %% [markdown]
# $e^{100}$ is beyond `float32`. The first line is right by luck, since 1 / inf is 0. The second, the same
# function written another way, is not, and neither is the slope: inf / inf is **nan**. One nan is enough:
# after the next matrix product it is in every number of its row, and after one step of training in every
# weight of the model.
#
# The rule: **never let an exponential grow.** Here a function you own already knows how:
#
# $$\tanh(u) = \frac{e^u - e^{-u}}{e^u + e^{-u}} \qquad\text{so}\qquad 1 + \tanh(u) = \frac{2\,e^u}{e^u + e^{-u}}$$
#
# Multiply the last fraction by $e^{-u}$ above and below, compare with $\sigma$, and you see for which $u$
# it is twice the sigmoid. The two S-curves are one curve, and NumPy's `tanh` is right for every number.
#
# **Write `sigmoid`.** `tanh` is given.


# %%
#| export
def tanh(x):
    """The hyperbolic tangent of each number, between -1 and 1."""
    return x.tanh()


# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sigmoid(x):
    """1 / (1 + e^-x), between 0 and 1, without overflow for any x, also infinities.

    x: a Tensor of any shape; returns a Tensor of its shape and dtype
    """
    ### BEGIN SOLUTION
    return 0.5 * (1 + tanh(0.5 * x))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sigmoid-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
x = Tensor([-2, -0.5, 0, 1, 4])
five = [0.1192029, 0.3775407, 0.5, 0.7310586, 0.9820138]
expect_close(sigmoid(x).data, five, "sigmoid of -2, -0.5, 0, 1 and 4")
expect_close((sigmoid(x) + sigmoid(-x)).data, np.ones(5), "sigmoid(x) + sigmoid(-x)")
expect_sound(sigmoid, "sigmoid(x)")
ends = Tensor([-np.inf, -1e4, -1000, -100, 100, 1000, 1e4, np.inf])
answers = expect_quiet(sigmoid, ends, "sigmoid of numbers up to ±inf")
expect_close(answers.data, [0, 0, 0, 0, 1, 1, 1, 1], "sigmoid of numbers up to ±inf")
### BEGIN HIDDEN TESTS
x = np.random.default_rng(2).uniform(-8, 8, size=(4, 5))
expect_close(sigmoid(Tensor(x)).data, 1 / (1 + np.exp(-x)), "sigmoid of random numbers")
whole = sigmoid(Tensor([1, 2], dtype=np.int64))
expect_equal(str(whole.dtype), "float32", "dtype of sigmoid(an int64 tensor)")
### END HIDDEN TESTS
print("✅ The sigmoid, right for every number there is")

# %% [markdown]
# ### What it costs
#
# Nothing is free. **Predict** what this prints: $\sigma(-20)$ is about $2 \cdot 10^{-9}$, and `float32` can
# hold that.

# %%
x = Tensor([-5.0, -10.0, -15.0, -20.0])
print("by tanh      ", sigmoid(x))
print("by e^x       ", x.exp() / (1 + x.exp()))

# %% [markdown]
# `1 + tanh(…)` adds 1 to something near -1, and of the digits only those above $6 \cdot 10^{-8}$ are left.
# As an answer between 0 and 1 that is as good as any. But take its logarithm, and 0 becomes -inf; section 6
# is about that.
#
# Why not $e^{-|x|}$, which never grows either and keeps the small digits? Because $|x|$ has a corner at 0,
# exactly where the sigmoid is steepest. Module 09 goes through a computation step by step, finds a step
# without a slope there, and takes 0 for it. The values would be right and the training wrong.
#
# ## 3 · Slopes under the microscope
#
# Module 09 will compute slopes exactly. You can *measure* them today. Step a little to both sides and see
# how much the function rose:
#
# $$\text{slope}(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# For $f(x) = x^3$ at 2, whose slope is 12, with $h = 0.1$:


# %%
def f(x):
    return x**3


h = 0.1
print(f"one side:   {(f(2 + h) - f(2)) / h:.2f}")
print(f"both sides: {(f(2 + h) - f(2 - h)) / (2 * h):.2f}")

x, h = Tensor(2.0), 1e-4
print("both sides with h = 1e-4, in float32:", (f(x + h) - f(x - h)) / (2 * h))

# %% [markdown]
# Two lessons: both sides are far better than one, since the errors of left and right cancel; and a small
# `h` needs more digits than `float32` has, because two nearly equal numbers are subtracted. So **write
# `slope`**, and let it work in `float64` whatever it is given: `Tensor(x, dtype=…)` makes a copy of another
# dtype.


# %% nbgrader={"grade": false, "grade_id": "slope", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slope(function, x, h=1e-4):
    """How steeply `function` rises at each number of x, measured from both sides, in float64.

    function: takes a Tensor and returns one of its shape, working number by number
    x: a Tensor of any dtype; returns a float64 Tensor of its shape: (f(x + h) - f(x - h)) / 2h
    """
    ### BEGIN SOLUTION
    x = Tensor(x, dtype=np.float64)
    return (function(x + h) - function(x - h)) / (2 * h)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "slope-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[0.0, 1.0], [2.0, -3.0]])
expect_equal(str(slope(tanh, x).dtype), "float64", "dtype of slope(tanh, a float32 tensor)")
cubes = slope(lambda x: x**3, x).data
hint = "from both sides, 2h apart"
expect_close(cubes, [[0, 3], [12, 27]], "slope of x³", rtol=1e-7, atol=1e-7, hint=hint)
expect_close(slope(tanh, Tensor(0.0)).data, 1.0, "slope of tanh at 0", hint=hint)
expect_close(slope(lambda x: 5 - x, x).data, -np.ones((2, 2)), "slope of 5 - x")
### BEGIN HIDDEN TESTS
coarse = slope(lambda x: x**3, x, h=0.1).data
expect_close(coarse, [[0.01, 3.01], [12.01, 27.01]], "slope of x³ with h = 0.1")
own_slope = np.exp(x.data.astype(np.float64))
expect_close(slope(lambda x: x.exp(), x).data, own_slope, "slope of exp", rtol=1e-7)
### END HIDDEN TESTS
print("✅ You can see how steep a function is")

# %% [markdown]
# ### Saturation
#
# **Predict**: a sigmoid neuron is sure of itself, x = 10. Something was wrong, and it should change its
# mind. By how much does its output move when x moves a little?

# %%
guess = None

x = Tensor([0.0, 1.0, 2.0, 5.0, 10.0])
print("x            ", *[f"{value:>9.0f}" for value in x.tolist()])
for function in (sigmoid, tanh, relu):
    slopes = slope(function, x).tolist()
    print(f"slope {function.__name__:7}", *[f"{value:>9.2g}" for value in slopes])
print("you said:", guess)

# %% [markdown]
# At 10 the sigmoid passes on 0.0045 % of a signal: it is **saturated**, deaf to correction. And even at its
# best, at 0, a quarter. Layers multiply: the slope of a chain is the product of the slopes in it. (At 0
# ReLU has a corner, and the microscope sees the average of both sides, 0.5. There is no right answer;
# frameworks agree on 0.)


# %%
def slope_through(function, depth):
    """The slope at 1 of `function`, `depth` times in a row: the product of the slopes on the way."""
    x, product = Tensor(1.0), 1.0
    for _ in range(depth):
        product *= slope(function, x).item()
        x = function(x)
    return product


measured = slope(lambda x: sigmoid(sigmoid(sigmoid(x))), Tensor(1.0)).item()
product = slope_through(sigmoid, 3)
print(f"three sigmoids: {measured:.6f} measured in one go, {product:.6f} as a product")
print("layers   sigmoid      tanh      relu")
for depth in (1, 2, 5, 10, 20):
    slopes = [slope_through(function, depth) for function in (sigmoid, tanh, relu)]
    print(f"{depth:>6}", *[f"{value:>9.1e}" for value in slopes])

# %% [markdown]
# Twenty sigmoids let less than one part in a trillion through: the first layer learns nothing. This is the
# **vanishing gradient**, and it kept networks shallow for twenty years. ReLU has slope 1 wherever it is on,
# however deep the stack.
#
# ### And where it is off?
#
# A ReLU whose input is negative for *every* example has slope 0 for every example: nothing tells it which
# way to go. It is **dead**. The remedy is a small slope on the left:
#
# ```
#   x                     -2     -0.5    0    0.5    2
#   leaky_relu(x, 0.01)   -0.02  -0.005  0    0.5    2
# ```
#
# **Write `leaky_relu`.** `negative_slope` may be any number; with 2, say, the left side is steeper than the
# right.


# %% nbgrader={"grade": false, "grade_id": "leaky-relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope * x.

    x: a Tensor of any shape; negative_slope: a number; returns a Tensor of x's shape and dtype
    """
    ### BEGIN SOLUTION
    return where(x > 0, x, negative_slope * x)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "leaky-relu-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[-2, -0.5, 0], [0.5, 2, 100]])
expect_close(leaky_relu(x, 0.2).data, [[-0.4, -0.1, 0], [0.5, 2, 100]], "leaky_relu(x, 0.2)")
hint = "the default slope is 0.01"
expect_close(leaky_relu(x).data, [[-0.02, -0.005, 0], [0.5, 2, 100]], "leaky_relu(x)", hint=hint)
flat = leaky_relu(x, negative_slope=0)
expect_close(flat.data, [[0, 0, 0], [0.5, 2, 100]], "leaky_relu(x, negative_slope=0)")
expect_sound(leaky_relu, "leaky_relu(x)")
### BEGIN HIDDEN TESTS
hint = "the larger of x and slope * x is right only for slopes below 1"
steep = leaky_relu(x, 2.0)
expect_close(steep.data, [[-4, -1, 0], [0.5, 2, 100]], "leaky_relu(x, 2.0)", hint=hint)
expect_close(leaky_relu(x, -1).data, np.abs(x.data), "leaky_relu(x, -1) beside |x|", hint=hint)
ends = leaky_relu(Tensor([-np.inf, -1e4, np.inf]))
expect_close(ends.data, [-np.inf, -100, np.inf], "leaky_relu of -inf, -1e4 and inf")
### END HIDDEN TESTS
print("✅ Negative numbers leak through")

# %% [markdown]
# ### From a function to a layer
#
# A network is a list of steps, and a step has *settings*: which slope, which axis. PyTorch therefore has
# everything twice: `torch.nn.functional.relu` is the mathematics, and `torch.nn.ReLU` holds the settings
# and is called like a function. So shall we. `ReLU` shows the form:


# %%
#| export
class ReLU:
    """x where x > 0, else 0."""

    def __call__(self, x):
        """`relu(x)`."""
        return relu(x)

    def __repr__(self):
        return "ReLU()"


# %% [markdown]
# **Write `LeakyReLU`**: it remembers its slope, applies it when called, and says it. `LeakyReLU(0.2)` reads
# `LeakyReLU(negative_slope=0.2)`.


# %% nbgrader={"grade": false, "grade_id": "leaky-relu-class", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class LeakyReLU:
    """x where x > 0, else negative_slope * x."""

    def __init__(self, negative_slope=0.01):
        """Remember the slope, under the name `negative_slope`."""
        ### BEGIN SOLUTION
        self.negative_slope = negative_slope
        ### END SOLUTION

    def __call__(self, x):
        """`leaky_relu(x)` with the slope of this object."""
        ### BEGIN SOLUTION
        return leaky_relu(x, self.negative_slope)
        ### END SOLUTION

    def __repr__(self):
        """The code that makes it: `LeakyReLU(negative_slope=0.01)`."""
        ### BEGIN SOLUTION
        return f"LeakyReLU(negative_slope={self.negative_slope})"
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "leaky-relu-class-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([-10.0, 10.0])
gentle, steep = LeakyReLU(), LeakyReLU(negative_slope=0.5)
expect_close(gentle(x).data, [-0.1, 10], "LeakyReLU()(x), with a steeper one beside it")
expect_close(steep(x).data, [-5, 10], "LeakyReLU(0.5)(x)", hint="the slope of *this* object")
expect_equal(repr(steep), "LeakyReLU(negative_slope=0.5)", "repr of LeakyReLU(0.5)")
slopes = (gentle.negative_slope, steep.negative_slope)
expect_equal(slopes, (0.01, 0.5), "the slopes they remember")
### BEGIN HIDDEN TESTS
expect_equal(repr(LeakyReLU()), "LeakyReLU(negative_slope=0.01)", "repr of LeakyReLU()")
steep.negative_slope = 3
expect_close(steep(x).data, [-30, 10], "a LeakyReLU whose slope was changed to 3")
expect_sound(LeakyReLU(0.3), "LeakyReLU(0.3)(x)")
### END HIDDEN TESTS
print("✅ A function with a memory for its setting")

# %% [markdown]
# Does the leak revive a dead unit? One unit, `activation(x + b)`, should learn to answer `x + 1` for the
# numbers from 0 to 1: the right bias is 1. It starts badly, at -3, where `x + b` is negative for all of
# them. Your `slope` says which way is down, and 300 times it takes a step:

# %%
inputs = Tensor(np.linspace(0, 1, 50), dtype=np.float64)


def descend(activation, steps=300, rate=0.5):
    """The bias at each step of walking downhill from -3."""

    def loss(bias):
        return ((activation(inputs + bias) - (inputs + 1)) ** 2).mean()

    bias, path = Tensor(-3.0, dtype=np.float64), []
    for _ in range(steps):
        path.append(bias.item())
        bias = bias - rate * slope(loss, bias)
    return path


plt.figure(figsize=(8, 3.2))
for activation, style in [(ReLU(), "-"), (LeakyReLU(), "--"), (LeakyReLU(0.1), ":")]:
    plt.plot(descend(activation), style, label=repr(activation))
plt.gca().set(title="A dead unit, and two that recover", xlabel="steps", ylabel="bias (right: 1)")
plt.legend(loc="center right")
plt.show()

# %% [markdown]
# The ReLU never moves. The leaky ones creep at first, their slope is small, and hurry once they are on.
#
# ## 4 · A bend without a corner
#
# Transformers use a smooth relative of ReLU, the **Gaussian error linear unit**. Instead of asking *is x
# positive?* it asks *how likely is a normal random number to be below x?* and multiplies x by that:
#
# $$\text{gelu}(x) = x \cdot \Phi(x) = \frac{x}{2}\left(1 + \operatorname{erf}\frac{x}{\sqrt 2}\right)$$
#
# For example $\Phi(1) = 0.8413$: 84 % of normal numbers lie below 1, so gelu(1) = 0.8413.
#
# NumPy has no error function `erf`, but Python has one for single numbers. Here is a NumPy function made of
# it, and its way through the door. Any function of arrays can go through: that is all a new operation
# takes. (Module 09 will want one more fact about it, its slope $\frac{2}{\sqrt\pi} e^{-x^2}$.)


# %%
#| export
def erf_values(array):
    """The error function of an array: one call of `math.erf` for each number, so exact, and slow."""
    dtype = np.result_type(array, np.float16)  # whole numbers have no room for the answer
    return np.fromiter(map(math.erf, array.flat), dtype, array.size).reshape(array.shape)


def erf(x):
    """The error function of each number, between -1 and 1."""
    return apply(erf_values, x)


# %% [markdown]
# A million Python calls are slow, so there is an approximation, which GPT-2 was trained with:
#
# $$\text{gelu}(x) \approx \frac{x}{2}\left(1 + \tanh\left(\sqrt{\tfrac{2}{\pi}}\,\left(x + 0.044715\,x^3\right)\right)\right)$$
#
# **Write `gelu`** with both, and a `ValueError` for any other word: a typing mistake in a setting must not
# be taken for one of the two. Write $x^3$ as `x * x * x`; the reason is in the measurement below.


# %% nbgrader={"grade": false, "grade_id": "gelu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gelu(x, approximate="none"):
    """x times the chance that a normal random number is below x.

    x: a Tensor of any shape; returns a Tensor of its shape and dtype
    approximate: "none" for the form with `erf`, "tanh" for the one with `tanh`
    Raises ValueError for any other word; the message mentions both.
    """
    ### BEGIN SOLUTION
    if approximate == "none":
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    raise ValueError(f'approximate is "none" or "tanh", not {approximate!r}')
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gelu-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
x = Tensor([-2, -1, 0, 1, 2, 1e4, -1e4])
want = [-0.0455003, -0.1586553, 0, 0.8413447, 1.9544997, 1e4, 0]
expect_close(expect_quiet(gelu, x, "gelu(x)").data, want, "gelu of -2, -1, 0, 1, 2 and ±1e4")
fast = [-0.0454023, -0.1588080, 0, 0.8411920, 1.9545977, 1e4, 0]
hint = "√(2/π) ≈ 0.7979; x³, not x²"
expect_close(gelu(x, approximate="tanh").data, fast, 'gelu(x, approximate="tanh")', hint=hint)
expect_raises(ValueError, lambda: gelu(x, "tahn"), 'gelu(x, "tahn")', says=("none", "tanh"))
expect_sound(gelu, "gelu(x)")
### BEGIN HIDDEN TESTS
expect_sound(lambda x: gelu(x, "tanh"), 'gelu(x, "tanh")')
x = np.random.default_rng(4).uniform(-4, 4, size=(3, 50))
cube = x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
doubles = gelu(Tensor(x, dtype=np.float64), "tanh")
expect_close(doubles.data, cube, 'gelu(x, "tanh") in float64', rtol=1e-7)
chances = (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2
expect_close(gelu(Tensor(x)).data, x * chances, "gelu of random numbers")
### END HIDDEN TESTS
print("✅ A smooth bend, exact or fast")

# %% [markdown]
# How good is the approximation, and how slow is the exact one? A million numbers, by your `time_call` of module 01:

# %%
million = Tensor(np.random.default_rng(0).normal(size=(1000, 1000)))
for name, function in [
    ('gelu(x, "none")', gelu),
    ('gelu(x, "tanh")', lambda x: gelu(x, "tanh")),
    ("x * x * x", lambda x: x * x * x),
    ("x ** 3", lambda x: x**3),
]:
    milliseconds = time_call(functools.partial(function, million), 3) * 1e3
    print(f"{name:16}{milliseconds:7.1f} ms")
x = Tensor(np.linspace(-5, 5, 1001))
print(f"largest difference on [-5, 5]: {(gelu(x) - gelu(x, 'tanh')).abs().amax().item():.1e}")

# %% [markdown]
# The tanh form is off by less than 0.0005 and many times faster. That is a bargain that `x ** 3` would have
# thrown away: a function made for *any* exponent pays for it with every number.
#
# The remaining classes have nothing new in them. Then all five curves, and below each its slope, measured
# by you:


# %%
#| export
class Sigmoid:
    """1 / (1 + e^-x), between 0 and 1."""

    def __call__(self, x):
        """`sigmoid(x)`."""
        return sigmoid(x)

    def __repr__(self):
        return "Sigmoid()"


class Tanh:
    """The hyperbolic tangent, between -1 and 1."""

    def __call__(self, x):
        """`tanh(x)`."""
        return tanh(x)

    def __repr__(self):
        return "Tanh()"


# %%
#| export
class GELU:
    """x times the chance that a normal random number is below x."""

    def __init__(self, approximate="none"):
        """Remember which form: "none" is exact, "tanh" is fast."""
        self.approximate = approximate

    def __call__(self, x):
        """`gelu(x)` in the form of this object."""
        return gelu(x, self.approximate)

    def __repr__(self):
        return f"GELU(approximate={self.approximate!r})"


# %%
x = Tensor(np.linspace(-5, 5, 401))
curves = [ReLU(), LeakyReLU(0.1), GELU(), Tanh(), Sigmoid()]
fig, axes = plt.subplots(2, 5, figsize=(13, 4.6), sharex=True)
for (top, bottom), activation in zip(axes.T, curves, strict=True):
    top.plot(x.data, activation(x).data)
    bottom.plot(x.data, slope(activation, x).data, color="C3")
    top.set(title=type(activation).__name__, ylim=(-1.5, 3))
    bottom.set(ylim=(-0.3, 1.3), xlabel="x")
    for axis in (top, bottom):
        axis.grid(alpha=0.3)
axes[0, 0].set(ylabel="value")
axes[1, 0].set(ylabel="slope")
plt.tight_layout()
plt.show()

# %% [markdown]
# Read the lower row: where the red curve is near 0, nothing can be learned. The S-curves are deaf on both
# sides, ReLU on one; GELU even has a stretch where more input means *less* output.
#
# ## 5 · Scores into probabilities
#
# A classifier ends in a row of scores, one for each class, of any size and sign. **Softmax** makes
# probabilities of them: positive, summing to 1, in the same order.
#
# $$\text{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# ```
#   scores   [ 2    1    0   ]
#   e^x      [ 7.39 2.72 1   ]     sum 11.11
#   softmax  [ 0.67 0.24 0.09]
# ```
#
# The three rows below are the same but for a constant. **Predict** what the formula as it stands makes of
# each.


# %%
def naive_softmax(x):
    return x.exp() / x.exp().sum(dim=1, keepdim=True)


rows = Tensor([[2.0, 1.0, 0.0], [102.0, 101.0, 100.0], [-102.0, -103.0, -104.0]])
with aloud():
    print(naive_softmax(rows))

# %% [markdown]
# Too large, and it is inf / inf. Too small, and hardly a digit is left (0.8 where 0.67 belongs); a bit
# smaller still, and it is 0 / 0. But add a constant $c$ to all scores and every exponential is multiplied
# by the same $e^c$, above and below: **softmax doesn't notice**. You may choose the constant, so choose the
# one that makes the largest score 0. Then no exponential exceeds 1, one of them is exactly 1, and the sum
# can't be 0.
#
# **Write `softmax`.** `dim` is the axis along which the results sum to 1: each row has its own largest
# score.


# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def softmax(x, dim):
    """Probabilities along axis `dim`: e^x over the sum of e^x, as accurate for large scores as for small.

    x: a Tensor of at least one axis; returns a Tensor of its shape and dtype
    A score of -inf gets the probability 0.
    """
    ### BEGIN SOLUTION
    exponentials = (x - x.amax(dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim, keepdim=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "softmax-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
expect_close(softmax(x, dim=1).data, [[0.6652409, 0.2447285, 0.0900306], [1 / 3] * 3], "softmax")
columns = softmax(x, 0).data.sum(axis=0)
expect_close(columns, [1, 1, 1], "the columns' sums of softmax(x, 0)", hint="dim, and keep it")
far = Tensor([[1000.0, 1000.0, 998.0], [-1000.0, -1000.0, -1002.0], [0.0, 0.0, -2.0]])
rows = expect_quiet(lambda x: softmax(x, 1), far, "softmax of scores around ±1000")
row, hint = [0.4683105, 0.4683105, 0.0633789], "subtract each row's own largest score, then exp"
expect_close(rows.data, [row, row, row], "softmax of one row, shifted", hint=hint)
expect_sound(lambda x: softmax(x, -1), "softmax(x, -1)", shapes=[(5,), (3, 3), (2, 3, 4)])
### BEGIN HIDDEN TESTS
two_rows = softmax(Tensor([[0.0, -np.inf, 0.0], [1e4, -1e4, 0.0]]), dim=1)
expect_close(two_rows.data, [[0.5, 0, 0.5], [1, 0, 0]], "softmax of rows with -inf and with ±1e4")
block = np.random.default_rng(5).normal(size=(3, 3, 3)) * 3
for dim in (0, 1, 2, -2):
    want = np.exp(block) / np.exp(block).sum(axis=dim, keepdims=True)
    expect_close(softmax(Tensor(block), dim).data, want, f"softmax(x, dim={dim})")
### END HIDDEN TESTS
print("✅ Probabilities, whatever the scores")

# %% [markdown]
# ### Break it
#
# The wrong `dim` raises no error and gives numbers between 0 and 1. **Predict** which of these are 1:

# %%
scores = Tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
for dim in (1, 0):
    sums = softmax(scores, dim).sum(dim=1).tolist()
    print(f"the rows of softmax(scores, dim={dim}) sum to {sums[0]:.4f} and {sums[1]:.4f}")

# %% [markdown]
# That is why ours has no default for `dim`. (PyTorch's has one for old code's sake, and warns when it
# guesses.)
#
# ### Temperature
#
# How sure should a model be? Divide the scores by a **temperature** first. **Predict** what becomes of the
# probabilities as the temperature goes to 0, and to infinity.

# %%
scores = Tensor([2.0, 1.0, 0.0, -1.0])
for temperature in (0.1, 0.5, 1.0, 2.0, 100.0):
    chances = softmax(scores / temperature, dim=0).tolist()
    print(f"temperature {temperature:>5}: " + "  ".join(f"{chance:6.1%}" for chance in chances))

# %% [markdown]
# Cold, it is `argmax`; hot, it is a die. A language model's temperature is this number. To see it, take
# three centres as in module 02, score every place by its squared distance to each, and mix three colours by
# the probabilities, `(19600, 3) @ (3, 3)`:

# %%
centres = Tensor([[0.0, 0.0], [3.0, 1.0], [1.0, 3.0]])
palette = Tensor([[0.00, 0.45, 0.70], [0.90, 0.62, 0.00], [0.95, 0.90, 0.85]])
ticks = np.linspace(-2, 5, 140)
places = Tensor(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2))
squares = ((places.unsqueeze(1) - centres.unsqueeze(0)) ** 2).sum(dim=2)

fig, axes = plt.subplots(1, 3, figsize=(11, 3.8), sharey=True)
for axis, temperature in zip(axes, [0.1, 2.0, 20.0], strict=True):
    colours = softmax(-squares / temperature, dim=1) @ palette
    axis.imshow(colours.data.reshape(140, 140, 3), origin="lower", extent=(-2, 5, -2, 5))
    axis.scatter(centres.data[:, 0], centres.data[:, 1], marker="x", color="black")
    axis.set(title=f"temperature {temperature:g}", xlabel="feature 0")
axes[0].set(ylabel="feature 1")
plt.show()

# %% [markdown]
# ## 6 · The logarithm of a probability
#
# Training asks "how surprised were you by the right answer?", and measures it by $-\log p$: 0 for a sure
# hit, large for a bad miss. The worst misses teach most. Here a model gives the right class, the last one,
# ever lower scores:

# %%
with aloud():
    for score in (-10.0, -102.0, -110.0, -1000.0):
        chance = softmax(Tensor([0.0, 0.0, score]), dim=0)[2]
        print(f"score {score:>7}: p = {chance.item():.3g}, -log p = {(-chance.log()).item():.4f}")

# %% [markdown]
# Your softmax did nothing wrong: $e^{-110}$ is smaller than the smallest number of `float32`, about
# $e^{-103}$, so it is 0, and the logarithm of 0 is -inf. At -102, near that end, the answer is rough
# already: 102.6931 would be right. Subtracting the largest score guards against *over*flow, not against
# *under*flow. The way out is on paper: logarithm and exponential cancel.
#
# $$\log \frac{e^{x_i}}{\sum_j e^{x_j}} = x_i - \log \sum_j e^{x_j}$$
#
# and with the largest score $m$ subtracted from all, as before. One trap is left: $m + \log\sum$ as a sum
# of its own. For scores of 20,000:

# %%
big = Tensor(20000.0)
print("20000 - (20000 + log 2) →", big - (big + math.log(2)))
print("(20000 - 20000) - log 2 →", (big - big) - math.log(2))

# %% [markdown]
# `float32` has seven digits, and 20,000.693 spends five of them before the point. So subtract $m$ first and
# never add it back. **Write `log_softmax`.**


# %% nbgrader={"grade": false, "grade_id": "log-softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_softmax(x, dim):
    """The logarithm of `softmax(x, dim)`: finite wherever x is, as accurate for large scores as for small.

    x: a Tensor of at least one axis; returns a Tensor of its shape and dtype
    """
    ### BEGIN SOLUTION
    shifted = x - x.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log-softmax-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
first, log2, log3 = [-0.4076059, -1.4076059, -2.4076059], np.log(2), np.log(3)
expect_close(log_softmax(x, dim=1).data, [first, [-log3] * 3], "log_softmax(x, dim=1)")
column = log_softmax(x, dim=0).data[:, 2]
expect_close(column, [-1.3132617, -0.3132617], "the last column of log_softmax(x, dim=0)")
two = log_softmax(Tensor([20000.0, 20000.0]), 0)
expect_close(two.data, [-log2, -log2], "two scores of 20,000", hint="don't add m back")
apart = Tensor([[0.0, 0.0, -1e4], [1000.0, 1000.0, 0.0]])
answers = expect_quiet(lambda x: log_softmax(x, 1), apart, "log_softmax of scores far apart")
want = [[-log2, -log2, -1e4 - log2], [-log2, -log2, -1000 - log2]]
expect_close(answers.data, want, "log_softmax of scores far apart", hint="log(0) is -inf")
expect_sound(lambda x: log_softmax(x, -1), "log_softmax(x, -1)", shapes=[(5,), (3, 3)])
### BEGIN HIDDEN TESTS
block = np.random.default_rng(6).normal(size=(3, 3, 3)) * 3
for dim in (0, 1, 2, -2):
    want = block - np.log(np.exp(block).sum(axis=dim, keepdims=True))
    expect_close(log_softmax(Tensor(block), dim).data, want, f"log_softmax(x, dim={dim})")
one_row = log_softmax(Tensor([0.0, -np.inf]), 0)
expect_close(one_row.data, [0, -np.inf], "log_softmax of 0 and -inf")
### END HIDDEN TESTS
print("✅ Logarithms of probabilities, down to the hopeless ones")

# %% [markdown]
# The last two classes remember their axis:


# %%
#| export
class Softmax:
    """Probabilities along an axis."""

    def __init__(self, dim):
        """Remember the axis along which the results sum to 1."""
        self.dim = dim

    def __call__(self, x):
        """`softmax(x)` along the axis of this object."""
        return softmax(x, self.dim)

    def __repr__(self):
        return f"Softmax(dim={self.dim})"


# %%
#| export
class LogSoftmax:
    """Logarithms of probabilities along an axis."""

    def __init__(self, dim):
        """Remember the axis along which the probabilities sum to 1."""
        self.dim = dim

    def __call__(self, x):
        """`log_softmax(x)` along the axis of this object."""
        return log_softmax(x, self.dim)

    def __repr__(self):
        return f"LogSoftmax(dim={self.dim})"


# %% [markdown]
# ## 7 · Measure it
#
# A million numbers are 4 MB. Your `Meter` counts the operations of each activation and the memory they
# write. **Predict**: how many megabytes does `GELU("tanh")` write for its 4 MB of results?

# %%
guess = None

curves = [ReLU(), LeakyReLU(), Tanh(), Sigmoid(), GELU("tanh"), GELU()]
print(f"{'a million float32':34}{'time':>9}{'operations':>13}{'written':>10}")
for activation in [*curves, Softmax(dim=1), LogSoftmax(dim=1)]:
    milliseconds = time_call(functools.partial(activation, million), 3) * 1e3
    with Meter() as meter:
        activation(million)
    count, megabytes = len(meter.names), meter.bytes / 1e6
    print(f"{activation!r:34}{milliseconds:>6.1f} ms{count:>13}{megabytes:>7.0f} MB")
print("you said:", guess)

with Meter() as meter:
    softmax(million, dim=1)
print("\nsoftmax is", " → ".join(meter.names))

# %% [markdown]
# Beside a million calls of `math.erf` everything is cheap. But compare `Tanh()` with
# `GELU(approximate='tanh')`: the same one tanh, and around it eight sums and products, each writing 4 MB
# that the next one reads and throws away. In module 13 you will *fuse* such a chain into one pass over the
# numbers. Until then this is the price of composing. What it buys: each function is a line or two, right at
# the extremes, and module 09 will differentiate it without touching it.
#
# On most machines one row is odd. `LeakyReLU` has three operations, and is far slower than three times
# ReLU. Its `where` picks number by number, and a processor works ahead by guessing which of the two it will
# be. If that is the reason, the same numbers should be faster when there is nothing to guess. **Predict**,
# then sort them:

# %%
ordered = Tensor(np.sort(million.data.reshape(-1)))
print(f"as they come {time_call(lambda: LeakyReLU()(million), 3) * 1e3:5.1f} ms")
print(f"sorted       {time_call(lambda: LeakyReLU()(ordered), 3) * 1e3:5.1f} ms")

# %% [markdown]
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps:
# double-click the cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A colleague's network of 20 layers has a sigmoid after each. The last layers learn, the
# first ones don't change. Explain why, with numbers, and name a change that helps and a new trouble which
# that change may bring.
#
# ### BEGIN MARK SCHEME
# 2 points: the slope of a sigmoid is at most 0.25 (0.000045 at 10) and slopes multiply along the chain.
# 1 point: a number for 20 layers, such as 0.25^20 ≈ 1e-12. 1 point: ReLU, leaky ReLU or GELU, slope 1 on the right.
# 1 point: a trouble of the change: dead units (slope 0 on the left), unbounded values, the cost of erf.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** A language model chooses among 50,000 words, in `float32`. The right word's score lies 120
# below the best. What does `-log(softmax(x))` give for it, what does `-log_softmax(x)`, and why is
# subtracting the largest score not enough by itself?
#
# ### BEGIN MARK SCHEME
# 2 points: e^-120 underflows to 0 (smallest float32 about e^-103), so inf (or nan further on).
# 2 points: 120 plus the logarithm of the sum (between 0 and log 50,000 ≈ 10.8): a finite, useful number.
# 1 point: the shift prevents overflow only; log and exp must cancel on paper, before anything is rounded.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# The weights of the XOR network lie about in loose variables, and nothing knows which belong together. Pass
# the two biases in the wrong order:


# %%
def network(x, W1, b1, W2, b2):
    return relu(x @ W1 + b1) @ W2 + b2


W1, b1, W2, b2 = Tensor([[1, 1], [1, 1]]), Tensor([0, -1]), Tensor([[1], [-2]]), Tensor([0])
print("as meant:      ", network(corners, W1, b1, W2, b2).reshape(4))
print("biases swapped:", network(corners, W1, b2, W2, b1).tolist())

# %% [markdown]
# No error: `(2,)` and `(1,)` broadcast wherever they land. With two layers you notice. With fifty there are
# a hundred variables, to be passed in order, counted, saved, and found again by whatever trains them. In
# **04 · Layers** a weight and its bias move into one object that owns them.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_02_intelligence` against this notebook. When it is green, type `tito
# module complete activations` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("intelligence")
