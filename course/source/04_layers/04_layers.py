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
# # 04 · Layers
#
# A network of fifty layers has a hundred tensors that training will change. Somebody has to find them all,
# count them, save them, put them back, and choose their first values, and one mistake in that choice leaves
# nothing of the input by layer fifty. This module builds the objects that do the housekeeping, and the
# layers themselves.
#
# **You will be able to say:** *I can build reusable neural network layers.*
#
# | you build | it gives you |
# |---|---|
# | `Parameter`, `Module` | an owner that finds every weight below it, by name |
# | `state_dict`, `load_state_dict` | networks that survive the end of the program |
# | `Linear`, `LayerNorm`, `Dropout`, `Flatten` | the parts that most networks are made of |
# | `kaiming_normal_` and its relatives | signals that are still there after fifty layers |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import math

import numpy as np

from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor, ones, recorders, zeros
from tinytorch.extend import extend

# %% [markdown]
# ## Which of these is the network?
#
# Here is the XOR network of module 03 again. To save it, or to train it, a program has to find its weights.
# It can look at everything in the notebook that is a `Tensor`. **Predict** how many it finds.

# %%
import functools

import matplotlib.pyplot as plt

from tinytorch.core.activations import ReLU, relu, sigmoid, tanh
from tinytorch.core.setup import manual_seed, time_call
from tito.checks import expect_close, expect_equal, expect_raises, expect_recorded, expect_true

guess = None

corners = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
W1, b1 = Tensor([[1, 1], [1, 1]]), Tensor([0, -1])
W2, b2 = Tensor([[1], [-2]]), Tensor([0])
hidden = relu(corners @ W1 + b1)
output = hidden @ W2 + b2

found = {name: value.shape for name, value in globals().items() if isinstance(value, Tensor)}
print(len(found), "tensors:", found)
print("you said:", guess)

# %% [markdown]
# ## 1 · A number that will be learned
#
# Seven, and only four of them are weights. Nothing tells an input from a weight, or a weight from a result.
# The cure is a type of its own: a `Parameter` is a `Tensor` that training will change. It differs in two
# points: it asks for a gradient from birth, and `isinstance` knows it.
#
# ```
#   Tensor([1, 2])                         requires_grad False    float32
#   Parameter([1, 2])                      requires_grad True     float32
#   Parameter(a float64 Tensor)            requires_grad True     float64: a Tensor's own dtype stays
#   Parameter(a float64 NumPy array)       requires_grad True     float32: as for Tensor
# ```
#
# **Write its `__init__`.** `Tensor.__init__` does the work if you hand it the right dtype.


# %% nbgrader={"grade": false, "grade_id": "parameter", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Parameter(Tensor):
    """A tensor that belongs to a module and that training will change."""

    def __init__(self, data, requires_grad=True):
        """Copy `data`, and ask for a gradient unless told not to.

        data: whatever `Tensor` takes
        dtype: that of `data` where it is a Tensor; float32 for everything else
        """
        ### BEGIN SOLUTION
        dtype = data.dtype if isinstance(data, Tensor) else None
        super().__init__(data, dtype=dtype, requires_grad=requires_grad)
        ### END SOLUTION

    def __repr__(self):
        """As PyTorch shows it: what it is, then the numbers."""
        return f"Parameter containing:\n{Tensor.__repr__(self)}"


# %% nbgrader={"grade": true, "grade_id": "parameter-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
p = Parameter(numbers)
numbers[0, 0] = 99
expect_close(p.data, [[1, 2], [3, 4]], "Parameter(numbers).data", hint="it owns its numbers")
expect_equal(str(p.dtype), "float32", "dtype of Parameter(a float64 array)")
exact = Tensor([0.1], dtype=np.float64)
expect_equal(str(Parameter(exact).dtype), "float64", "dtype of Parameter(a float64 Tensor)")
flags = (p.requires_grad, Parameter([1], requires_grad=False).requires_grad)
expect_equal(flags, (True, False), "requires_grad by default, and when told not to")
expect_true(isinstance(p, Tensor), "type of a Parameter", "a kind of Tensor", type(p).__name__)
expect_true(not isinstance(p * 2, Parameter), "p * 2", "a Tensor: a result", "a Parameter")
print("✅ A weight can be told from a result")

# %% [markdown]
# ## 2 · An owner
#
# Module 03 ended with two biases passed in the wrong order, and no error. A layer is an object that owns its
# weight and its bias, so that nobody has to pass them, and is called like a function. What all layers have in
# common goes into a base class, `Module`. Calling a module runs its `forward`; the detour leaves room for what
# a framework wants to do around every layer, such as measuring it.


# %%
#| export
class Module:
    """An owner of parameters and of other modules, called like a function."""

    def __init__(self):
        """Begin in training mode; a class made from this one calls `super().__init__()` first."""
        self.training = True

    def __call__(self, *inputs, **settings):
        """Run `forward`."""
        return self.forward(*inputs, **settings)

    def forward(self, *inputs):
        """What the module computes; each kind of module writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no `forward`")

    def extra_repr(self):
        """The settings that `repr` shows."""
        return ""


# %% [markdown]
# The most used layer of all is `Linear`: every output is a weighted sum of all inputs, plus a number of its
# own, the **bias**.
#
# ```
#       x          @      weight.T      +     bias         →      y
#   (n, in)            (in, out)             (out,)            (n, out)
# ```
#
# PyTorch keeps `weight` as `(out_features, in_features)`, one *row* for each output, and so do you: row 3 is
# all that output 3 knows.
#
# If all weights began equal, all outputs would be equal and stay so. They begin as random numbers, spread
# evenly between $-1/\sqrt{in}$ and $1/\sqrt{in}$, weights and biases alike. That is PyTorch's choice, and in
# section 6 you will find out how good it is.
#
# **Write `__init__`.** The library's `generator()` of module 01 has the method `uniform(low, high, shape)`.


# %% nbgrader={"grade": false, "grade_id": "linear-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Linear(Module):
    """x @ weight.T + bias."""

    def __init__(self, in_features, out_features, bias=True):
        """Draw the parameters evenly from ±1/√in_features, with the library's generator.

        Sets `in_features` and `out_features` (as given), `weight`: (out_features, in_features) and
        `bias`: (out_features,), both Parameters. With bias=False, `bias` is None.
        """
        super().__init__()
        ### BEGIN SOLUTION
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        weight = generator().uniform(-bound, bound, (out_features, in_features))
        self.weight = Parameter(weight)
        self.bias = Parameter(generator().uniform(-bound, bound, out_features)) if bias else None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linear-init-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
layer = Linear(100, 400)
shapes = (layer.weight.shape, layer.bias.shape)
expect_equal(shapes, ((400, 100), (400,)), "shapes of weight and bias in Linear(100, 400)")
hint = "parameters, so that they can be found"
owned = isinstance(layer.weight, Parameter) and isinstance(layer.bias, Parameter)
expect_true(owned, "types of weight and bias", "Parameter", type(layer.weight).__name__, hint)
largest = np.abs(layer.weight.data).max()
expect_close(largest, 0.1, "the largest weight", rtol=0.01, hint="1 / √100")
expect_close(np.abs(layer.bias.data).max(), 0.1, "the largest bias", rtol=0.1, hint="1 / √100")
absent = Linear(3, 2, bias=False).bias
expect_true(absent is None, "Linear(3, 2, bias=False).bias", "None", f"a {type(absent).__name__}")
### BEGIN HIDDEN TESTS
sizes = (layer.in_features, layer.out_features, Linear(7, 2).weight.shape)
expect_equal(sizes, (100, 400, (2, 7)), "in_features, out_features; shape of Linear(7, 2).weight")
spread = float(layer.weight.data.std())
expect_close(spread, 0.1 / 3**0.5, "the weights' spread", rtol=0.02, hint="evenly: uniform")
# The spread of 400 even numbers is off by 2.2 %: six times that is allowed.
spread, hint = float(layer.bias.data.std()), "evenly, from -1/√100 to 1/√100"
expect_close(spread, 0.1 / 3**0.5, "the biases' spread", rtol=0.14, hint=hint)
manual_seed(5)
first, second = Linear(4, 3), Linear(4, 3)
manual_seed(5)
again = Linear(4, 3)
expect_close(again.weight.data, first.weight.data, "the weights after the same manual_seed")
differ = bool((first.weight.data != second.weight.data).any())
expect_true(differ, "the weights of two layers", "different numbers", "the same")
### END HIDDEN TESTS
print("✅ A layer that owns its weights")

# %% [markdown]
# **Predict**, before you write `forward`: a batch of 32 sentences of 10 words, each word 64 numbers, has the
# shape `(32, 10, 64)`. What comes out of a `Linear(64, 5)`, and how many weights does it use, `5 · 64` or
# more?
#
# **Write `forward`**, with tensor operations only. Module 09 will find the slope with respect to `weight`
# and `bias`, but only if *they* pass the door, not copies of their numbers.


# %% nbgrader={"grade": false, "grade_id": "linear-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Linear)
class LinearForward:
    """What a Linear layer computes and says."""

    def forward(self, x):
        """`x @ weight.T`, plus `bias` where there is one: (…, in_features) → (…, out_features)."""
        ### BEGIN SOLUTION
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias
        ### END SOLUTION

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        has_bias = self.bias is not None
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={has_bias}"
        )


# %% [markdown]
# The locked cell below holds what every layer must obey: it makes a new tensor, at the door, *out of* its
# input and its parameters, and leaves the input as it was. Each check asks for it in one line.


# %% nbgrader={"grade": false, "grade_id": "expect-chain", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_chain(layer, x, name, **sources):
    """layer(x) is a Tensor of x's dtype, made at the door out of x and each source; x stays."""
    from tinytorch.core.tensor import recorders

    expect_recorded(recorders, lambda: layer(x), name, {"x": x, **sources})


