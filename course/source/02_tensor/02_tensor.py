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
# # 02 · Tensors
#
# A photo, a sentence, a second of sound, the weights of a language model: to the machine each is a block of
# numbers with a shape. In this module you build the type that holds such a block and computes with it. Every
# later module (layers, convolutions, attention, training) is made of its operations and nothing else, so
# what you write here you will still be running in module 16.
#
# **You will be able to say:** *I can create tensors and compute with them.*
#
# | you build | it gives you |
# |---|---|
# | `Tensor`, `from_numpy` | numbers with a shape, a dtype and a known size in memory |
# | `apply` | one door through which every operation passes |
# | `broadcast_shapes`, arithmetic | formulas without loops, and errors that say what would fit |
# | `matmul`, reductions, `reshape`, indexing | the working vocabulary of every network |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import numpy as np

from tinytorch.core import setup
from tinytorch.extend import extend

# %% [markdown]
# ## Why a list is not enough
#
# Python already has nested lists. The next cell asks two of them for the sums every network needs, and weighs
# a million numbers. **Predict** before you run it: replace `None` by the number of megabytes you expect for a
# million numbers in a list.

# %%
import sys
import time

import matplotlib.pyplot as plt

from tito.checks import expect_close, expect_equal, expect_raises, expect_true

guess = None

prices, taxes = [10.0, 20.0], [1.9, 3.8]
print("prices + taxes =", prices + taxes)
print("prices * 2     =", prices * 2)

million = [float(i) for i in range(1_000_000)]
in_list = sys.getsizeof(million) + sum(sys.getsizeof(x) for x in million)
in_array = np.array(million, dtype=np.float32).nbytes
print(f"a million numbers: {in_list / 1e6:.0f} MB as a list, {in_array / 1e6:.0f} MB as float32")
print("you said:", guess)

# %% [markdown]
# ## 1 · A block of numbers
#
# `+` glued the lists together and `*` repeated one: a list is a *container* and knows nothing of arithmetic. It
# is heavy too, because each number in it is an object of its own with a pointer to it.
#
# A `Tensor` holds a NumPy array in its attribute `data` and will, step by step, learn to compute. Three
# decisions are made at its birth:
#
# - **It copies.** The tensor owns its numbers; nobody changes them from outside.
# - **It is `float32`** unless you ask for another `dtype`. Networks don't need the 16 digits of `float64`,
#   and half the bytes is twice the speed wherever memory is the limit. (PyTorch's `torch.Tensor` does the same.)
# - **It keeps two empty drawers**, `requires_grad` and `grad`, for module 09, which will compute gradients.
#
# For example `Tensor([[1, 2, 3], [4, 5, 6]])` holds an array of shape `(2, 3)` and dtype `float32`, 24 bytes.
#
# **Write `__init__`.** `np.array(data, dtype=…)` copies whatever it is given.


# %% nbgrader={"grade": false, "grade_id": "tensor-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Tensor:
    """A block of numbers with a shape, all of one dtype."""

    def __init__(self, data, dtype=None, requires_grad=False):
        """Copy `data` into an array of `dtype`.

        data: a number, nested lists, a NumPy array or another Tensor
        dtype: a NumPy dtype; `None` means float32
        Sets `data` (the array), `requires_grad` (as given) and `grad` (None).
        """
        ### BEGIN SOLUTION
        if isinstance(data, Tensor):
            data = data.data
        self.data = np.array(data, dtype=np.float32 if dtype is None else dtype)
        self.requires_grad = requires_grad
        self.grad = None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "tensor-init-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
numbers = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
x = Tensor(numbers)
expect_close(x.data, numbers, "Tensor(numbers).data")
expect_equal(str(x.data.dtype), "float32", "dtype of a tensor made from float64 numbers")
expect_equal(
    str(Tensor([1, 2], dtype=np.int64).data.dtype),
    "int64",
    "dtype of Tensor([1, 2], dtype=np.int64)",
)

numbers[0, 0] = 99.0
expect_equal(
    float(x.data[0, 0]),
    1.0,
    "x after its source changed",
    hint="np.array copies; np.asarray may not",
)
expect_equal((x.requires_grad, x.grad), (False, None), "the two drawers (requires_grad, grad)")
### BEGIN HIDDEN TESTS
y = Tensor(x)
expect_close(y.data, x.data, "Tensor(another tensor).data")
y.data[0, 0] = 7.0
expect_equal(
    float(x.data[0, 0]),
    1.0,
    "x after its copy changed",
    hint="a tensor made from a tensor is a copy too",
)
expect_equal(Tensor(3).data.shape, (), "shape of a tensor made from one number")
expect_equal(
    Tensor([1.0], requires_grad=True).requires_grad, True, "requires_grad when asked for"
)
### END HIDDEN TESTS
print("✅ A tensor owns its numbers, float32 by default")

# %% [markdown]
# ## 2 · Looking at it
#
# What is in there is decided by four facts, and half of all bugs in deep learning are a wrong guess about the
# first: **shape** (how many along each axis), **ndim** (how many axes), **dtype** (what kind of number) and
# **numel** (how many numbers). The bytes follow: `numel × bytes per number`.
#
# **Predict**: a batch of 128 colour images of 32 × 32 pixels is a block of shape `(128, 3, 32, 32)`. How many
# megabytes is it in `float32`?

# %%
guess = None

count = 128 * 3 * 32 * 32
for dtype in (np.float64, np.float32, np.int8):
    size = np.dtype(dtype).itemsize
    print(f"{count:,} numbers of {size} bytes: {count * size / 1e6:.2f} MB as {dtype.__name__}")
print("you said:", guess)

# %% [markdown]
# The class grows cell by cell: `@extend(Tensor)` moves the methods of a small class body into `Tensor`. The
# body's own name, such as `Look`, is only a heading. (It takes ten lines; open `tinytorch/extend.py` to see.)
#
# **Write** `numel` and `nbytes`. `shape`, `ndim`, `dtype` and `len` are given and show the form.


# %%
#| export
@extend(Tensor)
class Look:
    """What a tensor says about itself."""

    @property
    def shape(self):
        """How many numbers along each axis, as in `(2, 3)`."""
        return self.data.shape

    @property
    def ndim(self):
        """How many axes."""
        return self.data.ndim

    @property
    def dtype(self):
        """What kind of numbers."""
        return self.data.dtype

    def __len__(self):
        """How many along the first axis."""
        return len(self.data)


