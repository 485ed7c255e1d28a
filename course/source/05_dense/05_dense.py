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
# # 05 · Dense
#
# A layer alone is a straight line. Layers with bends between them draw any curve and tell any ten digits
# apart; and as soon as two networks can do the same job, somebody asks which is better, and what it costs.
# This module puts layers together, sets weights by hand, and gives three numbers to a network: its loss, its
# parameters, its FLOPs.
#
# **You will be able to say:** *I can compose layers into deep networks.*
#
# | you build | it gives you |
# |---|---|
# | `Sequential`, `MLP` | whole networks in one line, of any depth |
# | `mse_loss`, `cross_entropy` | one number for how wrong a network is |
# | `count_parameters`, `count_flops` | what it costs, before anybody has paid |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinytorch.core.activations import ReLU, log_softmax
from tinytorch.core.layers import Dropout, Linear, Module, kaiming_normal_
from tinytorch.core.tensor import Tensor, recorders, take
from tinytorch.extend import extend

# %% [markdown]
# ## Four points that no layer can separate
#
# XOR asks for 1 where exactly one of two inputs is 1. Below are 68,921 layers `Linear(2, 1)`: 41 values for
# each of the two weights and the bias, all tried in one product. **Predict**: how many of the four corners
# does the best of them get right?

# %%
import functools

import matplotlib.pyplot as plt

from tinytorch.core.activations import Tanh, relu, softmax
from tinytorch.core.layers import Parameter
from tinytorch.core.setup import generator, manual_seed, time_call
from tinytorch.images import digits, photograph
from tito.checks import expect_close, expect_equal, expect_raises, expect_recorded, expect_true

guess = None

corners, xor = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
ticks = np.linspace(-2, 2, 41)
weights = Tensor(np.stack(np.meshgrid(ticks, ticks)).reshape(2, -1))
scores = (corners @ weights).unsqueeze(2) + ticks  # (4, 1681, 41)
right = ((scores.data > 0) == xor[:, None, None]).sum(axis=0)
for count in range(5):
    print(f"{count} right: {(right == count).sum():6,} of {right.size:,} lines")
print("you said:", guess)

# %% [markdown]
# Three, and no finer grid will help. For every straight $f(a, b) = w_1 a + w_2 b + c$ the two diagonals have
# equal sums, $f(0,0) + f(1,1) = f(0,1) + f(1,0)$, and XOR wants both numbers on the left small and both on
# the right large.
#
# So: two layers, and a bend between them. By hand that was `relu(corners @ W1 + b1) @ W2 + b2`, and in
# module 04 a class whose `forward` may forget a layer that its `__init__` made. Both write down twice what
# needs saying once.
#
# ## 1 · One after the other
#
# ```
#   network = Sequential(Linear(2, 2), ReLU(), Linear(2, 1))
#
#   x (4, 2)  →  "0" Linear  →  (4, 2)  →  "1" ReLU  →  (4, 2)  →  "2" Linear  →  (4, 1)
#   parameters:  "0.weight"  "0.bias"                              "2.weight"  "2.bias"
# ```
#
# A part is kept as an *attribute*, under its position, so that the tree of module 04 finds it; `setattr(self,
# "0", module)` takes a name that no program could write after a dot. Two slips are frequent enough to deserve
# an answer at once: a list of layers, and `ReLU` without its brackets, which is a class and no activation.
#
# **Write `append`.** `callable(value)` asks whether something can be called, `isinstance(value, type)` whether
# it is a class.


# %% nbgrader={"grade": false, "grade_id": "sequential-append", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Module):
    """Modules, or whatever else can be called with a tensor, one after the other."""

    def __init__(self, *modules):
        """Append each, in order."""
        super().__init__()
        self.length = 0
        for module in modules:
            self.append(module)

    def append(self, module):
        """Keep `module` as the attribute "0", "1", …, its position; count it; return this Sequential.

        Raises TypeError for a class, and for what can't be called; the message holds the position and
        the name: of the class, or of the value's type (`list`).
        """
        ### BEGIN SOLUTION
        kind = module if isinstance(module, type) else type(module)
        if kind is module or not callable(module):
            raise TypeError(f"part {self.length} is a {kind.__name__}, which can't be called")
        setattr(self, str(self.length), module)
        self.length += 1
        return self
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sequential-append-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
network = Sequential(Linear(2, 3), ReLU(), Linear(3, 1))
keys = ["0.bias", "0.weight", "2.bias", "2.weight"]
expect_equal(sorted(network.state_dict()), keys, "keys of the state", hint="setattr")
expect_equal(network.length, 3, "length of three parts")
want = """Sequential(
  (0): Linear(in_features=2, out_features=3, bias=True)
  (1): ReLU()
  (2): Linear(in_features=3, out_features=1, bias=True)
)"""
expect_equal(repr(network).split("\n"), want.split("\n"), "the lines of repr(network)")
parts = [Linear(1, 1)]
expect_raises(TypeError, lambda: Sequential(parts), "Sequential([…])", says=("0", "list"))
said = ("1", "ReLU")
expect_raises(TypeError, lambda: Sequential(Linear(1, 1), ReLU), "Sequential(…, ReLU)", says=said)
last = Linear(1, 1)
same = network.append(last) is network
expect_true(same, "what append returns", "the Sequential itself", "something else")
expect_true(getattr(network, "3") is last, 'attribute "3"', "what was appended", "something else")
### BEGIN HIDDEN TESTS
expect_raises(TypeError, lambda: network.append(None), "append(None)", says=("4", "NoneType"))
expect_equal(network.length, 4, "length after a part was refused")
expect_equal(len(list(Sequential(last, relu, last).parameters())), 2, "a layer used twice")
### END HIDDEN TESTS
print("✅ Parts that the tree finds")

# %% [markdown]
# (That a name like `"0"` is legal is a quirk of Python, and PyTorch's `Sequential` rests on it too.)
#
# **Write `__iter__` and `forward`.** `getattr(self, "0")` is the way back from a name to a part.


# %% nbgrader={"grade": false, "grade_id": "sequential-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Sequential)
class SequentialForward:
    """From the first part to the last."""

    def __len__(self):
        """How many parts."""
        return self.length

    def __iter__(self):
        """Yield the parts in order."""
        ### BEGIN SOLUTION
        for i in range(len(self)):
            yield getattr(self, str(i))
        ### END SOLUTION

    def forward(self, x):
        """What the last part makes of what the one before made of … x; x itself if there is none."""
        ### BEGIN SOLUTION
        for module in self:
            x = module(x)
        return x
        ### END SOLUTION


# %% [markdown]
# The next cell is for tests: what every layer and every loss must obey, as in module 04.


# %% nbgrader={"grade": false, "grade_id": "expect-chain", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_chain(function, x, name, **sources):
    """function(x) is a Tensor of x's dtype, made at the door out of x and each source; x stays."""
    from tinytorch.core.tensor import recorders

    expect_recorded(recorders, lambda: function(x), name, {"x": x, **sources})


# %% nbgrader={"grade": true, "grade_id": "sequential-forward-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, -2], [3, 4]])
steps = Sequential(lambda x: x * 10, lambda x: x + 1, relu)
expect_close(steps(x).data, [[11, 0], [31, 41]], "times 10, plus 1, relu", hint="in this order")
first, second = Linear(2, 3), Linear(3, 1)
network = Sequential(first, ReLU(), second)
want = second(relu(first(x))).data
expect_close(network(x).data, want, "Sequential(first, ReLU(), second)(x)")
parts = list(network)
ends = len(parts) == 3 and parts[0] is first and parts[2] is second
expect_true(ends, "list(network)", "first, ReLU(), second", f"{len(parts)} parts, or other ones")
expect_chain(network, x, "network(x)", weight=first.weight, bias=second.bias)
expect_close(Sequential()(x).data, x.data, "Sequential()(x)", hint="nothing to do: x itself")
### BEGIN HIDDEN TESTS
again = Sequential(steps, Sequential(steps))
expect_close(again(x).data, [[111, 1], [311, 411]], "a Sequential in a Sequential, twice")
### END HIDDEN TESTS
print("✅ A network in one line")