# %% nbgrader={"grade": true, "grade_id": "linear-forward-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
layer = Linear(3, 2)
layer.weight.data[...] = [[1, 2, 3], [0, -1, 1]]
layer.bias.data[...] = [10, 20]
x = Tensor([[1, 0, 0], [0, 1, 0], [1, 1, 1]])
want = [[11, 20], [12, 19], [16, 20]]
expect_close(layer(x).data, want, "layer(x)", hint="row 0 of weight makes output 0")
expect_equal(Linear(64, 5)(Tensor(np.ones((32, 10, 64)))).shape, (32, 10, 5), "shape of a batch")
expect_chain(layer, x, "layer(x)", weight=layer.weight, bias=layer.bias)
### BEGIN HIDDEN TESTS
bare = Linear(3, 2, bias=False)
bare.weight.data[...] = [[1, 2, 3], [0, -1, 1]]
expect_close(bare(x).data, [[1, 0], [2, -1], [6, 0]], "Linear(3, 2, bias=False)(x)")
expect_chain(bare, x, "Linear(3, 2, bias=False)(x)", weight=bare.weight)
square = Linear(2, 2)
square.weight.data[...], square.bias.data[...] = [[0, 1], [0, 0]], [0, 0]
hint = "with as many outputs as inputs a forgotten .T raises no error"
expect_close(square(Tensor([5, 7])).data, [7, 0], "a square layer", hint=hint)
expect_raises(ValueError, lambda: layer(Tensor(np.ones((4, 2)))), "3 features wanted, 2 given")
### END HIDDEN TESTS
print("✅ Weighted sums, one row of weights for each")

# %% [markdown]
# The same 320 weights serve every word of every sentence: a layer works on the *last* axis and broadcasts
# over the rest.
#
# What does a random `Linear` with a bend make of the plane? Below, three units of a fresh `Linear(2, 3)` and
# its ReLU. Each unit is a sheet of paper with one crease: the row of weights says which way it faces, the
# bias where the crease lies.

# %%
manual_seed(7)
layer = Linear(2, 3)
ticks = np.linspace(-2, 2, 101)
plane = Tensor(np.stack(np.meshgrid(ticks, ticks), axis=-1))
units = relu(layer(plane))

fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True)
for unit, axis in enumerate(axes):
    shades = axis.contourf(ticks, ticks, units.data[:, :, unit], levels=12)
    (a, b), c = layer.weight.data[unit], layer.bias.data[unit]
    axis.set(title=f"relu({a:.2f} x {b:+.2f} y {c:+.2f})", xlabel="x")
    fig.colorbar(shades, ax=axis)
axes[0].set(ylabel="y")
plt.show()

# %% [markdown]
# ## 3 · A tree of owners
#
# Modules are made of modules. Here are two layers in a third module, and a question to it: which parameters
# do you have? **Predict** how many it finds among its attributes.


# %%
class Network(Module):
    def __init__(self):
        super().__init__()
        self.first = Linear(2, 16)
        self.second = Linear(16, 1)

    def forward(self, x):
        return self.second(relu(self.first(x)))


guess = None
network = Network()
print("attributes:", {name: type(value).__name__ for name, value in vars(network).items()})
print("parameters:", sum(isinstance(value, Parameter) for value in vars(network).values()))
print("you said:", guess)

# %% [markdown]
# None: they lie one level down, and in a larger network five levels down. Modules form a tree, and a name in
# it is a path with dots:
#
# ```
#   ""                     the network itself
#   ├── "first"            its attribute, a Linear      →  "first.weight", "first.bias"
#   └── "second"                                        →  "second.weight", "second.bias"
# ```
#
# The given `named_children` looks one level down. **Write `named_modules`**, which goes all the way: first the
# module itself, then, for each child, everything in the child. Two traps:
#
# - The same module may be reached by two paths. It counts once, under the first.
# - A child may know its parent. Without a memory of who was visited, the walk never ends.
#
# `memo` is that memory: a set, made by the first call and handed on to all others.


# %%
#| export
@extend(Module)
class Children:
    """One level down."""

    def named_children(self):
        """Pairs (name, module) of the attributes that are modules."""
        return (pair for pair in vars(self).items() if isinstance(pair[1], Module))


# %% nbgrader={"grade": false, "grade_id": "named-modules", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class Tree:
    """All the way down."""

    def named_modules(self, memo=None, prefix=""):
        """Yield pairs (path, module): this one, then all of each child, in order; each module once.

        memo: the set of modules that were visited; None starts a new one
        prefix: the path of this module, "" for the topmost; a child's is "first" or "block.first"
        """
        ### BEGIN SOLUTION
        memo = set() if memo is None else memo
        if self in memo:
            return
        memo.add(self)
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name)
        ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "make-tree", "locked": true, "schema_version": 3, "solution": false, "task": false}
def make_tree():
    """A module with two children; the child `block` has a parameter and two layers."""

    class Block(Module):
        def __init__(self):
            super().__init__()
            self.scale = Parameter([2.0])
            self.inner = Linear(3, 3)
            self.last = Linear(3, 2, bias=False)

        def forward(self, x):
            return self.last(self.inner(x) * self.scale)

    class Tree(Module):
        def __init__(self):
            super().__init__()
            self.block = Block()
            self.head = Linear(2, 1)

        def forward(self, x):
            return self.head(self.block(x))

    return Tree()


# %% nbgrader={"grade": true, "grade_id": "named-modules-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
tree = make_tree()
paths = [path for path, _ in tree.named_modules()]
want = ["", "block", "block.inner", "block.last", "head"]
expect_equal(
    paths, want, "paths of the tree", hint="a child's path is its parent's, a dot, its name"
)
again = [path for path, _ in tree.named_modules()]
expect_equal(again, want, "paths when asked again", hint="each walk has a memo of its own")
found = dict(tree.named_modules())["block.last"]
expect_true(found is tree.block.last, "block.last", "the module itself", "something else")
tree.same = tree.block
paths = [path for path, _ in tree.named_modules()]
expect_equal(paths, want, "paths with one module under two names", hint="each module once")
### BEGIN HIDDEN TESTS
tree.block.inner.parent = tree
paths = [path for path, _ in tree.named_modules()]
expect_equal(paths, want, "paths when a child knows its parent")
expect_equal([path for path, _ in Linear(1, 1).named_modules()], [""], "paths of a lone layer")
### END HIDDEN TESTS
print("✅ Every module, by its path, once")

