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
# # 06 · Spatial
#
# A `Linear` layer takes a row of numbers and does not know which of them are neighbours. In a picture the
# neighbours are everything: an edge is a difference between two of them, a corner is two edges that meet, and
# both mean the same wherever they stand. This module builds the layers that know it.
#
# **You will be able to say:** *I can find patterns in images with convolutions.*
#
# | you build | it gives you |
# |---|---|
# | `conv2d`, `Conv2d` | one small pattern, looked for at every place |
# | `windows` | all the windows of a picture at once, and so a loop that NumPy runs |
# | `max_pool2d`, `avg_pool2d` | smaller pictures, and answers that survive a shift |
# | `BatchNorm2d` | a signal that stays as large as it should, whatever the picture |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import functools
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinytorch.core.layers import Buffer, Module, Parameter
from tinytorch.core.setup import generator
from tinytorch.core.tensor import Tensor, apply
from tinytorch.extend import extend

# %% [markdown]
# ## A thousand units look at a photograph
#
# Here is a photograph of 427 × 640 pixels in three colours. You want a thousand units of module 04 to look at it,
# as a first layer. **Predict**: how many weights is that, and how many gigabytes?

# %%
import time

import matplotlib.pyplot as plt

from tinytorch.core.activations import relu
from tinytorch.core.layers import Linear
from tinytorch.core.setup import manual_seed, time_call
from tinytorch.core.tensor import randn, zeros
from tinytorch.images import digits, photograph
from tito.checks import expect_close, expect_equal, expect_raises, expect_recorded, expect_true

guess = None

china = photograph("china")
plt.figure(figsize=(5, 3.4))
plt.imshow(china)
plt.axis("off")
plt.show()
count = china.size * 1000
print(f"{china.shape}: {count:,} weights, {count * 4 / 1e9:.1f} GB; you said:", guess)

# %% [markdown]
# 820 million weights, for one layer. And a unit that has learned to see a roof in the upper left knows
# nothing of roofs on the right: other pixels, other weights.
#
# ## 1 · One small window
#
# So let a unit look at a small window, and *use the same few weights at every place*. They are the **kernel**:
#
# ```
#      image (4, 4)           kernel (2, 2)        result (3, 3)
#      1  3  0  2
#      0  2  1  1              1   0               -1   2  -1
#      4  0  1  3              0  -1                0   1  -2
#      1  1  2  0                                   3  -2   1
#
#      result[0, 0] = 1·1 + 3·0 + 0·0 + 2·(-1) = -1
#      result[1, 2] = 1·1 + 1·0 + 1·0 + 3·(-1) = -2
# ```
#
# Images come in batches, `(N, C, H, W)`: how many, channels (three colours, at first), height, width. A kernel
# looks at all channels at once, and a layer has a kernel for each of its O outputs: `weight` is `(O, C, kh, kw)`.
#
# $$y[n, o, i, j] = \sum_{c}\sum_{u}\sum_{v} x[n, c, i + u, j + v]\cdot \mathrm{weight}[o, c, u, v]$$
#
# Seven letters, seven loops. **Write them**, with plain numbers and NumPy arrays; this slow function will judge
# the fast one.


# %% nbgrader={"grade": false, "grade_id": "conv-loops", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_loops(x, weight):
    """The formula above, one product after the other.

    x: array (N, C, H, W); weight: array (O, C, kh, kw)
    Returns a float64 array (N, O, H - kh + 1, W - kw + 1).
    """
    (n_images, channels, height, width), (outputs, _, kh, kw) = x.shape, weight.shape
    y = np.zeros((n_images, outputs, height - kh + 1, width - kw + 1))
    ### BEGIN SOLUTION
    for n in range(n_images):
        for o in range(outputs):
            for i in range(height - kh + 1):
                for j in range(width - kw + 1):
                    for c in range(channels):
                        for u in range(kh):
                            for v in range(kw):
                                y[n, o, i, j] += x[n, c, i + u, j + v] * weight[o, c, u, v]
    ### END SOLUTION
    return y


# %% nbgrader={"grade": true, "grade_id": "conv-loops-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
image = np.array([[1.0, 3, 0, 2], [0, 2, 1, 1], [4, 0, 1, 3], [1, 1, 2, 0]])
kernel = np.array([[1.0, 0], [0, -1]])
want = [[-1, 2, -1], [0, 1, -2], [3, -2, 1]]
slow = conv_loops(image[None, None], kernel[None, None])
expect_close(slow[0, 0], want, "the example above", hint="x[…, i + u, j + v]: no flipping")
colours = np.stack([image, 10 * image])[None]
both = np.stack([[kernel, kernel], [kernel, 0 * kernel]])
hint = "a kernel adds up over all channels"
slow = conv_loops(colours, both)
expect_close(slow[0, 0], np.multiply(11, want), "two channels, both looked at", hint=hint)
expect_close(slow[0, 1], want, "two channels, the first looked at", hint=hint)
### BEGIN HIDDEN TESTS
x, weight = np.arange(72.0).reshape(2, 2, 3, 6) ** 1.3, np.arange(24.0).reshape(3, 2, 2, 2) - 9
got = conv_loops(x, weight)
expect_equal(got.shape, (2, 3, 2, 5), "shape of (2, 2, 3, 6) through (3, 2, 2, 2)")
expect_close(got[1, 2, 1, 4], (x[1, :, 1:3, 4:6] * weight[2]).sum(), "its last number")
expect_close(got[0, 1, 0, 2], (x[0, :, 0:2, 2:4] * weight[1]).sum(), "one in the middle")
tall = np.arange(6.0).reshape(1, 1, 3, 2)
expect_close(conv_loops(tall, tall)[0, 0], [[55.0]], "a kernel as large as the image")
### END HIDDEN TESTS
print("✅ A pattern is looked for at every place")

# %% [markdown]
# The kernel in the example is 1 where a pixel should be bright and -1 where it should be dark: it *looks for* its
# own likeness. Now a puzzle. The image below is black but for one white pixel. **Predict** what comes out:
# the kernel?

# %%
guess = None

dot = np.zeros((1, 1, 5, 5))
dot[0, 0, 2, 2] = 1
numbers = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
print(
    "kernel:\n", numbers[0, 0], "\nwhat a white pixel becomes:\n", conv_loops(dot, numbers)[0, 0]
)
print("you said:", guess)

# %% [markdown]
# Upside down. The pixel is met first by the kernel's *last* number. Mathematicians flip the kernel beforehand
# and call *that* a convolution; what every deep-learning library computes, and you, is a **cross-correlation**.
# As kernels are learned, nobody misses the flip, until somebody loads a kernel from a signal-processing book.
#
# Sixteen kernels of 3 × 3 over the photograph: **predict** how long your loops take for it.

# %%
guess = None

part = china[:24, :24].transpose(2, 0, 1)[None]
sixteen = np.ones((16, 3, 3, 3))
start = time.perf_counter()
conv_loops(part, sixteen)
seconds = time.perf_counter() - start
products = 16 * 3 * 9
print(f"{22 * 22 * products:,} products in {seconds:.2f} s")
print(f"the whole photograph: {425 * 638 * products / 1e6:.0f} million, about", end=" ")
print(f"{seconds * 425 * 638 / 22**2:.0f} s; you said:", guess)

# %% [markdown]
# And a network has dozens of such layers, and training asks thousands of times. In section 4
# one line will do it; but first: at which places may a window stand?
#
# ## 2 · Where a window can stand
#
# A window of 3 on a row of 7 finds 5 places. Three settings change that, separately for height and width:
#
# ```
#   padding 1     ·[a b c d e f g]·      zeros on both sides: 9 long, 7 places
#   stride 2      [a b c]d e f g         every second place: 3 of them
#                  a b[c d e]f g
#                  a b c d[e f g]
#   dilation 2    [a · c · e]f g         gaps in the window: it spans 5, so 3 places
# ```
#
# A window of k numbers with dilation d spans $d\,(k - 1) + 1$. If it fits, it has one place more than there are
# pixels left over, and of these every s-th counts.
#
# **Predict** the three results before you write `output_size`: 224 pixels, window 7, stride 2, padding 3 · 5 pixels,
# window 2, stride 2 · 8 pixels, window 3, dilation 4.