# %% nbgrader={"grade": false, "grade_id": "tensor-size", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Size:
    """How much there is."""

    def numel(self):
        """How many numbers there are: the product of the shape, 1 for shape `()`."""
        ### BEGIN SOLUTION
        count = 1
        for length in self.shape:
            count *= length
        return count
        ### END SOLUTION

    @property
    def nbytes(self):
        """How many bytes the numbers take: `numel()` times the `itemsize` of the dtype."""
        ### BEGIN SOLUTION
        return self.numel() * self.dtype.itemsize
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "tensor-size-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
images = Tensor(np.zeros((128, 3, 32, 32)))
expect_equal(images.shape, (128, 3, 32, 32), "shape of the batch")
expect_equal(images.numel(), 393_216, "numbers in the batch")
expect_equal(images.nbytes, 1_572_864, "bytes of the batch")
expect_equal(Tensor(5.0).numel(), 1, "numbers in a single number", hint="an empty product is 1")
### BEGIN HIDDEN TESTS
expect_equal(Tensor(np.zeros((4, 0, 2))).numel(), 0, "numbers in a tensor of shape (4, 0, 2)")
expect_equal(Tensor(np.zeros(10), dtype=np.int8).nbytes, 10, "bytes of ten int8")
expect_equal(Tensor(np.zeros((2, 5)), dtype=np.float64).nbytes, 80, "bytes of ten float64")
### END HIDDEN TESTS
print("✅ It knows its count and its bytes")

# %% [markdown]
# A value you can't read is a value you can't debug. At the moment Jupyter shows an address:

# %%
Tensor([[1, 2.5], [3, 4]])

# %% [markdown]
# **Write `__repr__`**, so that it reads like the code that would make it. `np.array2string` lays out the
# numbers; its `prefix` is the text they stand after, so that rows line up:
#
# ```
# Tensor([[1. , 2.5],
#         [3. , 4. ]])
# ```
#
# Whatever differs from what `Tensor(…)` gives by itself is worth saying: `Tensor([1, 2], dtype=int64)`,
# `Tensor([1.], requires_grad=True)`.