# %% [markdown]
# With the modules found, the tensors are one loop away. **Write `named_tensors`**, which walks the modules and
# yields their attributes of one kind, such as `Parameter`. A tensor that two modules share counts once,
# under its first name: one that is counted twice would be trained twice.


# %% nbgrader={"grade": false, "grade_id": "named-tensors", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class TreeTensors:
    """What the tree holds."""

    def named_tensors(self, kind):
        """Yield pairs (path, tensor) of the attributes of type `kind` in the whole tree, each once.

        kind: a type, or a tuple of types, as for `isinstance`
        The order is that of `named_modules`; in each module, that of its attributes.
        """
        ### BEGIN SOLUTION
        seen = set()
        for prefix, module in self.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, kind) and value not in seen:
                    seen.add(value)
                    yield f"{prefix}.{name}" if prefix else name, value
        ### END SOLUTION


# %%
#| export
@extend(Module)
class Parameters:
    """What training and counting ask for."""

    def named_parameters(self):
        """Pairs (path, Parameter) of the whole tree."""
        return self.named_tensors(Parameter)

    def parameters(self):
        """The parameters of the whole tree."""
        return (parameter for _, parameter in self.named_parameters())

    def modules(self):
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def children(self):
        """The modules one level down."""
        return (module for _, module in self.named_children())


# %% nbgrader={"grade": true, "grade_id": "named-tensors-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
tree = make_tree()
paths = [path for path, _ in tree.named_parameters()]
want = ["block.inner.bias", "block.inner.weight", "block.last.weight", "block.scale"]
want += ["head.bias", "head.weight"]
expect_equal(sorted(paths), want, "paths of the parameters, sorted")
owners = [path.rpartition(".")[0] for path in paths]
order = ["block", "block.inner", "block.inner", "block.last", "head", "head"]
expect_equal(owners, order, "the modules they are in, in order")
count = sum(parameter.numel() for parameter in tree.parameters())
expect_equal(count, 1 + 9 + 3 + 6 + 2 + 1, "numbers in all parameters")
paths = sorted(path for path, _ in Linear(2, 3).named_parameters())
expect_equal(paths, ["bias", "weight"], "paths in a lone layer", hint="no dot before the name")
tree.block.inner.bias = None
tree.block.note = Tensor([1.0])
expect_equal(len(list(tree.parameters())), 5, "parameters without a bias, beside a plain Tensor")
### BEGIN HIDDEN TESTS
plain = [path for path, _ in tree.named_tensors((Parameter, Tensor))]
expect_true("block.note" in plain, "paths of kind (Parameter, Tensor)", "block.note too", plain)
tied = make_tree()
tied.head.weight = tied.block.scale
paths = sorted(path for path, _ in tied.named_parameters())
expect_equal(paths, want[:-1], "paths when two modules share a parameter, sorted")
### END HIDDEN TESTS
print("✅ Every parameter, by its path, once")

# %% [markdown]
# ### Break it
#
# Two habits that look right. **Predict** both numbers: ten layers `Linear(64, 64)` have 41,600 numbers in
# all; a `Linear(64, 64)` has 2 parameters.


# %%
class Deep(Module):
    def __init__(self):
        super().__init__()
        self.layers = [Linear(64, 64) for _ in range(10)]


guesses = [None, None]
print("numbers in Deep:", sum(p.numel() for p in Deep().parameters()))

layer = Linear(64, 64)
layer.weight = layer.weight * 0.5
print("parameters left:", len(list(layer.parameters())))
print("you said:", guesses)

# %% [markdown]
# A list is no module, so the walk passes it by: a network that computes, and of which nothing is saved or
# trained. (In PyTorch too; module 05 builds the container that it recommends.) And the product of a parameter
# and a number is a *result*: PyTorch refuses that line with a `TypeError`, yours keeps silent. To change a
# parameter, write into it: `layer.weight.data *= 0.5`.
#
# ### Reading a tree
#
# PyTorch shows a network as an indented tree, and everybody who debugs one reads it first:
#
# ```
# Network(
#   (first): Linear(in_features=2, out_features=16, bias=True)
#   (second): Linear(in_features=16, out_features=1, bias=True)
# )
# ```
#
# The activations of module 03 own nothing and are no modules, but belong in the picture. What they share with
# modules is that they can be called: `callable(value)`.
#
# **Write `__repr__`.** With nothing callable inside, it is one line with `extra_repr()` in the brackets. A
# line for each part otherwise, two spaces further in, and so are all further lines of a part that has several:
# `text.replace("\n", "\n  ")`.


# %% nbgrader={"grade": false, "grade_id": "module-repr", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class Text:
    """How a module reads."""

    def __repr__(self):
        """The class's name and, in brackets, the callable attributes a line each, or `extra_repr()`."""
        ### BEGIN SOLUTION
        lines = []
        for name, value in vars(self).items():
            if callable(value):
                text = repr(value).replace("\n", "\n  ")
                lines.append(f"\n  ({name}): {text}")
        inside = "".join(lines) + "\n" if lines else self.extra_repr()
        return f"{type(self).__name__}({inside})"
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "module-repr-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
line = "Linear(in_features=2, out_features=1, bias=False)"
expect_equal(repr(Linear(2, 1, bias=False)), line, "repr of Linear(2, 1, bias=False)")
tree = make_tree()
want = """Tree(
  (block): Block(
    (inner): Linear(in_features=3, out_features=3, bias=True)
    (last): Linear(in_features=3, out_features=2, bias=False)
  )
  (head): Linear(in_features=2, out_features=1, bias=True)
)"""
# A message shows several spaces as one: here `·` stands for a space, so that an indent can be seen.
lines, dotted = repr(tree).replace("  ", "··").split("\n"), want.replace("  ", "··").split("\n")
for i, line in enumerate(dotted):
    expect_equal(lines[i : i + 1], [line], f"line {i + 1} of repr(tree), · for a space")
expect_equal(repr(tree).split("\n"), want.split("\n"), "the lines of repr(tree)")
tree.block.inner, tree.head = ReLU(), None
lines = ["Tree(", "  (block): Block(", "    (inner): ReLU()"]
expect_equal(repr(tree).split("\n")[:3], lines, "its first lines, with a ReLU inside")
### BEGIN HIDDEN TESTS
expect_equal(repr(Module()), "Module()", "repr of an empty module")
### END HIDDEN TESTS
print("✅ A network that can be read")

# %% [markdown]
# ## 4 · Everybody at once
#
# Some layers behave differently while a network learns (you will write one in section 8). Each asks its own
# attribute `training`. **Predict**: one line switches the network below. Who hears of it?

# %%
guess = None

network = Network()
network.training = False
print({path or "network": module.training for path, module in network.named_modules()})
print("you said:", guess)

# %% [markdown]
# The network alone. **Write `train`**, which tells the whole tree and returns the module itself, so that
# `network.eval()(x)` can stand in one line; `eval` is `train` with the other answer.


# %% nbgrader={"grade": false, "grade_id": "modes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class Modes:
    """Learning or working."""

    def train(self, mode=True):
        """Set `training` to `mode` in this module and all below it; return this module."""
        ### BEGIN SOLUTION
        for module in self.modules():
            module.training = mode
        return self
        ### END SOLUTION

    def eval(self):
        """Set `training` to False in this module and all below it; return this module."""
        ### BEGIN SOLUTION
        return self.train(False)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "modes-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
tree = make_tree()
expect_equal([m.training for m in tree.modules()], [True] * 5, "training of a fresh tree")
expect_true(tree.eval() is tree, "what eval() returns", "the module itself", "something else")
expect_equal([m.training for m in tree.modules()], [False] * 5, "training after eval()")
expect_true(tree.train() is tree, "what train() returns", "the module itself", "something else")
expect_equal([m.training for m in tree.modules()], [True] * 5, "training after train()")
tree.block.train(False)
modes = [m.training for m in tree.modules()]
expect_equal(modes, [True, False, False, False, True], "training after tree.block.train(False)")
print("✅ One word, and the whole tree switches")