# %% [markdown]
# ### Break it
#
# Ten layers, and two ways to make them. Python repeats a list with `*`. **Predict** both numbers of weights;
# one `Linear(16, 16)` has 16 · 16 + 16 = 272.

# %%
guesses = [None, None]

ten = Sequential(*[Linear(16, 16) for _ in range(10)])
same = Sequential(*[Linear(16, 16)] * 10)
for network in (ten, same):
    print(len(network), "parts,", sum(p.numel() for p in network.parameters()), "numbers")
print("you said:", guesses)

# %% [markdown]
# The list holds *one* layer ten times over: it looks ten deep, runs, and can learn a tenth as much. (Sometimes
# that is wanted, and then it is called weight sharing.)
#
# ### Parts of a network
#
# `network[-1]` is the last part, and `network[:-1]` all but the last: a *network*, which can be called. Who has a
# good classifier of photographs cuts off its last layer and puts another on what is left; section 7 does that.
#
# **Write `__getitem__`.** A tip: `range(5)[-1]` is 4, `range(5)[1:3]` is `range(1, 3)`, and `range(5)[7]` raises
# the right error.


# %% nbgrader={"grade": false, "grade_id": "sequential-getitem", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Sequential)
class SequentialParts:
    """Single parts and shorter networks."""

    def __getitem__(self, index):
        """The part at an int, which may be negative, or a Sequential of the parts of a slice.

        A slice shares its modules with this one, and is a plain Sequential, whatever class this is.
        Raises IndexError where there is no such part.
        """
        ### BEGIN SOLUTION
        chosen = range(len(self))[index]
        if isinstance(index, slice):
            return Sequential(*[getattr(self, str(i)) for i in chosen])
        return getattr(self, str(chosen))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sequential-getitem-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
layers = [Linear(2, 2), ReLU(), Linear(2, 2), Tanh(), Linear(2, 1)]
network = Sequential(*layers)
for i in (0, 2, 4, -1, -5):
    found = network[i] is layers[i]
    expect_true(found, f"network[{i}]", f"part {i % 5}", "another object")
for i in (5, -6):
    expect_raises(IndexError, lambda i=i: network[i], f"network[{i}] of 5 parts")
tail = network[2:]
hint = "a network, not a list"
expect_true(
    isinstance(tail, Sequential), "network[2:]", "a Sequential", type(tail).__name__, hint
)
shared = len(tail) == 3 and tail[0] is layers[2] and tail[2] is layers[4]
expect_true(shared, "network[2:]", "parts 2, 3 and 4 themselves", "others")
keys = ["0.bias", "0.weight", "2.bias", "2.weight"]
expect_equal(sorted(tail.state_dict()), keys, "keys of network[2:]", hint="counted from 0 again")
### BEGIN HIDDEN TESTS
ends = network[::-2]
order = len(ends) == 3 and ends[0] is layers[4] and ends[2] is layers[0]
expect_true(order, "network[::-2]", "parts 4, 2, 0", "others")
expect_equal((len(network), len(network[7:])), (5, 0), "lengths of network and network[7:]")
### END HIDDEN TESTS
print("✅ Parts, and networks out of parts")

# %% [markdown]
# ## 2 · Weights by hand
#
# Nothing here can learn yet. But you can think, and four corners are few enough. Two hidden units:
#
# ```
#   a  b  │  relu(a - b)   relu(b - a)  │  sum
#   0  0  │      0             0        │   0
#   0  1  │      0             1        │   1
#   1  0  │      1             0        │   1
#   1  1  │      0             0        │   0
# ```
#
# (Module 03 counted the ones instead. There are many ways, which will matter when a machine looks for one.)
#
# **Write `fill_xor`.** Row 0 of the first weight makes hidden unit 0; the biases begin as random numbers, and
# must go.


# %% nbgrader={"grade": false, "grade_id": "fill-xor", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fill_xor(network):
    """Write weights into Sequential(Linear(2, 2), ReLU(), Linear(2, 1)) so that it answers XOR; return it.

    For (0, 0), (0, 1), (1, 0), (1, 1) it then answers 0, 1, 1, 0, exactly.
    """
    ### BEGIN SOLUTION
    first, _, second = network
    first.weight.data[...], first.bias.data[...] = [[1, -1], [-1, 1]], [0, 0]
    second.weight.data[...], second.bias.data[...] = [[1, 1]], [0]
    return network
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fill-xor-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
square = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
network = Sequential(Linear(2, 2), ReLU(), Linear(2, 1))
filled = fill_xor(network)
expect_true(filled is network, "what fill_xor returns", "the network it filled", "another object")
expect_close(network(square).data, [[0], [1], [1], [0]], "the filled network at the corners")
### BEGIN HIDDEN TESTS
other = fill_xor(Sequential(Linear(2, 2), ReLU(), Linear(2, 1)))
expect_close(other(square).data, [[0], [1], [1], [0]], "another network, filled")
owned = all(isinstance(parameter, Parameter) for parameter in other.parameters())
expect_equal((owned, len(list(other.parameters()))), (True, 4), "parameters after filling")
### END HIDDEN TESTS
print("✅ What 68,921 lines could not do")

# %% [markdown]
# The **decision boundary** is where the answer crosses one half. Before, with the random weights it was made
# with, and after. **Predict** the shape of the second one: four blobs, a cross, a band?


# %%
def show_answers(axis, network, title, spread=1.6):
    """Colour the plane by what a network (…, 2) → (…, 1) answers; black: where that is 0.5."""
    side = np.linspace(0.5 - spread, 0.5 + spread, 161)
    plane = Tensor(np.stack(np.meshgrid(side, side), axis=-1))
    answers = network(plane).data[..., 0]
    axis.contourf(
        side, side, answers, levels=np.linspace(-1, 2, 25), cmap="RdBu_r", extend="both"
    )
    axis.contour(side, side, answers, levels=[0.5], colors="black", linewidths=2)
    axis.scatter(*corners.data.T, c=xor, cmap="RdBu_r", edgecolors="black", s=110, zorder=3)
    axis.set(title=title, xlabel="a", ylabel="b", aspect="equal")


manual_seed(3)
network = Sequential(Linear(2, 2), ReLU(), Linear(2, 1))
_, axes = plt.subplots(1, 2, figsize=(9, 4))
show_answers(axes[0], network, "as made")
show_answers(axes[1], fill_xor(network), "set by hand")
plt.tight_layout()
plt.show()

# %% [markdown]
# Two parallel lines, one from each unit, and a valley between them. On each side of the diagonal one unit works and the
# other sleeps: two straight sheets of paper, joined at a fold.
#
# ### Any curve
#
# One input, one output: each hidden unit $\text{relu}(x - x_i)$ sleeps up to its place $x_i$ and then goes up at
# slope 1. Its weight in the second layer says by how much the curve's slope *changes* there. With enough changes
# of slope you can follow anything. Through (0, 1), (2, 5), (3, 4):
#
# ```
#   slopes between the points      (5-1)/2 = 2    (4-5)/1 = -1
#   changes of slope                at 0: 2        at 2: -3
#   f(x) = 1 + 2·relu(x - 0) - 3·relu(x - 2)       f(3) = 1 + 6 - 3 = 4
# ```
#
# **Write `through`.** `np.diff` takes the differences of neighbours; the last point needs no unit.


