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
# Multiply by a matrix, add a bias: whatever you built in module 02 keeps straight lines straight. Between any two
# layers of any network, from the first convolutional ones to GPT, stands a function that bends them, and at the
# end one that turns scores into probabilities. Each is a line or two of mathematics. The work is in keeping it
# right where `float32` ends, because that is where training runs die.
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

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.tensor import recorders
from tito.checks import expect_close, expect_equal, expect_raises, expect_true

# %% [markdown]
# ## A disc inside a ring
#
# Module 02 ended here: 200 points in a disc, 200 in a ring around it. A linear classifier is a straight line that
# says "ring" on one side of it. How good is the best one? Try them all, 360 directions at 61 distances from the
# middle, in one broadcast: `(400, 360, 1) > (61,)` is `(400, 360, 61)`, every point against every line.
#
# **Predict** the best accuracy before you run it. Guessing gives 50 %.

# %%
rng = np.random.default_rng(3)
angle = rng.uniform(0, 2 * np.pi, size=400)
radius = np.concatenate([rng.uniform(0, 1, size=200), rng.uniform(2, 3, size=200)])
points = Tensor(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
labels = np.repeat([0, 1], 200)

turns, distances = np.linspace(0, 2 * np.pi, 360, endpoint=False), np.linspace(-3, 3, 61)
directions = Tensor(np.stack([np.cos(turns), np.sin(turns)]))
answers = (points @ directions).unsqueeze(2) > distances
accuracy = (answers.data == labels[:, None, None]).mean(axis=0)
print(f"the best of {accuracy.size:,} lines: {accuracy.max():.1%}")

# %% [markdown]
# It cuts a slice off the ring and gives up on the rest. Would more layers help? A second linear layer on top of
# the first is
#
# ```
#      x     @   W1    +  b1            @   W2    +  b2
#   (n, 2)    (2, 16)   (16,)            (16, 3)   (3,)       →  (n, 3)
# ```
#
# **Write `collapse`**, which finds the *one* layer, a single `W` and `b`, that does the work of both. Multiply the
# brackets out on paper first: $(xW_1 + b_1)W_2 + b_2 = {}$?


# %% nbgrader={"grade": false, "grade_id": "collapse", "locked": false, "schema_version": 3, "solution": true, "task": false}
def collapse(W1, b1, W2, b2):
    """The one linear layer that equals two: a pair (W, b) with x @ W + b == (x @ W1 + b1) @ W2 + b2 for every x.

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
x = Tensor(np.arange(10).reshape(5, 2))
expect_close((x @ W + b).data, ((x @ W1 + b1) @ W2 + b2).data, "x @ W + b beside two layers")
W1, b1, W2, b2 = (
    Tensor(np.random.default_rng(1).normal(size=shape))
    for shape in [(2, 16), (16,), (16, 3), (3,)]
)
W, b = collapse(W1, b1, W2, b2)
two_layers = (x @ W1 + b1) @ W2 + b2
expect_close(
    (x @ W + b).data,
    two_layers.data,
    "x @ W + b beside two layers of 16 and 3",
    rtol=1e-4,
    atol=1e-4,
)
### END HIDDEN TESTS

# %% [markdown]
# By the same argument a hundred layers are one. Depth buys nothing until something between the layers is *not* of
# the form $xW + b$.
#
# ## 1 · One bend
#
# The smallest change that works: let positive numbers through and stop negative ones. It is called the
# **rectified linear unit**, and it is the most used activation there is.
#
# ```
#   x         -2   -0.5    0    0.5    2
#   relu(x)    0    0      0    0.5    2
# ```
#
# Everything you write here goes through the door of module 02, by Tensor operations, because module 09 can only
# find the slope of what passed it. The door lets anybody listen, and the given `Meter` does: it notes the name of
# each operation and the bytes of its result. The cell after it holds what *every* activation must obey, so that
# each check below can ask for it in one line; it is locked and needs nothing from you but a reading.


# %%
class Meter:
    """Listens at the door: `with Meter() as meter: …`, then `meter.names`, `meter.bytes` and `meter.last`."""

    def __enter__(self):
        self.names, self.bytes, self.last = [], 0, None
        recorders.append(self)
        return self

    def __exit__(self, *error):
        recorders.remove(self)

    def record(self, function, _inputs, _settings, output):
        self.names.append(function.__name__)
        self.bytes += output.nbytes
        self.last = output


with Meter() as meter:
    (points * 2 + 1).sum()
print(meter.names, f"{meter.bytes:,} bytes")


# %% nbgrader={"grade": false, "grade_id": "expect-sound", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_sound(function, name, shapes=((), (5,), (2, 3, 4))):
    """A Tensor of x's shape and dtype, made at the door, and x as it was before."""
    for shape in shapes:
        for dtype in ("float32", "float64"):
            x = Tensor(np.linspace(-3, 3, math.prod(shape)).reshape(shape), dtype=dtype)
            before, what = x.data.copy(), f"{name} for {dtype} numbers of shape {shape}"
            with Meter() as meter:
                y = function(x)
            hint = "compute with tensors, not with their `.data`"
            expect_true(
                isinstance(y, Tensor), f"type of {what}", "Tensor", type(y).__name__, hint
            )
            expect_equal(
                (y.shape, str(y.dtype)), (shape, dtype), f"shape and dtype of {what}", hint
            )
            expect_true(
                meter.last is y,
                what,
                "the result of an operation at the door",
                "another tensor",
                hint,
            )
            expect_close(
                x.data, before, f"x after {what}", hint="make a new tensor, leave x alone"
            )


def expect_quiet(function, x, name):
    """`function(x)`, computed without an overflow or a nan on the way."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            return function(x)
    except FloatingPointError as error:
        expect_true(
            False,
            name,
            "no overflow on the way",
            str(error),
            hint="which step grows without a limit?",
        )


# %% [markdown]
# **Predict**: what is `0 * inf`? One way to write ReLU is `x * (x > 0)`, where the comparison counts as 0 or 1.

# %%
with np.errstate(invalid="ignore"):
    print(np.array([-2.0, 3.0, -np.inf]) * np.array([False, True, False]))

# %% [markdown]
# Not a number. An infinite score is not far-fetched: in module 07 it means "don't look there". **Write `relu`** in a
# way that picks instead of multiplying; `maximum` and `where` of module 02 both can.


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
expect_close(
    relu(Tensor([-np.inf, np.inf])).data,
    [0, np.inf],
    "relu of -inf and inf",
    hint="0 * inf is nan",
)
expect_sound(relu, "relu(x)")
### BEGIN HIDDEN TESTS
expect_close(
    relu(Tensor([-1e4, 1e4, -1e-6])).data, [0, 1e4, 0], "relu of -1e4, 1e4 and -1e-6", atol=0
)
expect_equal(
    str(relu(Tensor([-3, 3], dtype=np.int64)).dtype), "int64", "dtype of relu(an int64 tensor)"
)
### END HIDDEN TESTS

# %% [markdown]
# ### What a bend can do
#
# The smallest problem that no line solves is **exclusive or**: say 1 where exactly one of two inputs is 1. Two ReLUs
# are enough, with weights that can be found by thinking:
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
for corner, h, y in zip(corners.tolist(), hidden.tolist(), output.tolist(), strict=True):
    print(f"inputs {corner} → hidden {h} → output {y:.0f}")

# %% [markdown]
# Look at the hidden numbers: (0, 1) and (1, 0) have landed on the *same* point. The layer folded the square like a
# sheet of paper, and after the fold a line is enough:

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 3.6))
for axis, spots, names, title in [
    (
        axes[0],
        corners.data,
        ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
        "The inputs: no line works",
    ),
    (
        axes[1],
        hidden.data,
        ["(0, 0)", "(0, 1) and (1, 0)", "", "(1, 1)"],
        "After relu: a line works",
    ),
]:
    axis.scatter(spots[:, 0], spots[:, 1], c=["C0", "C1", "C1", "C0"], s=120, zorder=3)
    for spot, name in zip(spots, names, strict=True):
        axis.annotate(name, spot, xytext=(8, -18), textcoords="offset points")
    axis.set(title=title, xlim=(-0.4, 2.6), ylim=(-0.4, 1.6))
axes[0].set(xlabel="input 0", ylabel="input 1")
axes[1].set(xlabel="hidden 0", ylabel="hidden 1")
ends = np.array([0.5, 2.6])
axes[1].plot(ends, (ends - 0.5) / 2, color="black", label="output = 0.5")
axes[1].legend()
plt.tight_layout()
plt.show()

# %% [markdown]
# Now the ring. Walk from the middle in any direction and ask how far you came *in that direction*: the matrix product
# of a point with a unit vector. Its ReLU forgets whoever went the other way. Ask `count` directions, spread evenly
# over the circle, and add the answers:
#
# ```
#   points (n, 2) @ directions (2, count) → relu → (n, count) → sum over the directions → (n,) → times π / count
# ```
#
# With many directions the sum, scaled so, is the distance from the middle. With four it is $(|x| + |y|)\,\pi/4$:
# east, north, west and south.
#
# **Predict**: how many directions does it take to close a border round the disc? **Write `ring_score`**, a network of
# two layers; the second has only ones as its weights.


# %% nbgrader={"grade": false, "grade_id": "ring-score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ring_score(points, count):
    """About how far each point lies from the middle, by a network of two layers: (n, 2) → (n,).

    The columns of the first layer's matrix, of shape (2, count), are the unit vectors (cos a, sin a) at the angles
    a = 2π · i / count for i = 0, 1, …, count - 1. Then relu, the sum over the directions, times π / count.
    """
    ### BEGIN SOLUTION
    angles = 2 * np.pi * np.arange(count) / count
    directions = Tensor(np.stack([np.cos(angles), np.sin(angles)]))
    return relu(points @ directions).sum(dim=1) * np.pi / count
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ring-score-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
probes = Tensor([[2, 0], [0, -2], [1, 1], [-3, 0]])
quarter = np.pi / 4
expect_close(
    ring_score(probes, 4).data,
    [2 * quarter, 2 * quarter, 2 * quarter, 3 * quarter],
    "ring_score with 4 directions",
)
expect_close(
    ring_score(probes, 1).data,
    [2 * np.pi, 0, np.pi, 0],
    "ring_score with 1 direction, east",
    atol=1e-5,
)
distance = np.hypot(probes.data[:, 0], probes.data[:, 1])
expect_close(ring_score(probes, 200).data, distance, "ring_score with 200 directions", rtol=1e-3)
### BEGIN HIDDEN TESTS
expect_close(
    ring_score(probes, 3).data * 3 / np.pi,
    [2, np.sqrt(3), (1 + np.sqrt(3)) / 2, 3],
    "ring_score with 3 directions",
)
far = (ring_score(points, 16).data > 1.5) == labels
expect_true(
    far.all(),
    "ring_score(points, 16) > 1.5",
    "true on the ring, false on the disc",
    f"{far.mean():.1%} right",
)
### END HIDDEN TESTS

# %% [markdown]
# And there it is, the border that no line could draw. Without the ReLU the directions cancel: their sum is 0.

# %%
side = np.linspace(-3.5, 3.5, 281)
mesh = Tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2))

fig, axes = plt.subplots(1, 4, figsize=(13, 3.6), sharey=True)
for axis, count in zip(axes, [1, 2, 3, 16], strict=True):
    says_ring = (ring_score(mesh, count) > 1.5).data.reshape(281, 281)
    right = ((ring_score(points, count) > 1.5).data == labels).mean()
    axis.contourf(side, side, says_ring, levels=[-0.5, 0.5, 1.5], colors=["C0", "C1"], alpha=0.2)
    axis.scatter(points.data[:, 0], points.data[:, 1], c=np.where(labels, "C1", "C0"), s=4)
    axis.set(title=f"{count} ReLU{'s' * (count > 1)}: {right:.1%}", xlabel="x", aspect="equal")
axes[0].set(ylabel="y")
plt.show()

angles = 2 * np.pi * np.arange(16) / 16
linear = (points @ Tensor(np.stack([np.cos(angles), np.sin(angles)]))).sum(dim=1)
print(
    f"16 directions without relu: no score is further from 0 than {linear.abs().amax().item():.0e}"
)

# %% [markdown]
# One bend is a line, two a strip, **three** close a border, and sixteen are a circle to the eye. Each ReLU
# contributes one crease, and any border can be drawn with enough of them. You set these weights by thinking. From
# module 09 on, they will be found by walking downhill, and that raises a question no accuracy answers: *which way is
# down?* So from here on two things count about an activation: its values **and its slope**.
#
# ## 2 · The S-curves
#
# Before ReLU there was the **sigmoid**, which squashes any number into (0, 1), and it is still what opens and shuts a
# gate or says yes or no: $\sigma(x) = \dfrac{1}{1 + e^{-x}}$. Typed in as it stands:


# %%
def naive_sigmoid(x):
    return 1 / (1 + (-x).exp())


def aloud():
    """Floating-point trouble, printed where it happens."""
    return np.errstate(
        over="call", invalid="call", divide="call", call=lambda kind, _: print("   NumPy:", kind)
    )


with aloud():
    print("1 / (1 + e^-x)    at 0, 10, -100:", naive_sigmoid(Tensor([0.0, 10.0, -100.0])))
    grown = Tensor([0.0, 10.0, 100.0]).exp()
    print("e^x / (1 + e^x)   at 0, 10,  100:", grown / (1 + grown))
    print("e^x / (1 + e^x)²  at 0, 10,  100:", grown / (1 + grown) ** 2, "(the slope)")
print(
    f"the largest number float32 knows is {np.finfo(np.float32).max:.2e} = e^{np.log(np.finfo(np.float32).max):.2f}"
)

# %% [markdown]
# $e^{100}$ is beyond `float32`. The first line is right by luck, since 1 / inf is 0. The second, the same function
# written another way, is not, and neither is the slope: inf / inf is **nan**. One nan is enough: after the next matrix
# product it is in every number of its row, and after one step of training in every weight of the model.
#
# The rule: **never let an exponential grow.** Here a function you own already knows how:
#
# $$\tanh(u) = \frac{e^u - e^{-u}}{e^u + e^{-u}} \qquad\text{so}\qquad 1 + \tanh(u) = \frac{2\,e^u}{e^u + e^{-u}}$$
#
# Multiply the last fraction by $e^{-u}$ above and below, compare with $\sigma$, and you see for which $u$ it is twice
# the sigmoid. The two S-curves are one curve, and NumPy's `tanh` is right for every number.
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
expect_close(
    sigmoid(x).data,
    [0.1192029, 0.3775407, 0.5, 0.7310586, 0.9820138],
    "sigmoid of -2, -0.5, 0, 1 and 4",
)
expect_close(
    (sigmoid(x) + sigmoid(-x)).data,
    np.ones(5),
    "sigmoid(x) + sigmoid(-x)",
    hint="what is left of 1",
)
expect_sound(sigmoid, "sigmoid(x)")
extremes = Tensor([-np.inf, -1e4, -1000, -100, 100, 1000, 1e4, np.inf])
answers = expect_quiet(sigmoid, extremes, "sigmoid of numbers up to ±inf")
expect_close(answers.data, [0, 0, 0, 0, 1, 1, 1, 1], "sigmoid of numbers up to ±inf")
### BEGIN HIDDEN TESTS
x = np.random.default_rng(2).uniform(-8, 8, size=(4, 5))
expect_close(sigmoid(Tensor(x)).data, 1 / (1 + np.exp(-x)), "sigmoid of random numbers")
expect_equal(
    str(sigmoid(Tensor([1, 2], dtype=np.int64)).dtype),
    "float32",
    "dtype of sigmoid(an int64 tensor)",
)
### END HIDDEN TESTS

# %% [markdown]
# ### What it costs
#
# Nothing is free. **Predict** what this prints: $\sigma(-20)$ is about $2 \cdot 10^{-9}$, and `float32` can hold that.

# %%
x = Tensor([-5.0, -10.0, -15.0, -20.0])
print("by tanh      ", sigmoid(x))
print("by e^x       ", x.exp() / (1 + x.exp()))

# %% [markdown]
# `1 + tanh(…)` adds 1 to something near -1, and of the digits only those above $6 \cdot 10^{-8}$ are left. As an answer
# between 0 and 1 that is as good as any. But take its logarithm, and 0 becomes -inf; section 6 is about that.
#
# Why not $e^{-|x|}$, which never grows either and keeps the small digits? Because $|x|$ has a corner at 0, exactly
# where the sigmoid is steepest. Module 09 goes through a computation step by step, finds a step without a slope
# there, and takes 0 for it. The values would be right and the training wrong.
#
# ## 3 · Slopes under the microscope
#
# Module 09 will compute slopes exactly. You can *measure* them today. Step a little to both sides and see how much
# the function rose:
#
# $$\text{slope}(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# For $f(x) = x^3$ at 2, whose slope is 12, with $h = 0.1$:

# %%
f, h = (lambda x: x**3), 0.1
print(f"one side:   ({f(2 + h):.3f} - {f(2):.3f}) / 0.1 = {(f(2 + h) - f(2)) / h:.2f}")
print(
    f"both sides: ({f(2 + h):.3f} - {f(2 - h):.3f}) / 0.2 = {(f(2 + h) - f(2 - h)) / (2 * h):.2f}"
)

single = Tensor(2.0)
print(
    "both sides with h = 1e-4, in float32:", ((single + 1e-4) ** 3 - (single - 1e-4) ** 3) / 2e-4
)

# %% [markdown]
# Two lessons: both sides are far better than one, since the errors of left and right cancel; and a small `h` needs
# more digits than `float32` has, because two nearly equal numbers are subtracted. So **write `slope`**, and let it
# work in `float64` whatever it is given: `Tensor(x, dtype=…)` makes a copy of another dtype.


# %% nbgrader={"grade": false, "grade_id": "slope", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slope(function, x, h=1e-4):
    """How steeply `function` rises at each number of x, measured from both sides, in float64.

    function: takes a Tensor and returns one of the same shape; each number depends only on its own input
    x: a Tensor of any dtype; returns a float64 Tensor of its shape: (f(x + h) - f(x - h)) / 2h
    """
    ### BEGIN SOLUTION
    x = Tensor(x, dtype=np.float64)
    return (function(x + h) - function(x - h)) / (2 * h)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "slope-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[0.0, 1.0], [2.0, -3.0]])
expect_equal(str(slope(tanh, x).dtype), "float64", "dtype of slope(tanh, a float32 tensor)")
expect_close(
    slope(lambda x: x**3, x).data,
    [[0, 3], [12, 27]],
    "slope of x³",
    rtol=1e-7,
    atol=1e-7,
    hint="both sides",
)
expect_close(
    slope(sigmoid, Tensor(0.0)).data,
    0.25,
    "slope of sigmoid at 0",
    hint="the two points lie 2h apart",
)
expect_close(
    slope(lambda x: 5 - x, x).data, -np.ones((2, 2)), "slope of 5 - x", hint="right minus left"
)
### BEGIN HIDDEN TESTS
expect_close(
    slope(lambda x: x**3, x, h=0.1).data,
    [[0.01, 3.01], [12.01, 27.01]],
    "slope of x³ with h = 0.1",
)
expect_close(
    slope(lambda x: x.exp(), x).data, np.exp(x.data.astype(np.float64)), "slope of exp", rtol=1e-7
)
### END HIDDEN TESTS

# %% [markdown]
# ### Saturation
#
# **Predict**: a sigmoid neuron is sure of itself, x = 10. Something was wrong, and it should change its mind. By how
# much does its output move when x moves a little?

# %%
x = Tensor([0.0, 1.0, 2.0, 5.0, 10.0])
print("x             " + "".join(f"{value:>10.0f}" for value in x.tolist()))
for function in (sigmoid, tanh, relu):
    print(
        f"slope {function.__name__:8}"
        + "".join(f"{value:>10.2g}" for value in slope(function, x).tolist())
    )

# %% [markdown]
# At 10 the sigmoid passes on 0.0045 % of a signal: it is **saturated**, deaf to correction. And even at its best, at 0, a
# quarter. Layers multiply: the slope of a chain is the product of the slopes in it. (At 0 ReLU has a corner, and the
# microscope sees the average of both sides, 0.5. There is no right answer; frameworks agree on 0.)


# %%
def slope_through(function, depth):
    """The slope at 1 of `function` of `function` of …, `depth` deep: the product of the slopes on the way."""
    x, product = Tensor(1.0), 1.0
    for _ in range(depth):
        product *= slope(function, x).item()
        x = function(x)
    return product


three_deep = slope(lambda x: sigmoid(sigmoid(sigmoid(x))), Tensor(1.0)).item()
print(
    f"three sigmoids: measured in one go {three_deep:.6f}, as a product {slope_through(sigmoid, 3):.6f}"
)
print("layers    sigmoid      tanh      relu")
for depth in (1, 2, 5, 10, 20):
    print(
        f"{depth:>6}"
        + "".join(
            f"{slope_through(function, depth):>10.1e}" for function in (sigmoid, tanh, relu)
        )
    )

# %% [markdown]
# Twenty sigmoids let less than one part in a trillion through: the first layer learns nothing. This is the **vanishing
# gradient**, and it kept networks shallow for twenty years. ReLU has slope 1 wherever it is on, however deep the stack.
#
# ### And where it is off?
#
# A ReLU whose input is negative for *every* example has slope 0 for every example: nothing tells it which way to go. It
# is **dead**. The remedy is a small slope on the left:
#
# ```
#   x                     -2     -0.5    0    0.5    2
#   leaky_relu(x, 0.01)   -0.02  -0.005  0    0.5    2
# ```
#
# **Write `leaky_relu`.** `negative_slope` may be any number; with 2, say, the left side is steeper than the right.


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
expect_close(
    leaky_relu(x).data,
    [[-0.02, -0.005, 0], [0.5, 2, 100]],
    "leaky_relu(x)",
    hint="the default slope is 0.01",
)
expect_close(leaky_relu(x, 0.2).data, [[-0.4, -0.1, 0], [0.5, 2, 100]], "leaky_relu(x, 0.2)")
expect_close(
    leaky_relu(x, negative_slope=0).data, relu(x).data, "leaky_relu with slope 0 beside relu"
)
expect_sound(leaky_relu, "leaky_relu(x)")
### BEGIN HIDDEN TESTS
hint = "the larger of x and slope * x is right only for slopes below 1"
expect_close(
    leaky_relu(x, 2.0).data, [[-4, -1, 0], [0.5, 2, 100]], "leaky_relu(x, 2.0)", hint=hint
)
expect_close(leaky_relu(x, -1).data, np.abs(x.data), "leaky_relu(x, -1) beside |x|", hint=hint)
expect_close(
    leaky_relu(Tensor([-np.inf, -1e4, np.inf])).data,
    [-np.inf, -100, np.inf],
    "leaky_relu of -inf, -1e4 and inf",
)
### END HIDDEN TESTS

# %% [markdown]
# ### From a function to a layer
#
# A network is a list of steps, and a step has *settings*: which slope, which axis. PyTorch therefore has everything
# twice: `torch.nn.functional.relu` is the mathematics, and `torch.nn.ReLU` holds the settings and is called like a
# function. So shall we. `ReLU` shows the form:


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
expect_close(gentle(x).data, [-0.1, 10], "LeakyReLU()(x)")
expect_close(
    steep(x).data, [-5, 10], "LeakyReLU(negative_slope=0.5)(x)", hint="the slope of *this* object"
)
expect_equal(repr(steep), "LeakyReLU(negative_slope=0.5)", "repr of LeakyReLU(0.5)")
expect_equal(
    (gentle.negative_slope, steep.negative_slope), (0.01, 0.5), "the slopes they remember"
)
### BEGIN HIDDEN TESTS
expect_equal(repr(LeakyReLU()), "LeakyReLU(negative_slope=0.01)", "repr of LeakyReLU()")
steep.negative_slope = 3
expect_close(steep(x).data, [-30, 10], "a LeakyReLU whose slope was changed to 3")
expect_sound(LeakyReLU(0.3), "LeakyReLU(0.3)(x)")
### END HIDDEN TESTS

# %% [markdown]
# Does the leak revive a dead unit? One unit, `activation(x + b)`, should learn to answer `x + 1` for the numbers from 0
# to 1: the right bias is 1. It starts badly, at -3, where `x + b` is negative for all of them. Your `slope` says which way is
# down, and 300 times it takes a step:

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
# Transformers use a smooth relative of ReLU, the **Gaussian error linear unit**. Instead of asking *is x positive?* it
# asks *how likely is a normal random number to be below x?* and multiplies x by that:
#
# $$\text{gelu}(x) = x \cdot \Phi(x) = \frac{x}{2}\left(1 + \operatorname{erf}\frac{x}{\sqrt 2}\right)$$
#
# For example $\Phi(1) = 0.8413$: 84 % of normal numbers lie below 1, so gelu(1) = 0.8413.
#
# NumPy has no error function `erf`, but Python has one for single numbers. Here is a NumPy function made of it, and
# its way through the door. Any function of arrays can go through: that is all a new operation takes.


# %%
#| export
def erf_values(array):
    """The error function of each number of an array: one call of `math.erf` for each, so exact, and slow."""
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
# **Write `gelu`** with both, and a `ValueError` for any other word: a typing mistake in a setting must not be taken for
# one of the two. Write $x^3$ as `x * x * x`; the reason is in the measurement below.


# %% nbgrader={"grade": false, "grade_id": "gelu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gelu(x, approximate="none"):
    """x times the chance that a normal random number is below x.

    x: a Tensor of any shape; returns a Tensor of its shape and dtype
    approximate: "none" computes it with `erf`, "tanh" with `tanh` as above; else ValueError naming both words
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
exact = [-0.0455003, -0.1586553, 0, 0.8413447, 1.9544997, 1e4, 0]
expect_close(
    expect_quiet(gelu, x, "gelu(x)").data, exact, "gelu of -2, -1, 0, 1, 2, 1e4 and -1e4"
)
tanh_form = [-0.0454023, -0.1588080, 0, 0.8411920, 1.9545977, 1e4, 0]
expect_close(
    gelu(x, approximate="tanh").data,
    tanh_form,
    'gelu(x, approximate="tanh")',
    hint="√(2/π) ≈ 0.7979",
)
expect_raises(ValueError, lambda: gelu(x, "tanhh"), 'gelu(x, "tanhh")', says=("none", "tanh"))
expect_sound(gelu, "gelu(x)")
### BEGIN HIDDEN TESTS
expect_sound(lambda x: gelu(x, "tanh"), 'gelu(x, "tanh")')
x = np.random.default_rng(4).uniform(-4, 4, size=(3, 50))
cube_form = x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
expect_close(
    gelu(Tensor(x, dtype=np.float64), "tanh").data,
    cube_form,
    "gelu(x, 'tanh') in float64",
    rtol=1e-7,
)
expect_close(
    gelu(Tensor(x)).data,
    x / 2 * (1 + np.vectorize(math.erf)(x / np.sqrt(2))),
    "gelu of random numbers",
)
### END HIDDEN TESTS

# %% [markdown]
# How good is the approximation, and how slow is the exact one? A million numbers, the best of three:


# %%
def best_time(function, x, repeat=3):
    """Seconds of the fastest of `repeat` runs of `function(x)`."""
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        function(x)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


x, million = (
    Tensor(np.linspace(-5, 5, 1001)),
    Tensor(np.random.default_rng(0).normal(size=(1000, 1000))),
)
print(f"largest difference on [-5, 5]: {(gelu(x) - gelu(x, 'tanh')).abs().amax().item():.1e}")
for name, function in [
    ('gelu(x, "none")', gelu),
    ('gelu(x, "tanh")', lambda x: gelu(x, "tanh")),
    ("x * x * x", lambda x: x * x * x),
    ("x ** 3", lambda x: x**3),
]:
    print(f"{name:16}{best_time(function, million) * 1e3:7.1f} ms")

# %% [markdown]
# The tanh form is off by less than 0.0005 and many times faster. That is a bargain that `x ** 3` would have thrown away:
# a function made for *any* exponent pays for it with every number.
#
# The remaining classes have nothing new in them. Then all five curves, and below each its slope, measured by you:


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
# Read the lower row: where the red curve is near 0, nothing can be learned. The S-curves are deaf on both sides, ReLU on
# one; GELU even has a stretch where more input means *less* output.
#
# ## 5 · Scores into probabilities
#
# A classifier ends in a row of scores, one for each class, of any size and sign. **Softmax** makes probabilities of them:
# positive, summing to 1, in the same order.
#
# $$\text{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# ```
#   scores   [ 2    1    0   ]
#   e^x      [ 7.39 2.72 1   ]     sum 11.11
#   softmax  [ 0.67 0.24 0.09]
# ```
#
# The three rows below are the same but for a constant. **Predict** what the formula as it stands makes of each.


# %%
def naive_softmax(x):
    return x.exp() / x.exp().sum(dim=1, keepdim=True)


with aloud():
    print(
        naive_softmax(Tensor([[2.0, 1.0, 0.0], [102.0, 101.0, 100.0], [-102.0, -103.0, -104.0]]))
    )

# %% [markdown]
# Too large, and it is inf / inf. Too small, and hardly a digit is left (0.8 where 0.67 belongs); a bit smaller still, and
# it is 0 / 0. But add a constant $c$ to all
# scores and every exponential is multiplied by the same $e^c$, above and below: **softmax doesn't notice**. You may
# choose the constant, so choose the one that makes the largest score 0. Then no exponential exceeds 1, one of them is
# exactly 1, and the sum can't be 0.
#
# **Write `softmax`.** `dim` is the axis along which the results sum to 1: each row has its own largest score.


# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def softmax(x, dim):
    """Probabilities along axis `dim`: e^x over the sum of e^x, for scores of any size.

    x: a Tensor of at least one axis; returns a Tensor of its shape and dtype; a score of -inf gets probability 0
    """
    ### BEGIN SOLUTION
    exponentials = (x - x.amax(dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim, keepdim=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "softmax-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
expect_close(
    softmax(x, dim=1).data, [[0.6652409, 0.2447285, 0.0900306], [1 / 3] * 3], "softmax(x, dim=1)"
)
expect_close(
    softmax(x, 0).data.sum(axis=0),
    [1, 1, 1],
    "the columns' sums of softmax(x, dim=0)",
    hint="along dim, keeping it",
)
wide = Tensor([[1000.0, 1000.0, 998.0], [-1000.0, -1000.0, -1002.0], [0.0, 0.0, -2.0]])
rows = expect_quiet(lambda x: softmax(x, 1), wide, "softmax of scores around 1000, -1000 and 0")
expect_close(
    rows.data,
    np.tile([0.4683105, 0.4683105, 0.0633789], (3, 1)),
    "the same row, shifted",
    hint="each row's own largest",
)
expect_sound(lambda x: softmax(x, -1), "softmax(x, -1)", shapes=[(5,), (3, 3), (2, 3, 4)])
### BEGIN HIDDEN TESTS
masked = softmax(Tensor([[0.0, -np.inf, 0.0], [1e4, -1e4, 0.0]]), dim=1)
expect_close(masked.data, [[0.5, 0, 0.5], [1, 0, 0]], "softmax of rows with -inf and with ±1e4")
block = np.random.default_rng(5).normal(size=(3, 3, 3)) * 3
for dim in (0, 1, 2, -2):
    powers = np.exp(block)
    expect_close(
        softmax(Tensor(block), dim).data,
        powers / powers.sum(axis=dim, keepdims=True),
        f"softmax(x, dim={dim})",
    )
### END HIDDEN TESTS

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
# That is why ours has no default for `dim`. (PyTorch's has one for old code's sake, and warns when it guesses.)
#
# ### Temperature
#
# How sure should a model be? Divide the scores by a **temperature** first. **Predict** what becomes of the probabilities as
# the temperature goes to 0, and to infinity.

# %%
scores = Tensor([2.0, 1.0, 0.0, -1.0])
for temperature in (0.1, 0.5, 1.0, 2.0, 100.0):
    chances = softmax(scores / temperature, dim=0).tolist()
    print(f"temperature {temperature:>5}: " + "  ".join(f"{chance:6.1%}" for chance in chances))

# %% [markdown]
# Cold, it is `argmax`; hot, it is a die. A language model's temperature is this number. To see it, take three centres as in
# module 02, score every place by its squared distance to each, and mix three colours by the probabilities,
# `(19600, 3) @ (3, 3)`:

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
    axis.set_title(f"temperature {temperature:g}")
plt.show()

# %% [markdown]
# ## 6 · The logarithm of a probability
#
# Training asks "how surprised were you by the right answer?", and measures it by $-\log p$: 0 for a sure hit, large
# for a bad miss. The worst misses teach most. Here a model gives the right class, the last one, ever lower scores:

# %%
with aloud():
    for score in (-10.0, -90.0, -110.0, -1000.0):
        chance = softmax(Tensor([0.0, 0.0, score]), dim=0)[2]
        print(f"score {score:>7}: p = {chance.item():.3g}, -log p = {(-chance.log()).item():.4f}")

# %% [markdown]
# Your softmax did nothing wrong: $e^{-110}$ is smaller than the smallest number of `float32`, about $e^{-103}$, so it is 0, and
# the logarithm of 0 is -inf. And at -90 there were few digits left. Subtracting the largest score guards against
# *over*flow, not against *under*flow. The way out is on paper: logarithm and exponential cancel.
#
# $$\log \frac{e^{x_i}}{\sum_j e^{x_j}} = x_i - \log \sum_j e^{x_j}$$
#
# and with the largest score $m$ subtracted from all, as before. One trap is left: $m + \log\sum$ as a sum of its own. For
# scores of 20,000:

# %%
print(
    "20000 - (20000 + log 2)  →",
    Tensor(20000.0) - (Tensor(20000.0) + math.log(2)),
    "   true: -0.693147",
)
print("(20000 - 20000) - log 2  →", (Tensor(20000.0) - 20000) - math.log(2))

# %% [markdown]
# `float32` has seven digits, and 20,000.693 spends five of them before the point. So subtract $m$ first and never add it
# back. **Write `log_softmax`.**


# %% nbgrader={"grade": false, "grade_id": "log-softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_softmax(x, dim):
    """The logarithm of `softmax(x, dim)`: finite wherever x is, and no digits lost where scores are large.

    x: a Tensor of at least one axis; returns a Tensor of its shape and dtype
    """
    ### BEGIN SOLUTION
    shifted = x - x.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log-softmax-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
expect_close(
    log_softmax(x, dim=1).data,
    [[-0.4076059, -1.4076059, -2.4076059], [-np.log(3)] * 3],
    "log_softmax(x, dim=1)",
)
expect_close(
    log_softmax(x, dim=0).exp().data,
    softmax(x, dim=0).data,
    "exp of log_softmax(x, dim=0) beside softmax",
)
hard = Tensor([[0.0, 0.0, -1e4], [1000.0, 1000.0, 0.0]])
answers = expect_quiet(
    lambda x: log_softmax(x, 1), hard, "log_softmax of scores 1,000 and 10,000 apart"
)
log2 = np.log(2)
expect_close(
    answers.data,
    [[-log2, -log2, -1e4 - log2], [-log2, -log2, -1000 - log2]],
    "scores far apart",
    hint="log(0) is -inf",
)
expect_close(
    log_softmax(Tensor([20000.0, 20000.0]), 0).data,
    [-log2, -log2],
    "two scores of 20,000",
    hint="m first, and for good",
)
expect_sound(lambda x: log_softmax(x, -1), "log_softmax(x, -1)", shapes=[(5,), (3, 3), (2, 3, 4)])
### BEGIN HIDDEN TESTS
block = np.random.default_rng(6).normal(size=(3, 3, 3)) * 3
for dim in (0, 1, 2, -2):
    by_hand = block - np.log(np.exp(block).sum(axis=dim, keepdims=True))
    expect_close(log_softmax(Tensor(block), dim).data, by_hand, f"log_softmax(x, dim={dim})")
expect_close(
    log_softmax(Tensor([0.0, -np.inf]), 0).data, [0, -np.inf], "log_softmax of 0 and -inf"
)
### END HIDDEN TESTS


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
# A million numbers are 4 MB. Your `Meter` counts the operations of each activation and the memory they write.
# **Predict** which is the slowest, and how much memory the tanh form of GELU writes for its 4 MB of results.

# %%
print(f"{'a million float32':36} {'time':>9}   operations   written")
for activation in [
    ReLU(),
    LeakyReLU(),
    Tanh(),
    Sigmoid(),
    GELU("tanh"),
    GELU(),
    Softmax(dim=1),
    LogSoftmax(dim=1),
]:
    seconds = best_time(activation, million)
    with Meter() as meter:
        activation(million)
    print(
        f"{activation!r:36} {seconds * 1e3:6.1f} ms   {len(meter.names):>10}   {meter.bytes / 1e6:4.0f} MB"
    )

with Meter() as meter:
    softmax(million, dim=1)
print("\nsoftmax is", " → ".join(meter.names))
ordered = Tensor(np.sort(million.data.reshape(-1)))
print(f"LeakyReLU() of the same numbers, sorted: {best_time(LeakyReLU(), ordered) * 1e3:.1f} ms")

# %% [markdown]
# Beside a million calls of `math.erf` everything is cheap. But compare the rows of `Tanh` and `GELU(approximate='tanh')`: the
# same one tanh, and around it eight sums and products, each writing 4 MB for the next to read and throw away. In module 13
# you will *fuse* such a chain into one pass over the numbers. And `LeakyReLU` is slower than three operations explain:
# `where` picks number by number, a processor guesses ahead which it will be, and on random numbers it guesses wrong half
# of the time. On sorted ones it is right.
#
# That is the price of composing. What you get for it: each function is a line or two, right at the extremes, and
# module 09 will differentiate all of them without having seen one.
#
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps: double-click the
# cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A colleague's network of 20 layers has a sigmoid after each. The last layers learn, the first ones don't
# change. Explain why, with numbers, and name a change that helps and a new trouble which that change may bring.
#
# ### BEGIN MARK SCHEME
# 2 points: the slope of a sigmoid is at most 0.25 (0.000045 at 10) and slopes multiply along the chain.
# 1 point: a number for 20 layers, such as 0.25^20 ≈ 1e-12. 1 point: ReLU, leaky ReLU or GELU, slope 1 on the right.
# 1 point: a trouble of the change: dead units (slope 0 on the left), unbounded values, the cost of erf.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** A language model chooses among 50,000 words, in `float32`. The right word's score lies 120 below the best.
# What does `-log(softmax(x))` give for it, what does `-log_softmax(x)`, and why is subtracting the largest score not
# enough by itself?
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
# The weights of the XOR network lie about in loose variables, and nothing knows which belong together. Pass the two
# biases in the wrong order:


# %%
def network(x, W1, b1, W2, b2):
    return relu(x @ W1 + b1) @ W2 + b2


W1, b1, W2, b2 = Tensor([[1, 1], [1, 1]]), Tensor([0, -1]), Tensor([[1], [-2]]), Tensor([0])
print("as meant:      ", network(corners, W1, b1, W2, b2).reshape(4))
print("biases swapped:", network(corners, W1, b2, W2, b1).tolist())

# %% [markdown]
# No error: `(2,)` and `(1,)` broadcast wherever they land. With two layers you notice. With fifty there are a hundred
# variables, to be passed in order, counted, saved, and found again by whatever trains them. In **04 · Layers** a weight
# and its bias move into one object that owns them.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_02_intelligence` against this notebook. When it is green, type
# `tito module complete activations` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("intelligence")