# %% [markdown]
# What works for a mode works for anything. `apply` takes *your* function to every module: to count, to print,
# or to give all layers new first values, as section 6 will. PyTorch visits the children first, so that a
# parent may rely on what was done below.
#
# **Write `apply`.** (It has nothing to do with the tensor's door of the same name.)


# %% nbgrader={"grade": false, "grade_id": "module-apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class Visits:
    """A function for everybody."""

    def apply(self, function):
        """Call `function(module)` for everything below each child, then for this module; return it."""
        ### BEGIN SOLUTION
        for child in self.children():
            child.apply(function)
        function(self)
        return self
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "module-apply-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
tree, visited = make_tree(), []
returned = tree.apply(lambda module: visited.append(type(module).__name__))
want = ["Linear", "Linear", "Block", "Linear", "Tree"]
expect_equal(visited, want, "who is visited, in order", hint="the children first")
expect_true(returned is tree, "what apply returns", "the module itself", "something else")
print("✅ A function meets every module")

# %% [markdown]
# ## 5 · To a file and back
#
# A colleague has written the same network, but names its two layers in another order. You copy your weights
# into theirs, one parameter after the other; all shapes fit. **Predict**: do both networks answer alike?


# %%
class Mine(Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Linear(4, 4), Linear(4, 4)

    def forward(self, x):
        return self.second(relu(self.first(x)))


class Theirs(Mine):
    def __init__(self):
        Module.__init__(self)
        self.second, self.first = Linear(4, 4), Linear(4, 4)


guess = None
manual_seed(8)
mine, theirs, question = Mine(), Theirs(), ones(1, 4)
for target, source in zip(theirs.parameters(), mine.parameters(), strict=True):
    target.data[...] = source.data
print("mine:  ", mine(question), "\ntheirs:", theirs(question), "\nyou said:", guess)

# %% [markdown]
# No error, and another network. What is saved has to be saved *by name*: that is the **state dict**, a
# dictionary from paths to tensors.
#
# Two decisions. First, not everything worth saving is learned: the batch normalisation of module 06 keeps a
# running mean. That is what a `Buffer` is for, a second kind of tensor that the walk finds. Second, the
# tensors are *copies*. Whoever keeps the best weights so far and goes on training would otherwise find that
# the best changed along.


# %%
#| export
class Buffer(Tensor):
    """A tensor that is saved with its module but not learned, such as a running mean."""


@extend(Module)
class Buffers:
    """What is kept beside the parameters."""

    def named_buffers(self):
        """Pairs (path, Buffer) of the whole tree."""
        return self.named_tensors(Buffer)


# %% [markdown]
# **Write `state_dict`.** Plain tensors, not parameters, of the dtype that they have in the module.


# %% nbgrader={"grade": false, "grade_id": "state-dict", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class State:
    """What there is to save."""

    def state_dict(self):
        """A dictionary from path to Tensor: a copy of each Parameter and Buffer of the whole tree."""
        ### BEGIN SOLUTION
        state = self.named_tensors((Parameter, Buffer))
        return {path: Tensor(tensor, dtype=tensor.dtype) for path, tensor in state}
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "state-dict-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
tree = make_tree()
tree.block.count = Buffer([3], dtype=np.int64)
state = tree.state_dict()
paths = ["block.scale", "block.count", "block.inner.weight", "block.inner.bias"]
paths += ["block.last.weight", "head.weight", "head.bias"]
expect_equal(sorted(state), sorted(paths), "paths in the state", hint="a Buffer is saved too")
before = tree.head.weight.data.copy()
expect_close(state["head.weight"].data, before, 'state["head.weight"]')
tree.head.weight.data += 1
hint = "PyTorch doesn't copy here; there people write copy.deepcopy"
expect_close(state["head.weight"].data, before, "the state after the weight changed", hint=hint)
expect_equal(str(state["block.count"].dtype), "int64", "dtype of an int64 Buffer in the state")
plain = not isinstance(state["head.bias"], Parameter)
expect_true(plain, 'type of state["head.bias"]', "Tensor", "Parameter")
print("✅ The whole tree, by name, copied")

# %% [markdown]
# (PyTorch's `state_dict` does *not* copy, and every year it makes somebody's "best model" the last one. There,
# write `copy.deepcopy(model.state_dict())`.)
#
# The way back is where it pays to be strict. Files are old, class definitions are new, and a weight that
# silently stays random costs a week. `load_state_dict` looks for three kinds of trouble *before* it changes
# anything, and names them all:
#
# ```
#   missing: head.bias
#   unexpected: tail.bias
#   wrong shape: head.weight is (1, 2) here and (2,) there
# ```
#
# Then it writes *into* the parameters that exist. An optimizer will hold on to these very objects; a new
# object in their place would never be trained.
#
# **Write it.** Values may be tensors or arrays; `np.asarray` takes both. Without the third rule a bias of
# shape `(1,)` would broadcast over a hundred units and nobody would notice.


# %% nbgrader={"grade": false, "grade_id": "load-state-dict", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Module)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Write the numbers of a state into this tree's Parameters and Buffers, in place.

        state_dict: a dictionary from path to Tensor or array
        Raises RuntimeError, and changes nothing, where anything doesn't fit. The message names each
        path with the word `missing` or `unexpected`, in lower case, or with both shapes.
        """
        ### BEGIN SOLUTION
        own = dict(self.named_tensors((Parameter, Buffer)))
        given = {path: np.asarray(value) for path, value in state_dict.items()}
        problems = [f"missing: {path}" for path in own if path not in given]
        problems += [f"unexpected: {path}" for path in given if path not in own]
        for path, tensor in own.items():
            if path in given and given[path].shape != tensor.shape:
                shapes = f"{tensor.shape} here and {given[path].shape} there"
                problems.append(f"wrong shape: {path} is {shapes}")
        if problems:
            raise RuntimeError("\n".join(problems))
        for path, tensor in own.items():
            tensor.data[...] = given[path]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "load-state-dict-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
source, target = make_tree(), make_tree()
weight, memory = target.head.weight, target.head.weight.data
target.load_state_dict(source.state_dict())
x = Tensor([[1, 2, 3]])
expect_close(target(x).data, source(x).data, "the answer after loading")
same = target.head.weight is weight and np.shares_memory(target.head.weight.data, memory)
expect_true(same, "the weight after loading", "the same object and memory", "a new one")
state = source.state_dict()
state["tail.bias"] = state.pop("head.bias")
state["head.weight"] = state["head.weight"].data[0]
before = target(x).data
says = ("missing", "head.bias", "unexpected", "tail.bias", "(1, 2)", "(2,)")
expect_raises(RuntimeError, lambda: target.load_state_dict(state), "a wrong state", says=says)
### BEGIN HIDDEN TESTS
state = make_tree().state_dict()
state["head.bias"] = Tensor([[1.0]])
shapes = ("head.bias", "(1,)", "(1, 1)")
expect_raises(RuntimeError, lambda: target.load_state_dict(state), "bias (1, 1)", says=shapes)
expect_close(target(x).data, before, "the answer after a refused load", hint="check all first")
arrays = {path: tensor.data + 1 for path, tensor in source.state_dict().items()}
target.load_state_dict(arrays)
arrays["head.bias"] += 1
expect_close(target.head.bias.data, source.head.bias.data + 1, "a bias loaded from an array")
### END HIDDEN TESTS
print("✅ Everything is back in its place, or nothing has changed")

# %% [markdown]
# Now to a real file, and mine into theirs once more. NumPy's `savez` keeps arrays by name. **Predict** the
# size of the file: 40 numbers of 4 bytes.

# %%
import tempfile
from pathlib import Path

guess = None
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "network.npz"
    np.savez(file, **mine.state_dict())
    print(f"{file.stat().st_size:,} bytes; you said:", guess)
    with np.load(file) as arrays:
        theirs.load_state_dict(dict(arrays))
print("mine:  ", mine(question), "\ntheirs:", theirs(question))

# %% [markdown]
# Names and shapes need room too: some 260 bytes for each tensor, a bad bargain for 4 numbers and nothing for 4
# million.
#
# ## 6 · How large should a weight be?
#
# PyTorch's functions for first values end in `_`: they write into the tensor they are given, and return it.
# Here are the two that all others are made of.


# %%
#| export
def normal_(tensor, mean=0.0, std=1.0):
    """Fill a tensor with normal random numbers, in place, and return it."""
    tensor.data[...] = generator().normal(mean, std, tensor.shape)
    return tensor


def uniform_(tensor, a=0.0, b=1.0):
    """Fill a tensor with random numbers spread evenly from a to b, in place, and return it."""
    tensor.data[...] = generator().uniform(a, b, tensor.shape)
    return tensor


# %% [markdown]
# Fifty layers, 256 units each, with ReLU between them. A standard deviation of 0.088 for the weights turns out
# to keep the signal as large as it came. **Predict**: with 0.1 instead, 14 % more, how much larger are the
# *squares* of the numbers after fifty layers? Ten times? A thousand times?

# %%
from tinytorch.core.tensor import randn


def squares_by_depth(initialise, after=relu, depth=50, width=256):
    """The mean square of the numbers after each of `depth` layers, for 64 random inputs."""
    x, squares = randn(64, width), []
    for _ in range(depth):
        layer = Linear(width, width, bias=False)
        initialise(layer.weight)
        with np.errstate(over="ignore", invalid="ignore"):
            x = after(layer(x))
            squares.append(np.square(x.data, dtype=np.float64).mean())
    return squares


guess = None
manual_seed(3)
for std in (0.01, 0.088, 0.1, 1.0):
    squares = squares_by_depth(lambda weight, std=std: normal_(weight, std=std))
    text = "  ".join(f"{squares[depth - 1]:8.1e}" for depth in (1, 2, 10, 20, 50))
    print(f"std {std:5}   after 1, 2, 10, 20, 50 layers: {text}")
print("you said:", guess)

# %% [markdown]
# More than a hundred thousand times. At 1, which is what "normal" random numbers are, the answer is **nan**
# before anybody has trained; at 0.01 nothing is left but zeros.
#
# The reason is one line. An output is a sum of $n$ products, $y = \sum w_i x_i$, with independent weights
# around 0. Squares of such sums add up on average, and ReLU throws half of the squares away:
#
# $$\overline{y^2} = n\,\sigma^2\;\overline{x^2} \qquad\text{and after ReLU}\qquad \tfrac12\,n\,\sigma^2\;\overline{x^2}$$
#
# For $n = 256$ and σ = 0.1 that is a factor of 1.28 for each layer, and $1.28^{50} \approx 230{,}000$, up to
# chance. The signal stays where the factor is 1: $\sigma = \sqrt{2/n} = 0.088$. In general
#
# $$\sigma = \frac{\text{gain}}{\sqrt{\text{fan}}}$$
#
# where the **gain** makes up for what the activation takes ($\sqrt 2$ for ReLU), and the **fan** is how many
# products go into one output. For the way back, in module 09, it is how many outputs one input feeds.
#
# ```
#   weight of Linear(3, 5)       (5, 3)         fan_in 3             fan_out 5
#   a 3×3 convolution, 8 → 16    (16, 8, 3, 3)  fan_in 8·9 = 72      fan_out 16·9 = 144
# ```
#
# **Write `fan_in_and_fan_out`.** The convolution is from module 06; the axes after the first two count for
# both fans.


# %% nbgrader={"grade": false, "grade_id": "fans", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def fan_in_and_fan_out(tensor):
    """How many inputs each output sums up, and how many outputs each input feeds: a pair of ints.

    tensor: a weight of shape (out, in) or (out, in, *kernel)
    Raises ValueError for fewer than two axes; the message holds the shape.
    """
    ### BEGIN SOLUTION
    if tensor.ndim < 2:
        raise ValueError(f"a tensor of shape {tensor.shape} has no fans: it needs two axes")
    fan_out, fan_in, *kernel = tensor.shape
    return fan_in * math.prod(kernel), fan_out * math.prod(kernel)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fans-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
fans = tuple(fan_in_and_fan_out(Linear(3, 5).weight))
expect_equal(fans, (3, 5), "fans of Linear(3, 5).weight")
fans = tuple(fan_in_and_fan_out(zeros(16, 8, 3, 3)))
expect_equal(fans, (72, 144), "fans of shape (16, 8, 3, 3)")
expect_raises(ValueError, lambda: fan_in_and_fan_out(zeros(5)), "shape (5,)", says=("(5,)",))
### BEGIN HIDDEN TESTS
expect_equal(tuple(fan_in_and_fan_out(zeros(2, 3, 5))), (15, 10), "fans of shape (2, 3, 5)")
expect_equal(tuple(fan_in_and_fan_out(zeros(1, 7))), (7, 1), "fans of shape (1, 7)")
### END HIDDEN TESTS
print("✅ Who adds up how much")

# %% [markdown]
# The gains are given. The rule with one fan is **Kaiming** He's (2015). Two distributions have the same
# standard deviation σ: normal numbers with σ, and even ones from $-\sqrt3\,σ$ to $\sqrt3\,σ$.
#
# **Write the three functions.** The names and defaults are PyTorch's: `nonlinearity="leaky_relu"` with slope
# `a=0` is ReLU.


# %%
#| export
def calculate_gain(nonlinearity, param=0.01):
    """What a layer's weights must make up for, by the name of the activation that follows."""
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + param**2)),
    }
    if nonlinearity not in gains:
        raise ValueError(f"no gain is known for {nonlinearity!r}, only for {', '.join(gains)}")
    return gains[nonlinearity]