# %% nbgrader={"grade": false, "grade_id": "through", "locked": false, "schema_version": 3, "solution": true, "task": false}
def through(xs, ys):
    """A network that passes through n points, straight from each to the next, flat before the first.

    xs, ys: arrays (n,) with n ≥ 2, xs rising
    Returns Sequential(Linear(1, n - 1), ReLU(), Linear(n - 1, 1)), its weights set.
    """
    ### BEGIN SOLUTION
    slopes = np.diff(ys) / np.diff(xs)
    network = Sequential(Linear(1, len(slopes)), ReLU(), Linear(len(slopes), 1))
    network[0].weight.data[...] = 1
    network[0].bias.data[...] = -xs[:-1]
    network[2].weight.data[...] = np.diff(slopes, prepend=0)
    network[2].bias.data[...] = ys[0]
    return network
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "through-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
xs, ys = np.array([0.0, 2.0, 3.0]), np.array([1.0, 5.0, 4.0])
network = through(xs, ys)
shapes = [part.weight.shape for part in (network[0], network[2])]
expect_equal(shapes, [(2, 1), (1, 2)], "shapes of the weights through 3 points")
at = Tensor([[0], [1], [2], [2.5], [3]])
want = [[1], [3], [5], [4.5], [4]]
expect_close(network(at).data, want, "the network at 0, 1, 2, 2.5, 3", hint="changes of slope")
expect_close(network(Tensor([[-5]])).data, [[1]], "the network at -5", hint="all units asleep")
### BEGIN HIDDEN TESTS
xs = np.array([-2.0, -1.5, 0.5, 1.0, 4.0, 4.25])
ys = np.array([3.0, -1.0, 0.0, 2.0, 2.0, -3.0])
inside = np.linspace(-3, 4.25, 59)
want = np.interp(inside, xs, ys)
got = through(xs, ys)(Tensor(inside[:, None])).data[:, 0]
expect_close(got, want, "a network through 6 points", rtol=1e-4, atol=1e-4)
### END HIDDEN TESTS
print("✅ A network that goes where you want")

# %% [markdown]
# Now something that nobody has a formula for: the brightness along one row of a photograph, 640 pixels, in grey, and
# your network in blue. **Predict**: how many units until you would call it the same curve?

# %%
guess = None

row = photograph("china")[190].mean(axis=1)
places = np.arange(640.0)
fig, axes = plt.subplots(2, 2, figsize=(12, 5), sharex=True, sharey=True)
for axis, units in zip(axes.flat, [4, 16, 64, 256], strict=True):
    knots = np.linspace(0, 639, units + 1).round()
    curve = through(knots, row[knots.astype(int)])
    axis.plot(places, row, color="0.7", linewidth=2)
    axis.plot(places, curve(Tensor(places[:, None])).data[:, 0], linewidth=1)
    axis.set(title=f"{units} units")
plt.tight_layout()
plt.show()
print("you said:", guess)

# %% [markdown]
# This is the **universal approximation** theorem on one axis: one hidden layer follows any continuous curve as
# closely as you like, if it may be wide enough. It says nothing about how to *find* the weights. Here they
# could be read off the points, which works for a curve and for nothing larger.
#
# ### Why deep, then?
#
# A tent goes from 0 up to 1 and down to 0 again: `through` three points, two hidden units, 7 parameters. Put tents
# one after the other, into a `Sequential`. **Predict**: how many tents does the curve of six of them have?

# %%
guess = None

tent = through(np.array([0, 0.5, 1]), np.array([0, 1, 0]))
between = np.linspace(0, 1, 1025)
fig, axes = plt.subplots(1, 4, figsize=(12, 2.2), sharey=True)
for axis, depth in zip(axes, [1, 2, 3, 6], strict=True):
    heights = Sequential(*[tent] * depth)(Tensor(between[:, None])).data[:, 0]
    peaks = (np.diff(np.sign(np.diff(heights))) < 0).sum()
    axis.plot(between, heights, linewidth=1)
    axis.set(title=f"depth {depth}: {peaks} tents")
plt.show()
print("you said:", guess)

# %% [markdown]
# Each layer folds the line once more, and everything behind a fold happens twice: $2^{k-1}$ tents from $2k$ units. A
# single hidden layer needs a unit for each change of slope, 64 for the last picture, and a million million where 40
# tents in a row need 80. Width *adds* creases, depth *multiplies* them. (And here, for once, one layer
# used six times was the point.)
#
# ## 3 · MLP
#
# Nearly all dense networks have one form, the **multilayer perceptron**: `Linear`, activation, `Linear`,
# activation, …, and a last `Linear` *without* one, because a score may be any number. Where `dropout` is above
# 0, each activation is followed by a `Dropout`.
#
# ```
#   MLP(64, [32, 16], 10)               Linear(64, 32) ReLU Linear(32, 16) ReLU Linear(16, 10)
#   MLP(64, [32], 10, dropout=0.1)      Linear(64, 32) ReLU Dropout(0.1) Linear(32, 10)
#   MLP(64, [], 10)                     Linear(64, 10)
# ```
#
# With which weights should it begin? As `Linear` makes them, which is what PyTorch does, or by Kaiming's rule?
# Module 04 looked at the *size* of the signal. Here is what that means for ten classes: 1,797 handwritten
# digits pass a network of random weights. It knows nothing, but does it at least *see* that the images differ?
# **Predict** the last column: how many different rows of ten scores do 1,797 images get after 30 layers?

# %%
guess = None

images, labels = digits()
pixels = Tensor(images.reshape(-1, 64))
print(f"{pixels.shape}, labels {labels[:10]} …\n")
manual_seed(0)
for way in ("as made", "Kaiming"):
    for depth in (1, 5, 10, 30):
        pairs = [(Linear(64, 64), ReLU()) for _ in range(depth)]
        network = Sequential(*[part for pair in pairs for part in pair], Linear(64, 10))
        for layer in network[:-1:2] if way == "Kaiming" else ():
            kaiming_normal_(layer.weight)
            layer.bias.data[...] = 0
        out = network(pixels).data
        spread, different = out.std(axis=0).mean(), len(np.unique(out, axis=0))
        print(
            f"{way:8} {depth:3} hidden layers: spread {spread:.1e}, {different:5,} different answers"
        )
print("you said:", guess)

# %% [markdown]
# After 30 layers as made, 1,797 images get some 640 different answers, and what is left of the differences is
# rounding. Nothing behind that can learn to tell a 3 from an 8. So your `MLP` begins with Kaiming's
# weights and zero biases in every layer that an activation follows. The *last* layer stays as `Linear` made it: small
# scores, no opinion yet; section 5 shows what that is worth. (PyTorch leaves all layers as made; whoever builds deep
# networks there fills the weights anew.)
#
# **Write `MLP`.** Every layer and every activation is an object of its own.


# %% nbgrader={"grade": false, "grade_id": "mlp", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class MLP(Sequential):
    """Linear layers with an activation, and dropout if wanted, between them."""

    def __init__(self, in_features, hidden_features, out_features, activation=ReLU, dropout=0.0):
        """For each width in `hidden_features`: Linear, activation(), Dropout if > 0; then a Linear.

        hidden_features: a list or tuple of widths, which may be empty; activation: called with nothing
        Each hidden Linear has a weight by `kaiming_normal_` (its defaults) and a bias of zeros.
        """
        ### BEGIN SOLUTION
        super().__init__()
        for width in hidden_features:
            layer = Linear(in_features, width)
            kaiming_normal_(layer.weight)
            layer.bias.data[...] = 0
            self.append(layer).append(activation())
            if dropout > 0:
                self.append(Dropout(dropout))
            in_features = width
        self.append(Linear(in_features, out_features))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mlp-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
want = """MLP(
  (0): Linear(in_features=64, out_features=32, bias=True)
  (1): ReLU()
  (2): Linear(in_features=32, out_features=16, bias=True)
  (3): ReLU()
  (4): Linear(in_features=16, out_features=10, bias=True)
)"""
lines = repr(MLP(64, [32, 16], 10)).split("\n")
for i, line in enumerate(want.split("\n")):
    expect_equal(lines[i : i + 1], [line], f"line {i + 1} of MLP(64, [32, 16], 10)")