# %% nbgrader={"grade": false, "grade_id": "output-size", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """At how many places a window stands along one axis: an int; all arguments are ints.

    padding: how many pixels are added on *each* side
    Raises ValueError where the window spans more than there is; the message holds both lengths:
    what the window spans, and the size with padding.
    """
    ### BEGIN SOLUTION
    span, padded = dilation * (kernel_size - 1) + 1, size + 2 * padding
    if span > padded:
        raise ValueError(f"a window that spans {span} does not fit into {padded} pixels")
    return (padded - span) // stride + 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "output-size-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
expect_equal(output_size(4, 2), 3, "4 pixels, window 2")
expect_equal(output_size(224, 7, stride=2, padding=3), 112, "224, window 7, stride 2, padding 3")
hint = "what is left over at the end is left out"
expect_equal(output_size(5, 2, stride=2), 2, "5, window 2, stride 2", hint=hint)
expect_equal(output_size(9, 3, dilation=4), 1, "9, window 3, dilation 4", hint="it spans 9")
says = ("9", "8")
expect_raises(
    ValueError, lambda: output_size(8, 3, dilation=4), "8, window 3, dilation 4", says=says
)
### BEGIN HIDDEN TESTS
expect_equal(output_size(1, 1, stride=5), 1, "1, window 1, stride 5")
expect_equal(output_size(10, 3, 3, 1, 2), 3, "10, window 3, stride 3, padding 1, dilation 2")
expect_equal(output_size(7, 3, padding=1), 7, "7, window 3, padding 1")
expect_raises(ValueError, lambda: output_size(3, 6, padding=1), "window 6 of 5", says=("6", "5"))
### END HIDDEN TESTS
print("✅ Every layer knows how large its answer will be")

# %% [markdown]
# So the last of your three predictions has no answer: three numbers with gaps of four span 9, and 8 are there.
# Every layer of this module takes its settings as an int or a pair, and images alone or in a batch. Two given
# functions see to that.


# %%
#| export
def pair(value):
    """An int as (int, int); a pair as it is."""
    if isinstance(value, int):
        return value, value
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return tuple(value)
    raise ValueError(f"an int or a pair (for height and width) is needed, not {value!r}")


def one_or_many(function):
    """Let a function of a batch (N, C, H, W) take a single image (C, H, W) too."""

    @functools.wraps(function)
    def wrapped(x, *settings, **named):
        if x.ndim == 3:
            return function(x.unsqueeze(0), *settings, **named)[0]
        if x.ndim == 4:
            return function(x, *settings, **named)
        raise ValueError(f"images have the shape (N, C, H, W) or (C, H, W), not {x.shape}")

    return wrapped


# %% [markdown]
# **Write `pad`.** NumPy has `np.pad(array, pad_width, constant_values=…)`, where `pad_width` holds a pair (before,
# after) for each axis, and it passes the door like any other function. **Predict** first what
# `np.pad(…, 1)` would make of the shape `(8, 3, 32, 32)`.


# %% nbgrader={"grade": false, "grade_id": "pad", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def pad(x, padding, value=0.0):
    """A frame of `value` around every image: (N, C, H, W) → (N, C, H + 2p, W + 2q).

    padding: an int, or a pair (p, q): p rows above and below, q columns on the left and right
    At the door, by `np.pad`, with settings `pad_width` and `constant_values`; where there is
    nothing to add, x itself will do.
    """
    ### BEGIN SOLUTION
    p, q = pair(padding)
    if not any((p, q)):
        return x
    frame = ((0, 0), (0, 0), (p, p), (q, q))
    return apply(np.pad, x, pad_width=frame, constant_values=value)
    ### END SOLUTION


# %% [markdown]
# The locked cell below holds what every operation here must obey, as in module 04: it makes a new tensor, at the
# door, *out of* its input and its parameters, and leaves the input as it was.


# %% nbgrader={"grade": false, "grade_id": "expect-chain", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_chain(operation, x, name, **sources):
    """operation(x) is a Tensor of x's dtype, made at the door out of x and each source; x stays."""
    from tinytorch.core.tensor import recorders

    expect_recorded(recorders, lambda: operation(x), name, {"x": x, **sources})


# %% nbgrader={"grade": true, "grade_id": "pad-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[[[1, 2], [3, 4]]]])
framed = [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]
expect_close(pad(x, 1).data[0, 0], framed, "pad(x, 1)", hint="images only, both sides")
expect_close(pad(x, (1, 0)).data[0, 0], [[0, 0], [1, 2], [3, 4], [0, 0]], "pad(x, (1, 0))")
expect_close(pad(x, (0, 1), 7).data[0, 0], [[7, 1, 2, 7], [7, 3, 4, 7]], "pad(x, (0, 1), 7)")
batch = Tensor(np.ones((2, 3, 4, 5)))
expect_equal(pad(batch, (1, 2)).shape, (2, 3, 6, 9), "shape of (2, 3, 4, 5) padded by (1, 2)")
expect_chain(lambda x: pad(x, 1), batch, "pad(x, 1)")
### BEGIN HIDDEN TESTS
expect_chain(lambda x: pad(x, (0, 2)), Tensor(batch, dtype=np.float64), "pad(a float64 tensor)")
expect_close(pad(batch, 0).data, batch.data, "pad(x, 0)")
lowest = pad(x, 1, -np.inf).data[0, 0]
expect_close(lowest[0], np.full(4, -np.inf), "the first row of pad(x, 1, -inf)")
### END HIDDEN TESTS
print("✅ A frame around the images, and nothing around the batch")

# %% [markdown]
# ## 3 · All windows at once
#
# The seven loops are slow because Python runs them. A trick turns them into **one** product of matrices: write all
# windows down as columns, and each output is a row of weights times a column.
#
# ```
#   image (3, 3)      its four windows, as columns            weight, as a row
#    1 2 3             1  2  4  5
#    4 5 6             2  3  5  6                              w1 w2 w3 w4   @   columns   →   four outputs
#    7 8 9             4  5  7  8
#                      5  6  8  9
# ```
#
# How to get the windows without a loop? Section 7 of module 02: a shape is a way to walk. A window one further
# right begins one number later in the *same memory*. NumPy's `sliding_window_view` says that with strides.
# **Predict** how many bytes the windows below need that the image has not already.

# %%
guess = None

row = np.arange(1.0, 10.0, dtype=np.float32).reshape(1, 1, 3, 3)
view = sliding_window_view(row, window_shape=(2, 2), axis=(2, 3))
print("shape", view.shape, "is (N, C, places down, places across, kh, kw)")
print("strides", row.strides, "→", view.strides)
print("shares the image's memory:", np.shares_memory(view, row), " you said:", guess)
print("its columns:\n", view.transpose(0, 1, 4, 5, 2, 3).reshape(4, 4))

# %% [markdown]
# None: only the `reshape` at the end copies. Stride and dilation are slices of the same view: every s-th place, every
# d-th number of a window.
#
# **Write `windows`.** `apply(sliding_window_view, x, window_shape=…, axis=…)` passes the door, `permute`, slices and
# `reshape` are the tensor's own. A window with gaps is cut as large as it *spans*, and loses its gaps afterwards.


# %% nbgrader={"grade": false, "grade_id": "windows", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def windows(x, kernel_size, stride=1, dilation=1):
    """All windows of a batch, window by window in columns: (N, C, H, W) → (N, C, kh·kw, oh, ow).

    kernel_size, stride, dilation: an int, or a pair for height and width
    Number [n, c, u·kw + v, i, j] is x[n, c, i·stride + u·dilation, j·stride + v·dilation].
    Raises ValueError as `output_size` does.
    """
    ### BEGIN SOLUTION
    (kh, kw), (sh, sw), (dh, dw) = pair(kernel_size), pair(stride), pair(dilation)
    height = output_size(x.shape[2], kh, sh, 0, dh)
    width = output_size(x.shape[3], kw, sw, 0, dw)
    spans = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    view = apply(sliding_window_view, x, window_shape=spans, axis=(2, 3))
    view = view.permute(0, 1, 4, 5, 2, 3)[:, :, ::dh, ::dw, ::sh, ::sw]
    return view.reshape(*x.shape[:2], kh * kw, height, width)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "windows-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