# %% nbgrader={"grade": false, "grade_id": "kaiming", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def kaiming_std(tensor, a, mode, nonlinearity):
    """The gain of `nonlinearity` with slope `a`, over the root of the fan that `mode` names.

    mode: "fan_in" or "fan_out"; raises ValueError for any other word, with both in the message
    """
    ### BEGIN SOLUTION
    fans = dict(zip(("fan_in", "fan_out"), fan_in_and_fan_out(tensor), strict=True))
    if mode not in fans:
        raise ValueError(f"mode is fan_in or fan_out, not {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode])
    ### END SOLUTION


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill with normal numbers that have the std above, in place, and return the tensor."""
    ### BEGIN SOLUTION
    return normal_(tensor, 0.0, kaiming_std(tensor, a, mode, nonlinearity))
    ### END SOLUTION


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill with even numbers that have the std above, in place, and return the tensor."""
    ### BEGIN SOLUTION
    bound = math.sqrt(3) * kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kaiming-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
weight = zeros(200, 50)
filled, other = kaiming_normal_(weight), "something else"
expect_true(filled is weight, "what kaiming_normal_ returns", "the tensor it filled", other)
expect_close(weight.data.std(), 0.2, "std, fan_in 50", rtol=0.05, hint="√(2/50)")
# The mean of 10,000 such numbers is off by 0.002: six times that is allowed.
expect_close(weight.data.mean(), 0, "mean of normal numbers", atol=0.012)
expect_close(
    kaiming_normal_(weight, mode="fan_out").data.std(), 0.1, "std, fan_out 200", rtol=0.05
)
expect_close(kaiming_uniform_(weight).data.std(), 0.2, "std of even numbers", rtol=0.05)
expect_close(np.abs(weight.data).max(), 0.2 * 3**0.5, "the largest of even numbers", rtol=0.01)
expect_raises(
    ValueError, lambda: kaiming_normal_(weight, mode="in"), 'mode "in"', says=("fan_in",)
)
### BEGIN HIDDEN TESTS
plain = kaiming_normal_(weight, nonlinearity="linear").data.std()
expect_close(plain, 50**-0.5, 'std with nonlinearity="linear"', rtol=0.05, hint="the gain is 1")
leaky = kaiming_uniform_(weight, a=5**0.5).data
expect_close(np.abs(leaky).max(), 50**-0.5, "the largest with a = √5", rtol=0.01)
image = kaiming_normal_(zeros(64, 8, 5, 5)).data
expect_close(image.std(), 0.1, "std for shape (64, 8, 5, 5)", rtol=0.05, hint="√(2/200)")
### END HIDDEN TESTS
print("✅ Weights that keep a signal as large as it came")

# %% [markdown]
# Xavier **Glorot's** rule (2010) is a compromise for the way there and the way back: the *mean* of both fans.
# Without ReLU in mind, its gain is 1 unless you say otherwise.
#
# $$\sigma = \text{gain}\cdot\sqrt{\frac{2}{\text{fan\_in} + \text{fan\_out}}}$$
#
# **Write both functions.**


# %% nbgrader={"grade": false, "grade_id": "xavier", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def xavier_normal_(tensor, gain=1.0):
    """Fill with normal numbers of std gain · √(2 / (fan_in + fan_out)), in place; return the tensor."""
    ### BEGIN SOLUTION
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fan_in_and_fan_out(tensor))))
    ### END SOLUTION