expect_equal(len(lines), 7, "number of lines")
names = [type(part).__name__ for part in MLP(4, (3,), 2, activation=Tanh, dropout=0.1)]
want = ["Linear", "Tanh", "Dropout", "Linear"]
expect_equal(names, want, "parts of MLP(4, (3,), 2, Tanh, 0.1)")
names = [type(part).__name__ for part in MLP(4, [], 2)]
expect_equal(names, ["Linear"], "parts of MLP(4, [], 2)")
### BEGIN HIDDEN TESTS
deep = MLP(4, [8] * 3, 2, dropout=0.3)
expect_equal((deep[2].p, len(list(deep.modules()))), (0.3, 8), "p of dropout, number of modules")
parts = list(deep)
apart = len({id(part) for part in parts}) == len(parts) == 10
expect_true(apart, "parts of MLP(4, [8, 8, 8], 2, dropout=0.3)", "10 objects", "one used twice")
### END HIDDEN TESTS
print("✅ A deep network in one line")


# %% nbgrader={"grade": true, "grade_id": "mlp-start-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
wide = MLP(100, [400], 50)
std, last = wide[0].weight.data.std(), wide[2].weight.data
# The std of 40,000 normal numbers is off by 0.35 %: eight times that is allowed.
expect_close(std, 0.02**0.5, "std of a hidden weight, 100 inputs", rtol=0.03, hint="Kaiming")
expect_close(wide[0].bias.data, np.zeros(400), "a hidden bias")
hint = "as Linear made it"
expect_close(np.abs(last).max(), 0.05, "the largest last weight", rtol=0.01, hint=hint)
### BEGIN HIDDEN TESTS
expect_true(bool(wide[2].bias.data.any()), "the last bias", hint, "zeros")
second = MLP(20, [400, 300], 5)[2].weight.data.std()
expect_close(second, 0.005**0.5, "std of a second hidden weight, 400 inputs", rtol=0.03)
### END HIDDEN TESTS
print("✅ Strong on the way, without an opinion at the end")

# %% [markdown]
# ## 4 · How wrong?
#
# "Almost the same curve" is no number. The **mean squared error** is the mean of (answer - wanted)². Written in
# one line of tensors it works, and the line has a trap that has cost people weeks. Here are *perfect* answers:
# a network's `(640, 1)` and the wanted `(640,)` hold the same numbers. **Predict** the loss.

# %%
guess = None

wanted, answers = Tensor(row), Tensor(row[:, None])
print("loss:", ((answers - wanted) ** 2).mean().item(), "you said:", guess)
print(
    "shape of the differences:", (answers - wanted).shape, " twice the variance:", 2 * row.var()
)

# %% [markdown]
# Every answer was compared with every wanted number, 409,600 pairs, and nobody complained. A network trained with
# this loss learns one constant for all. PyTorch prints a warning. Your `mse_loss` refuses: different shapes are
# a mistake, always.
#
# What to do with the many single losses is the same for every loss, so it gets a function of its own:
# `"mean"`, `"sum"`, or `"none"` for all of them. **Write `reduce_loss`.**


# %% nbgrader={"grade": false, "grade_id": "reduce-loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def reduce_loss(losses, reduction):
    """The mean or the sum of all losses, of shape (), or with "none" the losses as they are.

    Raises ValueError for any other word; the message mentions all three and the word.
    """
    ### BEGIN SOLUTION
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f'reduction is "mean", "sum" or "none", not {reduction!r}')
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reduce-loss-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 9]])
for word, want in [("mean", 4.0), ("sum", 24.0), ("none", x.data)]:
    expect_close(reduce_loss(x, word).data, want, f'reduce_loss(x, "{word}")')
    expect_chain(lambda x, word=word: reduce_loss(x, word) * 1, x, f'reduce_loss(x, "{word}")')
said = ("mean", "sum", "none", "average")
expect_raises(ValueError, lambda: reduce_loss(x, "average"), '"average"', says=said)
print("✅ One number, or all of them")

# %% [markdown]
# **Write `mse_loss`.** The `*` in the brackets means that `reduction` has to be given by its name: PyTorch has
# older arguments at its place, so this is what runs in both.


# %% nbgrader={"grade": false, "grade_id": "mse-loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mse_loss(input, target, *, reduction="mean"):
    """(input - target)², reduced: by default to the mean over all numbers.

    input, target: Tensors of one shape, any
    Raises ValueError where the shapes differ, even if they broadcast; the message holds both.
    """
    ### BEGIN SOLUTION
    if input.shape != target.shape:
        raise ValueError(f"input has the shape {input.shape} and target {target.shape}")
    return reduce_loss((input - target) ** 2, reduction)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mse-loss-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
a, b = Tensor([[1, 2], [3, 4]]), Tensor([[1, 0], [0, 4]])
expect_close(mse_loss(a, b).data, 13 / 4, "mse_loss(a, b)", hint="the mean over all four")
expect_close(mse_loss(a, b, reduction="sum").data, 13, 'with reduction="sum"')
expect_close(mse_loss(a, b, reduction="none").data, [[0, 4], [9, 0]], 'with reduction="none"')
column, flat = Tensor([[1.0], [2.0]]), Tensor([1.0, 2.0])
said = ("(2, 1)", "(2,)")
expect_raises(ValueError, lambda: mse_loss(column, flat), "(2, 1) beside (2,)", says=said)
expect_chain(lambda x: mse_loss(x, b), a, "mse_loss(x, b)", target=b)
### BEGIN HIDDEN TESTS
one = Tensor([[1.0, 2.0]])
expect_raises(ValueError, lambda: mse_loss(a, one), "(2, 2) beside (1, 2)", says=("(1, 2)",))
exact = Tensor([[0.1, 0.2]], dtype=np.float64)
expect_chain(lambda x: mse_loss(x, exact * 3), exact, "mse_loss of float64")
### END HIDDEN TESTS
print("✅ A number for how far off, and no silent comparison of everything with everything")

# %% [markdown]
# Back to the photograph: the loss of your curves, against how many units they have. **Predict** how the loss
# falls when the units double: by half, by a quarter?

# %%
guess = None

counts, losses = [4, 8, 16, 32, 64, 128, 256, 512], []
for units in counts:
    knots = np.linspace(0, 639, units + 1).round()
    curve = through(knots, row[knots.astype(int)])
    losses.append(mse_loss(curve(Tensor(places[:, None])), answers).item())
plt.figure(figsize=(7, 3.2))
plt.loglog(counts, losses, "o-")
for units, loss in zip(counts, losses, strict=True):
    plt.annotate(f"{loss:.4f}", (units, loss), xytext=(4, 6), textcoords="offset points")
plt.gca().set(xlabel="hidden units", ylabel="mean squared error", title="A row of a photograph")
plt.show()
print("you said:", guess)

# %% [markdown]
# From 16 units to 128, eight times as many, the loss does not even fall by half: the roofs of the photograph are finer
# than the steps. (For a smooth curve, doubling the units divides the loss by 16.) What a network can do depends on
# what it is asked.
#
# ## 5 · Which of ten?
#
# For a digit, "0.7 too high" means nothing: a 7 is not nearly an 8. The network gives a **score** (a *logit*)
# to each class, `softmax` of module 03 makes probabilities of them, and the loss is how *surprised* the network
# is by the truth: minus the logarithm of the probability it had given to it.
#
# ```
#   scores (1, 3)            [ 2.0    1.0    0.0  ]          truth: class 1
#   probabilities            [ 0.665  0.245  0.090]
#   log probabilities        [-0.408 -1.408 -2.408]    →     loss 1.408
# ```
#
# Certain and right: 0. Ten classes and no opinion: log 10 = 2.303. Certain and wrong: as large as you like.
#
# The formula is `-log(softmax(scores))`. **Predict** what it gives for scores [1000, 0] and truth 1, where the
# network errs by a thousand, and what the *best* network can reach if somebody takes the softmax twice.

