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
# # 09 · Autograd
#
# You own layers, convolutions and attention, all with random weights. To make them learn, somebody has to say
# for each of thousands of weights whether the loss falls if it grows, and how steeply. In this module you
# build the engine that answers for all of them at once, at the price of about two more forward passes. It goes to
# the tensor's one door, and nothing that you wrote before changes by a single line.
#
# **You will be able to say:** *I can differentiate any computation automatically.*
#
# | you build | it gives you |
# |---|---|
# | `central_difference` | slopes by trying out: slow, and the judge of all that follows |
# | one rule for each NumPy function | the slope of that one step, in a line or two |
# | `Tape`, `topological_order`, `backward` | the chain rule over a graph of any shape |
# | `no_grad` | the same computation without a memory |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import contextlib
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinytorch.core.activations import erf_values
from tinytorch.core.tensor import Tensor, from_numpy, recorders, take

# %% [markdown]
# ## Learning by trying
#
# Module 05 searched for the weights of XOR by throwing dice. A better idea: move *one* weight a little, see what
# the loss does, and move it where the loss falls. It works for nine weights. Here is a network for the digits of
# 8 × 8 pixels. **Predict**: how long would it take to try each of its weights once, up and down?

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.dense import MLP, Sequential, count_parameters, cross_entropy
from tinytorch.core.setup import manual_seed, time_call
from tinytorch.images import digits, photograph
from tito.checks import expect_close, expect_equal, expect_raises, expect_true

guess = None

manual_seed(0)
images, labels = digits()
network = MLP(64, [128], 10)
batch, classes = Tensor(images[:64].reshape(64, 64)), Tensor(labels[:64], dtype=np.int64)
seconds = time_call(lambda: cross_entropy(network(batch), classes), 50)
weights = count_parameters(network)
print(f"{weights:,} weights, {2 * weights:,} passes of {seconds * 1e3:.2f} ms", end=" = ")
print(f"{2 * weights * seconds:.1f} s for ONE step; GPT-2 has 124,000,000 weights")
print("you said:", guess)

# %% [markdown]
# ## 1 · The slope, by trying
#
# Seconds for one step of thousands, for a network that is tiny. The price grows with the *square* of the size:
# more weights to try, and each trial costs more. But what trying finds is *right*, without any theory, so it
# becomes the judge of everything that follows. Move one number up and down by a small `eps`:
#
# $$\text{slope} \approx \frac{f(x + eps) - f(x - eps)}{2\,eps}$$
#
# For $f(x) = x^3$ at $x = 2$, with `eps` = 0.1: $(9.261 - 6.859) / 0.2 = 12.01$, and the truth is 12.
#
# **Write it.** `function` may also use `x` behind your back (a weight in a layer, say), so move the numbers *in*
# `x.data`, one after the other, and put each back exactly: `x + eps - eps` is not always `x`.


# %% nbgrader={"grade": false, "grade_id": "central-difference", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def central_difference(function, x, eps=1e-6):
    """The slope of `function(x)` towards each number of `x`: a float64 array of x's shape.

    function: takes the Tensor `x` itself and returns a Tensor of one number
    x: a float64 Tensor. Each number of `x.data` is moved by +eps and by -eps, in place, while
    all others are as they were; afterwards it is exactly what it was.
    Raises TypeError where x has another dtype; the message mentions float64.
    """
    ### BEGIN SOLUTION
    if x.dtype != np.float64:
        raise TypeError(f"a difference of {x.dtype} numbers is mostly noise: make x float64")
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        middle = x.data[place]
        x.data[place] = middle + eps
        above = function(x).item()
        x.data[place] = middle - eps
        below = function(x).item()
        x.data[place] = middle
        slopes[place] = (above - below) / (2 * eps)
    return slopes
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "central-difference-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[0.1, 2.0, -1.0], [0.7, 0.0, 3.0]], dtype=np.float64)
before = x.data.copy()
slopes = central_difference(lambda x: (x * x * x).sum(), x)
expect_close(slopes, 3 * before**2, "the slopes of the sum of x³", hint="3 x² each", atol=1e-7)
expect_close(x.data, before, "x afterwards", rtol=0, atol=0, hint="put back what was there")
y = Tensor(2.0, dtype=np.float64)
expect_close(central_difference(lambda y: y * y * y, y, eps=0.1), 12.01, "the slope, eps=0.1")
single = Tensor([1.0])
expect_raises(
    TypeError, lambda: central_difference(Tensor.sum, single), "float32", says=("float64",)
)
### BEGIN HIDDEN TESTS
hidden = Tensor([1.0, 2.0], dtype=np.float64)
slopes = central_difference(lambda _: (hidden * hidden).sum(), hidden)
expect_close(slopes, [2, 4], "slopes of what uses x behind your back", hint="move x.data itself")
got = central_difference(lambda x: (x[0] * x[1]).sum(), x)
expect_close(got, before[::-1], "the slopes of x[0] · x[1]", hint="one number at a time")
### END HIDDEN TESTS
print("✅ A slope for each number, without any theory")

# %% [markdown]
# Why `float64`, and why $10^{-6}$? The slope of $e^{x}$ at 1 is $e$; the picture shows how far off the
# difference is. **Predict**: which `eps` would be best in `float32`?

# %%
guess = None

steps = 10.0 ** np.arange(-12, 0.5, 0.25)
fig, axis = plt.subplots(figsize=(7, 3.5))
for dtype in (np.float32, np.float64):
    one, off = dtype(1), []
    for eps in steps.astype(dtype):
        off.append(
            abs(float(np.exp(one + eps) - np.exp(one - eps)) / float(2 * eps) - np.e) / np.e
        )
    axis.loglog(steps, off, marker=".", label=f"{dtype.__name__}, at best {min(off):.0e}")
axis.set(title="How wrong a central difference is", xlabel="eps", ylabel="relative error")
axis.legend()
plt.show()
print("you said:", guess)

# %% [markdown]
# Two faults meet. A large step cuts the curve's corner: that error falls with eps². A small step subtracts two
# numbers that are nearly equal, and their last digits are all that is left: that error *grows*. In `float32` a
# lucky eps gives five digits, in `float64` many give ten. From here on, slopes are judged in `float64`.
#
# ## 2 · The slope, on paper
#
# Now without trying. Take a small expression apart into single steps, with $w = 3,\; x = 2,\; b = -4$:
#
# ```
#   w = 3 ──┐
#           ├─(×)── u = 6 ──┐
#   x = 2 ──┘               ├─(+)── v = 2 ──(square)── L = 4
#   b = -4 ─────────────────┘
# ```
#
# How much does $L$ change for each change of 1 in …? Go **backwards**, and at each step multiply what you already
# know by the slope of that one step:
#
# ```
#   L itself     1
#   v            1 · 2v  =  4          L = v²: slope 2v = 4
#   u, b         4 · 1   =  4          v = u + b: slope 1, for both
#   w            4 · x   =  8          u = w x: the slope towards w is x
#   x            4 · w   = 12          … and towards x it is w
# ```
#
# One walk, and *all* the slopes are there: that is **backpropagation**. **Predict** the five numbers for
# $w = 1$ with the other two as they were. Then let the judge say.

# %%
guess = [None, None, None]  # the slopes towards w, x and b

w, x, b = (Tensor(value, dtype=np.float64) for value in (1.0, 2.0, -4.0))
for name, leaf, said in zip("wxb", (w, x, b), guess, strict=True):
    slope = central_difference(lambda _: (w * x + b) ** 2, leaf)
    print(f"towards {name}: {slope:6.3f}   you said {said}")

# %% [markdown]
# ## 3 · One rule for each function
#
# Each step knew only its own slope. So the engine needs one small **rule** for each NumPy function that ever
# passes the door, and for each of its inputs:
#
# ```
#   rule(gradient, output, *inputs, **settings)   →   the gradient towards one input
#
#   gradient    how much the loss changes with each number of the output (an array of its shape)
#   output      what the function answered       inputs, settings    what it was asked
# ```
#
# `@gradient_of(np.multiply, 1)` registers a rule for the *second* input of `np.multiply`. A rule sees NumPy arrays
# and plain numbers, no tensors. Here is the register, with the rules of a sum: both inputs get what comes.

# %%
#| export
RULES = {}  # {function: {position of an input: its rule}}


def gradient_of(function, position=0):
    """Register the decorated rule for the input of `function` at `position`."""

    def register(rule):
        RULES.setdefault(function, {})[position] = rule
        return rule

    return register


@gradient_of(np.add, 0)
@gradient_of(np.add, 1)
def add_rule(gradient, output, a, b):
    """a + b grows by 1 when either grows by 1."""
    return gradient


# %% [markdown]
# In the paper's table, $w$ got $4 \cdot x$. **Write both rules of a product.** The numbers are arrays now, and each
# number of the product has its own two factors: nothing else changes.


# %% nbgrader={"grade": false, "grade_id": "multiply-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.multiply, 0)
def multiply_left_rule(gradient, output, a, b):
    """The gradient towards `a` of a * b."""
    ### BEGIN SOLUTION
    return gradient * b
    ### END SOLUTION