# %% nbgrader={"grade": false, "grade_id": "tensor-repr", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Text:
    """How a tensor reads."""

    def __repr__(self):
        """The tensor as code: `Tensor(…)`.

        Inside: the numbers, `, dtype=…` unless float32, `, requires_grad=True` where it is.
        The numbers: `np.array2string` of `data` with separator ", " and prefix "Tensor(".
        """
        ### BEGIN SOLUTION
        numbers = np.array2string(self.data, separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype == np.float32 else f", dtype={self.dtype}"
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({numbers}{dtype}{grad})"
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "tensor-repr-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
expect_equal(repr(Tensor([1, 2.5])), "Tensor([1. , 2.5])", "repr of a float32 tensor")
expect_equal(
    repr(Tensor([1, 2], dtype=np.int64)), "Tensor([1, 2], dtype=int64)", "repr of an int64 tensor"
)
expect_equal(
    repr(Tensor(3.0, requires_grad=True)),
    "Tensor(3., requires_grad=True)",
    "repr with requires_grad",
)
expect_equal(
    repr(Tensor([[1, 2], [3, 4]])),
    "Tensor([[1., 2.],\n        [3., 4.]])",
    "repr of two rows",
    hint="prefix aligns the rows",
)
print("✅ It reads like the code that makes it")

# %% [markdown]
# ## 3 · One door
#
# `Tensor` can't compute yet. We could write `return Tensor(self.data + other.data)` in thirty methods. Here is
# what goes wrong with that, measured on NumPy itself:

# %%
weights = np.ones(3, dtype=np.float32)
print("float32 * np.sqrt(2)    →", (weights * np.sqrt(2)).dtype)
print("float32 * int32 array   →", (weights * np.arange(3, dtype=np.int32)).dtype)
print("sum of a float32 array  →", type(weights.sum()).__name__, "(not an array)")

# %% [markdown]
# Two of three harmless lines doubled the memory behind our back, and the third changed the type. Thirty methods
# are thirty places to forget this. And in module 09 *every* operation must tell the gradient engine that it
# ran: thirty places again.
#
# So all operations pass **one door**, `apply`. It unpacks the arrays, calls the NumPy function, looks after the
# dtype, wraps the result, and tells whoever listens:
#
# ```
# Tensor ──▶ .data ──▶ NumPy function ──▶ float32? ──▶ Tensor ──▶ recorders
# ```
#
# First the way out of the door: an array becomes a tensor *without* a copy, because the operation has only
# just made it.
#
# **Write `from_numpy`**, which PyTorch has by the same name. Change the tensor and the array changes too.


# %% nbgrader={"grade": false, "grade_id": "from-numpy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def from_numpy(array):
    """A Tensor on the same memory as `array`, keeping its dtype.

    array: a NumPy array, or a NumPy number such as `np.float32(3)` (an array of shape ())
    `np.asarray` makes an array of a number and leaves an array as it is.
    """
    ### BEGIN SOLUTION
    tensor = Tensor(0)
    tensor.data = np.asarray(array)
    return tensor
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "from-numpy-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
row = np.arange(4)
shared = from_numpy(row)
row[0] = 50
expect_equal(
    shared.data.tolist(),
    [50, 1, 2, 3],
    "the tensor after its array changed",
    hint="no copy on this path",
)
expect_equal(
    str(shared.dtype),
    "int64",
    "dtype of from_numpy(int64 array)",
    hint="keep the array's own dtype",
)
expect_equal(from_numpy(np.float32(3)).shape, (), "shape of from_numpy(np.float32(3))")
expect_equal(type(from_numpy(np.float32(3)).data).__name__, "ndarray", "type of its data")
print("✅ An array becomes a tensor without a copy")

# %% [markdown]
# Now the door. It meets three kinds of input: tensors (take their `data`), plain Python numbers (pass them on:
# NumPy lets `2.5` adapt to the array's dtype), and `np.float64(1.414)`, which looks like a number but forces
# `float64` on everything it touches. The given `operand` turns every input into one of the first two.

# %%
#| export
recorders = []  # whoever wants to know of every operation: module 09 puts its gradient tape here


def operand(value):
    """What the door accepts: a Tensor, or a plain Python number."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (Tensor, int, float)):
        return value
    if isinstance(value, (np.ndarray, list, tuple)):
        return Tensor(value)
    raise TypeError(f"a Tensor can't compute with a {type(value).__name__}")


# %% [markdown]
# **Write `apply`** in four steps: (1) the arrays of the inputs; (2) `function(*arrays, **settings)` as an
# array; (3) if that is `float64` though none of the arrays was, back to `float32`; (4) the new tensor, told to
# each recorder by `recorder.record(function, inputs, settings, output)`.


# %% nbgrader={"grade": false, "grade_id": "apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def apply(function, *inputs, **settings):
    """Run a NumPy function on the inputs' arrays; return its result as a new Tensor.

    function: called with one array (or Python number) per input, and the settings, such as `axis=0`
    inputs: Tensors, also of a class made from Tensor, and plain Python numbers
    The result is float32 where NumPy answers float64 although no input array is float64.
    Each recorder hears `record(function, inputs, settings, output)` once the output exists.
    """
    ### BEGIN SOLUTION
    arrays = [value.data if isinstance(value, Tensor) else value for value in inputs]
    result = np.asarray(function(*arrays, **settings))
    asked_for_double = any(
        isinstance(array, np.ndarray) and array.dtype == np.float64 for array in arrays
    )
    if result.dtype == np.float64 and not asked_for_double:
        result = result.astype(np.float32)
    output = from_numpy(result)
    for recorder in recorders:
        recorder.record(function, inputs, settings, output)
    return output
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "apply-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
a, whole = Tensor([1.0, 4.0]), Tensor([1, 2], dtype=np.int64)
expect_close(apply(np.sqrt, a).data, [1.0, 2.0], "apply(np.sqrt, [1, 4])")
expect_close(apply(np.multiply, a, 10).data, [10.0, 40.0], "apply(np.multiply, [1, 4], 10)")
expect_close(
    apply(np.sum, Tensor([[1, 2], [3, 4]]), axis=0).data, [4.0, 6.0], "apply(np.sum, …, axis=0)"
)
expect_equal(str(apply(np.true_divide, whole, whole).dtype), "float32", "dtype of int64 / int64")
expect_equal(
    str(apply(np.add, whole, 1).dtype),
    "int64",
    "dtype of int64 + 1",
    hint="only float64 is brought back",
)
expect_equal(
    str(apply(np.exp, Tensor([1.0], dtype=np.float64)).dtype),
    "float64",
    "dtype of exp(a float64 tensor)",
)


### BEGIN HIDDEN TESTS
class Notebook:
    def record(self, function, inputs, settings, output):
        self.heard = function, inputs, settings, output


notebook = Notebook()
recorders.append(notebook)
try:
    output = apply(np.sum, a, keepdims=True)
finally:
    recorders.remove(notebook)
expect_true(
    getattr(notebook, "heard", None) is not None,
    "apply with a recorder",
    "a call of its `record`",
    "no call",
)
function, inputs, settings, heard_output = notebook.heard
expect_true(
    function is np.sum and inputs[0] is a and len(inputs) == 1,
    "what the recorder heard",
    "np.sum and (a,)",
    inputs,
)
expect_equal(settings, {"keepdims": True}, "the settings the recorder heard")
expect_true(
    heard_output is output,
    "the output the recorder heard",
    "the tensor that apply returned",
    heard_output,
)


class Kind(Tensor):
    """A class made from Tensor, as module 04 will make one."""


expect_close(apply(np.negative, Kind([1.0])).data, [-1.0], "apply(np.negative, a kind of Tensor)")
### END HIDDEN TESTS
print("✅ The door computes, keeps float32 and tells its recorders")

# %% [markdown]
# ## 4 · Arithmetic between shapes
#
# Add a bias of shape `(3,)` to a batch of shape `(2, 3)`: every row should get it. NumPy calls the rule
# **broadcasting**. Write the two shapes below each other, aligned on the right, and go axis by axis:
#
# ```
#   (128, 1, 32)        (2, 3)          (4, 3)
#        (5, 32)           (3)             (4)
#   ────────────        ──────          ──────
#   (128, 5, 32)        (2, 3)          3 meets 4: no
# ```
#
# Two lengths go together when they are **equal** or **one of them is 1**; a missing axis counts as 1. The third
# pair fails though both contain a 4: alignment is on the right.
#
# **Predict**: which of these work, and what comes out? `(8, 1) + (1, 6)` · `(3, 2) + (3,)` · `(5,) + ()`

# %%
guesses = [None, None, None]  # the three shapes, or "no"

for guess, (left, right) in zip(guesses, [((8, 1), (1, 6)), ((3, 2), (3,)), ((5,), ())]):
    try:
        answer = (np.zeros(left) + np.zeros(right)).shape
    except ValueError as error:
        answer = error
    print(f"{left} + {right} → {answer}   (you said {guess})")

# %% [markdown]
# NumPy's message says what is wrong, but not *where*, nor what would fit. Yours will: in the check below, a
# `(4, 3)` that meets a `(4,)` is told that **axis -1** has lengths **3 and 4**.
#
# **Write `broadcast_shapes`** (PyTorch: `torch.broadcast_shapes`). A good way: pad the shorter shapes with
# leading ones until all are equally long, then decide each axis.


# %% nbgrader={"grade": false, "grade_id": "broadcast-shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def broadcast_shapes(*shapes):
    """The shape in which arrays of these shapes meet, as a tuple.

    Raises ValueError where an axis holds two different lengths, neither of them 1. The message
    holds all the shapes, the axis counted from the right (`axis -1` is the last) and the two
    lengths in the order of the shapes (`3 and 4`).
    """
    ### BEGIN SOLUTION
    ndim = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for axis, lengths in enumerate(zip(*padded, strict=True)):
        others = [length for length in dict.fromkeys(lengths) if length != 1]
        if len(others) > 1:
            raise ValueError(
                f"shapes {' and '.join(map(str, shapes))} don't broadcast: axis {axis - ndim} has "
                f"lengths {others[0]} and {others[1]}; they must be equal, or one of them 1"
            )
        result.append(others[0] if others else 1)
    return tuple(result)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "broadcast-shapes-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
expect_equal(broadcast_shapes((2, 3), (3,)), (2, 3), "(2, 3) with (3,)")
expect_equal(broadcast_shapes((8, 1), (1, 6)), (8, 6), "(8, 1) with (1, 6)")
expect_equal(broadcast_shapes((128, 1, 32), (5, 32)), (128, 5, 32), "(128, 1, 32) with (5, 32)")
expect_equal(
    broadcast_shapes((5,), ()), (5,), "(5,) with ()", hint="a single number has no axes at all"
)
expect_raises(
    ValueError,
    lambda: broadcast_shapes((4, 3), (4,)),
    "(4, 3) with (4,)",
    says=("(4, 3)", "(4,)", "axis -1", "3 and 4"),
    hint="align on the right: 3 meets 4",
)
expect_raises(
    ValueError,
    lambda: broadcast_shapes((2, 5, 3), (4, 3)),
    "(2, 5, 3) with (4, 3)",
    says=("axis -2", "5 and 4"),
)
### BEGIN HIDDEN TESTS
expect_equal(
    broadcast_shapes((3,), (2, 3)),
    (2, 3),
    "(3,) with (2, 3)",
    hint="either side may be the shorter one",
)
expect_equal(
    broadcast_shapes((0, 1), (4,)),
    (0, 4),
    "(0, 1) with (4,)",
    hint="1 stretches to any length, also to 0",
)
expect_equal(broadcast_shapes((7, 1), (5, 1, 2), (1,)), (5, 7, 2), "three shapes at once")
expect_raises(
    ValueError, lambda: broadcast_shapes((0,), (4,)), "(0,) with (4,)", says=("0 and 4",)
)
### END HIDDEN TESTS
print("✅ Shapes meet on the right, and the error says where they don't")

# %% [markdown]
# Elementwise functions check the shapes first, then go through the door:


# %%
#| export
def elementwise(function, *inputs):
    """Run a NumPy function that broadcasts, such as `np.add`, on tensors, arrays and numbers."""
    inputs = [operand(value) for value in inputs]
    broadcast_shapes(*[value.shape for value in inputs if isinstance(value, Tensor)])
    return apply(function, *inputs)


@extend(Tensor)
class Addition:
    """Sums, from either side."""

    def __add__(self, other):
        """`x + other`."""
        return elementwise(np.add, self, other)

    def __radd__(self, other):
        """`other + x`, where `other` is no Tensor."""
        return elementwise(np.add, other, self)


# %% [markdown]
# Why two? For `x + 1` Python asks `x.__add__(1)`. For `1 + x` it asks the number first, the number gives up, and
# Python tries `x.__radd__(1)`: same tensor, **sides swapped**. With `+` you'd never notice a mix-up. With `-`
# and `/` you would: `10 - x` is not `x - 10`.
#
# **Write the four methods where order matters.**


# %% nbgrader={"grade": false, "grade_id": "arithmetic", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Arithmetic:
    """Where the order of the sides matters."""

    def __sub__(self, other):
        """`x - other`, by `np.subtract`."""
        ### BEGIN SOLUTION
        return elementwise(np.subtract, self, other)
        ### END SOLUTION

    def __rsub__(self, other):
        """`other - x`."""
        ### BEGIN SOLUTION
        return elementwise(np.subtract, other, self)
        ### END SOLUTION

    def __truediv__(self, other):
        """`x / other`, by `np.true_divide`."""
        ### BEGIN SOLUTION
        return elementwise(np.true_divide, self, other)
        ### END SOLUTION

    def __rtruediv__(self, other):
        """`other / x`."""
        ### BEGIN SOLUTION
        return elementwise(np.true_divide, other, self)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "arithmetic-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1.0, 2.0], [4.0, 8.0]])
expect_close((x - [1, 1]).data, [[0, 1], [3, 7]], "x - [1, 1]")
expect_close(
    (10 - x).data, [[9, 8], [6, 2]], "10 - x", hint="in __rsub__ the tensor stands on the right"
)
expect_close((x / 2).data, [[0.5, 1], [2, 4]], "x / 2")
expect_close(
    (8 / x).data, [[8, 4], [2, 1]], "8 / x", hint="in __rtruediv__ the tensor stands on the right"
)
expect_equal(str((x / np.sqrt(2)).dtype), "float32", "dtype of x / np.sqrt(2)")
expect_raises(ValueError, lambda: x - [1, 2, 3], "(2, 2) - (3,)", says=("axis -1", "2 and 3"))
print("✅ Differences and quotients, from either side")

# %% [markdown]
# The other operators have nothing new in them, so here they are, and with them the functions of one input that
# activations and losses are made of:


# %%
#| export
@extend(Tensor)
class MoreArithmetic:
    """Products, powers and signs."""

    def __mul__(self, other):
        """`x * other`, elementwise."""
        return elementwise(np.multiply, self, other)

    def __rmul__(self, other):
        """`other * x`."""
        return elementwise(np.multiply, other, self)

    def __pow__(self, other):
        """`x ** other`."""
        return elementwise(np.power, self, other)

    def __neg__(self):
        """`-x`."""
        return apply(np.negative, self)


# %%
#| export
@extend(Tensor)
class Functions:
    """Functions of one number, applied to all."""

    def exp(self):
        """e to the power of each number."""
        return apply(np.exp, self)

    def log(self):
        """The natural logarithm of each number."""
        return apply(np.log, self)

    def sqrt(self):
        """The square root of each number."""
        return apply(np.sqrt, self)

    def abs(self):
        """Each number without its sign."""
        return apply(np.abs, self)

    def tanh(self):
        """The hyperbolic tangent of each number, between -1 and 1."""
        return apply(np.tanh, self)


# %%
celsius = Tensor([[-10.0, 0.0, 20.0], [30.0, 37.0, 100.0]])
celsius * 9 / 5 + 32

# %% [markdown]
# ### Break it
#
# `np.ones(3) + Tensor([1, 2, 3])` puts the array on the left. NumPy sees an object it doesn't know, and makes
# the best of it:

# %%
print(type(np.ones(3) + Tensor([1, 2, 3])).__name__, (np.ones(3) + Tensor([1, 2, 3])).dtype)

# %% [markdown]
# Not a `Tensor`: NumPy handled the elements one by one and answered with an array of *objects*, past the door.
# Two given lines mend it. `__array_priority__` tells NumPy to let a tensor's `__radd__` go first, and
# `__array__` gives the numbers to any NumPy function that asks for them. `numpy()` and `tolist()` are the
# ways out of the framework, `item()` the one for a single number:

# %%
#| export
Tensor.__array_priority__ = 1000


@extend(Tensor)
class Interop:
    """The ways out to Python and NumPy."""

    def __array__(self, dtype=None, copy=None):
        """The numbers, for NumPy functions; leaves the framework, so nothing is recorded."""
        return np.array(self.data, dtype=dtype, copy=copy)

    def numpy(self):
        """The array itself, on the same memory."""
        return self.data

    def tolist(self):
        """The numbers as nested lists."""
        return self.data.tolist()

    def item(self):
        """The only number of a one-element tensor, as a Python number."""
        return self.data.item()


# %%
np.ones(3) + Tensor([1, 2, 3])

# %% [markdown]
# ## 5 · Matrix multiplication
#
# One operation does nearly all the work in a neural network. Each number of `C = A @ B` is a row of `A` times a
# column of `B`, summed:
#
# ```
#         A (2, 3)           B (3, 2)            C (2, 2)
#      [ 1  2  3 ]        [  7   8 ]        [  58   64 ]      58 = 1·7 + 2·9 + 3·11
#      [ 4  5  6 ]        [  9  10 ]        [ 139  154 ]
#                         [ 11  12 ]
#          (n, k)             (k, m)             (n, m)       the inner k must agree
# ```
#
# **Write it as three loops first.** It's slow, and it's the definition: the oracle the fast one is held against.


# %% nbgrader={"grade": false, "grade_id": "matmul-loops", "locked": false, "schema_version": 3, "solution": true, "task": false}
def matmul_loops(a, b):
    """The matrix product of two NumPy arrays, one multiplication at a time.

    a: shape (n, k), b: shape (k, m); returns a float32 array of shape (n, m)
    """
    ### BEGIN SOLUTION
    rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
    c = np.zeros((rows, columns), dtype=np.float32)
    for i in range(rows):
        for j in range(columns):
            for k in range(inner):
                c[i, j] += a[i, k] * b[k, j]
    return c
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "matmul-loops-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
a = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
b = np.array([[7, 8], [9, 10], [11, 12]], dtype=np.float32)
expect_close(matmul_loops(a, b), [[58, 64], [139, 154]], "the product of the picture above")
### BEGIN HIDDEN TESTS
a, b = (
    np.arange(20, dtype=np.float32).reshape(4, 5) - 7,
    np.arange(10, dtype=np.float32).reshape(5, 2) / 3,
)
expect_close(matmul_loops(a, b), a @ b, "a (4, 5) times a (5, 2) matrix", rtol=1e-4)
### END HIDDEN TESTS
print("✅ The definition works")

# %% [markdown]
# How slow? A product of two 64 × 64 matrices is 64³ = 262,144 multiplications and as many additions:

# %%
size = 64
a, b = np.random.default_rng(0).normal(size=(2, size, size)).astype(np.float32)

start = time.perf_counter()
slow = matmul_loops(a, b)
loop_seconds = time.perf_counter() - start

start = time.perf_counter()
for _ in range(100):
    fast = a @ b
numpy_seconds = (time.perf_counter() - start) / 100

flops = 2 * size**3
print(f"loops {flops / loop_seconds / 1e6:8.1f} million operations a second")
print(f"NumPy {flops / numpy_seconds / 1e6:8.1f} million operations a second")
print(f"{loop_seconds / numpy_seconds:,.0f} times faster")
print(f"largest difference {np.abs(slow - fast).max():.1e}")

# %% [markdown]
# Same numbers to the last bits of `float32`, thousands of times sooner: NumPy hands the whole job to compiled
# code that keeps blocks of both matrices in the processor's cache. So `matmul` goes to `np.matmul`, through the
# door. What is left to do is the error, because a wrong inner size will be your most frequent mistake of all.
#
# **Write `__matmul__`.** Check the inner sizes where both have two axes or more; a message that helps shows both
# shapes, the two numbers that should be equal, and the shape on the right that would fit: for `(2, 3) @ (2, 5)`
# that is `(3, 5)`.


# %% nbgrader={"grade": false, "grade_id": "matmul", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class MatrixProduct:
    """Rows times columns."""

    def __matmul__(self, other):
        """The matrix product `x @ other`, by `np.matmul`: (…, n, k) @ (…, k, m) → (…, n, m).

        Raises ValueError where both have at least two axes and the inner sizes differ. The
        message holds both shapes, the two inner sizes (`3 and 2`) and the shape on the right
        that would fit (`(3, 5)`).
        """
        ### BEGIN SOLUTION
        other = other if isinstance(other, Tensor) else Tensor(other)
        if self.ndim >= 2 and other.ndim >= 2 and self.shape[-1] != other.shape[-2]:
            fitting = (*other.shape[:-2], self.shape[-1], other.shape[-1])
            raise ValueError(
                f"can't multiply {self.shape} @ {other.shape}: the inner sizes {self.shape[-1]} and "
                f"{other.shape[-2]} must be equal; {fitting} on the right would fit"
            )
        return apply(np.matmul, self, other)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "matmul-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
A, B = Tensor([[1, 2, 3], [4, 5, 6]]), Tensor([[7, 8], [9, 10], [11, 12]])
expect_close((A @ B).data, [[58, 64], [139, 154]], "A @ B")
expect_close((A @ [1, 0, -1]).data, [-2, -2], "a matrix times a vector")
expect_raises(
    ValueError,
    lambda: A @ Tensor(np.ones((2, 5))),
    "(2, 3) @ (2, 5)",
    says=("(2, 3)", "(2, 5)", "3 and 2", "(3, 5)"),
    hint="the last axis of the left meets the second last of the right",
)
### BEGIN HIDDEN TESTS
batch = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
weight = np.arange(20, dtype=np.float32).reshape(4, 5)
expect_close(
    (Tensor(batch) @ Tensor(weight)).data, batch @ weight, "a batch of matrices times one matrix"
)
expect_equal(str((A @ B).dtype), "float32", "dtype of A @ B")
expect_raises(
    ValueError,
    lambda: Tensor(batch) @ Tensor(weight.T),
    "(2, 3, 4) @ (5, 4)",
    says=("4 and 5", "(4, 4)"),
)
### END HIDDEN TESTS
print("✅ Matrix products, and an error that says what would fit")


# %%
#| export
@extend(Tensor)
class MirroredProduct:
    """The product with something else on the left."""

    def __rmatmul__(self, other):
        """`other @ x`, where `other` is no Tensor."""
        return Tensor(other) @ self


# %% [markdown]
# ## 6 · Reductions
#
# A reduction makes many numbers into fewer: a loss is the mean of many errors, a prediction the position of the
# largest of ten scores. `dim` says which axis **disappears**; `keepdim=True` leaves it there with length 1, so
# that the result still broadcasts against where it came from.
#
# ```
#   x (2, 3)            x.sum(dim=0) → (3,)        x.sum(dim=1) → (2,)      x.sum(dim=1, keepdim=True) → (2, 1)
#  [ 1  2  3 ]              [ 5  7  9 ]                [ 6  15 ]                  [[  6 ]
#  [ 4  5  6 ]                                                                     [ 15 ]]
# ```
#
# **Predict**: with this `x`, does `x - x.mean(dim=1)` work? And with `keepdim=True`? The check below tries the
# second; try the first yourself once you have written `mean`.
#
# **Write** `sum`, `mean` and `amax`. NumPy's words for `dim` and `keepdim` are `axis` and `keepdims`. Then `var`,
# out of tensor operations only: the mean squared distance from the mean, divided by `n - correction`.


# %% nbgrader={"grade": false, "grade_id": "reductions", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Reductions:
    """Fewer numbers out of many."""

    def sum(self, dim=None, keepdim=False):
        """The sum over axis `dim` (or a tuple of axes; None: over all)."""
        ### BEGIN SOLUTION
        return apply(np.sum, self, axis=dim, keepdims=keepdim)
        ### END SOLUTION

    def mean(self, dim=None, keepdim=False):
        """The mean over axis `dim` (or a tuple of axes; None: over all)."""
        ### BEGIN SOLUTION
        return apply(np.mean, self, axis=dim, keepdims=keepdim)
        ### END SOLUTION

    def amax(self, dim=None, keepdim=False):
        """The largest number along axis `dim` (or a tuple of axes; None: of all)."""
        ### BEGIN SOLUTION
        return apply(np.max, self, axis=dim, keepdims=keepdim)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reductions-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]])
expect_close(x.sum().data, 21, "x.sum()")
expect_close(
    x.sum(dim=0).data,
    [5, 7, 9],
    "x.sum(dim=0)",
    hint="axis 0 disappears: the rows are added together",
)
expect_close(x.mean(dim=1).data, [2, 5], "x.mean(dim=1)")
expect_close(x.mean(dim=1, keepdim=True).data, [[2], [5]], "x.mean(dim=1, keepdim=True)")
expect_close(x.amax(dim=-1).data, [3, 6], "x.amax(dim=-1)")
expect_close(
    (x - x.mean(dim=1, keepdim=True)).data, [[-1, 0, 1], [-1, 0, 1]], "each row minus its mean"
)
### BEGIN HIDDEN TESTS
block = Tensor(np.arange(24).reshape(2, 3, 4))
expect_close(block.sum(dim=(0, 2)).data, block.data.sum(axis=(0, 2)), "sum over two axes")
expect_close(
    block.amax(0, True).data,
    block.data.max(axis=0, keepdims=True),
    "amax(0, True): dim comes first, then keepdim",
)
expect_equal(x.sum().shape, (), "shape of x.sum()")
### END HIDDEN TESTS
print("✅ Sums, means and maxima along any axis")


# %% nbgrader={"grade": false, "grade_id": "variance", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Spread:
    """How far the numbers lie apart."""

    def var(self, dim=None, correction=1, keepdim=False):
        """The variance along axis `dim` (None: of all): Σ (x - mean)² / (n - correction).

        n: how many numbers go into one variance
        correction: 1 by default as in PyTorch; layer normalisation uses 0
        """
        ### BEGIN SOLUTION
        squares = (self - self.mean(dim, keepdim=True)) ** 2
        total = squares.sum(dim, keepdim)
        n = self.numel() / total.numel()
        return total / (n - correction)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "variance-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1.0, 2.0, 3.0], [2.0, 6.0, 10.0]])
expect_close(
    x.var(dim=1).data, [1, 16], "variance of each row", hint="(1 + 0 + 1) / 2: n - 1 of them"
)
expect_close(
    x.var(dim=1, correction=0).data, [2 / 3, 32 / 3], "variance of each row with correction=0"
)
expect_close(x.var(dim=0, keepdim=True).data, [[0.5, 8, 24.5]], "variance of each column, kept")
expect_close(x.var().data, x.data.var(ddof=1), "variance of all six")
print("✅ Variance, out of four operations you already had")

# %% [markdown]
# `max` with a `dim` answers two questions in PyTorch: the largest value and where it stands. `argmax` answers the
# second alone; it is how ten scores become a prediction.


# %%
#| export
@extend(Tensor)
class Largest:
    """Which is the largest, and where."""

    def argmax(self, dim=None, keepdim=False):
        """Where the largest number stands along `dim` (None: in the flattened tensor), as int64."""
        return apply(np.argmax, self, axis=dim, keepdims=keepdim)

    def max(self, dim=None, keepdim=False):
        """The largest number of all; with `dim`, a pair (values, indices) along that axis."""
        if dim is None:
            return self.amax()
        return self.amax(dim, keepdim), self.argmax(dim, keepdim)


# %% [markdown]
# ## 7 · The same numbers, another shape
#
# In memory a tensor is one long line of numbers. The shape only says how to walk it, so a new shape costs
# nothing: no number moves.

# %%
big = np.zeros((2000, 3000), dtype=np.float32)
start = time.perf_counter()
flipped = big.T
view_seconds = time.perf_counter() - start

start = time.perf_counter()
moved = np.ascontiguousarray(flipped)
copy_seconds = time.perf_counter() - start
print(f"transposing 24 MB as a view:       {view_seconds * 1e6:9.1f} µs")
print(f"transposing by moving the numbers: {copy_seconds * 1e6:9.1f} µs")
print("same memory:", np.shares_memory(big, flipped))
print("steps between neighbours, in bytes:", big.strides, "→", flipped.strides)

# %% [markdown]
# `reshape` keeps the order of the walk; `transpose` and `permute` change it. Mixing them up is a classic silent
# bug, because the shapes look right:

# %%
grid = np.array([[1, 2, 3], [4, 5, 6]])
print("transposed to (3, 2):", grid.T.tolist())
print("reshaped   to (3, 2):", grid.reshape(3, 2).tolist())

# %% [markdown]
# **Write** `reshape`, `transpose` and `permute`. One length of a new shape may be `-1`: whatever is left over.
# NumPy works that out; the error for numbers that don't fit is yours. The given `_as_shape` lets both
# `x.reshape(2, 3)` and `x.reshape((2, 3))` work.


# %%
#| export
def _as_shape(lengths):
    """`((2, 3),)` and `(2, 3)` both mean `(2, 3)`."""
    return (
        tuple(lengths[0])
        if len(lengths) == 1 and isinstance(lengths[0], (tuple, list))
        else lengths
    )


# %% nbgrader={"grade": false, "grade_id": "reshape", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Shapes:
    """The same numbers in another shape."""

    def reshape(self, *shape):
        """The same numbers, walked in the same order, in a new shape, by `np.reshape(…, shape=…)`.

        Raises ValueError where the numbers don't fit; the message holds how many there are and
        the shape that was asked for.
        """
        shape = _as_shape(shape)
        ### BEGIN SOLUTION
        known = 1
        for length in shape:
            known *= length if length != -1 else 1
        fits = (
            known == self.numel() if -1 not in shape else known > 0 and self.numel() % known == 0
        )
        if not fits or shape.count(-1) > 1:
            raise ValueError(
                f"can't reshape {self.numel()} numbers of shape {self.shape} into {shape}"
            )
        return apply(np.reshape, self, shape=shape)
        ### END SOLUTION

    def transpose(self, dim0, dim1):
        """The tensor with two of its axes swapped, by `np.swapaxes(…, axis1=…, axis2=…)`."""
        ### BEGIN SOLUTION
        return apply(np.swapaxes, self, axis1=dim0, axis2=dim1)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reshape-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]])
expect_close(
    x.reshape(3, 2).data,
    [[1, 2], [3, 4], [5, 6]],
    "x.reshape(3, 2)",
    hint="the walk stays row by row",
)
expect_equal(x.reshape((6,)).shape, (6,), "shape of x.reshape((6,))")
expect_equal(x.reshape(-1, 2).shape, (3, 2), "shape of x.reshape(-1, 2)")
expect_close(x.transpose(0, 1).data, [[1, 4], [2, 5], [3, 6]], "x.transpose(0, 1)")
expect_raises(ValueError, lambda: x.reshape(4, 2), "6 numbers into (4, 2)", says=("6", "(4, 2)"))
### BEGIN HIDDEN TESTS
block = Tensor(np.arange(24).reshape(2, 3, 4))
expect_close(
    block.transpose(0, 2).data, block.data.swapaxes(0, 2), "transpose(0, 2) of shape (2, 3, 4)"
)
expect_close(
    block.transpose(-1, -2).data,
    block.data.swapaxes(1, 2),
    "transpose(-1, -2) of shape (2, 3, 4)",
)
expect_raises(
    ValueError, lambda: x.reshape(-1, 4), "6 numbers into (-1, 4)", says=("6", "(-1, 4)")
)
expect_true(
    np.shares_memory(x.reshape(6).data, x.data),
    "x.reshape(6)",
    "a view on the same memory",
    "a copy",
)
### END HIDDEN TESTS
print("✅ New shapes on the same memory")

# %% [markdown]
# `permute` names the new order of all axes at once, `unsqueeze` adds an axis of length 1 and `flatten` joins
# neighbouring ones. All are built from what you have:


# %%
#| export
@extend(Tensor)
class MoreShapes:
    """Built from the shapes above."""

    def permute(self, *dims):
        """The axes in a new order: `x.permute(2, 0, 1)` moves the last to the front."""
        return apply(np.transpose, self, axes=_as_shape(dims))

    @property
    def T(self):
        """The axes in reverse order; rows and columns swapped for a matrix."""
        return self.permute(*range(self.ndim)[::-1])

    def unsqueeze(self, dim):
        """A new axis of length 1 before axis `dim`; negative `dim` counts from the new end."""
        return apply(np.expand_dims, self, axis=dim)

    def flatten(self, start_dim=0, end_dim=-1):
        """The axes from `start_dim` to `end_dim` joined into one."""
        start, end = range(self.ndim)[start_dim], range(self.ndim)[end_dim]
        return self.reshape(*self.shape[:start], -1, *self.shape[end + 1 :])


# %% [markdown]
# ## 8 · Picking and comparing
#
# `x[0]`, `x[:, 1]`, `x[mask]`, `x[[2, 0]]`: the key is not a tensor to compute with but a *setting* of the
# operation, so it travels as one. A key may itself be a tensor (or hold some, in a tuple), and then NumPy wants
# its array. **Predict** the shape of `x[:, None, 1:]` for an `x` of shape `(5, 4)`.

# %%
guess = None

print(np.zeros((5, 4))[:, None, 1:].shape, "you said:", guess)

# %% [markdown]
# **Write `__getitem__`** with the given `take`, so that it passes the door. A float tensor as a key is a mistake;
# say so in a `TypeError` that mentions `int64`.


# %%
#| export
def take(array, key):
    """`array[key]` as a function, so that indexing can pass the door."""
    return array[key]


# %% nbgrader={"grade": false, "grade_id": "indexing", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class Indexing:
    """Picking parts."""

    def __getitem__(self, key):
        """The part of the tensor that `key` picks.

        key: an int, slice, None, `...`, list, array or Tensor, or a tuple of them
        Raises TypeError for a Tensor key of a float dtype; the message mentions int64.
        """

        ### BEGIN SOLUTION
        def plain(part):
            if not isinstance(part, Tensor):
                return part
            if part.dtype.kind == "f":
                raise TypeError(
                    f"indices are whole numbers, not {part.dtype}: make them with dtype=np.int64"
                )
            return part.data

        key = tuple(plain(part) for part in key) if isinstance(key, tuple) else plain(key)
        return apply(take, self, key=key)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "indexing-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 2, 3], [4, 5, 6]])
expect_close(x[0].data, [1, 2, 3], "x[0]")
expect_close(x[:, -1].data, [3, 6], "x[:, -1]")
expect_close(
    x[Tensor([1, 0, 1], dtype=np.int64)].data,
    [[4, 5, 6], [1, 2, 3], [4, 5, 6]],
    "rows picked by an int64 tensor",
)
expect_close(
    x[:, Tensor([2, 0], dtype=np.int64)].data,
    [[3, 1], [6, 4]],
    "columns picked by an int64 tensor",
)
expect_raises(
    TypeError, lambda: x[Tensor([0, 1])], "a float32 tensor as an index", says=("int64",)
)
### BEGIN HIDDEN TESTS
expect_close(x[x.data > 2].data, [3, 4, 5, 6], "x[x > 2] with a NumPy mask")
expect_close(
    x[Tensor([[True, False, True], [False, False, True]], dtype=bool)].data,
    [1, 3, 6],
    "x[a bool tensor]",
)
expect_equal(x[1, 2].shape, (), "shape of x[1, 2]")
expect_equal(x[..., None].shape, (2, 3, 1), "shape of x[..., None]")
expect_raises(
    TypeError,
    lambda: x[:, Tensor([0.0])],
    "a float32 tensor inside a tuple of indices",
    says=("int64",),
)
### END HIDDEN TESTS
print("✅ Any part can be picked")

# %% [markdown]
# A comparison asks every number and answers with a tensor of `bool`. That makes `if x == y:` a question without
# an answer: *which* of the six? Python would say yes to any object at all. Try it in plain Python first:

# %%
if Tensor([0.0, 0.0]):
    print("two zeros count as true")

# %% [markdown]
# **Write** the comparison methods' missing three and `__bool__`, which answers for one number and refuses for more.


# %%
#| export
@extend(Tensor)
class Comparisons:
    """Questions to every number."""

    def __eq__(self, other):
        """`x == other`, number by number."""
        return elementwise(np.equal, self, other)

    def __ne__(self, other):
        """`x != other`, number by number."""
        return elementwise(np.not_equal, self, other)

    def __lt__(self, other):
        """`x < other`, number by number."""
        return elementwise(np.less, self, other)


# %% nbgrader={"grade": false, "grade_id": "comparison", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Tensor)
class MoreComparisons:
    """The rest of the questions, and one answer."""

    def __le__(self, other):
        """`x <= other`, number by number, by `np.less_equal`."""
        ### BEGIN SOLUTION
        return elementwise(np.less_equal, self, other)
        ### END SOLUTION

    def __gt__(self, other):
        """`x > other`, number by number, by `np.greater`."""
        ### BEGIN SOLUTION
        return elementwise(np.greater, self, other)
        ### END SOLUTION

    def __bool__(self):
        """Whether the only number is not zero.

        Raises ValueError for any other count of numbers; the message holds the shape.
        """
        ### BEGIN SOLUTION
        if self.numel() != 1:
            raise ValueError(
                f"a tensor of shape {self.shape} is neither true nor false: use .data.all()"
            )
        return bool(self.data.item())
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "comparison-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([1.0, 2.0, 3.0])
expect_equal((x <= 2).tolist(), [True, True, False], "x <= 2")
expect_equal((x > [0, 2, 4]).tolist(), [True, False, False], "x > [0, 2, 4]")
expect_equal(str((x > 2).dtype), "bool", "dtype of x > 2")
expect_equal(bool(Tensor(0.5) > 0), True, "bool(Tensor(0.5) > 0)")
expect_equal(bool(Tensor([[0.0]])), False, "bool(Tensor([[0.0]]))")
expect_raises(ValueError, lambda: bool(x == x), "bool of three answers", says=("(3,)",))
print("✅ Every number answers, and only one can be true")


# %%
#| export
@extend(Tensor)
class LastComparison:
    """The sixth question."""

    def __ge__(self, other):
        """`x >= other`, number by number."""
        return elementwise(np.greater_equal, self, other)


def where(condition, a, b):
    """Numbers of `a` where `condition` holds, of `b` elsewhere; all three broadcast."""
    return elementwise(np.where, condition, a, b)


def maximum(a, b):
    """The larger of the two, number by number."""
    return elementwise(np.maximum, a, b)


def minimum(a, b):
    """The smaller of the two, number by number."""
    return elementwise(np.minimum, a, b)


# %% [markdown]
# ## 9 · What later modules need from here
#
# Ways to make tensors of a shape, and two methods that open on module 09: `detach` gives the same numbers without
# their history, `backward` asks the recorder at the door, which doesn't exist yet.


# %%
#| export
def zeros(*shape):
    """A tensor of zeros."""
    return from_numpy(np.zeros(_as_shape(shape), dtype=np.float32))


def ones(*shape):
    """A tensor of ones."""
    return from_numpy(np.ones(_as_shape(shape), dtype=np.float32))


def arange(*bounds):
    """Whole numbers from a start to before an end, as float32; arguments as for `range`."""
    return from_numpy(np.arange(*bounds, dtype=np.float32))


def randn(*shape):
    """Normal random numbers (mean 0, variance 1), drawn as `manual_seed` of module 01 says."""
    return from_numpy(setup.randn(*_as_shape(shape)))


# %%
#| export
@extend(Tensor)
class Outlets:
    """What later modules connect to."""

    def detach(self):
        """The same numbers on the same memory, without a history."""
        return from_numpy(self.data)

    def backward(self, gradient=None):
        """Compute the gradients of everything this came from; module 09 builds what answers."""
        for recorder in reversed(recorders):
            if hasattr(recorder, "backward"):
                return recorder.backward(self, gradient)
        raise RuntimeError(
            "nothing recorded how this was computed: 09_autograd builds the recorder"
        )


# %% [markdown]
# ## 10 · Use it: a classifier without training
#
# Three clouds of points, 100 each. The *nearest centroid* rule: average each cloud, then give every point the
# class of the nearest average. With broadcasting it takes four lines and no loop:
#
# `(300, 1, 2) - (1, 3, 2)` is `(300, 3, 2)`: every point against every centre.

# %%
rng = np.random.default_rng(3)
centres_true = np.array([[0, 0], [3, 1], [1, 3]])
points = Tensor(
    np.concatenate([rng.normal(centre, 0.8, size=(100, 2)) for centre in centres_true])
)
labels = np.repeat([0, 1, 2], 100)


def nearest(points, centres):
    """The index of the nearest centre for each point: (n, 2) and (k, 2) → (n,)."""
    differences = points.unsqueeze(1) - centres.unsqueeze(0)
    distances = (differences**2).sum(dim=2)
    return (-distances).argmax(dim=1)


centres = points.reshape(3, 100, 2).mean(dim=1)
print(centres)
print(f"accuracy {(nearest(points, centres).data == labels).mean():.1%}")

# %%
side = np.linspace(-3, 6, 120)
mesh = Tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2))
regions = nearest(mesh, centres).reshape(120, 120)

fig, axis = plt.subplots(figsize=(5, 4))
axis.contourf(side, side, regions.data, levels=[-0.5, 0.5, 1.5, 2.5], alpha=0.25)
axis.scatter(points.data[:, 0], points.data[:, 1], c=labels, s=8)
axis.scatter(centres.data[:, 0], centres.data[:, 1], marker="x", s=90, color="black")
axis.set(
    title="Nearest centroid, computed by your Tensor", xlabel="feature 0", ylabel="feature 1"
)
plt.show()

# %% [markdown]
# ### What it costs
#
# The middle step made a tensor of every point against every centre. Memory is the price of broadcasting:

# %%
for n, k in [(300, 3), (14_400, 3), (50_000, 100)]:
    print(f"{n:>6,} points × {k:>3} centres: {n * k * 2 * 4 / 1e6:8.2f} MB for the differences")

# %% [markdown]
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number or a shape where it helps: double-click the
# cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A colleague's model of 7 billion weights fits into the 16 GB of a graphics card only in a
# 16-bit dtype. Say how many bytes it takes in `float64`, `float32` and `float16`, and name one place in *your*
# code where a careless line could double the memory again, and what stands in its way.
#
# ### BEGIN MARK SCHEME
# 2 points: 56, 28 and 14 GB. 2 points: names a promotion such as `float32 * np.float64(…)` or an int/int division.
# 1 point: says that `apply` brings the result back (and `operand` unwraps NumPy scalars).
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** `x` has shape `(32, 10)`. Someone subtracts `x.mean(dim=0)` where they meant each row's own mean.
# Does it raise an error? If not, what does it compute, and which habit would have caught it?
#
# ### BEGIN MARK SCHEME
# 2 points: no error, (10,) broadcasts against (32, 10). 2 points: it centres every column over the batch (as batch
# normalisation does) instead of every row. 1 point: keepdim=True with dim=1, an assert on the shape, or a test with
# non-square numbers.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# Put one class inside the other and the classifier above is lost: no straight border separates a disc from the
# ring around it. Could two matrix products in a row bend the border?

# %%
first, second = Tensor(rng.normal(size=(2, 16))), Tensor(rng.normal(size=(16, 3)))
two_steps = (points @ first) @ second
one_step = points @ (first @ second)
difference = np.abs(two_steps.data - one_step.data).max()
print(f"largest difference between two products and one: {difference:.1e}")

# %% [markdown]
# No. Sixteen hidden numbers, forty-eight more weights, and the result is one matrix again: stacked linear steps
# are a linear step. In **03 · Activations** you bend the line between them.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_01_foundation` against this notebook. When it is green, type
# `tito module complete tensor` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("foundation")