# %%
guesses = [None, None]

scores = Tensor([[1000.0, 0.0]])
with np.errstate(divide="ignore"):
    print("-log(softmax):", -softmax(scores, dim=1).log()[0, 1].item())
print("-log_softmax: ", -log_softmax(scores, dim=1)[0, 1].item())
certain = Tensor([[100.0] + [0.0] * 9])
once, twice = certain, softmax(certain, dim=1)
print("certain and right, softmax once: ", -log_softmax(once, dim=1)[0, 0].item())
print("certain and right, softmax twice:", -log_softmax(twice, dim=1)[0, 0].item())
print("you said:", guesses)

# %% [markdown]
# Infinite instead of 1000: the probability was too small for `float32`, and a slope of infinity is no help to
# anybody. And with the softmax twice a perfect network is told 1.46, for ever; it looks like a network that has
# stopped learning. Hence two rules: the loss takes *scores*, and it goes through your `log_softmax`.
#
# First the picking. Of each row, the entry at its target; of `(N, C, d1, …)`, which has ten scores for each place
# of an image or each word of a text, the same at every place:
#
# ```
#   log probabilities (2, 3)          target (2,)          rows [0, 1], columns [1, 2]
#   [[ -0.41  -1.41  -2.41 ]          [ 1,                 →  [ -1.41,
#    [ -2.10  -0.24  -2.38 ]]           2 ]                     -2.38 ]
# ```
#
# Indexing with two integer arrays picks *pairs*, and module 02 sends it through the door. For more axes, NumPy's
# `np.indices(target.shape)` has one array for each axis of the target.
#
# Whole numbers invite three mistakes. A `Tensor([1, 2])` is float32. Class 3 of 3 does not exist. And class -1
# does, for NumPy: it is the last one. **Write `nll_loss`** ("negative log likelihood").


# %% nbgrader={"grade": false, "grade_id": "nll-loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def nll_loss(input, target, *, reduction="mean"):
    """Minus the log probability of each target, reduced: by default the mean over all targets.

    input: log probabilities (N, C), (C,) or (N, C, d1, …); target: classes (N,), () or (N, d1, …), int64
    Raises TypeError for a float target; the message mentions int64. Raises ValueError for a target of
    another shape (both shapes), and IndexError for a class that is not 0, …, C - 1 (the class and C).
    """
    ### BEGIN SOLUTION
    if target.dtype.kind == "f":
        raise TypeError(f"classes have the dtype int64, not {target.dtype}")
    axis = 0 if input.ndim == 1 else 1
    if target.shape != input.shape[:axis] + input.shape[axis + 1 :]:
        raise ValueError(
            f"input of shape {input.shape} doesn't fit target of shape {target.shape}"
        )
    count = input.shape[axis]
    for wrong in target.data[(target.data < 0) | (target.data >= count)]:
        raise IndexError(f"there is no class {wrong} among {count}")
    places = list(np.indices(target.shape))
    places.insert(axis, target.data)
    return reduce_loss(-input[tuple(places)], reduction)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nll-loss-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
logs = Tensor([[-0.5, -1.0, -2.0], [-2.5, -0.25, -3.0]])
classes = Tensor([1, 2], dtype=np.int64)
expect_close(nll_loss(logs, classes).data, 2.0, "nll_loss(logs, [1, 2])")
each = nll_loss(logs, classes, reduction="none").data
expect_close(each, [1, 3], 'with reduction="none"', hint="one of each row")
expect_close(nll_loss(logs[1], classes[0]).data, 0.25, "nll_loss of shape (3,) at class 1")
image = Tensor(np.arange(12).reshape(2, 3, 2))
where_to = Tensor([[0, 2], [1, 1]], dtype=np.int64)
each = nll_loss(image, where_to, reduction="none").data
expect_close(each, [[0, -5], [-8, -9]], "nll_loss of shape (2, 3, 2)", hint="classes on axis 1")
expect_chain(lambda x: nll_loss(x, classes), logs, "nll_loss(x, [1, 2])")
floats, column = Tensor([1, 2]), Tensor([[1], [2]], dtype=np.int64)
expect_raises(TypeError, lambda: nll_loss(logs, floats), "float classes", says=("int64",))
said = ("(2, 3)", "(2, 1)")
expect_raises(ValueError, lambda: nll_loss(logs, column), "classes of shape (2, 1)", says=said)
### BEGIN HIDDEN TESTS
for bad in (3, -1):
    target, said = Tensor([0, bad], dtype=np.int64), (str(bad), "3")
    expect_raises(IndexError, lambda t=target: nll_loss(logs, t), f"class {bad} of 3", says=said)
### END HIDDEN TESTS
print("✅ How surprised by the truth")

# %% [markdown]
# Now the whole. Two additions make it useful beyond the textbook. A target may be *probabilities*, of the input's
# shape and a float dtype: then the loss is the average surprise, $-\sum_c t_c \log p_c$. And **label smoothing**
# keeps a network from becoming infinitely certain: with $\varepsilon = 0.1$ the truth gets nine tenths of the
# weight, and one tenth is spread evenly over *all* classes, the true one included:
#
# $$(1 - \varepsilon)\cdot\text{loss}\;-\;\varepsilon\cdot\text{mean over the classes of }\log p_c$$
#
# **Write `cross_entropy`.** A score of -inf means "this class is out of the question"; without smoothing it must
# not disturb the others, and 0 · inf would.


# %% nbgrader={"grade": false, "grade_id": "cross-entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def cross_entropy(input, target, *, reduction="mean", label_smoothing=0.0):
    """The surprise of scores at the truth, reduced: by default the mean over all targets.

    input: scores (N, C), (C,) or (N, C, d1, …)
    target: classes as for `nll_loss`; or probabilities, a float Tensor of input's shape
    Raises ValueError for a float target of another shape; the message holds both shapes and int64.
    """
    ### BEGIN SOLUTION
    axis = 0 if input.ndim == 1 else 1
    logs = log_softmax(input, axis)
    if target.dtype.kind != "f":
        losses = nll_loss(logs, target, reduction="none")
    elif target.shape == input.shape:
        losses = -(target * logs).sum(axis)
    else:
        shapes = f"{target.shape} beside {input.shape}"
        raise ValueError(f"a float target holds probabilities: {shapes}; classes are int64")
    if label_smoothing > 0:
        losses = (1 - label_smoothing) * losses - label_smoothing * logs.mean(axis)
    return reduce_loss(losses, reduction)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cross-entropy-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
scores, classes = Tensor([[2, 1, 0], [0, 0, 0]]), Tensor([1, 2], dtype=np.int64)
expect_chain(lambda x: cross_entropy(x, classes), scores, "cross_entropy(x, [1, 2])")
losses = [1.407606, np.log(3)]
none = {"reduction": "none"}
expect_close(cross_entropy(scores, classes, **none).data, losses, "losses of [1, 2]")
expect_close(
    cross_entropy(scores, classes).data, np.mean(losses), "cross_entropy(scores, [1, 2])"
)
chances = Tensor([[0, 1, 0], [0.5, 0.25, 0.25]])
expect_close(cross_entropy(scores, chances, **none).data, losses, "losses of probabilities")
smooth = cross_entropy(scores, classes, label_smoothing=0.3, **none).data
expect_close(smooth, losses, "with label_smoothing=0.3", hint="over all three classes")
far = Tensor([[1e4, -1e4, -np.inf]])
expect_close(cross_entropy(far, classes[:1]).data, 2e4, "scores [1e4, -1e4, -inf], truth 1")
said, floats = ("(2, 3)", "(2,)", "int64"), Tensor([1, 2])
expect_raises(ValueError, lambda: cross_entropy(scores, floats), "float [1, 2]", says=said)
### BEGIN HIDDEN TESTS
one = cross_entropy(scores[0], classes[0], label_smoothing=0.5).data
expect_close(one, losses[0], "one example, label_smoothing=0.5")
smooth = cross_entropy(scores, Tensor([0, 2], dtype=np.int64), label_smoothing=0.3).data
expect_close(
    smooth, (0.7 * 0.407606 + 0.3 * losses[0] + losses[1]) / 2, "smoothed, classes [0, 2]"
)
### END HIDDEN TESTS
print("✅ A loss for anything that has classes")