@gradient_of(np.multiply, 1)
def multiply_right_rule(gradient, output, a, b):
    """The gradient towards `b` of a * b."""
    ### BEGIN SOLUTION
    return gradient * a
    ### END SOLUTION


# %% [markdown]
# The locked cell below is the judge: it weighs the output with random numbers (the `gradient` that might come),
# moves each input number up and down, and compares. `rule_of` finds a rule, or says what is missing.


# %%
#| export
def rule_of(function, position):
    """The rule for the input of `function` at `position`.

    Raises RuntimeError where there is none; the message names the function and `gradient_of`.
    """
    name = getattr(function, "__name__", repr(function))
    if position not in RULES.get(function, {}):
        raise RuntimeError(
            f"no rule says how the result of `{name}` changes with its input {position}: "
            f"register one with @gradient_of({name}, {position})"
        )
    return RULES[function][position]


# %% nbgrader={"grade": false, "grade_id": "expect-rule", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_rule(function, *inputs, hint="", **settings):
    """Every rule of `function` agrees with central differences at these inputs."""
    output = np.asarray(function(*inputs, **settings))
    gradient = np.random.default_rng(0).normal(size=output.shape)
    shapes = [x.shape if isinstance(x, np.ndarray) else x for x in inputs]
    for position, x in enumerate(inputs):
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            continue
        want = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            for step in (1e-6, -1e-6):
                moved = [value.copy() if value is x else value for value in inputs]
                moved[position][place] += step
                value = (gradient * function(*moved, **settings)).sum()
                want[place] += value / (2 * step)
        rule = rule_of(function, position)
        got = np.asarray(rule(gradient, output, *inputs, **settings))
        got = got.sum(axis=tuple(range(got.ndim - x.ndim)))
        ones = tuple(i for i, length in enumerate(x.shape) if length == 1)
        what = f"gradient of {function.__name__} of {shapes} {settings or ''} towards input {position}"
        expect_close(
            got.sum(axis=ones, keepdims=True), want, what, rtol=1e-6, atol=1e-7, hint=hint
        )


# %% nbgrader={"grade": true, "grade_id": "multiply-rules-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
a, b = (
    np.array([[1.0, -2.0, 3.0], [0.5, 4.0, 0.0]]),
    np.array([[2.0, 5.0, -1.0], [3.0, 1.0, 7.0]]),
)
expect_rule(np.multiply, a, b, hint="the slope towards one factor is the other factor")
four = np.array(4.0)
towards_w = rule_of(np.multiply, 0)(four, np.array(6.0), np.array(3.0), np.array(2.0))
expect_close(towards_w, 8, "the gradient towards w, from the table")
towards_x = rule_of(np.multiply, 1)(four, np.array(6.0), np.array(3.0), np.array(2.0))
expect_close(towards_x, 12, "the gradient towards x, from the table")
expect_raises(RuntimeError, lambda: rule_of(np.cos, 0), "no rule", says=("cos", "gradient_of"))
print("✅ A product passes on the gradient times the other factor")

# %% [markdown]
# ## 4 · Broadcasting, undone
#
# A bias of shape `(3,)` is added to a batch of shape `(2, 3)`. The gradient that comes back has the shape of the
# *output*, `(2, 3)`. What is the bias's? **Predict** before you run the cell: the judge moves each of the three
# numbers.

# %%
guess = None

bias = Tensor([10.0, 20.0, 30.0], dtype=np.float64)
arrives = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
batch_of_two = Tensor(np.zeros((2, 3)))
slopes = central_difference(lambda bias: ((batch_of_two + bias) * arrives).sum(), bias)
print("arrives at the output:\n", arrives)
print("belongs to the bias: ", slopes.round(6), "  you said", guess)

# %% [markdown]
# The **sum** over the batch. A number that was copied to two rows acts in two places, and what it does to the loss
# adds up. That holds for each axis along which broadcasting stretched: one that was missing, or one of length 1.
#
# ```
#   gradient (2, 3)   for shape (3,)      sum over axis 0
#   gradient (2, 3)   for shape (2, 1)    sum over axis 1, and keep it
#   gradient (4, 2, 3) for shape (1, 3)   sum over axes 0 and 1
# ```
#
# **Write `unbroadcast`**; the engine will call it on whatever a rule answers.


# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def unbroadcast(gradient, shape):
    """`gradient` summed along each axis that broadcasting stretched, so that it has `shape`.

    gradient: an array of a shape to which `shape` broadcasts; its dtype stays
    Where the shapes are equal, `gradient` itself comes back, not a copy.
    """
    ### BEGIN SOLUTION
    if gradient.shape == shape:
        return gradient
    missing = gradient.ndim - len(shape)
    axes = tuple(range(missing))
    for axis, length in enumerate(shape, start=missing):
        if length == 1:
            axes += (axis,)
    return gradient.sum(axis=axes).reshape(shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unbroadcast-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
grid = np.arange(6.0).reshape(2, 3)
expect_close(unbroadcast(grid, (3,)), [3, 5, 7], "(2, 3) for (3,)", hint="sum, don't average")
expect_close(unbroadcast(grid, (2, 1)), [[3], [12]], "(2, 3) for (2, 1)", hint="keep the axis")
expect_close(unbroadcast(grid, ()), 15, "(2, 3) for a single number")
block = np.arange(24.0).reshape(4, 2, 3)
expect_close(unbroadcast(block, (1, 3)), [[84, 92, 100]], "(4, 2, 3) for (1, 3)")
expect_close(unbroadcast(grid, (2, 3)), grid, "(2, 3) for (2, 3)")
kind = unbroadcast(grid.astype(np.float32), (3,)).dtype
expect_equal(str(kind), "float32", "dtype of an unbroadcast float32")
### BEGIN HIDDEN TESTS
for shape in [(4, 1, 3), (2, 1), (1, 1, 1), (1,), (4, 2, 1), (2, 3), (1, 2, 3)]:
    missing = 3 - len(shape)
    axes = tuple(i for i in range(3) if i < missing or (shape[i - missing] == 1 and i < 3))
    want = block.sum(axis=axes).reshape(shape)
    expect_close(unbroadcast(block, shape), want, f"(4, 2, 3) for {shape}")
### END HIDDEN TESTS
print("✅ What was copied adds up")

# %% [markdown]
# ## 5 · A matrix product, backwards
#
# For $Y = A B$ with shapes $(n, k)\,(k, m) \to (n, m)$, a gradient $G$ of shape $(n, m)$ arrives. What can the
# gradient of $A$ be? It has A's shape $(n, k)$, is made of $G$ and $B$, and each $A_{ik}$ takes part in row $i$ of
# $Y$, with $B_{k\cdot}$ as factors: $\sum_j G_{ij} B_{kj}$. **Predict**, from the shapes alone, which products of
# $G$, $A$, $B$ and their transposes these are:
#
# ```
#   towards A:   ? (n, m) @ ? (m, k)  →  (n, k)
#   towards B:   ? (k, n) @ ? (n, m)  →  (k, m)
# ```
#
# Two given lines save you a case: a vector on the left is a row, a vector on the right a column.


# %%
#| export
def as_matrices(gradient, a, b):
    """The three of a product with the axes that NumPy gives to vectors: a row left, a column right."""
    if b.ndim == 1:
        b, gradient = b[:, None], np.expand_dims(gradient, -1)
    if a.ndim == 1:
        a, gradient = a[None, :], np.expand_dims(gradient, -2)
    return gradient, a, b


# %% [markdown]
# **Write both rules.** Leading axes are a batch, so transpose only the last two (`swapaxes(-1, -2)`). Where a
# matrix met a whole batch, the product has the batch's axes in front, and `unbroadcast` will sum them. (For the
# commonest case, a batch of sentences times one weight, you can do better: join the leading axes of `a` and of
# the gradient first, and *one* large product sums by itself. Try both; module 13 measures.)


# %% nbgrader={"grade": false, "grade_id": "matmul-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.matmul, 0)
def matmul_left_rule(gradient, output, a, b):
    """The gradient towards `a` of a @ b: of a's shape, perhaps with axes of the batch in front."""
    gradient, _, b = as_matrices(gradient, a, b)
    ### BEGIN SOLUTION
    return gradient @ b.swapaxes(-1, -2)
    ### END SOLUTION


@gradient_of(np.matmul, 1)
def matmul_right_rule(gradient, output, a, b):
    """The gradient towards `b` of a @ b: of b's shape, perhaps with axes of the batch in front."""
    gradient, a, column = as_matrices(gradient, a, b)
    ### BEGIN SOLUTION
    if column.ndim == 2:  # one matrix for all: one large product
        a, gradient = a.reshape(-1, a.shape[-1]), gradient.reshape(-1, gradient.shape[-1])
    result = a.swapaxes(-1, -2) @ gradient
    return result[..., 0] if b.ndim == 1 else result
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "matmul-rules-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(1)
for left, right in [((2, 3), (3, 4)), ((3, 3), (3, 3)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2))]:
    hint = "shapes first: which product is (n, k), which (k, m)?"
    expect_rule(np.matmul, rng.normal(size=left), rng.normal(size=right), hint=hint)