def xavier_uniform_(tensor, gain=1.0):
    """Fill with even numbers of the same std, in place; return the tensor."""
    ### BEGIN SOLUTION
    bound = gain * math.sqrt(6 / sum(fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "xavier-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
weight = zeros(150, 50)
filled, other = xavier_normal_(weight), "something else"
expect_true(filled is weight, "what xavier_normal_ returns", "the tensor it filled", other)
expect_close(weight.data.std(), 0.1, "std of fans 50 and 150", rtol=0.05, hint="√(2/200)")
# The mean of 7,500 such numbers is off by 0.0012: six times that is allowed.
expect_close(weight.data.mean(), 0, "mean of normal numbers", atol=0.007)
expect_close(xavier_normal_(weight, gain=3).data.std(), 0.3, "std with gain 3", rtol=0.05)
expect_close(xavier_uniform_(weight).data.std(), 0.1, "std of even numbers", rtol=0.05)
filled = xavier_uniform_(weight, gain=3)
expect_true(filled is weight, "what xavier_uniform_ returns", "the tensor it filled", other)
expect_close(np.abs(weight.data).max(), 0.3 * 3**0.5, "the largest with gain 3", rtol=0.01)
print("✅ A compromise between there and back")

# %% [markdown]
# ### Measure it
#
# All of them through fifty layers. One line of the legend is "as made": nothing is done to the weights, so they
# are what `Linear` of section 2, and PyTorch's, begins with. **Predict** which lines stay level after ReLU.

# %%
guess = None

manual_seed(1)
ways = {
    "std 0.1": lambda weight: normal_(weight, std=0.1),
    "Kaiming": kaiming_normal_,
    "Xavier": xavier_normal_,
    "as made": lambda weight: weight,
    "std 0.01": lambda weight: normal_(weight, std=0.01),
}
plt.figure(figsize=(9, 4))
for name, initialise in ways.items():
    squares = np.array(squares_by_depth(initialise))
    seen = np.isfinite(squares) & (squares > 0)
    plt.semilogy(np.flatnonzero(seen) + 1, squares[seen], label=name)
plt.gca().set(title="Mean square by depth, after ReLU", xlabel="layers", ylim=(1e-45, 1e12))
plt.legend()
plt.show()
print("you said:", guess)

# %% [markdown]
# Only Kaiming is level. "As made" loses a factor of 6 with every layer: PyTorch's default is right for a few
# layers and not for fifty. Why would anybody want Xavier's rule? Because of tanh, which cannot explode. **Predict**
# what the numbers at layer 50 look like for gains of 1, 5/3 and 5.

# %%
guess = None

plt.figure(figsize=(9, 3.2))
for gain in (1.0, 5 / 3, 5.0):
    x = randn(256, 256)
    for _ in range(50):
        x = tanh(x @ xavier_normal_(zeros(256, 256), gain).T)
    plt.hist(x.data.reshape(-1), bins=81, histtype="step", label=f"gain {gain:.2f}")
plt.gca().set(title="tanh: the numbers at layer 50", xlabel="value", ylabel="how many of 65,536")
plt.legend()
plt.show()

# %% [markdown]
# Gain 1 shrinks, slowly. 5 drives every unit to ±1, where module 03 measured that nothing is learned. 5/3 uses
# the whole range.
#
# ### See it
#
# A random network as a painter: for each place `(x, y, distance from the middle, 1)` it answers with a colour,
# through twelve layers of tanh. Nobody tells it what to paint. **Predict** what the four gains make.


# %%
class Painter(Module):
    """A network of random weights from a place to a colour, with `norm` after each layer if given."""

    def __init__(self, gain, norm=None, depth=12, width=32):
        super().__init__()
        for i in range(depth):
            setattr(self, f"layer{i}", Linear(4 if i == 0 else width, width, bias=False))
        self.apply(lambda m: xavier_normal_(m.weight, gain) if isinstance(m, Linear) else None)
        self.norm = norm
        self.colour = xavier_normal_(Parameter(zeros(3, width)))

    def forward(self, x):
        for name, layer in self.named_children():
            if name.startswith("layer"):
                x = tanh(layer(x))
                x = x if self.norm is None else self.norm(x)
        return sigmoid(2 * (x @ self.colour.T))


ticks = np.linspace(-1, 1, 160, dtype=np.float32)
across, down = np.meshgrid(ticks, ticks)
places = Tensor(np.stack([across, down, np.hypot(across, down), np.ones_like(down)], axis=-1))


# %%
def show_paintings(norm=None):
    axes = plt.subplots(1, 4, figsize=(12, 3.2))[1]
    for axis, gain in zip(axes, [0.6, 1.0, 5 / 3, 4.0], strict=True):
        manual_seed(4)
        axis.imshow(Painter(gain, norm)(places).data)
        axis.set(title=f"gain {gain:.2f}", xticks=[], yticks=[])
    plt.show()


show_paintings()

# %% [markdown]
# The first answers the same grey everywhere: it has forgotten where it is. The last screams: neighbouring
# places have nothing to do with each other. In between a network has something to say, and something that
# training could shape.
#
# ## 7 · Keep it so: LayerNorm
#
# First values are right at the first step only. Then training moves the weights. **Predict**: Kaiming's
# weights, grown by 20 %, all fifty layers. What is the mean square at the end?

# %%
guess = None

manual_seed(2)
grown = squares_by_depth(lambda weight: normal_(weight, std=1.2 * math.sqrt(2 / 256)))
print(f"after 50 layers: {grown[-1]:.1e}, you said:", guess)

# %% [markdown]
# So measure the signal *on the way*, and put it right there. `LayerNorm` gives every example mean 0 and
# variance 1 across its features, whatever came in:
#
# ```
#   x (1, 4)                 [  1      2     3     6   ]
#   mean 3                   [ -2     -1     0     3   ]
#   variance (4+1+0+9)/4     3.5: divided by n, not n - 1
#   / √(3.5 + eps)           [ -1.07  -0.53  0     1.60 ]     then  * weight + bias, feature by feature
# ```
#
# `eps` sits under the root, because a row of equal numbers has variance 0. The parameters `weight` and `bias`
# begin as ones and zeros: training may undo the norm where it disturbs.
#
# `normalized_shape` says how many of the *last* axes belong together: 64, or `(3, 8)` for two of them.
# `__init__` is given. **Write `forward`**, with `mean` and `var` of module 02; `dim` takes a tuple of axes.


# %%
#| export
class LayerNorm(Module):
    """Mean 0 and variance 1 over the last axes, then a scale and a shift of one's own."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        """Remember the settings; `weight` begins as ones, `bias` as zeros, or both are None.

        normalized_shape: the lengths of the last axes, as a tuple; or one length
        """
        super().__init__()
        if isinstance(normalized_shape, int):
            normalized_shape = (normalized_shape,)
        self.normalized_shape, self.eps = tuple(normalized_shape), eps
        self.weight = Parameter(ones(self.normalized_shape)) if elementwise_affine else None
        self.bias = Parameter(zeros(self.normalized_shape)) if elementwise_affine else None

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        affine = self.weight is not None
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={affine}"


# %% nbgrader={"grade": false, "grade_id": "layer-norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(LayerNorm)
class LayerNormForward:
    """What LayerNorm computes."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) over the last axes, then `* weight + bias` where they are.

        The variance is the mean squared distance, divided by n. Returns x's shape and dtype.
        Raises ValueError where x's last axes are not `normalized_shape`; the message holds both.
        """
        ### BEGIN SOLUTION
        count = len(self.normalized_shape)
        if x.shape[-count:] != self.normalized_shape:
            raise ValueError(f"LayerNorm({self.normalized_shape}) can't take shape {x.shape}")
        dims = tuple(range(-count, 0))
        centred = x - x.mean(dims, keepdim=True)
        variance = x.var(dims, correction=0, keepdim=True)
        normal = centred / (variance + self.eps).sqrt()
        return normal if self.weight is None else normal * self.weight + self.bias
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "layer-norm-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
norm, x = LayerNorm(4), Tensor([[1, 2, 3, 6], [-10, -20, -30, -60]])
row = np.array([-2, -1, 0, 3]) / 3.5**0.5
expect_close(norm(x).data, [row, -row], "LayerNorm(4)(x)", rtol=1e-4, hint="each row on its own")
flat = norm(Tensor(np.full((2, 4), 7.0)))
expect_close(flat.data, np.zeros((2, 4)), "a row of equal numbers", hint="eps, under the root")
norm.weight.data[...], norm.bias.data[...] = [1, 1, 1, 2], [0, 0, 5, 0]
want = row * [1, 1, 1, 2] + [0, 0, 5, 0]
expect_close(norm(x).data[0], want, "with weight [1 1 1 2] and bias [0 0 5 0]", rtol=1e-4)
expect_chain(norm, x, "norm(x)", weight=norm.weight, bias=norm.bias)
wide, plain = Tensor(np.ones((2, 5))), LayerNorm(4, elementwise_affine=False)
expect_raises(ValueError, lambda: plain(wide), "5 features", says=("(4,)", "(2, 5)"))
### BEGIN HIDDEN TESTS
pair, weak = Tensor([[-2.0, 2.0]]), LayerNorm(2, eps=5.0, elementwise_affine=False)
expect_close(weak(pair).data, [[-2 / 3, 2 / 3]], "[-2, 2] with eps=5", hint="√(variance + eps)")
block = np.arange(24.0).reshape(2, 3, 4) ** 1.5
two = LayerNorm((3, 4), elementwise_affine=False)(Tensor(block, dtype=np.float64)).data
means, spreads = block.mean(axis=(1, 2), keepdims=True), block.std(axis=(1, 2), keepdims=True)
expect_close(two, (block - means) / spreads, "LayerNorm((3, 4)) of shape (2, 3, 4)", rtol=1e-4)
### END HIDDEN TESTS
print("✅ Every example at mean 0 and variance 1")

# %% [markdown]
# Now any scale will do? The same stacks, with a `LayerNorm(256)` after each ReLU, and the painters with one
# after each tanh. **Predict** the four numbers, and then the four pictures.

# %%
guess = None

manual_seed(3)
norm = LayerNorm(256)
for std in (0.01, 0.088, 0.1, 1.0):
    squares = squares_by_depth(lambda w, std=std: normal_(w, std=std), lambda x: norm(relu(x)))
    print(f"std {std:5}   after 50 layers: {squares[-1]:.3f}")
print("you said:", guess)
show_paintings(LayerNorm(32))

# %% [markdown]
# The grey is gone: a signal too weak is brought back before the next layer weakens it further. The screaming on
# the right has become no quieter. A norm repairs the *size* of a signal, not what tanh did to it
# before; choosing the first values well is still worth it.
#
# ## 8 · Dropout
#
# A network with more weights than examples can learn the examples by heart. **Dropout** makes that hard: in
# training, every number is set to 0 with probability `p`, by a new throw each time, so that no unit can rely
# on any other. When the network works for real, nothing is dropped. **Predict**: a unit adds up 1,000 inputs
# of 1. What does it get in training with p = 0.5, and what afterwards?

# %%
guess = None

manual_seed(6)
inputs = ones(1000)
in_training = [(inputs * (generator().random(1000) >= 0.5)).sum().item() for _ in range(5)]
print("in training:", in_training, "\nafterwards: ", inputs.sum().item(), "\nyou said:", guess)

# %% [markdown]
# Twice the signal, in every layer, that no weight was trained for. So what survives training is divided by
# $1 - p$; then the *average* is what it was, and afterwards there is nothing left to do:
#
# ```
#   x               [  2   4    6    8  ]
#   kept, p = 0.5      1   0    1    1
#   in training     [  4   0   12   16  ]
#   afterwards      [  2   4    6    8  ]
# ```
#
# **Write `forward`.** `generator().random(shape)` gives even numbers from 0 to 1. Watch p = 1: everything is
# dropped, and 0 / 0 is nan.


# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Module):
    """In training, each number becomes 0 with probability p, and what stays grows to make up."""

    def __init__(self, p=0.5):
        """Remember the probability."""
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"a probability lies between 0 and 1, and {p} doesn't")
        self.p = p

    def forward(self, x):
        """x as it is, unless `training`: then kept numbers / (1 - p), the others 0.

        Each number is thrown for on its own, at every call, by the library's generator.
        """
        ### BEGIN SOLUTION
        if not self.training or self.p == 0:
            return x
        kept = generator().random(x.shape, dtype=np.float32) >= self.p
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
        ### END SOLUTION

    def extra_repr(self):
        """The probability."""
        return f"p={self.p}"


# %% nbgrader={"grade": true, "grade_id": "dropout-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
manual_seed(0)
drop, x = Dropout(0.2), Tensor(np.full((100, 100), 8.0))
y = drop(x).data
kinds = sorted({round(float(value), 4) for value in y.reshape(-1)})
expect_equal(kinds, [0.0, 10.0], "what Dropout(0.2) makes of eights", hint="8 / (1 - 0.2)")
# Of 10,000 throws 2,000 are expected, give or take 40: six times that is allowed.
expect_close(float((y == 0).mean()), 0.2, "the share of zeros", atol=0.024)
expect_true(bool((drop(x).data != y).any()), "a second call", "another throw", "the same zeros")
hint = "ask self.training"
expect_close(drop.eval()(x).data, x.data, "after eval()", hint=hint)
expect_chain(drop.train(), x, "drop(x)")
expect_close(Dropout(1.0)(x).data, np.zeros((100, 100)), "Dropout(1.0)(x)", hint="0 / 0 is nan")
expect_close(Dropout(0)(x).data, x.data, "Dropout(0)(x)")
### BEGIN HIDDEN TESTS
for axis, name in ((0, "column"), (1, "row")):
    zeros_in = (y == 0).sum(axis=axis)
    alone = bool((zeros_in > 0).all() and (zeros_in < 60).all())
    expect_true(alone, f"zeros in each {name}", "about 20 of 100", zeros_in)
manual_seed(9)
first = drop(x).data
manual_seed(9)
expect_close(drop(x).data, first, "the throw after the same manual_seed")
expect_chain(drop, Tensor(x.data, dtype=np.float64), "drop(a float64 tensor)")
### END HIDDEN TESTS
print("✅ Dropped in training, untouched afterwards, the same on average")

# %% [markdown]
# On average, that is, over many throws. A painting shows it: half of its numbers dropped, once, and the mean
# of ten and of a hundred such pictures. **Predict**: is the first one darker than the original?

# %%
manual_seed(4)
painting, drop = Painter(5 / 3)(places) / 2, Dropout(0.5)
_, axes = plt.subplots(1, 4, figsize=(12, 3.2))
axes[0].imshow(painting.data)
axes[0].set(title=f"original, mean {painting.mean().item():.3f}")
for axis, throws in zip(axes[1:], [1, 10, 100], strict=True):
    total = drop(painting)
    for _ in range(throws - 1):
        total = total + drop(painting)
    mean = total / throws
    axis.imshow(mean.data)
    axis.set(title=f"{throws} × dropped, mean {mean.mean().item():.3f}")
for axis in axes:
    axis.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ### Break it
#
# Somebody forgets `eval()`. **Predict** how many different answers five identical questions get.

# %%
guess = None


class Doubting(Network):
    def __init__(self):
        super().__init__()
        self.drop = Dropout(0.5)

    def forward(self, x):
        return self.second(self.drop(relu(self.first(x))))


doubting = Doubting()
for mode in (True, False):
    doubting.train(mode)
    print(
        f"training {mode!s:5}", [round(doubting(corners).data[3, 0].item(), 3) for _ in range(5)]
    )
print("you said:", guess)

# %% [markdown]
# No error, five answers. A network in production that answers differently every time has usually been left in
# training mode.
#
# ## 9 · Flatten
#
# A batch of 8 images, 3 colours, 4 × 4 pixels, goes into a `Linear(48, 10)`. **Predict** what `x.flatten()` of
# module 02 makes of its shape `(8, 3, 4, 4)`.

# %%
guess = None

images = randn(8, 3, 4, 4)
print(images.flatten().shape, "you said:", guess)

# %% [markdown]
# The batch is gone: 384 numbers in a row, and nobody knows where one image ends. A layer must leave the first
# axis alone. **Write `Flatten`**, with PyTorch's defaults: join the axes from 1 to the last.


# %% nbgrader={"grade": false, "grade_id": "flatten", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Flatten(Module):
    """The axes from `start_dim` to `end_dim` joined into one; the first axis is the batch."""

    def __init__(self, start_dim=1, end_dim=-1):
        """Remember the two axes."""
        super().__init__()
        ### BEGIN SOLUTION
        self.start_dim, self.end_dim = start_dim, end_dim
        ### END SOLUTION

    def forward(self, x):
        """x with those axes joined."""
        ### BEGIN SOLUTION
        return x.flatten(self.start_dim, self.end_dim)
        ### END SOLUTION

    def extra_repr(self):
        """Both axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


# %% nbgrader={"grade": true, "grade_id": "flatten-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
block = np.arange(24.0).reshape(2, 3, 2, 2)
expect_close(
    Flatten()(Tensor(block)).data, block.reshape(2, 12), "Flatten()(x)", hint="keep axis 0"
)
middle = Flatten(1, 2)(Tensor(block)).data
expect_close(middle, block.reshape(2, 6, 2), "Flatten(1, 2)(x)")
expect_equal(repr(Flatten()), "Flatten(start_dim=1, end_dim=-1)", "repr of Flatten()")
expect_chain(Flatten(), Tensor(block), "Flatten()(x)")
### BEGIN HIDDEN TESTS
expect_close(Flatten(start_dim=0)(Tensor(block)).data, block.reshape(24), "Flatten(start_dim=0)")
expect_close(
    Flatten(end_dim=-2)(Tensor(block)).data, block.reshape(2, 6, 2), "Flatten(end_dim=-2)"
)
### END HIDDEN TESTS
print("✅ One row for each image")

# %% [markdown]
# ## 10 · Measure it
#
# For each number that it returns, `Linear(512, 512)` does 512 multiplications and 512 additions. Your LayerNorm
# takes a dozen small steps, Dropout one throw and one product. **Predict** how many times faster than the
# `Linear` the `LayerNorm` is.


# %%
#| export
class Meter:
    """Listens at the door, as in module 03: how many operations, how many bytes written."""

    def __enter__(self):
        self.count, self.bytes = 0, 0
        recorders.append(self)
        return self

    def __exit__(self, *error):
        recorders.remove(self)

    def record(self, function, inputs, settings, output):
        self.count += 1
        if output.data.base is None:  # a view, such as a transposed weight, writes nothing
            self.bytes += output.nbytes


# %%
guess = None

batch = randn(256, 512)
print(f"{'a batch of 0.5 MB':20}{'time':>9}{'operations':>13}{'written':>9}{'parameters':>13}")
for layer in (Linear(512, 512), LayerNorm(512), Dropout(0.5), ReLU()):
    milliseconds = time_call(functools.partial(layer, batch), 20) * 1e3
    with Meter() as meter:
        layer(batch)
    owned = sum(p.numel() for p in layer.parameters()) if isinstance(layer, Module) else 0
    name, written = type(layer).__name__, meter.bytes / 1e6
    print(f"{name:20}{milliseconds:>6.2f} ms{meter.count:>13}{written:>6.1f} MB{owned:>13,}")
print("you said:", guess)

# %% [markdown]
# A hundredth of the arithmetic, and nothing like a hundredth of the time. A matrix product uses each number
# 512 times while it is in the cache; the small steps of a norm fetch a whole batch from memory, do one thing
# to it, and write it back. Counting operations does not tell what an operation costs.
#
# The same effect makes batches worth it. **Predict**: how many times longer than one example do 256 take?

# %%
guess = None

layer = Linear(512, 512)
single = time_call(functools.partial(layer, randn(1, 512)), 100)
for n in (1, 4, 16, 64, 256):
    seconds = time_call(functools.partial(layer, randn(n, 512)), 20)
    flops = 2 * n * 512 * 512 / seconds
    print(
        f"{n:>5} examples: {seconds * 1e6:8.0f} µs, {seconds / single:6.1f} × one, {flops / 1e9:6.1f} GFLOP/s"
    )
print("you said:", guess)

# %% [markdown]
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps:
# double-click the cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A colleague fills the weights of a network of 40 layers, 512 units each with ReLU, by
# `normal_(weight)` and gets `nan` from the first batch. By what factor does each layer change the size of the
# numbers? At about which layer does `float32` (largest 3.4 · 10³⁸) end? Name two remedies of this module and what
# each of them does *not* repair.
#
# ### BEGIN MARK SCHEME
# 2 points: squares grow by n·σ²/2 = 256 a layer, so the numbers by 16; 16^32 ≈ 3.4e38: about layer 32 (a factor of 256
# with layer 16 for the squares also counts if said so).
# 1 point: Kaiming, σ = √(2/512) ≈ 0.0625. 1 point: LayerNorm after each layer.
# 1 point: first values hold only until training moves the weights; a norm does not undo saturation, and costs time
# and memory.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** Two complaints about one network with Dropout, whose blocks are kept in a Python list: its
# accuracy on the same data differs from run to run, and after saving and loading it is no better than
# guessing, though nothing raised an error. What causes each? Which line of *your* code lets it happen, and
# which one-line test would have caught it?
#
# ### BEGIN MARK SCHEME
# 2 points: it runs in training mode, eval() was not called, so Dropout throws anew at each call; asked twice, the
# answers must be equal.
# 2 points: `named_children` / `named_tensors` look at attributes that are modules or parameters, and pass a list by: the
# state holds none of the blocks, so loading leaves them random.
# 1 point: a test such as counting the numbers in `parameters()` against a count by hand, or equal outputs before saving
# and after loading into a fresh network.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# `forward` is still written by hand, and a name must stand in two places. **Predict** what this network says of
# itself, and what becomes of `second`:


# %%
class Forgetful(Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = Linear(8, 8), Linear(8, 8), Linear(8, 1)

    def forward(self, x):
        return self.third(relu(self.first(x)))


forgetful, x = Forgetful(), randn(4, 8)
print(forgetful)
before = forgetful(x).data
forgetful.second.weight.data *= 1e6
print("the answers changed:", bool((forgetful(x).data != before).any()))

# %% [markdown]
# It is shown, counted, saved, and never called. Module **05 · Dense** says "one after the other" once, in a
# `Sequential`. And all networks of this module have random weights or weights that you chose. To say that one
# of them is *better*, a number is missing: the loss.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_03_components` against this notebook. When it is green, type `tito module
# complete layers` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("components")