# %% [markdown]
# (PyTorch's has two settings more, weights for the classes and a class to ignore.)
#
# In a program losses are objects, which keep their settings. **Write both classes**, as modules: the next two cells.


# %% nbgrader={"grade": false, "grade_id": "loss-modules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class MSELoss(Module):
    """`mse_loss` with its setting."""

    def __init__(self, *, reduction="mean"):
        """Remember the setting under its name."""
        ### BEGIN SOLUTION
        super().__init__()
        self.reduction = reduction
        ### END SOLUTION

    def forward(self, input, target):
        """`mse_loss(input, target)` with the setting."""
        ### BEGIN SOLUTION
        return mse_loss(input, target, reduction=self.reduction)
        ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "cross-entropy-module", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class CrossEntropyLoss(Module):
    """`cross_entropy` with its settings."""

    def __init__(self, *, reduction="mean", label_smoothing=0.0):
        """Remember the settings under their names."""
        ### BEGIN SOLUTION
        super().__init__()
        self.reduction, self.label_smoothing = reduction, label_smoothing
        ### END SOLUTION

    def forward(self, input, target):
        """`cross_entropy(input, target)` with the settings."""
        ### BEGIN SOLUTION
        settings = {"reduction": self.reduction, "label_smoothing": self.label_smoothing}
        return cross_entropy(input, target, **settings)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loss-modules-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
a, b = Tensor([[2.0, 1.0, 0.0]]), Tensor([[0.0, 0.0, 1.0]])
expect_close(MSELoss()(a, b).data, 2, "MSELoss()(a, b)")
expect_close(MSELoss(reduction="sum")(a, b).data, 6, 'MSELoss(reduction="sum")(a, b)')
expect_close(CrossEntropyLoss()(a, b).data, 2.407606, "CrossEntropyLoss()(a, b)")
alone = CrossEntropyLoss(reduction="none")(a, b).data
expect_close(alone, [2.407606], 'CrossEntropyLoss(reduction="none")(a, b)')
smooth = CrossEntropyLoss(label_smoothing=0.5)(a, b).data
expect_close(smooth, 1.907606, "CrossEntropyLoss(label_smoothing=0.5)(a, b)")
texts = (repr(MSELoss()), repr(CrossEntropyLoss(label_smoothing=0.5)))
expect_equal(texts, ("MSELoss()", "CrossEntropyLoss()"), "repr of both")
both = [MSELoss(), CrossEntropyLoss()]
expect_true(all(isinstance(loss, Module) for loss in both), "both losses", "Modules", "others")
expect_equal(
    [loss.training for loss in both], [True, True], "training", hint="super().__init__()"
)
print("✅ Losses that keep their settings")

# %% [markdown]
# How do real networks begin? To have no opinion is worth log 10 = 2.303 here. **Predict** which of three ways to
# begin is clearly *worse* than that.

# %%
guess = None

truth = Tensor(labels, dtype=np.int64)
criterion = CrossEntropyLoss()
losses = {"Kaiming everywhere": [], "MLP, last as made": [], "MLP, last all zeros": []}
for seed in range(20):
    manual_seed(seed)
    network = MLP(64, [64, 64], 10)
    losses["MLP, last as made"].append(criterion(network(pixels), truth).item())
    kaiming_normal_(network[-1].weight)
    losses["Kaiming everywhere"].append(criterion(network(pixels), truth).item())
    network[-1].weight.data[...] = network[-1].bias.data[...] = 0
    losses["MLP, last all zeros"].append(criterion(network(pixels), truth).item())
for name, values in losses.items():
    print(f"{name:20} {np.mean(values):.3f}, from {min(values):.3f} to {max(values):.3f}")
print("you said:", guess)

# %% [markdown]
# Kaiming's rule keeps a signal alive on its way, and at the end it makes a strong opinion about nothing, which
# training then has to take back. That is why your `MLP` leaves the last layer small. A first loss far from log C is
# the cheapest bug report you will ever get.
#
# ## 6 · What it costs
#
# **Write `count_parameters`.** What is frozen has `requires_grad` False.


# %% nbgrader={"grade": false, "grade_id": "count-parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_parameters(module, trainable_only=False):
    """How many numbers all parameters below `module` hold, each parameter once: an int.

    trainable_only: leave out those whose `requires_grad` is False
    """
    ### BEGIN SOLUTION
    found = (p for p in module.parameters() if p.requires_grad or not trainable_only)
    return sum(p.numel() for p in found)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count-parameters-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
network = MLP(64, [32], 10)
count = 64 * 32 + 32 + 32 * 10 + 10
expect_equal(count_parameters(network), count, "count_parameters(MLP(64, [32], 10))")
expect_equal(count_parameters(Sequential(network, network)), count, "the same, used twice")
network[0].weight.requires_grad = False
left = count_parameters(network, trainable_only=True)
expect_equal(left, count - 64 * 32, "trainable parameters, one weight frozen")
expect_equal(count_parameters(network), count, "all parameters, one weight frozen")
expect_equal(count_parameters(Sequential(ReLU())), 0, "count_parameters(Sequential(ReLU()))")
print("✅ Numbers, not tensors")

# %% [markdown]
# And the work? Module 01 counted $2mkn$ for a product. For a whole network there is a place where every
# operation passes: the door. What each costs is a convention, and here is ours:
#
# ```
#   np.matmul       (…, n, k) @ (k, m)       2k for each number of the result
#   MOVES           reshape, transpose, …    0: numbers are moved or picked, not computed
#   all else        add, exp, sum, maximum   1 for each number of the largest array it sees or makes
# ```
#
# A sum of 1,000 numbers sees 1,000 and makes one: 1,000. An `exp` counts as 1 like an addition, though it takes
# longer; conventions are for comparing. **Write `flops_of`**; `inputs[0]` of a product is always a Tensor.


# %% nbgrader={"grade": false, "grade_id": "flops-of", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
MOVES = {np.reshape, np.swapaxes, np.transpose, np.expand_dims, take}
MOVES |= {np.pad, np.stack, np.concatenate, sliding_window_view}  # of later modules


def flops_of(function, inputs, output):
    """The FLOPs of one operation at the door, by the convention above: an int.

    function, inputs, output: as a recorder hears them; inputs are Tensors and plain numbers
    """
    ### BEGIN SOLUTION
    if function in MOVES:
        return 0
    if function is np.matmul:
        return 2 * inputs[0].shape[-1] * output.numel()
    tensors = [value for value in (*inputs, output) if isinstance(value, Tensor)]
    return max(tensor.numel() for tensor in tensors)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "flops-of-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
a, b = Tensor(np.ones((5, 2, 3))), Tensor(np.ones((3, 4)))
product = flops_of(np.matmul, (a, b), a @ b)
expect_equal(product, 2 * 5 * 2 * 3 * 4, "FLOPs of (5, 2, 3) @ (3, 4)")
expect_equal(flops_of(np.add, (b, 1), b + 1), 12, "FLOPs of (3, 4) + 1")
expect_equal(
    flops_of(np.sum, (a,), a.sum()), 30, "FLOPs of the sum of 30 numbers", hint="it saw 30"
)
row, column = Tensor(np.ones((1, 6))), Tensor(np.ones((7, 1)))
wide = flops_of(np.add, (row, column), row + column)
expect_equal(wide, 42, "FLOPs of (1, 6) + (7, 1)", hint="it made 42")
for function, moved in [(np.reshape, a.flatten()), (np.transpose, a.T)]:
    expect_equal(flops_of(function, (a,), moved), 0, f"FLOPs of {function.__name__}")