### BEGIN HIDDEN TESTS
for left, right in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3,))]:
    expect_rule(np.matmul, rng.normal(size=left), rng.normal(size=right))
for left, right in [((2, 2, 3), (2, 3, 2)), ((2, 1, 2, 3), (2, 3, 2)), ((3,), (2, 3, 2))]:
    expect_rule(np.matmul, rng.normal(size=left), rng.normal(size=right))
### END HIDDEN TESTS
print("✅ A product of matrices, backwards: two products of matrices")

# %% [markdown]
# Count the work: forward $2nkm$ operations, backward twice that. So a training step costs about three forward
# passes, for a thousand weights or a thousand million. And the first layer of a network needs only one of the two
# products, because nobody asks for the gradient of the images: an engine must not compute what nobody asks for.
#
# ## 6 · The tape
#
# The rules know single steps. Who knows which steps were made? The **door** does: `apply` tells each recorder
# `record(function, inputs, settings, output)`. Our recorder gives every output that depends on something with
# `requires_grad` a **node**, which remembers what went in. `y.grad_fn` is PyTorch's name for it.
#
# A node holds its inputs and an output holds its node, never the other way round: whoever lets go of the loss
# lets go of the whole graph.


# %%
#| export
class Node:
    """How a result was computed; `inputs` are the tensors that require a gradient, else None."""

    __slots__ = ("arrays", "function", "glances", "inputs", "output", "settings", "watched")

    def __init__(self, function, inputs, settings, output):
        self.function, self.settings, self.output = function, settings, output.data
        self.inputs, self.arrays, self.watched = [], [], [output.data]
        for value in inputs:
            tensor = isinstance(value, Tensor)
            self.arrays.append(value.data if tensor else value)
            self.inputs.append(value if tensor and value.requires_grad else None)
            if tensor and history(value) is None:
                self.watched.append(value.data)
        self.glances = [glance(array) for array in self.watched]

    def free(self):
        """Let go of everything; a freed node can't be walked through again."""
        self.inputs = self.arrays = self.output = self.watched = None


def history(tensor):
    """The node that made a tensor, or None for a leaf, which nobody computed."""
    return getattr(tensor, "grad_fn", None)


# %% [markdown]
# What if somebody writes into an array between the forward and the backward pass? The product's rule would use
# numbers that were never there, and nobody would notice. So each node keeps a **glance** at its output and at the
# leaves among its inputs (a result is watched by the node that made it): some of the numbers, to be compared later. It
# is no proof, but an update that changes a whole tensor is seen.


# %%
#| export
GLANCE = 16  # how many numbers are compared