x = Tensor(np.arange(1.0, 10.0).reshape(1, 1, 3, 3))
want = [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]
expect_close(windows(x, 2).data.reshape(4, 4), want, "the example above")
expect_equal(windows(x, 2).shape, (1, 1, 4, 2, 2), "its shape")
wide = Tensor(np.arange(1.0, 13.0).reshape(1, 1, 2, 6))
want = [[[1, 3, 5]], [[2, 4, 6]]]
expect_close(windows(wide, (1, 2), 2).data[0, 0], want, "window (1, 2), stride 2")
want = [[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]], [[9, 10]], [[11, 12]]]
expect_close(windows(wide, (2, 3), 1, (1, 2)).data[0, 0], want, "window (2, 3), dilation (1, 2)")
expect_raises(ValueError, lambda: windows(x, 4), "window 4 on 3 pixels", says=("4", "3"))
expect_chain(lambda x: windows(x, 2), x, "windows(x, 2)")
### BEGIN HIDDEN TESTS
numbers = np.arange(2 * 3 * 7 * 8.0).reshape(2, 3, 7, 8)
got = windows(Tensor(numbers, dtype=np.float64), (3, 2), (1, 2), (2, 3)).data
expect_equal(got.shape, (2, 3, 6, 3, 3), "shape of (3, 2), stride (1, 2), dilation (2, 3)")
for u in range(3):
    for v in range(2):
        part = numbers[:, :, 2 * u : 2 * u + 3, 3 * v : 3 * v + 5 : 2]
        expect_close(got[:, :, u * 2 + v], part, f"number ({u}, {v}) of all its windows")
expect_chain(lambda x: windows(x, 3, 2), Tensor(numbers, dtype=np.float64), "windows(float64)")
### END HIDDEN TESTS
print("✅ Every window is a column")

# %% [markdown]
# ## 4 · Convolution is one product
#
# With C channels a window has C · kh · kw numbers. All of them stand in one column, and `weight`, flattened from
# axis 1, has them in the same order:
#
# ```
#   x (N, C, H, W)  ─ pad ─ windows →  (N, C, kh·kw, oh, ow)  ─ reshape →  columns (N, C·kh·kw, oh·ow)
#
#   weight (O, C, kh, kw)  →  (O, C·kh·kw)  @  columns  →  (N, O, oh·ow)  →  (N, O, oh, ow),  plus bias
# ```
#
# **Predict** which shape `bias`, which is `(O,)`, needs so that every *channel* gets its own number, and not every
# column of pixels.
#
# **Write `conv2d`.** Check that the channels fit: a picture with 4 channels (one is transparency) and a kernel for 3
# is the most frequent mistake of all. Groups come in section 10; until then `grouped_product` does not exist, and
# is not called.


# %% nbgrader={"grade": false, "grade_id": "conv2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@one_or_many
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Every image with every kernel: (N, C, H, W) → (N, O, oh, ow).

    weight: (O, C / groups, kh, kw); bias: (O,) or None; other settings: an int or a pair
    The product is weight (O, …) @ columns (N, …, oh·ow); where groups isn't 1, it is
    `grouped_product(weight, columns, groups)`.
    Raises ValueError where the channels don't fit: the message holds how many x has, and how many
    weight and groups ask for.
    """
    ### BEGIN SOLUTION
    asked = weight.shape[1] * groups
    if x.shape[1] != asked:
        raise ValueError(f"the images have {x.shape[1]} channels, the kernels ask for {asked}")
    view = windows(pad(x, padding), weight.shape[2:], stride, dilation)
    n, channels, count, height, width = view.shape
    columns = view.reshape(n, channels * count, height * width)
    flat = weight.flatten(1)
    y = flat @ columns if groups == 1 else grouped_product(weight, columns, groups)
    y = y.reshape(n, weight.shape[0], height, width)
    return y if bias is None else y + bias.reshape(-1, 1, 1)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "conv-places", "locked": true, "schema_version": 3, "solution": false, "task": false}
def conv_places(x, weight, stride=1, padding=0, dilation=1):
    """The checks' own way, place by place, in float64: x (N, C, H, W), weight (O, C, kh, kw)."""
    (sh, sw), (ph, pw), (dh, dw) = (np.ravel((s, s))[:2] for s in (stride, padding, dilation))
    x = np.pad(np.float64(x), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    th, tw = (dh * (weight.shape[2] - 1) + 1, dw * (weight.shape[3] - 1) + 1)
    rows = []
    for i in range(0, x.shape[2] - th + 1, sh):
        row = []
        for j in range(0, x.shape[3] - tw + 1, sw):
            window = x[:, None, :, i : i + th : dh, j : j + tw : dw]
            row.append((window * weight).sum(axis=(2, 3, 4)))
        rows.append(row)
    return np.moveaxis(np.array(rows), (0, 1), (2, 3))


# %% nbgrader={"grade": true, "grade_id": "conv2d-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
rng, close = np.random.default_rng(6), {"rtol": 1e-4, "atol": 1e-5}
x, weight = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 3, 2))
X, W, b = Tensor(x), Tensor(weight), Tensor([1000, 0, 0, -1000])
want = [[-1, 2, -1], [0, 1, -2], [3, -2, 1]]
example = Tensor([[1, 3, 0, 2], [0, 2, 1, 1], [4, 0, 1, 3], [1, 1, 2, 0]]).reshape(1, 1, 4, 4)
got = conv2d(example, Tensor([[[[1, 0], [0, -1]]]])).data[0, 0]
expect_close(got, want, "the example of section 1")
want = conv_places(x, weight)
expect_close(conv2d(X, W).data, want, "conv2d(x, weight)", **close)
moved = want + np.reshape([1000, 0, 0, -1000], (4, 1, 1))
expect_close(conv2d(X, W, b).data, moved, "conv2d with a bias for each channel", **close)
expect_close(conv2d(X[1], W).data, want[1], "one image (C, H, W)", **close)
for name, value in [("stride", (3, 1)), ("padding", (1, 2)), ("dilation", (2, 1))]:
    want, got = conv_places(x, weight, **{name: value}), conv2d(X, W, **{name: value}).data
    expect_close(got, want, f"conv2d with {name}={value}", **close)
says = ("4", "3")
expect_raises(ValueError, lambda: conv2d(zeros(1, 4, 5, 5), W), "4 channels", says=says)
### BEGIN HIDDEN TESTS
got, want = conv2d(X, W, None, 2, 1, 2).data, conv_places(x, weight, 2, 1, 2)
expect_close(got, want, "conv2d(x, weight, None, 2, 1, 2)", **close)
expect_chain(lambda x: conv2d(x, W, b), X, "conv2d(x, weight, bias)", weight=W, bias=b)
### END HIDDEN TESTS
print("✅ Seven loops in one product")

# %% [markdown]
# The loops are still there, as a judge. **Predict** how many times faster the product is on a small batch, and what
# the photograph costs now with its sixteen kernels.

# %%
guesses = [None, None]


x, weight = randn(2, 3, 12, 12), randn(8, 3, 3, 3)
slow = time_call(lambda: conv_loops(x.data, weight.data), 1)
fast = time_call(lambda: conv2d(x, weight))
print(f"loops {slow * 1e3:.0f} ms, product {fast * 1e6:.0f} µs: {slow / fast:.0f} × faster")
gap = np.abs(conv_loops(x.data, weight.data) - conv2d(x, weight).data).max()
photo, many = Tensor(china.transpose(2, 0, 1)), randn(16, 3, 3, 3)
whole = time_call(lambda: conv2d(photo, many))
columns = windows(photo.unsqueeze(0), 3).nbytes
print(f"largest difference {gap:.0e}; the photograph: {whole * 1e3:.0f} ms; you said:", guesses)
print(f"it needs {photo.nbytes / 1e6:.1f} MB, its columns {columns / 1e6:.1f} MB")

# %% [markdown]
# The price is memory: each pixel stands in nine windows, so it is written nine times. You buy speed with bytes; in
# section 11 you will see when that is a bad bargain.
#
# ## 5 · What a kernel sees
#
# Until a network learns its kernels, people choose them. Six of them, on the same photograph in grey:
#
# ```
#    blur          sharpen         Sobel, across     Sobel, down        emboss          Laplace
#   1 1 1           0 -1  0         -1 0 1           -1 -2 -1          -2 -1 0          0  1 0
#   1 1 1  / 9     -1  5 -1         -2 0 2            0  0  0          -1  1 1          1 -4 1
#   1 1 1           0 -1  0         -1 0 1            1  2  1           0  1 2          0  1 0
# ```
#
# **Predict**, before you run the two cells: which of them answer 0 to a plain white wall? Which of the two Sobels shows
# the pillars of the house? (The sum of a kernel's numbers tells you the first.)

# %%
kernels = {
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "Sobel, across": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Sobel, down": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "Laplace": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
}
grey = Tensor(china.mean(axis=2)[None])
detail = grey[:, 90:250, 20:220]
seen = conv2d(detail, Tensor(np.stack(list(kernels.values()))[:, None]), padding=1).data