### BEGIN HIDDEN TESTS
vector = Tensor([1, 2, 3])
expect_equal(flops_of(np.matmul, (vector, b), vector @ b), 24, "FLOPs of (3,) @ (3, 4)")
expect_equal(flops_of(np.matmul, (a, vector), a @ vector), 60, "FLOPs of (5, 2, 3) @ (3,)")
power = flops_of(np.power, (2, b), b)
expect_equal(power, 12, "FLOPs of 2 ** (3, 4)", hint="an input may be a plain number")
### END HIDDEN TESTS
print("✅ One operation, counted")

# %% [markdown]
# **Write `count_flops`**, which listens while the network works. `FlopCounter` is the listener; your part is to
# let it in, and to let it out again whatever happens. A recorder that is left behind makes every later operation
# slower, and in module 09 more expensive than that.


# %%
#| export
class FlopCounter:
    """A recorder that adds up what it hears."""

    def __init__(self):
        """Begin at nothing."""
        self.total = 0

    def record(self, function, inputs, settings, output):
        """Add the FLOPs of one operation."""
        self.total += flops_of(function, inputs, output)


# %% nbgrader={"grade": false, "grade_id": "count-flops", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_flops(module, x):
    """The FLOPs of `module(x)`, the whole batch, as the sum of its operations at the door: an int.

    module: whatever can be called with the Tensor x; afterwards `recorders` is as it was before, even
    if the call raises
    """
    ### BEGIN SOLUTION
    counter = FlopCounter()
    recorders.append(counter)
    try:
        module(x)
    finally:
        recorders.remove(counter)
    return counter.total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count-flops-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
from tinytorch.core.tensor import recorders as listeners

x, w = Tensor(np.ones((32, 64))), Tensor(np.ones((64, 10)))
flops = count_flops(lambda x: (x @ w + 1).exp().sum(), x)
expect_equal(flops, 32 * 10 * (2 * 64 + 3), "FLOPs of the sum of exp(x @ w + 1)")
expect_equal(count_flops(lambda x: x @ w, x[:1]), 2 * 64 * 10, "FLOPs of one example times w")
network = Sequential(Linear(64, 48), Linear(48, 10))
want = 32 * (2 * 64 * 48 + 48 + 2 * 48 * 10 + 10)
expect_equal(count_flops(network, x), want, "FLOPs of two layers, 32 examples", hint="and biases")
expect_equal(len(listeners), 0, "recorders left behind")
expect_raises(ValueError, lambda: count_flops(network, w), "count_flops of a call that raises")
expect_equal(len(listeners), 0, "recorders left behind by a call that raised", hint="finally")
### BEGIN HIDDEN TESTS
expect_equal(count_flops(lambda x: x.T.flatten(), x), 0, "FLOPs of moving numbers")
expect_equal(count_flops(network, x), want, "FLOPs when counted again")
### END HIDDEN TESTS
print("✅ The work of any network, heard at the door")

# %% [markdown]
# `summary` puts both counts on the table. **Predict** for `MLP(64, [128, 128], 10)`: which layer has most of the
# parameters, and how many FLOPs does one parameter cost for one image?


# %%
#| export
def summary(network, x):
    """A table of a Sequential: each part, the shape of its answer to x, its parameters and FLOPs."""
    lines, total, work = [], 0, 0
    for i, part in enumerate(network):
        owned = count_parameters(part) if isinstance(part, Module) else 0
        flops = count_flops(part, x)
        x = part(x)
        lines.append(f"({i}) {type(part).__name__:12}{x.shape!s:>16}{owned:>12,}{flops:>16,}")
        total, work = total + owned, work + flops
    head = f"    {'part':12}{'shape':>16}{'parameters':>12}{'FLOPs':>16}"
    return "\n".join([head, *lines, f"    {'all':28}{total:>12,}{work:>16,}"])


# %%
guesses = [None, None]

network = MLP(64, [128, 128], 10)
one = Tensor(images[:1].reshape(1, 64))
print(summary(network, one))
print(f"\n{count_flops(network, one) / count_parameters(network):.2f} FLOPs a parameter")
print("you said:", guesses)

# %% [markdown]
# Two: in a dense network every weight is used once for each example, with one product and one sum. That rule of thumb,
# *twice the parameters, times the examples*, is how people estimate the cost of models with billions of
# them. (In module 06 it fails: there a weight is used at every place of an image.)
#
# Depth or width? Networks of about 270,000 parameters each, from one wide layer to many narrow ones. FLOPs are
# nearly equal, then. **Predict**: is the time too?


# %%
guess = None
batch = Tensor(images[:256].reshape(256, 64))
print(
    f"{'hidden layers':>14}{'width':>7}{'parameters':>12}{'MFLOPs':>8}{'MB made':>9}{'time':>10}"
)
for depth, width in [(1, 3600), (2, 482), (4, 287), (16, 129), (64, 64)]:
    network = MLP(64, [width] * depth, 10)
    flops = count_flops(network, batch)
    seconds = time_call(functools.partial(network, batch), 15)
    made = (
        256 * 4 * (3 * depth * width + 2 * 10) / 1e6
    )  # a product, a sum and a ReLU for each layer
    line = f"{depth:>14}{width:>7}{count_parameters(network):>12,}{flops / 1e6:>8.0f}{made:>9.1f}"
    print(f"{line}{seconds * 1e3:>7.2f} ms")
print("you said:", guess)

# %% [markdown]
# The same arithmetic, and not the same time. Sixty-four small products keep a processor less busy than two large ones,
# and whatever is made must be written: the widest layer writes as many bytes as the deepest network. FLOPs say what
# must be done, not how long it takes.
#
# ## 7 · Ten digits, almost without learning
#
# Section 2 set weights by hand, for a curve. For 64 pixels nobody can. Here is a bold shortcut: leave the hidden layer
# *random*, as it was made, and compute only the last layer, by **least squares**: the weights for which
# `mse_loss` between scores and a 1 at the true class is as small as possible. That is a formula, `np.linalg.lstsq`;
# no learning is needed.
#
# 600 digits to fit, 1,197 others to test. **Predict** the accuracy for 20 random units, for 200, for 600, for 2,000.
# (Guessing gives 10 %.)


# %%
def fit_last_layer(network, x, labels):
    """Set the last Linear of a network so that its scores are as near as can be to 1 at the label."""
    hidden = network[:-1](x).data.astype(np.float64)
    inputs = np.hstack([hidden, np.ones((len(hidden), 1))])
    wanted = np.eye(network[-1].out_features)[labels]
    solution = np.linalg.lstsq(inputs, wanted, rcond=None)[0].T
    network[-1].weight.data[...], network[-1].bias.data[...] = solution[:, :-1], solution[:, -1]
    return network


def accuracy(network, x, labels):
    """The share of examples whose largest score stands at the label."""
    return float((network(x).argmax(dim=1).data == labels).mean())


# %%
guesses = [None, None, None, None]

order = np.random.default_rng(0).permutation(len(labels))
inputs = images.reshape(-1, 64)[order]
train_x, test_x = Tensor(inputs[:600]), Tensor(inputs[600:])
train_y, test_y = labels[order][:600], labels[order][600:]