def glance(array):
    """Some numbers of an array, evenly spread, as bytes."""
    if array.size <= GLANCE:
        return array.tobytes()
    return array.flat[:: array.size // GLANCE].tobytes()


# %% [markdown]
# **Write `record`.** It is called for *every* operation, so it should decide quickly. Three questions: is the tape
# switched on? Is the output made of floats (`output.dtype.kind == "f"`)? A truth value or a position has no slope.
# And does any input, among tensors and plain numbers, require a gradient?


# %% nbgrader={"grade": false, "grade_id": "record", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Tape:
    """The recorder at the door that remembers how results were computed."""

    def __init__(self):
        """Begin switched on."""
        self.enabled = True

    def record(self, function, inputs, settings, output):
        """Set `output.requires_grad` to True and `output.grad_fn` to a new Node, or do nothing.

        Nothing while `enabled` is False, nothing for an output that isn't float, and nothing
        where no input is a Tensor with `requires_grad`.
        """
        ### BEGIN SOLUTION
        if not self.enabled or output.data.dtype.kind != "f":
            return
        if any(isinstance(value, Tensor) and value.requires_grad for value in inputs):
            output.requires_grad = True
            output.grad_fn = Node(function, inputs, settings, output)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "record-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
tape, w, x = Tape(), Tensor([3.0], requires_grad=True), Tensor([2.0])
u, plain, answer = Tensor([6.0]), Tensor([4.0]), Tensor([True], dtype=bool)
tape.record(np.multiply, (w, x), {}, u)
expect_equal(u.requires_grad, True, "requires_grad of a result of w", hint="set it on the output")
expect_true(u.grad_fn.function is np.multiply, "its node's function", "multiply", "another")
inputs = u.grad_fn.inputs
expect_true(inputs[0] is w and inputs[1] is None, "its inputs", "w, and None for x", "others")
tape.record(np.multiply, (x, 2), {}, plain)
expect_equal(plain.requires_grad, False, "requires_grad of a result of x and 2")
tape.record(np.greater, (w, 0), {}, answer)
expect_equal(answer.requires_grad, False, "requires_grad of w > 0", hint="floats only")
### BEGIN HIDDEN TESTS
expect_true(getattr(plain, "grad_fn", None) is None, "the node of x and 2", "None", "a node")
tape.enabled = False
off, double = Tensor([6.0]), Tensor([6.0], dtype=np.float64)
tape.record(np.multiply, (2, w), {"note": 1}, off)
expect_equal(off.requires_grad, False, "requires_grad while the tape is off")
tape.enabled = True
tape.record(np.multiply, (2, w), {"note": 1}, double)
expect_equal(double.requires_grad, True, "requires_grad of a float64 result of 2 and w")
expect_equal(double.grad_fn.settings, {"note": 1}, "the node's settings")
### END HIDDEN TESTS
print("✅ Every result knows where it comes from")

# %% [markdown]
# Now put it at the door. Running this cell twice must not record everything twice, so a tape that is already there
# makes room for the new one.


# %%
#| export
def install(tape):
    """Put `tape` at the door, in the place of the one that was there."""
    recorders[:] = [one for one in recorders if type(one).__name__ != "Tape"]
    recorders.append(tape)


def current_tape():
    """The tape at the door."""
    return next(one for one in recorders if type(one).__name__ == "Tape")


install(Tape())

# %% [markdown]
# A graph that you can see is a graph that you can debug. The next two cells draw one: each result stands one level
# to the right of its inputs.


# %%
#| export
def levels_of(tensor):
    """{tensor: level} of a graph: 0 for leaves, else one more than the highest level of its inputs."""
    levels, waiting = {}, [tensor]
    while waiting:
        one = waiting[-1]
        node = history(one)
        inputs = [value for value in node.inputs if value is not None] if node else []
        missing = [value for value in inputs if value not in levels]
        if missing:
            waiting.extend(missing)
        else:
            levels[waiting.pop()] = 1 + max((levels[value] for value in inputs), default=-1)
    return levels


# %%
#| export
def draw_graph(tensor, names=None):
    """Draw how `tensor` was computed; `names` is {name: tensor}. Returns matplotlib's axes."""
    import matplotlib.pyplot as plt

    names = {value: name for name, value in (names or {}).items()}
    levels, rows, places = levels_of(tensor), {}, {}
    for one, level in levels.items():
        places[one] = (level, -rows.setdefault(level, 0) - 0.35 * (level % 2))
        rows[level] += 1
    _, axis = plt.subplots(figsize=(2 + 1.6 * max(rows), 1 + 0.9 * max(rows.values())))
    arrow = {"arrowstyle": "->", "shrinkA": 28, "shrinkB": 28, "color": "0.5"}
    for one, place in places.items():
        node = history(one)
        number = str(one.shape or round(one.item(), 3))
        text = [names.get(one, ""), node.function.__name__ if node else "", number]
        box = {"boxstyle": "round", "facecolor": "#cfe8ff" if node else "#ffe9c7"}
        axis.text(*place, "\n".join(filter(None, text)), ha="center", va="center", bbox=box)
        for value in filter(lambda value: value is not None, node.inputs if node else ()):
            axis.annotate("", place, places[value], arrowprops=arrow)
    axis.set(xlim=(-0.6, max(rows) + 0.6), ylim=(-max(rows.values()) - 0.1, 0.6))
    axis.axis("off")
    return axis


# %% [markdown]
# Here is the expression from the paper, recorded by your tape. **Predict**: how many boxes, and which of them will have
# no arrow coming in?

# %%
w, x, b = (Tensor(value, requires_grad=True) for value in (3.0, 2.0, -4.0))
L = (w * x + b) ** 2
draw_graph(L, {"w": w, "x": x, "b": b, "L": L})
plt.show()

# %% [markdown]
# ## 7 · In which order?
#
# Going back along the arrows is harder than it looks when a result is used twice. Say $a$ is used by two steps, and both
# of them by a third: a **diamond**. A walk that follows each arrow as it finds it goes from the end to $a$ *twice*. Put
# diamonds in a row, `x = x + x`, and count. **Predict** the steps of that walk for 20 of them.


# %%
def naive_steps(tensor):
    """How often a walk that follows every arrow calls itself."""
    node = history(tensor)
    return 1 + sum(naive_steps(value) for value in (node.inputs if node else ()))


guess = None

for depth in (1, 2, 5, 10, 16):
    y = Tensor(1.0, requires_grad=True)
    for _ in range(depth):
        y = y + y
    start = time.perf_counter()
    steps = naive_steps(y)
    print(f"{depth:3} diamonds: {steps:8,} steps, {(time.perf_counter() - start) * 1e3:8.2f} ms")
print(f"20 would be {2**21 - 1:,}, and 50 would take years. You said {guess}")

# %% [markdown]
# Doubling with each. (And it calls itself: a thousand additions in a row and Python gives up with a
# `RecursionError`.) The cure is an order, in which each tensor comes only *after everything that was computed from
# it*. Then all its gradients have arrived before it passes them on, once. It is called **topological**.
#
# A way that needs no recursion: keep a stack of tensors to visit. Take one; if it is new, put it back with a mark,
# and its inputs on top. When a marked one comes up again, all its inputs are done: append it to a list. At the
# end the list has every input before its result: reverse it.
#
# **Write `topological_order`.** Tensors may be members of sets and keys of dictionaries: there they count by
# identity.


# %% nbgrader={"grade": false, "grade_id": "topological-order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def topological_order(tensor):
    """A list of all tensors of the graph of `tensor`, each once, each after all computed from it.

    Begins with `tensor`. Goes through `history(…)` and the node's `inputs`, skipping None; leaves
    belong to it too. Without recursion, so that 10,000 operations in a row are no problem.
    Raises RuntimeError at a node that was freed (`inputs` is None); the message says `freed`.
    """
    ### BEGIN SOLUTION
    order, seen, waiting = [], set(), [(tensor, False)]
    while waiting:
        one, done = waiting.pop()
        if done:
            order.append(one)
        elif one not in seen:
            seen.add(one)
            node = history(one)
            if node is not None and node.inputs is None:
                raise RuntimeError("an earlier backward freed this graph: see retain_graph")
            waiting.append((one, True))
            inputs = node.inputs if node is not None else ()
            waiting.extend((value, False) for value in inputs if value is not None)
    return order[::-1]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "topological-order-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
a = Tensor(1.0, requires_grad=True)
b = a * 2
c = b + a
d = c * b
order = topological_order(d)
names = [name for one in order for name, t in zip("abcd", (a, b, c, d)) if one is t]
expect_equal(names, ["d", "c", "b", "a"], "the order of d = (b + a) · b", hint="b after c")
diamonds = chain = a
for _ in range(50):
    diamonds = diamonds + diamonds
expect_equal(len(topological_order(diamonds)), 51, "tensors in 50 diamonds", hint="each once")
for _ in range(1500):
    chain = -chain
expect_equal(len(topological_order(chain)), 1501, "tensors in a chain", hint="no recursion")
### BEGIN HIDDEN TESTS
e = b * c
f = e + d
order = topological_order(f)
for early, late in [(f, e), (f, d), (d, c), (e, c), (e, b), (c, b), (b, a)]:
    places = [[t is one for t in order].index(True) for one in (early, late)]
    expect_equal(places, sorted(places), "places of a result and its input", hint="input later")
b.grad_fn.free()
expect_raises(RuntimeError, lambda: topological_order(f), "a freed graph", says=("freed",))
### END HIDDEN TESTS
print("✅ Each tensor once, after all that was made from it")

# %% [markdown]
# ## 8 · Backwards
#
# Now a node can answer: for each input that requires a gradient, and for no other, ask the rule, undo broadcasting,
# and see that float32 stays float32. The given `check_intact` compares the glances.


# %%
#| export
def check_intact(node):
    """Raise RuntimeError where an array was written into since the node was made."""
    if [glance(array) for array in node.watched] != node.glances:
        raise RuntimeError(
            f"an array that `{node.function.__name__}` took or gave was modified in place before "
            "backward: change `.data` after it, or compute a new tensor"
        )


# %% [markdown]
# **Write `shares_of`.** The rule of input number `i` is `rule_of(node.function, i)`, and it wants the gradient,
# `node.output`, all of `node.arrays` and `node.settings`.


# %% nbgrader={"grade": false, "grade_id": "shares-of", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def shares_of(node, gradient):
    """Pairs (tensor, array) in a list: what each input that requires a gradient gets of `gradient`.

    Each array has the shape and the dtype of its input's array. No rule is asked for an input
    that is None in `node.inputs`.
    """
    check_intact(node)
    ### BEGIN SOLUTION
    shares = []
    for position, tensor in enumerate(node.inputs):
        if tensor is not None:
            rule, array = rule_of(node.function, position), node.arrays[position]
            share = rule(gradient, node.output, *node.arrays, **node.settings)
            share = unbroadcast(share, array.shape).astype(array.dtype, copy=False)
            shares.append((tensor, share))
    return shares
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "shares-of-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
w, x = Tensor([[1.0, 2.0]], requires_grad=True), Tensor([3.0, 5.0])
bias = Tensor([0.5], requires_grad=True)
product = w * x
shares = shares_of(product.grad_fn, np.array([[1.0, 10.0]], dtype=np.float32))
expect_equal(len(shares), 1, "shares of w · x, where only w asks", hint="skip None")
expect_true(shares[0][0] is w, "who gets it", "w", "another")
expect_close(shares[0][1], [[3, 50]], "what w gets")
shares = shares_of((bias + product).grad_fn, np.array([[1.0, 10.0]]))
expect_close(shares[0][1], [11], "what a bias of shape (1,) gets", hint="undo broadcasting")
expect_equal(str(shares[0][1].dtype), "float32", "its dtype, where a float64 gradient came")
### BEGIN HIDDEN TESTS
shares = shares_of((2.0 * w).grad_fn, np.array([[1.0, 10.0]], dtype=np.float32))
expect_close(shares[0][1], [[2, 20]], "what w gets of 2 w")
shares = shares_of((w * w).grad_fn, np.ones((1, 2), dtype=np.float32))
expect_equal([one is w for one, _ in shares], [True, True], "the shares of w · w: both to w")
w.data[...] = 7
node, ones = product.grad_fn, np.ones((1, 2))
expect_raises(RuntimeError, lambda: shares_of(node, ones), "w changed", says=("in place",))
### END HIDDEN TESTS
print("✅ A node passes on what each input asks for, and no more")

# %% [markdown]
# What does the walk begin with? The loss changes by 1 when the loss changes by 1. For more than one number there is no
# such beginning, and the caller has to say how much each of them counts. Most people meet this error in their first
# week, so let it speak.
#
# **Write `seed`.** Three refusals, all RuntimeErrors as in PyTorch.


# %% nbgrader={"grade": false, "grade_id": "seed", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def seed(output, gradient=None):
    """The gradient that a backward pass begins with: an array of the output's shape and dtype.

    gradient: None (ones, for an output of one number), or a Tensor, array or number of its shape
    Raises RuntimeError where the output doesn't require a gradient (the message mentions
    `requires_grad`), where None comes for more or less than one number (it holds the shape), and
    where the shapes differ (it holds both).
    """
    ### BEGIN SOLUTION
    if not output.requires_grad:
        raise RuntimeError(
            "nothing this was computed from has requires_grad=True, or no_grad was on"
        )
    if gradient is None:
        if output.numel() != 1:
            raise RuntimeError(
                f"shape {output.shape} is not one number: give backward a gradient"
            )
        return np.ones(output.shape, output.dtype)
    array = np.asarray(gradient, output.dtype)
    if array.shape != output.shape:
        raise RuntimeError(f"a gradient of shape {array.shape} for an output of {output.shape}")
    return array
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "seed-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w = Tensor([[1.0, 2.0, 3.0]], requires_grad=True)
expect_close(seed(w[:, :1] * 2), [[1]], "seed of one number", hint="ones of the output's shape")
expect_close(seed(w, Tensor([[1, 2, 3]])), [[1, 2, 3]], "seed of three, gradient given")
expect_equal(str(seed(w, np.ones((1, 3))).dtype), "float32", "dtype of a float64 gradient for w")
expect_raises(RuntimeError, lambda: seed(Tensor(1.0)), "nothing to do", says=("requires_grad",))
expect_raises(RuntimeError, lambda: seed(w * 2), "three numbers", says=("(1, 3)",))
both = ("(1, 3)", "(3,)")
expect_raises(RuntimeError, lambda: seed(w * 2, [1, 2, 3]), "a wrong shape", says=both)
print("✅ Where to begin, and three clear refusals")

# %% [markdown]
# The pieces are all there. A **leaf** keeps what arrives in its `grad`, and *adds* to what is there: two losses, or one
# weight used by two batches, count together until somebody clears it. `grad` has an array of its own, because the
# gradient that arrives may be shared with others (think of the rule of `+`).


# %%
#| export
def accumulate(leaf, gradient):
    """Add an array to `leaf.grad`; begin it as a Tensor with an array of its own where it is None."""
    if leaf.grad is None:
        leaf.grad = from_numpy(np.array(gradient, order="C"))
    else:
        leaf.grad.data += gradient


def zero_grad(parameters):
    """Forget the gradients of `parameters`, such as `network.parameters()`: each `grad` is None."""
    for parameter in parameters:
        parameter.grad = None


# %% [markdown]
# **Write `backward`**, the heart of the module:
#
# 1. the order, and a dictionary {tensor: gradient} with `seed(…)` for the output;
# 2. for each tensor in order that has a history: take its gradient *out* of the dictionary, and add each of its
#    node's shares to what the dictionary holds for that input. **Never with `+=` on an array that may not be yours**;
# 3. what is left belongs to leaves: `accumulate`;
# 4. unless `retain_graph`, free all the nodes.


# %% nbgrader={"grade": false, "grade_id": "backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def backward(tensor, gradient=None, retain_graph=False):
    """Add the gradient of `tensor` to the `grad` of every leaf it was computed from.

    gradient: what `seed` takes. Only leaves get a `grad`. Afterwards the nodes are freed, unless
    `retain_graph`. Where an error is raised, no `grad` has changed.
    """
    ### BEGIN SOLUTION
    gradients, order = {tensor: seed(tensor, gradient)}, topological_order(tensor)
    nodes = [(one, history(one)) for one in order if history(one) is not None]
    for one, node in nodes:
        for source, share in shares_of(node, gradients.pop(one)):
            if source in gradients:
                share = gradients[source] + share
            gradients[source] = share
    for leaf, arrived in gradients.items():
        accumulate(leaf, arrived)
    if not retain_graph:
        for _, node in nodes:
            node.free()
    ### END SOLUTION


# %% [markdown]
# `Tensor.backward` of module 02 has waited for this: it asks the last recorder that can answer. The locked cell
# after it is the judge once more, now for whole computations.


# %%
#| export
def _answer(_, output, gradient=None):
    """What `output.backward(gradient)` comes to."""
    backward(output, gradient)


Tape.backward = _answer


# %% nbgrader={"grade": false, "grade_id": "expect-gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_gradients(function, *arrays, what, hint=""):
    """backward agrees with central differences for each input of `function`, in float64."""
    tensors = [Tensor(array, dtype=np.float64, requires_grad=True) for array in arrays]
    output = function(*tensors)
    weights = np.random.default_rng(0).normal(size=output.data.shape)
    output.backward(weights)
    for position, array in enumerate(arrays):
        want = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            for step in (1e-6, -1e-6):
                moved = [one.copy() for one in arrays]
                moved[position][place] += step
                answer = function(*[Tensor(one, dtype=np.float64) for one in moved]).data
                want[place] += (weights * answer).sum() / (2 * step)
        name = f"gradient of {what} towards input {position}"
        grad = tensors[position].grad
        expect_true(grad is not None, name, "a Tensor", grad, hint)
        expect_close(grad.data, want, name, rtol=1e-6, atol=1e-7, hint=hint)


# %% nbgrader={"grade": true, "grade_id": "backward-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
w, x, b = (Tensor(value, requires_grad=True) for value in (3.0, 2.0, -4.0))
((w * x + b) * (w * x + b)).backward()
slopes = np.array([leaf.grad.item() for leaf in (w, x, b)])
expect_close(slopes, [8, 12, 4], "the slopes of section 2", hint="add, where two arrive")
for _ in range(50):
    w = w * 0.5 + w * 0.5
rows, matrix, bias = np.eye(2, 3) + 1, np.arange(6.0).reshape(3, 2), np.array([1.0, -1.0])
expect_gradients(lambda x, w, b: x @ w + b, rows, matrix, bias, what="x @ w + b")
(w * 2 + b).backward()
expect_close(b.grad.data, 4 + 1, "b.grad after a second loss", hint="add to what is there")
expect_raises(RuntimeError, lambda: w.backward(), "a second time", says=("freed",))
### BEGIN HIDDEN TESTS
a, other = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
middle = a + other
(middle + middle + middle + a).backward(np.array([1.0, 10.0]))
expect_close(a.grad.data, [4, 40], "a, used four times")
expect_close(other.grad.data, [3, 30], "another, which began with the same array")
expect_true(middle.grad is None, "the grad of a result", "None: only leaves keep it", "a Tensor")
p, q = (Tensor([0.0, 0.0], requires_grad=True) for _ in "pq")
total = p + q
backward(total, np.ones(2), retain_graph=True)
backward(total, np.ones(2))
expect_close(q.grad.data, [2, 2], "the grad of q after two passes of p + q", hint="its own array")
### END HIDDEN TESTS
print("✅ All the slopes in one walk")

# %% [markdown]
# ### Break it
#
# Thirty diamonds are thirty steps now. And accumulation, which makes weights shared between two places work, bites
# everybody once. **Predict** the three numbers: a training loop that forgets to clear.

# %%
guess = None

w = Tensor(1.0, requires_grad=True)
seen = []
for _ in range(3):
    (w * 5.0).backward()
    seen.append(w.grad.item())
print("gradients of 5 w, three times:", seen, "  you said", guess)
zero_grad([w])
print("cleared:", w.grad)

# %% [markdown]
# ## 9 · The rest of the rules
#
# From here on everything is a line or two at a time. A difference, a quotient and a power first. **On paper**: if
# $q = a / b$, how does $q$ change with $b$? With $a = 6$, $b = 2$: $q = 3$; with $b = 2.01$ it is $2.985$. That is
# $-1.5 = -a / b^2$, minus because it falls.
#
# **Write five rules.** The base of a power gets $p\,a^{\,p-1}$; use `**` rather than `np.power`, which is slower for a
# plain 2. (`np.power`'s exponent is given: nobody trains one, but a rule should exist.)


# %% nbgrader={"grade": false, "grade_id": "quotient-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
gradient_of(np.subtract, 0)(add_rule)


@gradient_of(np.subtract, 1)
def subtract_right_rule(gradient, output, a, b):
    """The gradient towards `b` of a - b."""
    ### BEGIN SOLUTION
    return -gradient
    ### END SOLUTION


@gradient_of(np.true_divide, 0)
def divide_left_rule(gradient, output, a, b):
    """The gradient towards `a` of a / b."""
    ### BEGIN SOLUTION
    return gradient / b
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "power-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.true_divide, 1)
def divide_right_rule(gradient, output, a, b):
    """The gradient towards `b` of a / b."""
    ### BEGIN SOLUTION
    return -gradient * output / b
    ### END SOLUTION


@gradient_of(np.power, 0)
def power_rule(gradient, output, a, p):
    """The gradient towards `a` of a ** p."""
    ### BEGIN SOLUTION
    return gradient * p * a ** (p - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "quotient-rules-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
a, b = np.array([[6.0, -2.0], [0.5, 3.0]]), np.array([[2.0, 4.0], [-1.0, 0.5]])
expect_rule(np.subtract, a, b, hint="a - b falls when b grows")
expect_rule(np.true_divide, a, b, hint="towards b: -a / b²")
for p in (2, 3, -1, 1):
    expect_rule(np.power, a, p, hint="p a^(p-1)")
expect_rule(np.power, np.abs(a), 0.5)
single = np.float32([1, 2])
kept = rule_of(np.power, 0)(single, single**2, single, 2)
expect_equal(str(kept.dtype), "float32", "dtype of the power's rule")
### BEGIN HIDDEN TESTS
expect_gradients(lambda a, b: a / b - b, a, b[0], what="a / b - b, broadcast")
expect_gradients(lambda a: 3 / a - (2 - a) ** 3, a, what="3 / a - (2 - a)³")
### END HIDDEN TESTS
print("✅ Differences, quotients and powers")


# %%
#| export
@gradient_of(np.power, 1)
def exponent_rule(gradient, output, a, p):
    """The gradient towards `p` of a ** p: 0 where a is 0, as in PyTorch."""
    return gradient * output * np.log(np.where(a == 0, 1, a))


@gradient_of(np.negative)
def negative_rule(gradient, output, x):
    """-x falls by 1 when x grows by 1."""
    return -gradient


@gradient_of(np.abs)
def abs_rule(gradient, output, x):
    """1 or -1, and 0 at 0."""
    return gradient * np.sign(x)


@gradient_of(erf_values)
def erf_rule(gradient, output, x):
    """The slope of erf is the bell curve 2 / √π · exp(-x²)."""
    return gradient * (2 / math.sqrt(math.pi) * np.exp(-x * x))


# %% [markdown]
# Four functions of one number. Three of their slopes can be had from the **output**, which is there already and
# saves an exponential: $(e^x)' = e^x$, $(\sqrt x)' = 1 / (2 \sqrt x)$, $\tanh' = 1 - \tanh^2$. And $(\ln x)' = 1 / x$.


# %% nbgrader={"grade": false, "grade_id": "function-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.exp)
def exp_rule(gradient, output, x):
    """The gradient towards `x` of e to the x."""
    ### BEGIN SOLUTION
    return gradient * output
    ### END SOLUTION


@gradient_of(np.log)
def log_rule(gradient, output, x):
    """The gradient towards `x` of log x."""
    ### BEGIN SOLUTION
    return gradient / x
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "root-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.sqrt)
def sqrt_rule(gradient, output, x):
    """The gradient towards `x` of the square root."""
    ### BEGIN SOLUTION
    return gradient / (2 * output)
    ### END SOLUTION


@gradient_of(np.tanh)
def tanh_rule(gradient, output, x):
    """The gradient towards `x` of tanh x."""
    ### BEGIN SOLUTION
    return gradient * (1 - output * output)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "function-rules-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = np.array([[0.3, 1.0, 2.5], [0.1, 4.0, 0.9]])
expect_rule(np.exp, x, hint="e^x is its own slope: the output")
expect_rule(np.log, x, hint="1 / x")
expect_rule(np.sqrt, x, hint="1 / (2 √x)")
expect_rule(np.tanh, x, hint="1 - tanh²")
expect_gradients(lambda x: (x.exp() + 1).log().sqrt().tanh(), x - 1, what="four in a row")
print("✅ Four functions, and three of their slopes for free")

# %% [markdown]
# ## 10 · Fewer numbers
#
# A sum gives each of its numbers the whole gradient, a mean its n-th part. But the gradient has lost an axis, and has
# to stand where the number came from: the given `spread_out` puts the axis back, with length 1.
#
# The largest number alone decides a maximum, and gets everything. If two are equally large, PyTorch's `amax`
# shares it evenly, and so do you. **Predict** the gradient of `max` for `[3, 7, 7, 1]`.
#
# **Write three rules.** Careful with `float32 / int64`, which NumPy makes `float64`: give a sum of truth values the
# dtype of the gradient.


# %%
#| export
def spread_out(values, axis, keepdims):
    """The values of a reduction with the axes it lost, of length 1, so that they broadcast again."""
    return values if keepdims or axis is None else np.expand_dims(values, axis)


# %% nbgrader={"grade": false, "grade_id": "reduction-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.sum)
def sum_rule(gradient, output, x, axis=None, keepdims=False):
    """The gradient towards `x` of its sum along `axis`: of x's shape."""
    ### BEGIN SOLUTION
    return np.broadcast_to(spread_out(gradient, axis, keepdims), x.shape)
    ### END SOLUTION


@gradient_of(np.mean)
def mean_rule(gradient, output, x, axis=None, keepdims=False):
    """The gradient towards `x` of its mean along `axis`: of x's shape."""
    ### BEGIN SOLUTION
    count = x.size // output.size
    return np.broadcast_to(spread_out(gradient / count, axis, keepdims), x.shape)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "max-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.max)
def max_rule(gradient, output, x, axis=None, keepdims=False):
    """The gradient towards `x` of its maximum along `axis`: shared evenly by the largest ones."""
    ### BEGIN SOLUTION
    largest = x == spread_out(output, axis, keepdims)
    count = largest.sum(axis=axis, keepdims=True, dtype=gradient.dtype)
    return largest * (spread_out(gradient, axis, keepdims) / count)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reduction-rules-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = np.array([[[4.0, 2.0, 9.0], [1.0, 7.0, -3.0]], [[0.0, 5.0, 6.0], [8.0, -1.0, 3.0]]])
for function in (np.sum, np.mean, np.max):
    for axis in (None, 0, 1, -1, (0, 2)):
        for keepdims in (False, True):
            expect_rule(function, x, axis=axis, keepdims=keepdims)
tied = np.array([3.0, 7.0, 7.0, 1.0], dtype=np.float32)
shared = rule_of(np.max, 0)(np.float32(1), np.float32(7), tied, axis=None, keepdims=False)
expect_close(shared, [0, 0.5, 0.5, 0], "the gradient of max([3, 7, 7, 1])", hint="shared evenly")
expect_equal(str(shared.dtype), "float32", "its dtype")
### BEGIN HIDDEN TESTS
rows = np.array([[1.0, 5.0, 5.0], [2.0, 2.0, 2.0]])
shared = rule_of(np.max, 0)(np.array([6.0, 30.0]), np.array([5.0, 2.0]), rows, axis=1)
expect_close(shared, [[0, 3, 3], [10, 10, 10]], "ties in two rows", hint="count in each row")
for function in (np.sum, np.mean):
    answer = rule_of(function, 0)(np.array([6.0, 30.0]), np.array([5.0, 2.0]), rows, axis=1)
    expect_equal(answer.shape, (2, 3), f"shape of the gradient of {function.__name__}")
expect_gradients(lambda x: x.var(dim=1, correction=0), x[0], what="the variance, out of these")
### END HIDDEN TESTS
print("✅ Sums, means and maxima give back what they took")

# %% [markdown]
# ## 11 · Other shapes, and parts
#
# A reshape or a transposition moves numbers, so its gradient moves them back. `swapaxes` is its own way back; a
# permutation needs the *inverse* one. **Predict**: `x.permute(2, 0, 1)` moves the last axis to the front. Which
# `permute` undoes it?
#
# **Write the four rules.** (`np.argsort` of a permutation is its inverse; axes may be negative: `a % x.ndim`.)


# %% nbgrader={"grade": false, "grade_id": "shape-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.reshape)
def reshape_rule(gradient, output, x, **settings):
    """The gradient towards `x` of a reshape."""
    ### BEGIN SOLUTION
    return gradient.reshape(x.shape)
    ### END SOLUTION


@gradient_of(np.swapaxes)
def swapaxes_rule(gradient, output, x, axis1, axis2):
    """The gradient towards `x` with two axes swapped."""
    ### BEGIN SOLUTION
    return gradient.swapaxes(axis1, axis2)
    ### END SOLUTION


@gradient_of(np.transpose)
def transpose_rule(gradient, output, x, axes=None):
    """The gradient towards `x` with its axes in the order `axes` (None: reversed)."""
    ### BEGIN SOLUTION
    inverse = None if axes is None else np.argsort([axis % x.ndim for axis in axes])
    return gradient.transpose(inverse)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "shape-rules-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = np.arange(6.0).reshape(1, 2, 3)
expect_rule(np.reshape, x, shape=(3, 2), hint="back to x.shape")
expect_rule(np.swapaxes, x, axis1=0, axis2=2)
for axes in ((2, 0, 1), (1, 2, 0), (0, 2, 1), (-1, 0, 1), (1, -1, 0)):
    expect_rule(np.transpose, x, axes=axes, hint="the inverse of the permutation")
expect_rule(np.transpose, x, hint="no axes: all reversed")
expect_gradients(lambda x: x.permute(2, 0, 1).flatten(1).T * x.reshape(2, 3), x, what="all")
print("✅ What was moved goes back")

# %% [markdown]
# Picking is the opposite of spreading: what was picked gets its gradient, all else gets 0. **Predict** the gradient of
# `x[[2, 0, 2]].sum()` for an `x` of three numbers.


# %%
guess = None

x = Tensor([10.0, 20.0, 30.0], dtype=np.float64)
print(central_difference(lambda x: x[[2, 0, 2]].sum(), x).round(6), "you said", guess)

# %% [markdown]
# A number that was picked twice counts twice. `result[key] += gradient` gets that wrong: NumPy reads, adds and writes
# back, and of two writes to one place the last wins. `np.add.at(result, key, gradient)` is right and slow. A fast way
# counts: look up *where* each picked number stood (`np.arange(x.size).reshape(x.shape)[key]`), then
# `np.bincount(places, weights, minlength)` sums the weights of each place.
#
# Ints and slices never pick twice, and a plain assignment is enough: `is_basic` tells them.
#
# **Write the rule of `take`.**


# %%
#| export
gradient_of(np.expand_dims)(reshape_rule)


def is_basic(key):
    """Whether a key is made of ints, slices, None and ... alone, so that it picks nothing twice."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(
        isinstance(part, (int, np.integer, slice, type(None), type(...))) for part in parts
    )


def keeps_order(key):
    """Whether no slice of a key walks backwards."""
    parts = key if isinstance(key, tuple) else (key,)
    return not any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts)


# %% nbgrader={"grade": false, "grade_id": "take-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(take)
def take_rule(gradient, output, x, key):
    """The gradient towards `x` of x[key]: of x's shape and the gradient's dtype."""
    ### BEGIN SOLUTION
    if is_basic(key):
        if gradient.shape == x.shape and keeps_order(key):
            return gradient  # everything was picked
        result = np.zeros(x.shape, gradient.dtype)
        result[key] = gradient
        return result
    places = np.arange(x.size).reshape(x.shape)[key].ravel()
    result = np.bincount(places, np.ravel(gradient), x.size)
    return result.reshape(x.shape).astype(gradient.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "take-rule-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = np.arange(12.0).reshape(3, 4)
keys = [1, (slice(None), 2), (slice(None, None, 2), slice(1, 3)), (..., None, 0), slice(None)]
for key in keys:
    expect_gradients(lambda x, key=key: x[key], x, what=f"x[{key}]")
expect_gradients(lambda x: x[[2, 0, 2]], x, what="x[[2, 0, 2]]", hint="row 2 counts twice")
picked = (np.array([0, 2, 2]), np.array([1, 3, 3]))
expect_gradients(lambda x: x[picked], x, what="x at three places, two of them equal")
expect_gradients(lambda x: x[x.data > 4.5], x, what="x[x > 4.5]")
### BEGIN HIDDEN TESTS
for key in (slice(None, None, -1), (slice(None), slice(None, None, -1)), (1, 2), (None, 2)):
    expect_gradients(lambda x, key=key: x[key], x, what=f"x[{key}]")
expect_gradients(lambda x: x[1:, [1, 1, 0]] * x[1:, None, 0], x, what="columns, and rows")
single = np.ones((3, 2), dtype=np.float32)
got = rule_of(take, 0)(single[[0, 0]], single[[0, 0]], single, key=[0, 0])
expect_equal(str(got.dtype), "float32", "dtype of the gradient of float32 rows")
### END HIDDEN TESTS
print("✅ Parts give back to the places they came from")

# %% [markdown]
# And choosing: `where` sends the gradient to the side that was chosen, `maximum` and `minimum` to the larger or smaller
# one, half to each where they are equal. ReLU is `maximum(x, 0)`, so here half of all networks learn.


# %% nbgrader={"grade": false, "grade_id": "where-rules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.where, 1)
def where_chosen_rule(gradient, output, condition, a, b):
    """The gradient towards `a`, chosen where `condition` (of any dtype) isn't 0."""
    ### BEGIN SOLUTION
    return np.where(condition, gradient, 0)
    ### END SOLUTION


@gradient_of(np.where, 2)
def where_else_rule(gradient, output, condition, a, b):
    """The gradient towards `b`, chosen where `condition` (of any dtype) is 0."""
    ### BEGIN SOLUTION
    return np.where(condition, 0, gradient)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "larger-share", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def larger_share(gradient, a, b):
    """`gradient` where a > b, half of it where they are equal, else 0."""
    ### BEGIN SOLUTION
    share = gradient * (a > b)
    ties = a == b
    return share + 0.5 * gradient * ties if ties.any() else share
    ### END SOLUTION


@gradient_of(np.maximum, 0)
def maximum_left_rule(gradient, output, a, b):
    """The gradient towards `a` of maximum(a, b)."""
    return larger_share(gradient, a, b)


@gradient_of(np.maximum, 1)
def maximum_right_rule(gradient, output, a, b):
    """The gradient towards `b` of maximum(a, b)."""
    return larger_share(gradient, b, a)


# %% nbgrader={"grade": true, "grade_id": "choice-rules-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from tinytorch.core.tensor import maximum, where

a, b = np.array([[1.0, -2.0, 3.0], [0.5, -4.0, 0.1]]), np.array([2.0, -5.0, 3.5])
chosen = np.array([[True, False, True], [False, True, False]])
expect_rule(np.where, chosen, a, np.tile(b, (2, 1)), hint="a where it holds, b elsewhere")
expect_gradients(lambda a, b: where(a > b, a * a, b), a, b, what="where(a > b, a², b)")
expect_gradients(lambda a, b: maximum(a, b), a, b, what="maximum(a, b)")
expect_gradients(lambda a: maximum(a, 0) + maximum(1, a), a, what="maximum(a, 0) + maximum(1, a)")
a, b = Tensor([1.0, 2.0, 3.0], requires_grad=True), Tensor([1.0, 5.0, 0.0], requires_grad=True)
maximum(a, b).backward([10, 10, 10])
expect_close(a.grad.data, [5, 0, 10], "what a gets of maximum", hint="half at a tie")
expect_close(b.grad.data, [5, 10, 0], "what b gets of maximum", hint="half at a tie")
expect_equal(str(a.grad.dtype), "float32", "dtype of its gradient")
print("✅ The gradient goes where the number came from")

# %% [markdown]
# The rest is given. The windows of module 06 overlap, so a pixel gets a gradient from each window that it is in: with
# slices, one addition for each place in the window, never one for each pixel.


# %%
#| export
@gradient_of(np.minimum, 0)
def minimum_left_rule(gradient, output, a, b):
    """The gradient towards `a` of minimum(a, b)."""
    return larger_share(gradient, b, a)


@gradient_of(np.minimum, 1)
def minimum_right_rule(gradient, output, a, b):
    """The gradient towards `b` of minimum(a, b)."""
    return larger_share(gradient, a, b)


@gradient_of(np.pad)
def pad_rule(gradient, output, x, pad_width, **settings):
    """The frame gets nothing back: it was constant."""
    frame = np.broadcast_to(pad_width, (x.ndim, 2))
    inside = [slice(low, low + n) for (low, _), n in zip(frame, x.shape, strict=True)]
    return gradient[tuple(inside)]


# %%
#| export
@gradient_of(sliding_window_view)
def windows_rule(gradient, output, x, window_shape, axis=None):
    """Each number of `x` gets the sum of what the windows say that it is in."""
    lengths = (window_shape,) if isinstance(window_shape, int) else tuple(window_shape)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
    result = np.zeros(x.shape, gradient.dtype)
    for place in np.ndindex(lengths):
        part = [slice(None)] * x.ndim
        for one, start in zip(axes, place, strict=True):
            part[one] = slice(start, start + gradient.shape[one])
        result[tuple(part)] += gradient[(..., *place)]
    return result


# %% [markdown]
# ## 12 · Everything you ever built
#
# Now the moment of truth. Not a line of modules 02 to 07 was touched. The loop below takes their layers one by one,
# makes their weights `float64`, and compares each slope of each weight and each input with the judge.


# %%
from tinytorch.core.activations import GELU, LeakyReLU, Sigmoid, Softmax, Tanh
from tinytorch.core.attention import MultiHeadAttention, PositionalEncoding, rotate
from tinytorch.core.layers import Flatten, LayerNorm, Linear
from tinytorch.core.spatial import AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d, conv2d


def largest_fault(layer, shape, leaves=()):
    """How far backward and central differences are apart, over the input and all `leaves`."""
    x = Tensor(np.random.default_rng(0).normal(size=shape), dtype=np.float64, requires_grad=True)
    weights = np.random.default_rng(1).normal(size=layer(x).shape)
    for leaf in leaves:
        leaf.data, leaf.grad = leaf.data.astype(np.float64), None
    (layer(x) * weights).sum().backward()
    faults = []
    for leaf in (x, *leaves):
        want = central_difference(lambda _: (layer(x) * weights).sum(), leaf)
        faults.append(np.abs(leaf.grad.data - want).max())
    return max(faults)


# %%
manual_seed(0)
for layer, shape in [
    (Linear(3, 2), (2, 3)),
    (LayerNorm(4), (2, 4)),
    (MLP(3, [4], 2, activation=Tanh), (2, 3)),
    (Conv2d(2, 3, 3, padding=1), (2, 2, 4, 4)),
    (Conv2d(2, 2, 2, stride=2, groups=2), (1, 2, 4, 4)),
    (Conv2d(1, 1, 2, dilation=2), (1, 1, 4, 4)),
    (BatchNorm2d(2), (2, 2, 2, 2)),
    (PositionalEncoding(4, learned=True, max_len=3), (1, 3, 4)),
]:
    print(
        f"{type(layer).__name__:20} {largest_fault(layer, shape, list(layer.parameters())):.0e}"
    )

# %%
attention = MultiHeadAttention(4, 2)
weights_of_attention = list(attention.parameters())
for name, layer, shape, leaves in [
    ("MaxPool2d", MaxPool2d(2), (1, 2, 4, 4), []),
    ("AvgPool2d", AvgPool2d(3, 1, 1), (1, 1, 4, 4), []),
    ("LeakyReLU", LeakyReLU(), (5,), []),
    ("GELU", GELU(), (5,), []),
    ("Sigmoid", Sigmoid(), (5,), []),
    ("Softmax", Softmax(0), (5,), []),
    ("rotate", lambda x: rotate(x, range(3)), (3, 4), []),
    ("attention", lambda x: attention(x, x, x)[0], (1, 3, 4), weights_of_attention),
]:
    print(f"{name:20} {largest_fault(layer, shape, leaves):.0e}")

# %% [markdown]
# Nine digits and more, everywhere. (Second derivatives are another matter: our rules compute with arrays, past the
# door, so the gradients themselves have no history. PyTorch's rules are made of tensor operations, and theirs do.)
#
# ## 13 · Working without a memory
#
# Every recorded result holds its inputs. **Predict**: how many megabytes does the graph of one batch of 64 images of
# 3 × 32 × 32 hold, for the small network below, whose weights take 0.08 MB?


# %%
def graph_bytes(tensor):
    """The bytes of all arrays that a graph holds, each block of memory once."""
    blocks = {}
    for node in filter(None, map(history, topological_order(tensor))):
        for array in [*node.arrays, node.output]:
            while isinstance(array, np.ndarray) and isinstance(array.base, np.ndarray):
                array = array.base
            if isinstance(array, np.ndarray):
                blocks[id(array)] = array.nbytes
    return sum(blocks.values())


guess = None
small = Sequential(
    Conv2d(3, 8, 3, padding=1), Tanh(), MaxPool2d(2), Flatten(), Linear(8 * 256, 10)
)
pictures = Tensor(np.random.default_rng(0).normal(size=(64, 3, 32, 32)))
loss = small(pictures).sum()
own = sum(p.nbytes for p in small.parameters())
print(f"weights {own / 1e6:.2f} MB, graph {graph_bytes(loss) / 1e6:.1f} MB; you said {guess}")
loss.backward()
print(f"after backward: {graph_bytes(loss) / 1e6 if history(loss).inputs else 0:.1f} MB")

# %% [markdown]
# Three hundred times the weights: that is what fills a graphics card. Whoever only wants answers switches the tape off.
#
# **Write `no_grad`**, to be used as `with no_grad():` and as `@no_grad()` above a function. `contextlib.contextmanager`
# makes both out of a function with one `yield`. Two traps: it must restore what was *before* (it may be used inside
# another), and it must do so even if the code inside raises.


# %% nbgrader={"grade": false, "grade_id": "no-grad", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@contextlib.contextmanager
def no_grad():
    """Record nothing meanwhile: `with no_grad():`, or `@no_grad()` on a function.

    Sets `enabled` of `current_tape()` to False, and afterwards, whatever happens, to what it was.
    """
    ### BEGIN SOLUTION
    tape = current_tape()
    before, tape.enabled = tape.enabled, False
    try:
        yield
    finally:
        tape.enabled = before
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "no-grad-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w = Tensor([1.0, 2.0], requires_grad=True)
with no_grad():
    inside = w * 2
    with no_grad():
        pass
    still = w * 2
expect_equal(
    (inside.requires_grad, still.requires_grad), (False, False), "results inside no_grad"
)
expect_equal((w * 2).requires_grad, True, "requires_grad of a result after it")


@no_grad()
def stumble():
    raise ValueError("in the middle")


expect_raises(ValueError, stumble, "an error inside no_grad")
expect_equal((w * 2).requires_grad, True, "requires_grad after an error inside", hint="finally")
double = no_grad()(lambda t: t * 2)
expect_equal(double(w).requires_grad, False, "a result of a function under @no_grad()")
expect_equal((w * 2).requires_grad, True, "requires_grad after that function")
print("✅ Answers without a memory")

# %% [markdown]
# `detach()` of module 02 is the same for one tensor: the same numbers, and no history. What does recording cost in time?
# Here is a step of the network from the beginning: **predict** the second line in multiples of the first.

# %%
guess = None

forward = no_grad()(lambda: cross_entropy(network(batch), classes))
once = time_call(forward, 100)
step = time_call(lambda: cross_entropy(network(batch), classes).backward(), 100)
trying = 2 * weights * once
print(f"forward without a tape  {once * 1e3:6.2f} ms")
print(f"forward and backward    {step * 1e3:6.2f} ms, {step / once:.1f} times; you said {guess}")
print(f"by central differences  {trying * 1e3:6.0f} ms, {trying / step:,.0f} times")

# %% [markdown]
# ## 14 · Use it: learning
#
# XOR again, which module 05 looked for with dice. A hundred steps downhill, written by hand. **Predict** how many of
# five different beginnings get there.

# %%
guess = None

corners, xor = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), Tensor([[0], [1], [1], [0]])
fig, axis = plt.subplots(figsize=(7, 3))
for start in range(5):
    manual_seed(start)
    xor_network, losses = MLP(2, [8], 1, activation=Tanh), []
    for _ in range(100):
        loss = ((xor_network(corners) - xor) ** 2).mean()
        zero_grad(xor_network.parameters())
        loss.backward()
        for p in xor_network.parameters():
            p.data -= 0.3 * p.grad.data
        losses.append(loss.item())
    axis.semilogy(losses, label=f"start {start}: {losses[-1]:.0e}")
axis.set(title="XOR, learned", xlabel="step", ylabel="mean squared error")
axis.legend()
plt.show()
print("you said:", guess)

# %% [markdown]
# All five get below the 0.25 of a network that always says ½, most of them far below. The bumps are steps that were
# too long: on them the loss went *up*, though the slope said down. (More about that at the end.)
#
# Now the digits: 1,400 to learn from and 397 that the network never sees. **Predict** its share of right answers on
# those, after 20 rounds of batches of 50.

# %%
guess = None

manual_seed(0)
pixels = Tensor(images.reshape(-1, 64))
network = MLP(64, [64], 10)
start = time.perf_counter()
rng = np.random.default_rng(0)
for _ in range(20):
    for rows in rng.permutation(1400).reshape(-1, 50):
        target = Tensor(labels[rows], dtype=np.int64)
        zero_grad(network.parameters())
        cross_entropy(network(pixels[rows]), target).backward()
        for p in network.parameters():
            p.data -= 0.5 * p.grad.data
with no_grad():
    right = (network(pixels[1400:]).argmax(1).data == labels[1400:]).mean()
print(f"{right:.1%} right after {time.perf_counter() - start:.1f} s; you said {guess}")

# %% [markdown]
# Random weights knew one digit in ten. And the gradient doesn't stop at the weights: the *pixels* are an input like any
# other. Which of them speak for the network's answer, and which against it?

# %%
shown = [1400, 1402, 1405, 1410, 1414]
looked_at = Tensor(pixels.data[shown], requires_grad=True)
scores = network(looked_at)
scores[np.arange(5), scores.data.argmax(1)].sum().backward()
fig, axes = plt.subplots(2, 5, figsize=(10, 4))
for i, (above, below) in enumerate(axes.T):
    above.imshow(images[shown[i]], cmap="gray_r")
    above.set(title=f"answer {scores.data[i].argmax()}")
    slopes = looked_at.grad.data[i].reshape(8, 8)
    below.imshow(slopes, cmap="RdBu", vmin=-np.abs(slopes).max(), vmax=np.abs(slopes).max())
    above.axis("off")
    below.axis("off")
axes[1, 0].set(title="blue: more ink helps", xlabel="")
plt.show()

# %% [markdown]
# One more, without any network. A photograph was blurred by a convolution of module 06. Which picture, blurred, would
# look like that? Begin with grey, and let the *pixels* go downhill: 9,216 unknowns, and no formula for them anywhere.
# The gradient passes the padding, the windows and the product of `conv2d`. **Predict**: will the roof's tiles come back?

# %%
sharp = photograph("china")[60:156, 180:276].mean(axis=2)
ticks = np.arange(-3, 4)
bell = np.exp(-(ticks[:, None] ** 2 + ticks**2) / 4)
kernel = Tensor(bell[None, None] / bell.sum())
blurred = conv2d(Tensor(sharp[None, None]), kernel, padding=3)
picture = Tensor(np.full((1, 1, 96, 96), 0.5), requires_grad=True)
for _ in range(150):
    zero_grad([picture])
    ((conv2d(picture, kernel, padding=3) - blurred) ** 2).sum().backward()
    picture.data -= 0.9 * picture.grad.data

fig, axes = plt.subplots(1, 3, figsize=(11, 3.8))
for axis, image, title in zip(
    axes, (sharp, blurred, picture), ("before", "blurred", "150 steps downhill")
):
    axis.imshow(np.asarray(image).reshape(96, 96), cmap="gray", vmin=0, vmax=1)
    axis.set(title=title)
    axis.axis("off")
plt.show()

# %% [markdown]
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number or a shape where it helps: double-click the
# cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A network has a million weights and one loss. Your engine walks *backwards*, from the loss to the weights.
# One could also walk *forwards*: move one weight and carry the change of every result along. Compare the work of both for
# this network, and give a case in which forwards would be the better way.
#
# ### BEGIN MARK SCHEME
# 2 points: backwards costs about two forward passes for all weights together; forwards a pass for each weight, a million.
# 2 points: forwards is better with few inputs and many outputs (one input, a million outputs).
# 1 point: says that backwards has to keep the intermediate results in memory, and forwards has not.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** A training loop sums its losses for a report: `total = total + loss`, and after some hundred steps the
# machine runs out of memory. Explain with what your nodes hold why it does (`backward` was called on each loss), say
# what would happen if it was not called, and give the one-word cure.
#
# ### BEGIN MARK SCHEME
# 2 points: `total` has a node for each step, each of which holds the one before and the loss, with its arrays; the chain grows.
# 1 point: backward freed what the losses' own nodes held, so only the small chain is left; without it every step's whole
# graph stays in memory. 2 points: `loss.item()` or `loss.detach()` (no history), or `no_grad` around the addition.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# You know the slope of everything, so learning is solved? A valley that is a hundred times steeper across than along:
# $f(x, y) = \frac12 (x^2 + 100\,y^2)$. Forty steps downhill, with two step sizes:

# %%
fig, axes = plt.subplots(1, 2, figsize=(11, 3), sharey=True)
across, along = np.meshgrid(np.linspace(-1, 10.5, 120), np.linspace(-1.3, 1.3, 80))
for axis, rate in zip(axes, (0.0197, 0.0203), strict=True):
    point, path = Tensor([10.0, 1.0], requires_grad=True), []
    for _ in range(40):
        path.append(point.data.copy())
        zero_grad([point])
        (point * point * [0.5, 50.0]).sum().backward()
        point.data -= rate * point.grad.data
    axis.contour(across, along, across**2 + 100 * along**2, levels=12, colors="0.8")
    axis.plot(*np.transpose(path), marker=".")
    axis.set(title=f"rate {rate}: after 40 steps {point.data.round(2)}", ylim=(-1.3, 1.3))
plt.show()

# %% [markdown]
# On the left it creeps along the valley while it jumps from wall to wall; on the right, three percent more, and each jump
# is higher than the last. No step size serves both directions. In **10 · Optimizers** the steps get a memory.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_08_differentiation` against this notebook. When it is green, type
# `tito module complete autograd` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("differentiation")