# %%
def show(pictures, columns, size=3.6):
    """Grey pictures with titles, `columns` in a row."""
    rows = -(-len(pictures) // columns)
    _, axes = plt.subplots(rows, columns, figsize=(size * columns, 0.95 * size * rows))
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=True):
        axis.imshow(picture, cmap="gray")
        axis.set(title=title, xticks=[], yticks=[])
    plt.tight_layout(h_pad=1.5)
    plt.show()


pictures = {"original": detail.data[0]} | dict(zip(kernels, seen, strict=True))
show(pictures | {"both Sobels": np.hypot(seen[2], seen[3])}, columns=4)

# %% [markdown]
# Both Sobels and Laplace: a kernel whose numbers add up to 0 answers only to *changes*, and a wall has none (grey is 0
# in these pictures, as they hold negative numbers too). Sobel across sees the pillars, which are changes from left to
# right. The last picture joins both Sobels as
# $\sqrt{a^2 + b^2}$: every edge, in whatever direction.
#
# ## 6 · A layer that owns its kernels
#
# `Conv2d` is to `conv2d` what `Linear` is to a product. Its first numbers are PyTorch's, even from
# $\pm 1/\sqrt{\text{fan\_in}}$, for weight and bias, where the fan counts what is added up for one output:
# $\frac{\text{in}}{\text{groups}}\cdot kh\cdot kw$. **Predict** the number of parameters of `Conv2d(3, 16, 3)`,
# for pictures of 427 × 640.
#
# **Write `__init__`.** Settings are kept as pairs, except `groups`.