manual_seed(0)
widths, results = [5, 10, 20, 50, 100, 200, 300, 450, 600, 750, 1000, 1400, 2000], []
for width in widths:
    network = fit_last_layer(MLP(64, [width], 10), train_x, train_y)
    results.append([accuracy(network, train_x, train_y), accuracy(network, test_x, test_y)])
    if width in (20, 200, 600, 2000):
        print(
            f"{width:5} units: {results[-1][0]:.1%} of those fitted, {results[-1][1]:.1%} of the others"
        )
print("you said:", guesses)

# %% [markdown]
# At 600 something has gone terribly wrong, and at 2,000 it is right again:

# %%
plt.figure(figsize=(9, 3.8))
for name, values in zip(("600 fitted", "1,197 others"), np.array(results).T, strict=True):
    plt.plot(widths, values, "o-", label=name)
plt.axvline(600, color="0.7", linestyle="--")
plt.gca().set(xscale="log", xlabel="random hidden units", ylabel="accuracy")
plt.gca().set(title="A random layer and least squares")
plt.legend()
plt.show()

# %% [markdown]
# With as many units as examples there is exactly *one* way to fit everything, and it takes monstrous weights to do
# so. With more units there are many ways, and `lstsq` takes the one with the smallest weights. Statisticians used
# to warn of anything beyond the dashed line; deep learning lives there. The shape is called **double descent**.
#
# More than nine in ten, with random features. What are the others? The digits it gets most wrong, by their own loss:

# %%
network = fit_last_layer(MLP(64, [200], 10), train_x, train_y)
scores = network(test_x) * 5  # least squares keeps scores between 0 and 1: make them count
each = cross_entropy(scores, Tensor(test_y, dtype=np.int64), reduction="none").data
worst = np.argsort(each)[::-1][:10]
said = scores.argmax(dim=1).data
_, axes = plt.subplots(1, 10, figsize=(12, 1.9))
for axis, i in zip(axes, worst, strict=True):
    axis.imshow(test_x.data[i].reshape(8, 8), cmap="gray_r")
    axis.set_title(f"is {test_y[i]}, said {said[i]}\nloss {each[i]:.1f}", fontsize=9)
    axis.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## 8 · What is missing
#
# Least squares has a formula for the last layer and for no other. To improve *all* weights, take the one thing that
# you have for any network, a loss, and try: add a small random step to every weight, keep it if the loss fell, take it
# back if not. **Predict** the accuracy of `MLP(64, [32], 10)` on digits that it has not seen, after 1,000 tries.


# %%
def climb(network, x, target, tries, size):
    """Random search: the loss after each try. The network keeps every step that helped."""
    history, best = [], cross_entropy(network(x), target).item()
    for _ in range(tries):
        before = {path: tensor.data for path, tensor in network.state_dict().items()}
        for p in network.parameters():
            p.data += generator().normal(0, size, p.shape).astype(np.float32)
        loss = cross_entropy(network(x), target).item()
        if loss < best:
            best = loss
        else:
            network.load_state_dict(before)
        history.append(best)
    return history


# %%
guess = None

target = Tensor(train_y, dtype=np.int64)
plt.figure(figsize=(8, 3.4))
for width in (0, 32):
    manual_seed(1)
    network = MLP(64, [width] if width else [], 10)
    history = climb(network, train_x, target, tries=1000, size=0.01)
    right, kept = accuracy(network, test_x, test_y), len(set(history))
    name = f"{count_parameters(network):,} parameters, {width} hidden units"
    plt.plot(history, label=name)
    print(f"{name}: {kept} of 1,000 tries kept, {right:.0%} right")
plt.axhline(np.log(10), color="0.7", linestyle="--")
plt.gca().set(xlabel="tries", ylabel="cross entropy", title="Learning by trying")
plt.legend()
plt.show()
print("you said:", guess)

# %% [markdown]
# It learns! Better than most people expect, and at a price: each try is a pass over all images, more than half of them are
# thrown away, and the steps must be tiny, for a random direction is nearly level. A try asks one question, "better or
# worse?", and a network has as many directions as parameters. What if a *single* pass could tell, for every one of
# them, which way is down and how steep?
#
# Why a loss at all, and not the accuracy itself? Go straight from random weights to your XOR weights, and look at both
# on the way. **Predict**: which of the two curves could tell somebody in the middle which way to go?

# %%
guess = None

manual_seed(6)
start = Sequential(Linear(2, 2), ReLU(), Linear(2, 1)).state_dict()
network = fill_xor(Sequential(Linear(2, 2), ReLU(), Linear(2, 1)))
goal, wanted = network.state_dict(), Tensor(xor[:, None])
ways, losses, rights = np.linspace(-0.2, 1.2, 141), [], []
for t in ways:
    network.load_state_dict({path: (1 - t) * start[path] + t * goal[path] for path in goal})
    answers = network(corners)
    losses.append(mse_loss(answers, wanted).item())
    rights.append(((answers.data > 0.5) == wanted.data).mean())
plt.figure(figsize=(8, 3))
plt.plot(ways, losses, label="mean squared error")
plt.plot(ways, rights, label="share of corners right")
plt.gca().set(xlabel="from random (0) to hand-set weights (1)", title="XOR, along a line")
plt.legend()
plt.show()

# %% [markdown]
# The accuracy is flat, and flat means no advice. The loss slopes almost everywhere. That slope is what module 09
# computes.
#
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps:
# double-click the cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A network for ten classes trains without an error. Its cross entropy begins at 2.30 and never falls
# below 1.46, although in the end it puts nearly all probability on the right class. What is wrong, and where does
# 1.46 come from? A second one begins at 9.7. Name one cause for that, and say why a first loss near log C is no proof
# that everything is right.
#
# ### BEGIN MARK SCHEME
# 2 points: a softmax before the loss, which takes scores: softmax twice.
# 1 point: with scores between 0 and 1 the most certain answer is e/(e + 9) = 0.232 for the truth, -log is 1.461.
# 1 point: the last layer's weights are too large (Kaiming on the last layer, inputs not scaled to 0…1): strong random
# opinions.
# 1 point: any network with no opinion has log C, also one whose labels are shuffled, whose inputs are lost on the way,
# or that averages over the wrong axis.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** You may spend about 500,000 parameters on a dense network for images of 32 × 32 pixels in three
# colours and ten classes. Give two networks, one with one hidden layer and one with at least three, with their
# parameters. What do they cost in FLOPs for a batch of 100, and which do you expect to be faster on your machine? Where
# do nearly all parameters of both sit, and what does that say about dense layers and images?
#
# ### BEGIN MARK SCHEME
# 2 points: two networks with correct counts, for example MLP(3072, [162], 10) with 499,456 and MLP(3072, [150, 150, 100], 10)
# with 499,710 parameters (whatever fits, counted with biases).
# 1 point: about 2 · parameters · 100 = 100 MFLOPs for both, more precisely by `count_flops`.
# 1 point: FLOPs being equal, the one with fewer, larger products is expected to be faster or no slower; with a measured number or
# with the reason (small products, more operations, more written memory).
# 1 point: in the first layer (3,072 inputs each); a dense layer pays for every pair of pixel and unit, though neighbouring
# pixels matter most: what module 06 changes.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# The same digits, moved by one pixel to the right. For a person nothing has happened. **Predict** the accuracy.

# %%
guess = None

manual_seed(0)
network = fit_last_layer(MLP(64, [200], 10), train_x, train_y)
for shift in (0, 1, 2):
    moved = np.roll(test_x.data.reshape(-1, 8, 8), shift, axis=2)
    moved[:, :, :shift] = 0
    share = accuracy(network, Tensor(moved.reshape(-1, 64)), test_y)
    print(f"moved by {shift}: {share:.1%} right")
print("you said:", guess)

# %% [markdown]
# To a dense layer, pixel 20 and pixel 21 are strangers: it has a weight for each, and what it knows of one place helps
# nothing at the next. Module **06 · Spatial** uses the same few weights at every place.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_04_networks` against this notebook. When it is green, type `tito module
# complete dense` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("networks")