# %% nbgrader={"grade": false, "grade_id": "conv-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Conv2d(Module):
    """Looks for `out_channels` patterns at every place of its images."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1,
                 groups=1, bias=True):  # fmt: skip
        """Keep the settings; draw `weight` (out, in / groups, kh, kw) and `bias` (out,) or None.

        Both are Parameters, even from ±1/√fan_in by the library's generator. kernel_size, stride,
        padding and dilation are kept as pairs, in_channels, out_channels and groups as they are.
        Raises ValueError where groups doesn't divide both numbers of channels; the message holds it.
        """
        super().__init__()
        ### BEGIN SOLUTION
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{groups} groups divide {in_channels} and {out_channels} channels?")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        self.padding, self.dilation = pair(padding), pair(dilation)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        self.weight = Parameter(generator().uniform(-bound, bound, shape))
        self.bias = Parameter(generator().uniform(-bound, bound, out_channels)) if bias else None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv-init-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
layer = Conv2d(16, 200, (3, 1), groups=4)
shapes = (layer.weight.shape, layer.bias.shape)
expect_equal(shapes, ((200, 4, 3, 1), (200,)), "shapes in Conv2d(16, 200, (3, 1), groups=4)")
owned = isinstance(layer.weight, Parameter) and isinstance(layer.bias, Parameter)
expect_true(owned, "types of weight and bias", "Parameter", type(layer.weight).__name__)
expect_close(np.abs(layer.weight.data).max(), (4 * 3 * 1) ** -0.5, "largest weight", rtol=0.01)
expect_close(np.abs(layer.bias.data).max(), (4 * 3 * 1) ** -0.5, "largest bias", rtol=0.1)
settings = (layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups)
expect_equal(settings, ((3, 1), (1, 1), (0, 0), (1, 1), 4), "settings: all but groups are pairs")
expect_true(Conv2d(1, 1, 1, bias=False).bias is None, "bias with bias=False", "None", "a bias")
expect_raises(ValueError, lambda: Conv2d(4, 6, 3, groups=4), "6 outputs, 4 groups", says=("4",))
expect_raises(ValueError, lambda: Conv2d(6, 4, 3, groups=4), "6 inputs, 4 groups", says=("4",))
### BEGIN HIDDEN TESTS
for name, off in (("weight", 0.055), ("bias", 0.2)):  # six standard deviations of the spread
    spread = getattr(layer, name).data.std()
    expect_close(spread, 1 / 6, f"spread of {name}", rtol=off, hint="evenly")
kept = Conv2d(2, 3, 5, (2, 1), (1, 0), (3, 2))
settings = (kept.in_channels, kept.out_channels, kept.stride, kept.padding, kept.dilation)
expect_equal(settings, (2, 3, (2, 1), (1, 0), (3, 2)), "settings of Conv2d(2, 3, 5, …)")
manual_seed(5)
first, second = Conv2d(1, 2, 2), Conv2d(1, 2, 2)
differ = bool((first.weight.data != second.weight.data).any())
expect_true(differ, "the weights of two layers", "different numbers", "the same")
manual_seed(5)
expect_close(Conv2d(1, 2, 2).weight.data, first.weight.data, "weights after the same manual_seed")
### END HIDDEN TESTS
print("✅ A layer that owns its kernels")

# %% [markdown]
# **Write `forward`**: hand all that the layer keeps to `conv2d`.


# %% nbgrader={"grade": false, "grade_id": "conv-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Conv2d)
class Conv2dForward:
    """What a Conv2d computes and says."""

    def forward(self, x):
        """`conv2d` of x with this layer's parameters and settings."""
        ### BEGIN SOLUTION
        settings = (self.stride, self.padding, self.dilation, self.groups)
        return conv2d(x, self.weight, self.bias, *settings)
        ### END SOLUTION

    def extra_repr(self):
        """The settings, as PyTorch shows them: what is not as usual."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text if self.bias is not None else text + ", bias=False"


# %% nbgrader={"grade": true, "grade_id": "conv-forward-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(60)
x = rng.normal(size=(2, 3, 9, 8))
settings = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}
layer = Conv2d(3, 4, (3, 2), **settings)
want = conv_places(x, layer.weight.data, **settings) + layer.bias.data.reshape(4, 1, 1)
expect_close(layer(Tensor(x)).data, want, "a layer with all its settings", rtol=1e-4, atol=1e-5)
bare = Conv2d(3, 2, 3, bias=False)
want = conv_places(x, bare.weight.data)
expect_close(bare(Tensor(x)).data, want, "a layer without a bias", rtol=1e-4, atol=1e-5)
expect_equal(layer(Tensor(x[0])).shape, (4, 5, 10), "shape for a single image")
expect_chain(layer, Tensor(x), "layer(x)", weight=layer.weight, bias=layer.bias)
### BEGIN HIDDEN TESTS
text = "Conv2d(3, 4, kernel_size=(3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2))"
expect_equal(repr(layer), text, "repr of the layer")
### END HIDDEN TESTS
print("✅ Called like any other layer")

# %% [markdown]
# 448 parameters, for a picture of any size; the thousand units of the beginning had 820 million. What the sharing
# gives for nothing is a law: **shift the picture, and the answer is shifted along**. It is called *translation
# equivariance*, and a `Linear` knows nothing of the kind.
#
# Below, a part of the photograph moves to the right, and its old answer, moved along, is put beside the new one.
# **Predict** the four differences, in per cent: nothing, a little, everything?

# %%
guesses = [None, None, None, None]

manual_seed(1)
dense = Linear(32 * 32, 8 * 30 * 30)
by_one, by_two = Conv2d(1, 8, 3), Conv2d(1, 8, 3, stride=2)


def as_rows(x):
    return dense(x.reshape(1, -1)).reshape(8, 30, 30)


def cut(by):
    return grey[:, 100:132, 100 - by : 132 - by]


for name, layer, by, along in [
    ("Conv2d", by_one, 1, 1),
    ("Conv2d, stride 2", by_two, 2, 1),
    ("Conv2d, stride 2", by_two, 1, 0),
    ("Linear", as_rows, 1, 1),
]:
    before, after = layer(cut(0)).data, layer(cut(by)).data
    gap = np.abs(after[:, :, along:] - before[:, :, : before.shape[2] - along]).mean()
    print(f"{name:17} moved by {by}, answer by {along}: {gap / np.abs(before).mean():7.2%}")
print("you said:", guesses)

# %% [markdown]
# With stride 1 the law holds to the last bit. With stride 2 it holds for every *second* shift: for the one between,
# there is no place in the answer to move to. Remember that when you make pictures smaller.
#
# ## 7 · How far a layer sees
#
# An output of a 3 × 3 kernel sees three pixels across. Put another layer on top, and it sees three *outputs*. What
# one output can see of the picture is its **receptive field**. Measure it with a white pixel and kernels of ones: what
# it reaches, sees it. **Predict** the width after 1, 2, 3, 4 layers, and then with dilations 1, 2, 4, 8.

# %%
guesses = [None, None]

fields = {}
for dilations in ((1, 1, 1, 1), (1, 2, 4, 8)):
    x, widths = zeros(1, 41, 41), []
    x.data[0, 20, 20] = 1
    for d in dilations:
        x = conv2d(x, Tensor(np.full((1, 1, 3, 3), 1 / 9)), padding=d, dilation=d)
        widths.append(int((x.data[0, 20] > 0).sum()))
    fields[f"dilations {dilations}: {widths}"] = x.data[0]
print("you said:", guesses)
show(fields, columns=2)

# %% [markdown]
# Without gaps each layer adds 2; with doubling gaps the field doubles, at the same cost: nine products for each
# output of each layer. On the left you see something else: what is reached by many ways counts more. In the end a
# stack of convolutions looks mostly at the middle of its field.
#
# ## 8 · Pooling: what, and not exactly where
#
# The other way to see far is to make the picture smaller. **Pooling** slides a window too, but has no weights: it keeps
# the largest number of each window, or the mean. Its stride is the window's size unless you say otherwise:
#
# ```
#    1  3 | 0  2            max, 2 × 2       mean, 2 × 2
#    0  2 | 1  1              3  2            1.5   1.0
#    -----+-----              4  3            1.5   1.5
#    4  0 | 1  3
#    1  1 | 2  0
# ```
#
# What about padding? Somebody pads a picture of *negative* numbers with zeros and takes the maximum. **Predict**.

# %%
guess = None

cold = Tensor(-np.arange(1.0, 17.0).reshape(1, 1, 4, 4))
print(windows(pad(cold, 1), 2, 2).amax(dim=2).data[0, 0], "you said:", guess)

# %% [markdown]
# Zeros that are in no picture win in eight windows of nine. Padding for a maximum has to be a number that never wins.
#
# **Write both functions.** PyTorch refuses a padding of more than half the window, since a window could then lie
# outside of the picture altogether; the given `check_padding` does too. For the mean there are two opinions about what
# to divide by at the border, and `count_include_pad` chooses.


# %%
#| export
def check_padding(kernel_size, padding, dilation=1):
    """Raise ValueError where a window of a pool could lie outside of the picture."""
    for k, p, d in zip(pair(kernel_size), pair(padding), pair(dilation), strict=True):
        span = d * (k - 1) + 1
        if p > span // 2:
            raise ValueError(f"padding {p} is more than half of a window that spans {span}")


# %% nbgrader={"grade": false, "grade_id": "max-pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@one_or_many
def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number of each window: (N, C, H, W) → (N, C, oh, ow).

    kernel_size, stride, padding, dilation: an int or a pair; stride None is the kernel's size
    What padding adds never wins. `check_padding` refuses too much of it.
    """
    ### BEGIN SOLUTION
    check_padding(kernel_size, padding, dilation)
    stride = kernel_size if stride is None else stride
    return windows(pad(x, padding, -math.inf), kernel_size, stride, dilation).amax(dim=2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "max-pool-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
picture = Tensor([[[1, 3, 0, 2], [0, 2, 1, 1], [4, 0, 1, 3], [1, 1, 2, 0]]])
expect_close(max_pool2d(picture, 2).data, [[[3, 2], [4, 3]]], "max_pool2d of the example, 2")
expect_close(max_pool2d(picture, (1, 4)).data, [[[3], [2], [4], [2]]], "window (1, 4)")
want = [[[3, 3, 2], [4, 2, 3], [4, 2, 3]]]
expect_close(max_pool2d(picture, 2, stride=1).data, want, "window 2, stride 1")
want = [[[-1, -2, -4], [-5, -6, -8], [-13, -14, -16]]]
cold = Tensor(-np.arange(1.0, 17.0).reshape(1, 4, 4))
expect_close(max_pool2d(cold, 2, padding=1).data, want, "negative numbers, padding 1")
says = ("2",)
expect_raises(ValueError, lambda: max_pool2d(cold, 3, 1, 2), "padding 2, window 3", says=says)
expect_chain(lambda x: max_pool2d(x, 2), picture, "max_pool2d(x, 2)")
### BEGIN HIDDEN TESTS
expect_close(max_pool2d(picture, 2, dilation=2).data, [[[4]]], "window 2, dilation 2")
x = np.random.default_rng(8).normal(size=(2, 3, 7, 6))
want = np.full((2, 3, 4, 4), -np.inf)
for n, c, i, j in np.ndindex(2, 3, 4, 4):
    rows, columns = slice(max(0, 2 * i - 1), 2 * i + 2), slice(max(0, 2 * j - 1), 2 * j + 1)
    want[n, c, i, j] = x[n, c, rows, columns].max()
got = max_pool2d(Tensor(x), (3, 2), 2, 1)
expect_close(got.data, want, "(2, 3, 7, 6), window (3, 2), stride 2, padding 1")
### END HIDDEN TESTS
print("✅ The strongest answer of each window")


# %% nbgrader={"grade": false, "grade_id": "avg-pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@one_or_many
def avg_pool2d(x, kernel_size, stride=None, padding=0, *, count_include_pad=True):
    """The mean of each window: (N, C, H, W) → (N, C, oh, ow); stride None is the kernel's size.

    count_include_pad: whether the zeros that padding adds count; if not, the sum of a window is
    divided by how many numbers of the picture are in it
    `check_padding` refuses too much padding.
    """
    ### BEGIN SOLUTION
    check_padding(kernel_size, padding)
    stride = kernel_size if stride is None else stride
    view = windows(pad(x, padding), kernel_size, stride)
    if count_include_pad:
        return view.mean(dim=2)
    inside = Tensor(np.ones((1, 1, *x.shape[2:])))
    return view.sum(dim=2) / windows(pad(inside, padding), kernel_size, stride).sum(dim=2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "avg-pool-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
picture = Tensor([[[1, 3, 0, 2], [0, 2, 1, 1], [4, 0, 1, 3], [1, 1, 2, 0]]])
expect_close(avg_pool2d(picture, 2).data, [[[1.5, 1], [1.5, 1.5]]], "avg_pool2d(example, 2)")
expect_close(avg_pool2d(picture, (4, 1), 1).data, [[[1.5, 1.5, 1, 1.5]]], "window (4, 1)")
want = [[[0.25, 0.75, 0.5], [1, 1, 1], [0.25, 0.75, 0]]]
expect_close(avg_pool2d(picture, 2, padding=1).data, want, "padding 1, zeros count")
want = [[[1, 1.5, 2], [2, 1, 2], [1, 1.5, 0]]]
got = avg_pool2d(picture, 2, padding=1, count_include_pad=False).data
expect_close(got, want, "padding 1, zeros don't count", hint="a corner has one number inside")
expect_raises(ValueError, lambda: avg_pool2d(picture, 2, 1, 2), "padding 2", says=("2",))
expect_chain(lambda x: avg_pool2d(x, 2), picture, "avg_pool2d(x, 2)")
### BEGIN HIDDEN TESTS
x = np.random.default_rng(9).normal(size=(2, 3, 5, 6))
want = np.zeros((2, 3, 3, 5))
for i, j in np.ndindex(3, 5):
    want[..., i, j] = x[..., max(0, 2 * i - 1) : 2 * i + 2, j : j + 2].mean(axis=(2, 3))
got = avg_pool2d(Tensor(x), (3, 2), (2, 1), (1, 0), count_include_pad=False)
expect_close(got.data, want, "window (3, 2), stride (2, 1), padding (1, 0), zeros don't count")
double = Tensor(x, dtype=np.float64)
expect_chain(lambda x: avg_pool2d(x, 3, 2, 1, count_include_pad=False), double, "avg_pool2d")
### END HIDDEN TESTS
print("✅ The mean of each window, and an honest border")

# %% [markdown]
# As layers they only keep their settings:


# %%
#| export
class MaxPool2d(Module):
    """The largest number of each window."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1):
        """Keep the settings as given; stride None is the kernel's size."""
        super().__init__()
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = stride or kernel_size

    def forward(self, x):
        """`max_pool2d` of x."""
        return max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        text = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"{text}, dilation={self.dilation}, ceil_mode=False"


# %%
#| export
class AvgPool2d(Module):
    """The mean of each window."""

    def __init__(self, kernel_size, stride=None, padding=0, *, count_include_pad=True):
        """Keep the settings as given; stride None is the kernel's size."""
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = stride or kernel_size
        self.count_include_pad = count_include_pad

    def forward(self, x):
        """`avg_pool2d` of x."""
        settings, include = (self.stride, self.padding), self.count_include_pad
        return avg_pool2d(x, self.kernel_size, *settings, count_include_pad=include)

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


# %% [markdown]
# ### Does it help?
#
# A real question: 1,797 handwritten digits of 8 × 8 pixels. Find weights for their 64 pixels by *least squares* (the
# best straight answer there is, no training needed) on 1,200 of them, and ask about the other 597. Then ask again
# about the same 597, each moved by **one pixel**. A digit moved by a pixel is the same digit to you. **Predict** how
# many of a hundred it still gets right.

# %%
images, labels = digits()
known, unknown = slice(0, 1200), slice(1200, None)
wider = np.pad(images, ((0, 0), (1, 1), (1, 1)))
moved = [wider[:, y : y + 8, x : x + 8] for y, x in ((0, 1), (2, 1), (1, 0), (1, 2))]


def judge(see, name):
    """How many unknown digits are right, in place and moved by a pixel, by the features of `see`."""
    features, scores = see(images[known]).astype(np.float64), np.eye(10)[labels[known]]
    ridge = len(features) * 1e-3 * np.eye(features.shape[1])  # keeps the weights small
    weight = np.linalg.solve(features.T @ features + ridge, features.T @ scores)
    right = [(see(x[unknown]) @ weight).argmax(1) == labels[unknown] for x in (images, *moved)]
    still, shifted = np.mean(right[0]), np.mean(right[1:])
    print(f"{name:16}{len(weight):>5} numbers   in place {still:.1%}   moved {shifted:.1%}")


guess = None
judge(lambda x: x.reshape(len(x), -1), "pixels")
print("you said:", guess)

# %% [markdown]
# From nine in ten to about one in three. Not one of these weights can be used one pixel further.
#
# Now eight kernels, Sobel's turned by 45° each time: edges in eight directions. ReLU keeps what a kernel finds and
# drops its opposite, a pool of 3 with stride 2 says *about* where. No weight of these is learned. **Predict** both
# numbers, with pooling and without.

# %%
guesses = [None, None]

ring = np.array([(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)])
edges = Conv2d(1, 8, 3, padding=2, bias=False)
edges.weight.data[...] = 0
for turn in range(8):
    spots = np.roll(ring, turn, axis=0)
    edges.weight.data[turn, 0, spots[:, 0], spots[:, 1]] = [-1, 0, 1, 2, 1, 0, -1, -2]


def see(x, pool):
    return pool(relu(edges(Tensor(x[:, None])))).flatten(1).data


pools = {"no pool": lambda x: x, "mean of 3": AvgPool2d(3, 2)}
for name, pool in {**pools, "max of 3": MaxPool2d(3, 2), "max of 5": MaxPool2d(5, 2)}.items():
    judge(lambda x, pool=pool: see(x, pool), f"edges, {name}")
print("you said:", guesses)

# %% [markdown]
# Edges instead of pixels help in place, but a moved edge is as foreign as a moved pixel. With pooling, the same straight
# answer gets two of three moved digits right, and nothing is lost in place: an edge is found again in the same pool, or
# the next. A pool of 5 survives the shift best and pays for it in place: it no longer knows enough about *where*.
# (What learning the kernels adds, you will see in module 11.)
#
# ## 9 · Batch normalisation
#
# Module 04 kept signals alive in deep stacks by choosing first weights well, or by `LayerNorm`. Convolutions have the
# same trouble: PyTorch's first weights are too small for ReLU, and nobody wants to choose them anew. The remedy that made
# deep convolutional networks trainable (2015) measures each **channel** over the whole batch and all places:
#
# ```
#   x (N, C, H, W)       mean and variance over N, H and W:  one of each for a channel
#
#                         x − mean
#          y   =   ────────────────────── · weight + bias           weight, bias: (C,), at first 1 and 0
#                   √(variance + eps)
# ```
#
# And when there is no batch, in production, one picture at a time? Then it uses **running** averages that it kept
# while training. They are learned by nobody, but have to be saved: module 04's `Buffer`. Each batch moves them a tenth
# of the way (`momentum`) to its own. **Predict**: ten batches with mean 5 have passed. What is the running mean,
# which began at 0?

# %%
guess = None

running = 0.0
for _ in range(10):
    running = running + 0.1 * (5 - running)
print(f"{running:.2f}, you said:", guess)

# %% [markdown]
# **Write `__init__`.** Each instance owns its numbers. The count of batches is a whole number: `Buffer(0, dtype=…)`.


# %% nbgrader={"grade": false, "grade_id": "norm-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class BatchNorm2d(Module):
    """Each channel at mean 0 and variance 1 over the batch, then scaled and moved."""

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True
    ):
        """Keep all five settings, and make what is owned, in this order, with num_features numbers.

        With affine: Parameters `weight` (ones) and `bias` (zeros); otherwise both are None.
        With track_running_stats: Buffers `running_mean` (zeros), `running_var` (ones) and
        `num_batches_tracked` (one int64, shape ()); otherwise all three are None.
        """
        super().__init__()
        ### BEGIN SOLUTION
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(np.ones(num_features)) if affine else None
        self.bias = Parameter(np.zeros(num_features)) if affine else None
        track = track_running_stats
        self.running_mean = Buffer(np.zeros(num_features)) if track else None
        self.running_var = Buffer(np.ones(num_features)) if track else None
        self.num_batches_tracked = Buffer(0, dtype=np.int64) if track else None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "norm-init-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
norm = BatchNorm2d(3)
names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
expect_equal(list(norm.state_dict()), names, "the state's names, in order")
expect_equal([name for name, _ in norm.named_parameters()], names[:2], "names of the parameters")
numbers = {name: value.tolist() for name, value in norm.state_dict().items()}
ones, noughts = [1.0] * 3, [0.0] * 3
expect_equal(numbers, dict(zip(names, [ones, noughts, noughts, ones, 0], strict=True)), "state")
expect_equal(str(norm.num_batches_tracked.dtype), "int64", "dtype of num_batches_tracked")
settings = (norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
expect_equal(settings, (3, 1e-5, 0.1, True, True), "the settings")
bare = BatchNorm2d(3, affine=False, track_running_stats=False)
expect_equal(list(bare.state_dict()), [], "the state without affine and without tracking")
absent = bare.weight is None and bare.running_var is None and bare.num_batches_tracked is None
expect_true(absent, "what is not owned", "None", "something else")
### BEGIN HIDDEN TESTS
norm.running_mean.data += 1
expect_equal(BatchNorm2d(3).running_mean.tolist(), noughts, "another instance's running mean")
expect_equal(list(BatchNorm2d(2, affine=False).state_dict()), names[2:], "state, affine=False")
### END HIDDEN TESTS
print("✅ Two parameters to learn, three buffers to remember")

# %% [markdown]
# **Write `update`.** It is bookkeeping, not mathematics that training should differentiate: write into the buffers'
# `data`, from the tensors' `data`. One trap is PyTorch's own: the batch is normalised with its variance divided by
# n, but the running one remembers the variance divided by n - 1, the better guess for pictures not seen.


# %% nbgrader={"grade": false, "grade_id": "norm-update", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(BatchNorm2d)
class RunningStatistics:
    """What is remembered of the batches."""

    def update(self, mean, var, count):
        """Count one batch more, move the running statistics towards its own, in place.

        It computes with `data` alone: nothing here passes the door.
        mean, var: Tensors (1, num_features, 1, 1); var divided by `count`, the numbers per channel
        Each becomes (1 - momentum) · running + momentum · new; the new variance is the one divided
        by count - 1. momentum None: the plain mean of all batches so far, 1 / num_batches_tracked.
        """
        ### BEGIN SOLUTION
        self.num_batches_tracked.data += 1
        share = self.momentum
        if share is None:
            share = 1 / self.num_batches_tracked.item()
        unbiased = var.data * (count / (count - 1))
        for running, new in ((self.running_mean, mean.data), (self.running_var, unbiased)):
            running.data[...] = (1 - share) * running.data + share * new.ravel()
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "norm-update-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
from tinytorch.core.tensor import recorders as listeners
from tito.checks import expect_unrecorded

norm = BatchNorm2d(2)
buffers, memory = (norm.running_mean, norm.running_var), norm.running_mean.data
mean, var = (Tensor(np.reshape(v, (1, 2, 1, 1))) for v in ([5.0, -10.0], [3.0, 6.0]))
norm.update(mean, var, 4)
expect_close(norm.running_mean.data, [0.5, -1], "running_mean after [5, -10]", hint="a tenth")
hint = "3 divided by 4 is 4 divided by 3: · 4 / 3"
expect_close(norm.running_var.data, [1.3, 1.7], "running_var after [3, 6], count 4", hint=hint)
norm.update(mean, var, 4)
expect_close(norm.running_mean.data, [0.95, -1.9], "running_mean after two batches")
expect_equal(norm.num_batches_tracked.tolist(), 2, "num_batches_tracked")
same = norm.running_mean is buffers[0] and norm.running_var is buffers[1]
same = same and np.shares_memory(norm.running_mean.data, memory)
expect_true(same, "the buffers", "the same objects and memory", "new ones", "write into them")
expect_unrecorded(listeners, lambda: norm.update(mean, var, 4), "update")
### BEGIN HIDDEN TESTS
plain = BatchNorm2d(2, momentum=None)
for factor in (1, 2, 6):
    plain.update(mean * factor, var * factor, 2)
expect_close(plain.running_mean.data, [15, -30], "running_mean of three, momentum None")
expect_close(plain.running_var.data, [18, 36], "running_var of three, momentum None")
expect_equal(norm.num_batches_tracked.shape, (), "shape of num_batches_tracked")
### END HIDDEN TESTS
print("✅ A memory of batches, in place")

# %% [markdown]
# **Write `forward`**, with tensor operations. The given `refuse` knows when there is nothing to divide by: in training
# one number per channel has no variance.


# %%
#| export
@extend(BatchNorm2d)
class NormRefusals:
    """What can't be normalised."""

    def refuse(self, x, measured):
        """Raise ValueError for other shapes, or where `measured` is true and a mean is of one number."""
        if x.ndim != 4 or x.shape[1] != self.num_features:
            raise ValueError(f"(N, {self.num_features}, H, W) is needed, not {x.shape}")
        if measured and x.numel() == self.num_features:
            raise ValueError(f"one number per channel has no variance: {x.shape}")

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        text = f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"
        return f"{text}, affine={self.affine}, track_running_stats={self.track_running_stats}"


# %% nbgrader={"grade": false, "grade_id": "norm-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(BatchNorm2d)
class NormForward:
    """What BatchNorm2d computes."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) for each channel, then `· weight + bias` where they are.

        In training, and wherever nothing is tracked, mean and variance (divided by n) are measured
        in x; in training `update` hears of them where they are tracked. Otherwise they are the
        running ones. `refuse(x, measured)` comes first; x: (N, num_features, H, W).
        """
        ### BEGIN SOLUTION
        measured = self.training or not self.track_running_stats
        self.refuse(x, measured)
        if measured:
            mean = x.mean((0, 2, 3), keepdim=True)
            var = x.var((0, 2, 3), correction=0, keepdim=True)
        else:
            mean, var = (b.reshape(-1, 1, 1) for b in (self.running_mean, self.running_var))
        if self.training and self.track_running_stats:
            self.update(mean, var, x.numel() // self.num_features)
        y = (x - mean) / (var + self.eps).sqrt()
        if self.affine:
            y = y * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)
        return y
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "norm-forward-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
x = np.random.default_rng(10).normal(size=(4, 3, 5, 2)) * [[[1]], [[3]], [[9]]] + [
    [[0]],
    [[2]],
    [[4]],
]
axes, norm = (0, 2, 3), BatchNorm2d(3)
y = norm(Tensor(x)).data
expect_close(y.mean(axis=axes), np.zeros(3), "means of the channels", atol=1e-5)
expect_close(y.var(axis=axes), np.ones(3), "variances of the channels", rtol=1e-3)
expect_close(norm.running_mean.data, 0.1 * x.mean(axis=axes), "running_mean after one batch")
new = 0.9 + 0.1 * x.var(axis=axes, ddof=1)
expect_close(norm.running_var.data, new, "running_var after one batch", hint="divided by n - 1")
norm.eval()
norm.running_mean.data[...], norm.running_var.data[...] = [1, 2, 3], [4, 9, 16]
norm.weight.data[...], norm.bias.data[...] = [1, 1, 2], [0, 5, 0]
want = (x - [[[1]], [[2]], [[3]]]) / [[[2]], [[3]], [[4]]]
want = want * [[[1]], [[1]], [[2]]] + [[[0]], [[5]], [[0]]]
expect_close(norm(Tensor(x)).data, want, "after eval()", rtol=1e-4, atol=1e-5)
expect_equal(norm.num_batches_tracked.tolist(), 1, "batches counted: eval learns nothing")
expect_chain(norm, Tensor(x), "norm(x) after eval()", weight=norm.weight, bias=norm.bias)
expect_chain(norm.train(), Tensor(x), "norm(x)", weight=norm.weight, bias=norm.bias)
### BEGIN HIDDEN TESTS
loose = BatchNorm2d(1, eps=3.0, affine=False, track_running_stats=False).eval()
got = loose(Tensor([[[[1.0, 3.0]]]])).data
expect_close(got, [[[[-0.5, 0.5]]]], "[1, 3] with eps=3, nothing tracked, after eval()")
### END HIDDEN TESTS
print("✅ Each channel at mean 0 and variance 1, and a memory for later")

# %% [markdown]
# Now the deep stack: twelve convolutions with PyTorch's first values, ReLU after each, with the norm and without. Twelve
# patches of the photograph go in: sky, roof, trees. What counts is whether the network can still *tell them apart*: the
# variance from patch to patch, at each place of each channel. **Predict** what is left of it after the twelfth layer,
# without the norm: a tenth? A thousandth?

# %%
guess = None

manual_seed(2)
corners = [(y, x) for y in (60, 150, 240) for x in (50, 200, 350, 500)]
patches = np.stack([china[y : y + 32, x : x + 32] for y, x in corners]).transpose(0, 3, 1, 2)
curves = {"without": [], "with BatchNorm2d": []}
for name, left in curves.items():
    x = Tensor(patches)
    for _ in range(12):
        x = Conv2d(x.shape[1], 16, 3, padding=1)(x)
        x = relu(x if name == "without" else BatchNorm2d(16)(x))
        left.append(x.data.var(axis=0).mean())
    plt.semilogy(range(1, 13), left, marker="o", label=f"{name}: {left[-1]:.0e} at the end")
plt.xlabel("layers")
plt.ylabel("variance from patch to patch")
plt.legend()
plt.show()
print("you said:", guess)

# %% [markdown]
# A factor of about six in each layer: three from PyTorch's small weights, whose variance is 1 / (3 · fan), and two from
# ReLU. What the numbers still hold at the end is bias, the same for sky and roof. With the norm nothing is lost. Now look at both modes of one norm.
# It has seen 30 batches of photographs in daylight; then the light goes, and pictures are a third as bright.
# **Predict**, before you look: which of the two modes does not notice?

# %%
manual_seed(3)
first, norm = Conv2d(3, 1, 5), BatchNorm2d(1)
for _ in range(30):
    spots = generator().integers(0, 380, (32, 2))
    batch = np.stack([china[y : y + 32, x : x + 32] for y, x in spots]).transpose(0, 3, 1, 2)
    norm(first(Tensor(batch)))
_, axes = plt.subplots(1, 2, figsize=(10, 3), sharex=True)
for axis, light in zip(axes, (1, 1 / 3), strict=True):
    answer = first(Tensor(batch * light))
    for mode in (True, False):
        numbers = norm.train(mode)(answer).data.reshape(-1)
        axis.hist(
            numbers, bins=60, alpha=0.5, label=f"training {mode}: mean {numbers.mean():.2f}"
        )
    axis.set(title=f"light × {light:.2f}")
    axis.legend(loc="upper left")
plt.show()

# %% [markdown]
# In training a batch is measured by itself, so a batch of dark pictures looks like any other. In eval, the norm
# compares with daylight, and the dark shows. Neither is wrong; a network that was trained in one mode and works in the
# other is.
#
# ### Break it
#
# Somebody serves a model without `eval()`, one request with several pictures at a time. **Predict**: does the answer for
# the first picture depend on who else is in the request?

# %%
guess = None

norm, mine = BatchNorm2d(1), Tensor(np.ones((1, 1, 2, 2)) * [[1, 2], [3, 4]])
for others in (0.0, 4.0, 100.0):
    batch = np.concatenate([mine.data, np.full((1, 1, 2, 2), others)])
    print(f"beside {others:5}:", norm(Tensor(batch)).data[0, 0].round(2).tolist())
try:
    norm(Tensor([[[[7.0]]]]))
except ValueError as error:
    print("alone, one pixel:", error)
print("you said:", guess)

# %% [markdown]
# The same picture, three answers, and each call has moved the running statistics besides.
#
# ## 10 · Challenge: groups
#
# `Conv2d(64, 64, 3)` has 36,864 weights: each output looks at all 64 inputs. With `groups=64` output 5 looks at input
# 5 and nothing else (a **depthwise** convolution): 576 weights. In between, groups are separate layers side by side:
#
# ```
#   groups = 2:    channels  0 1 | 2 3      weight (4, 2, kh, kw):  rows 0, 1 are the first group's,
#                            ↓ ↓ | ↓ ↓                              rows 2, 3 the second's
#                  outputs   0 1 | 2 3
# ```
#
# **Predict** the shapes for one product for all groups at once: `@` multiplies the last two axes, and any axes before
# them in step.
#
# **Write `grouped_product`.** Two reshapes before `@`, one after it.


# %% nbgrader={"grade": false, "grade_id": "groups", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def grouped_product(weight, columns, groups):
    """What `weight @ columns` is without groups, for each group of channels by itself.

    weight: (O, C / groups, kh, kw); columns: (N, C·kh·kw, places), channel by channel
    Returns (N, O, places). The first O / groups outputs see the first C / groups channels, and so on.
    Raises ValueError where groups doesn't divide O, which says it like this: "5 outputs, 2 groups".
    """
    ### BEGIN SOLUTION
    outputs = weight.shape[0]
    if outputs % groups:
        raise ValueError(f"can't divide: {outputs} outputs, {groups} groups")
    n, count, places = columns.shape
    rows = weight.reshape(groups, outputs // groups, count // groups)
    y = rows @ columns.reshape(n, groups, count // groups, places)
    return y.reshape(n, outputs, places)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "groups-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(11)
x, weight = rng.normal(size=(2, 4, 5, 6)), rng.normal(size=(6, 2, 3, 2))
X, W = Tensor(x), Tensor(weight)
halves = [conv_places(x[:, :2], weight[:3]), conv_places(x[:, 2:], weight[3:])]
want, tolerance = np.concatenate(halves, axis=1), {"rtol": 1e-4, "atol": 1e-5}
expect_close(conv2d(X, W, groups=2).data, want, "groups=2, 4 channels to 6", **tolerance)
deep = conv2d(Tensor([[[1]], [[2]], [[3]]]), Tensor([[[[10]]], [[[100]]], [[[1000]]]]), groups=3)
expect_close(deep.data, [[[10]], [[200]], [[3000]]], "depthwise: 3 channels, 3 groups")
odd, says = Tensor(weight[:5]), ("5 outputs, 2 groups",)
expect_raises(ValueError, lambda: conv2d(X, odd, groups=2), "5 outputs, 2 groups", says=says)
expect_raises(ValueError, lambda: conv2d(X, W, groups=3), "6 channels asked for", says=("4", "6"))
expect_equal(grouped_product(W, zeros(2, 24, 7), 2).shape, (2, 6, 7), "shape of the product")
expect_chain(lambda x: conv2d(x, W, groups=2), X, "conv2d(x, weight, groups=2)", weight=W)
### BEGIN HIDDEN TESTS
double, out = Tensor(x, dtype=np.float64), Conv2d(4, 8, 3, groups=4)
expect_chain(out, double, "Conv2d(4, 8, 3, groups=4)(x)", weight=out.weight, bias=out.bias)
want = [conv_places(x[:, i : i + 1], out.weight.data[2 * i : 2 * i + 2]) for i in range(4)]
want = np.concatenate(want, axis=1) + out.bias.data.reshape(8, 1, 1)
expect_close(out(double).data, want, "Conv2d(4, 8, 3, groups=4)", **tolerance)
### END HIDDEN TESTS
print("✅ Layers side by side in one product")

# %% [markdown]
# ## 11 · Measure it
#
# For each output number a kernel does C · kh · kw multiplications and as many additions. **Predict**: a 7 × 7 kernel
# does 49 times the arithmetic of a 1 × 1. How many times longer does it take? And the depthwise 3 × 3, with a
# sixteenth of the arithmetic of the full 3 × 3: how many times shorter?

# %%
guesses = [None, None]

x = randn(4, 16, 32, 32)
print(f"{'':16}{'time':>10}{'copying':>10}{'MFLOP':>8}{'GFLOP/s':>9}{'columns':>11}")
for size, groups in ((1, 1), (3, 1), (5, 1), (7, 1), (3, 16)):
    layer = Conv2d(16, 16, size, padding=size // 2, groups=groups, bias=False)
    seconds = time_call(functools.partial(layer, x), 100)
    copying = time_call(lambda size=size: windows(pad(x, size // 2), size), 100)
    mflop = 2 * x.numel() * size**2 * 16 / groups / 1e6
    name = f"{size} × {size}" + (", depthwise" if groups > 1 else "")
    print(
        f"{name:16}{seconds * 1e3:7.2f} ms{copying / seconds:10.0%}{mflop:8.1f}"
        f"{mflop / seconds / 1e3:9.1f}{x.nbytes * size**2 / 1e6:8.1f} MB"
    )
print("you said:", guesses)

# %% [markdown]
# Neither follows the arithmetic. The 1 × 1 spends its time fetching and copying numbers that it uses 16 times each; the
# 7 × 7 does more with what it fetched, and its rate is several times as high. The depthwise kernel copies as many columns
# as the full one and uses each number *once*: a sixteenth of the arithmetic, for more than half of the time. Here
# the bargain of section 4 is a bad one. Depthwise networks are made for phones all the same, with kernels that copy
# nothing; you will write one in module 13.
#
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps:
# double-click the cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A phone has 25 MB to spare. A layer `Conv2d(64, 64, 3, padding=1)` is to run on one picture of 64
# channels, 112 × 112 pixels, in `float32`. How large are input, output and columns? What would you do to stay
# within 25 MB, and what does it cost? Why do the columns of a 1 × 1 convolution need no room at all *in principle*?
#
# ### BEGIN MARK SCHEME
# 2 points: input and output 64·112²·4 = 3.2 MB each; columns nine times that, 28.9 MB, beside the padded input of 3.3 MB:
# about 39 MB in all.
# 2 points: cut into stripes of rows (or picture by picture), convolve one after the other, one set of columns at a time; costs
# more and smaller products, overlapping rows are copied twice; or nine shifted products added up: no columns, more passes.
# 1 point: every pixel stands in one window only, the columns *are* the image in another shape: a view.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** A network of convolutions, batch norms and pools finds tumours with 97 % in the laboratory. In the
# hospital, where pictures come one at a time, it falls to 60 %. Name two causes that *this module* can explain, one about
# modes and one about shifts or brightness; for each, which one-line experiment would show it, and what would you change?
#
# ### BEGIN MARK SCHEME
# 2 points: left in training mode, each picture is normalised by itself (and running statistics drift): the same picture alone
# and in a batch gets two answers; call eval().
# 2 points: running statistics are from the laboratory's scanner; compare channel means of hospital pictures with running_mean;
# or strides and pools are not equivariant to single pixels: move a picture by one pixel and compare the answers.
# 1 point: a fitting change for the second: refresh the statistics with hospital pictures, normalise the brightness, smaller
# strides, overlapping pools, or training with shifted pictures.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# Are the first and the last thing in a row the same? A convolution can't ask before both are in one receptive field.
# **Predict**: a row of 65 numbers, kernels of 3 with weights of a third. After how many layers does the last place
# hear of the first, and how loud?

# %%
guesses = [None, None]

signal, third = zeros(1, 1, 65), Tensor(np.full((1, 1, 1, 3), 1 / 3))
signal.data[0, 0, 0] = 1
layers = 0
while signal.data[0, 0, -1] == 0:
    signal, layers = conv2d(signal, third, padding=(0, 1)), layers + 1
print(f"{layers} layers; heard with {signal.data[0, 0, -1]:.0e}; you said:", guesses)

# %% [markdown]
# Sixty-four layers for 65 places, and what arrives is below anything `float32` could add to a number near 1. Dilation
# and pooling shorten the way, but *which* place matters is fixed before anybody has seen the input. Module
# **07 · Attention** connects every place with every other in one step, and lets the content decide.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_05_learning` against this notebook. When it is green, type `tito module
# complete spatial` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("learning")
