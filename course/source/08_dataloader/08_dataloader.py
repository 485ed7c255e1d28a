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
# # 08 · DataLoader
#
# A model sees the world through its batches. If they come sorted, it learns the order; if a fifth of them is in
# the test set too, its accuracy is a fiction; if they arrive late, the processor waits. None of this raises an
# error. This module builds the road from files on a disk to batches you can trust.
#
# **You will be able to say:** *I can feed a model clean, balanced, reproducible batches.*
#
# | you build | it gives you |
# |---|---|
# | `TensorDataset`, `Subset`, `random_split` | samples by number, each in exactly one part |
# | `DataLoader`, `default_collate` | every sample once an epoch, in an order that a seed decides |
# | `Normalize`, `RandomCrop`, `RandomHorizontalFlip` | the same images, centred, and never twice the same |
# | `read_records`, `verify`, `prefetch` | CIFAR-10 from its official files, ready before it is asked for |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import contextlib
import hashlib
import math
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tinytorch import cifar
from tinytorch.core import setup
from tinytorch.core.tensor import Tensor, apply, from_numpy
from tinytorch.extend import extend
from tinytorch.images import digits


class Dataset:
    """Samples by number: a class made from this one writes `__getitem__` and `__len__`."""

    def __getitem__(self, index):
        """Sample number `index`."""
        raise NotImplementedError(f"{type(self).__name__} has no `__getitem__`")


# %% [markdown]
# ## A loop that almost works
#
# 1,700 handwritten digits, and a small model that learns from one batch after the other. The images come the way
# most collections lie on a disk: a folder for each class, so all zeros first, then all ones. The loop below cuts
# them into batches of 64. **Predict** what share of all digits the model gets right after one pass (guessing
# gets 10 %), and how many images the loop never shows it.

# %%
import matplotlib.pyplot as plt

from tito.checks import expect_close, expect_equal, expect_raises, expect_true


def learn(batches, rate=0.5):
    """The weights (65, 10) of a linear model after one step for each batch (images, labels)."""
    weights = np.zeros((65, 10))
    for images, labels in batches:
        x = np.c_[np.reshape(images, (len(labels), 64)), np.ones(len(labels))]
        scores = np.exp(x @ weights)
        error = scores / scores.sum(axis=1, keepdims=True) - np.eye(10)[labels]
        weights -= rate * x.T @ error / len(labels)
    return weights


guess = None
images, labels = (part[:1700] for part in digits())
order = np.argsort(labels, kind="stable")
by_class = [
    (images[order[i : i + 64]], labels[order[i : i + 64]]) for i in range(0, 1700 - 63, 64)
]
answers = np.c_[images.reshape(1700, 64), np.ones(1700)] @ learn(by_class)
print(f"right: {(answers.argmax(axis=1) == labels).mean():.1%},", "you said:", guess)
print("never shown:", 1700 - sum(len(y) for _, y in by_class), "images, all of them nines")

# %% [markdown]
# ## 1 · Samples by number
#
# Each batch taught the model that there is only one digit, and it believed the last one. A few lines later the
# loop shuffles images and labels apart, or loses the rest of a batch, or does both in every project anew. So the
# work is divided in two, as in PyTorch:
#
# - a **`Dataset`** knows *what*: how many samples there are, and sample number `i`;
# - a **`DataLoader`** knows *which, in what order, how many at once*.
#
# The plainest dataset is a few tensors side by side. **Write `TensorDataset`**:
#
# ```
#   images (1700, 8, 8)      labels (1700,)
#   dataset = TensorDataset(images, labels)
#   dataset[3]      a tuple: images[3] of shape (8, 8), and labels[3] of shape ()
#   len(dataset)    1700
# ```


# %% nbgrader={"grade": false, "grade_id": "tensor-dataset", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class TensorDataset(Dataset):
    """Tensors side by side: sample i is the i-th part of each."""

    def __init__(self, *tensors):
        """Keep the tensors as the tuple `tensors`.

        Raises ValueError where they differ in length; the message holds the lengths.
        """
        ### BEGIN SOLUTION
        lengths = [len(tensor) for tensor in tensors]
        if len(set(lengths)) > 1:
            raise ValueError(f"tensors of different lengths: {lengths}")
        self.tensors = tensors
        ### END SOLUTION

    def __getitem__(self, index):
        """A tuple: `tensor[index]` of each tensor."""
        ### BEGIN SOLUTION
        return tuple(tensor[index] for tensor in self.tensors)
        ### END SOLUTION

    def __len__(self):
        """How many samples."""
        ### BEGIN SOLUTION
        return len(self.tensors[0])
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "tensor-dataset-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
squares = Tensor([[0, 0], [1, 1], [2, 4]])
names = Tensor([7, 8, 9], dtype=np.int64)
data = TensorDataset(squares, names)
expect_equal(len(data), 3, "len(TensorDataset(squares, names))")
sample = data[1]
expect_equal(len(sample), 2, "parts of data[1]")
expect_true(isinstance(sample, tuple), "type of data[1]", "tuple", type(sample).__name__)
expect_close(sample[0].data, [1, 1], "data[1][0]")
expect_close(sample[1].data, 8, "data[1][1]")
expect_equal(str(sample[1].dtype), "int64", "dtype of a label", hint="index, don't convert")
short = Tensor([1, 2])
refused = "tensors of 3 and 2 samples"
expect_raises(ValueError, lambda: TensorDataset(squares, short), refused, says=("3", "2"))
### BEGIN HIDDEN TESTS
expect_close(data[-1][0].data, [2, 4], "data[-1][0]")
expect_equal(len(TensorDataset(short)[0]), 1, "parts of a sample of one tensor")
expect_equal(len(TensorDataset(short)), 2, "len(TensorDataset(two numbers))")
expect_raises(IndexError, lambda: data[3], "data[3] of three")
### END HIDDEN TESTS
print("✅ Images and labels can't be shuffled apart any more")

# %% [markdown]
# ## 2 · From samples to a batch
#
# Picking 64 samples gives a list of 64 pairs. A model wants one pair of 64: a tensor of images and a tensor of
# labels. Turning the list inside out is called **collating**, and it goes as deep as the samples do:
#
# ```
#   [(img, 3), (img, 7)]                     →  (tensor (2, 8, 8), tensor [3, 7] int64)
#   [{"x": 0.5, "ok": True}, {"x": 1.5, "ok": False}]
#                                            →  {"x": tensor [0.5, 1.5], "ok": tensor [True, False]}
#   ["a.png", "b.png"]                       →  ["a.png", "b.png"]
# ```
#
# **Predict**: the labels 3 and 7 go into `Tensor([3, 7])` of module 02. What is its dtype, and what would
# happen to code that uses these labels as an index?

# %%
guess = None

print(Tensor([3, 7]).dtype, "you said:", guess)
try:
    print(Tensor(np.eye(10))[Tensor([3, 7])])
except TypeError as error:
    print("TypeError:", error)

# %% [markdown]
# So numbers keep their kind: whole ones become int64, truth values bool; Python's floats become float32, the
# library's own; tensors and NumPy values keep their dtype. **Write `default_collate`.** It calls itself for the
# parts of tuples and dictionaries. `np.stack` makes an array of equal arrays, or of numbers.


# %% nbgrader={"grade": false, "grade_id": "collate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def default_collate(samples):
    """One batch of a list of samples that are all made alike, by what the first of them is.

    tuple or list: a tuple with a batch for each place; samples of unequal lengths are a ValueError
    dict: a dictionary with a batch for each key of the first
    Tensor, NumPy array or number: a Tensor with a new first axis, of the samples' dtype
    Python's bool, int, float: a Tensor of bool, int64, float32
    all else, such as texts: the list as it is
    """
    ### BEGIN SOLUTION
    first = samples[0]
    if isinstance(first, (tuple, list)):
        return tuple(default_collate(place) for place in zip(*samples, strict=True))
    if isinstance(first, dict):
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, Tensor):
        return from_numpy(np.stack([sample.data for sample in samples]))
    if isinstance(first, (int, float, np.ndarray, np.generic)):
        batch = np.stack(samples)
        return from_numpy(batch.astype(np.float32) if type(first) is float else batch)
    return list(samples)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "collate-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
pictures, kinds = default_collate([(Tensor([[1, 2]]), 3), (Tensor([[3, 4]]), 7)])
expect_close(pictures.data, [[[1, 2]], [[3, 4]]], "the images of two samples")
expect_close(kinds.data, [3, 7], "their labels")
dtypes = tuple(str(default_collate([v, v]).dtype) for v in (3, 0.5, True))
expect_equal(dtypes, ("int64", "float32", "bool"), "dtypes of an int, a float and a bool")
named = default_collate([{"x": 0.5, "ok": True}, {"x": 1.5, "ok": False}])
expect_equal(sorted(named), ["ok", "x"], "keys of a batch of dictionaries")
expect_close(named["x"].data, [0.5, 1.5], "batch['x']")
expect_equal(list(default_collate(["a.png", "b.png"])), ["a.png", "b.png"], "a batch of texts")
### BEGIN HIDDEN TESTS
deep = default_collate([((1, 2.5), "a"), ((3, 4.5), "b")])
expect_close(deep[0][0].data, [1, 3], "a pair in a pair")
expect_close(deep[0][1].data, [2.5, 4.5], "a pair in a pair, second part")
exact = [np.float64(0.1), Tensor([0.1], dtype=np.float64), np.zeros(2), np.uint8(3)]
dtypes = [str(default_collate([value, value]).dtype) for value in exact]
hint = "only Python's own floats become float32"
expect_equal(dtypes, ["float64"] * 3 + ["uint8"], "dtypes of NumPy values", hint=hint)
expect_equal(default_collate([Tensor([1, 2])]).shape, (1, 2), "shape of a batch of one")
uneven = [(1, 2), (1, 2, 3)]
expect_raises(ValueError, lambda: default_collate(uneven), "samples of 2 and 3 parts")
expect_close(default_collate([[1, 2], [3, 4]])[0].data, [1, 3], "samples that are lists")
### END HIDDEN TESTS
print("✅ Any samples become one batch, and labels stay whole numbers")

# %% [markdown]
# ## 3 · The loader
#
# Now the object that goes around it all. `DataLoader(dataset, batch_size=64)` cuts an epoch, one pass over all
# samples, into batches. **Predict** how many batches 1,700 samples make in sizes of 64, and how many samples
# the last one has. `drop_last=True` leaves out a last batch that isn't full: some computations, such as a
# variance over the batch, go wrong in a batch of one.
#
# **Write** the first two methods. How many batches there are is a division; `math.ceil` is one way to round it.


# %% nbgrader={"grade": false, "grade_id": "loader-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class DataLoader:
    """The batches of a dataset, an epoch at a time: `for images, labels in loader`."""

    def __init__(
        self,
        dataset,
        batch_size=1,
        shuffle=False,
        drop_last=False,
        collate_fn=None,
        generator=None,
        prefetch=0,
    ):
        """Keep all seven as attributes of the same names.

        Raises ValueError for a batch_size below 1 and for a prefetch below 0; the message holds the number.
        """
        ### BEGIN SOLUTION
        if batch_size < 1 or prefetch < 0:
            raise ValueError(f"no batches of {batch_size} samples, {prefetch} of them ahead")
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.drop_last, self.collate_fn, self.generator = drop_last, collate_fn, generator
        self.prefetch = prefetch
        ### END SOLUTION

    def __len__(self):
        """How many batches an epoch has."""
        ### BEGIN SOLUTION
        batches = len(self.dataset) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loader-init-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
ten = Tensor(np.arange(10))
for size, kept, dropped in [(1, 10, 10), (3, 4, 3), (5, 2, 2), (10, 1, 1), (16, 1, 0)]:
    loaders = DataLoader(ten, size), DataLoader(ten, size, drop_last=True)
    found = tuple(len(loader) for loader in loaders)
    expect_equal(found, (kept, dropped), f"batches of 10 samples by {size}, and with drop_last")
expect_equal(len(DataLoader(ten)), 10, "batches of DataLoader(ten)", hint="batch_size is 1")
expect_raises(ValueError, lambda: DataLoader(ten, 0), "batches of 0", says=("0",))
### BEGIN HIDDEN TESTS
loader = DataLoader(ten, batch_size=4, shuffle=True, drop_last=True, prefetch=2)
kept = (loader.batch_size, loader.shuffle, loader.drop_last, loader.prefetch)
expect_equal(kept, (4, True, True, 2), "batch_size, shuffle, drop_last, prefetch")
loader = DataLoader(ten)
kept = (loader.shuffle, loader.drop_last, loader.collate_fn, loader.generator, loader.prefetch)
expect_equal(kept, (False, False, None, None, 0), "the attributes by default")
expect_equal(len(loader.dataset), 10, "length of loader.dataset")
expect_raises(ValueError, lambda: DataLoader(ten, prefetch=-1), "prefetch=-1", says=("-1",))
expect_equal(len(DataLoader(Tensor([]), 4)), 0, "batches of nothing")
### END HIDDEN TESTS
print("✅ It knows how many batches are to come")

# %% [markdown]
# Which samples go into which batch is decided once for an epoch: write down all numbers from 0 to n - 1, mix
# them, and cut the row. Each sample is there exactly once, because each number is.
#
# ```
#   n = 10, batch_size 4             0 1 2 3 4 5 6 7 8 9
#   shuffle: rng.permutation(10)     8 1 5 0 7 2 9 4 3 6
#   batches                          [8 1 5 0]  [7 2 9 4]  [3 6]
#   with drop_last                   [8 1 5 0]  [7 2 9 4]
# ```
#
# Drawing 4 numbers at random for each batch looks like the same thing. **Predict** how many of 1,700 samples an
# epoch of such draws never shows.

# %%
guess = None

rng = np.random.default_rng(0)
drawn = np.concatenate([rng.integers(0, 1700, size=4) for _ in range(425)])
counts = np.bincount(drawn, minlength=1700)
print(f"{(counts == 0).sum()} never, one of them {counts.max()} times; you said:", guess)

# %% [markdown]
# A share of $1/e$, 37 %, is never seen. **Write `index_batches`.**


# %% nbgrader={"grade": false, "grade_id": "loader-order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(DataLoader)
class Order:
    """Which samples go into which batch."""

    def index_batches(self, rng):
        """The numbers of an epoch's samples: an int64 array for each batch, in a list or an iterator.

        0, 1, 2, … without shuffle; with it, a random order that `rng` (a NumPy Generator) draws.
        Every batch has `batch_size` samples, but the last has what is left, or isn't there with drop_last.
        """
        ### BEGIN SOLUTION
        count, size = len(self.dataset), self.batch_size
        order = rng.permutation(count) if self.shuffle else np.arange(count)
        return [order[i * size : (i + 1) * size] for i in range(len(self))]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loader-order-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
ten = Tensor(np.arange(10))
plain = [batch.tolist() for batch in DataLoader(ten, 4).index_batches(np.random.default_rng(0))]
expect_equal(plain, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]], "batches of 4 without shuffle")
for dropped, sizes in [(False, [4, 4, 2]), (True, [4, 4])]:
    loader = DataLoader(ten, 4, shuffle=True, drop_last=dropped)
    mixed = [b.tolist() for b in loader.index_batches(np.random.default_rng(1))]
    expect_equal([len(b) for b in mixed], sizes, f"sizes with drop_last={dropped}")
    seen = [number for batch in mixed for number in batch]
    expect_equal(len(set(seen)), sum(sizes), "different samples in them", hint="none twice")
hundred = DataLoader(Tensor(np.arange(100)), 100, shuffle=True)
rng = np.random.default_rng(5)
first, second = (np.concatenate(list(hundred.index_batches(rng))) for _ in range(2))
expect_close(np.sort(first), np.arange(100), "a shuffled epoch, sorted", hint="each sample once")
expect_true(bool((first != second).any()), "the second epoch", "another order", "the same order")
### BEGIN HIDDEN TESTS
again = np.concatenate(list(hundred.index_batches(np.random.default_rng(5))))
expect_close(again, first, "the order from the same generator", hint="draw from `rng` alone")
# Of 100 mixed numbers one stays in its place on average; 12 and more do once in 10^10 orders.
expect_true(int((first == np.arange(100)).sum()) < 12, "a shuffled order", "mixed", first)
kind = next(iter(DataLoader(ten, 4).index_batches(rng))).dtype.kind
expect_equal(kind, "i", "kind of the numbers in a batch")
exact = [b.tolist() for b in DataLoader(ten, 5).index_batches(rng)]
expect_equal(exact, [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], "batches of 5")
empty = list(DataLoader(ten, 16, drop_last=True).index_batches(rng))
expect_equal(len(empty), 0, "batches of 16 with drop_last")
### END HIDDEN TESTS
print("✅ Every sample once, in an order that the generator decides")

# %% [markdown]
# The loader lacks one step: from numbers to a batch. A `Dataset` makes batches itself, with a method `take`: sample
# by sample in the given cell below, and faster soon. (Its second method sees to a trap: a subclass that says anew what
# *one* sample is must not inherit a `take` that never asks it.)


# %%
#| export
@extend(Dataset)
class Takes:
    """Batches, made sample by sample where a dataset knows no better way."""

    def take(self, indices):
        """The batch of the samples with these numbers."""
        return default_collate([self[int(number)] for number in indices])

    def __init_subclass__(cls, **settings):
        """A class with a new `__getitem__` and no `take` of its own takes sample by sample."""
        super(Dataset, cls).__init_subclass__(**settings)
        if "__getitem__" in vars(cls) and "take" not in vars(cls):
            cls.take = Dataset.take


# %% [markdown]
# Anything else with numbers, a list or an array, is asked sample by sample, and the samples are collated. A
# `collate_fn` of the user's own takes precedence over both. **Write `fetch`.**


# %% nbgrader={"grade": false, "grade_id": "loader-fetch", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(DataLoader)
class Fetch:
    """From numbers to a batch."""

    def fetch(self, indices):
        """The batch of the samples with these numbers (an int64 array), in their order.

        With a `collate_fn`: what that makes of the list of samples.
        Without: `dataset.take(indices)` where it is a `Dataset`, else `default_collate` of the list.
        """
        ### BEGIN SOLUTION
        if self.collate_fn is None and isinstance(self.dataset, Dataset):
            return self.dataset.take(indices)
        samples = [self.dataset[int(index)] for index in indices]
        return (self.collate_fn or default_collate)(samples)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loader-fetch-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
pairs = [(10.0 * i, i) for i in range(6)]
values, numbers = DataLoader(pairs).fetch(np.array([4, 0, 5]))
expect_close(values.data, [40, 0, 50], "first parts of samples 4, 0, 5")
expect_equal(numbers.tolist(), [4, 0, 5], "second parts")
made = type(DataLoader(np.arange(6)).fetch(np.array([4, 0]))).__name__
expect_equal(made, "Tensor", "a batch of a NumPy array")
expect_equal(str(numbers.dtype), "int64", "dtype of the second parts")
total = DataLoader(pairs, collate_fn=lambda samples: sum(i for _, i in samples))
expect_equal(total.fetch(np.array([1, 2, 3])), 6, "a collate_fn that adds up labels")


### BEGIN HIDDEN TESTS
class Taking(Dataset):
    def take(self, indices):
        return ("taken", indices.tolist())

    def __getitem__(self, index):
        return index


expect_equal(
    DataLoader(Taking()).fetch(np.array([2, 0])), ("taken", [2, 0]), "a dataset with `take`"
)
own = DataLoader(Taking(), collate_fn=lambda samples: sorted(samples))
expect_equal(own.fetch(np.array([2, 0])), [0, 2], "a collate_fn before `take`")
### END HIDDEN TESTS
print("✅ From numbers to a batch")

# %% [markdown]
# The rest is given. An epoch has **a generator of its own**, seeded by one draw of the library's: whatever the
# epoch is asked for at random, its order and soon the crops and flips too, comes from there. So one
# `manual_seed` decides all epochs, and it makes no difference who else draws in between, or which thread works.


# %%
#| export
class _Epoch(threading.local):
    """The generator of the epoch whose batch this thread is making, if it is making one."""

    rng = None


_epoch = _Epoch()


def draws():
    """What transforms draw from: the generator of the epoch that is under way, else the library's."""
    return setup.generator() if _epoch.rng is None else _epoch.rng


@contextlib.contextmanager
def drawing_from(rng):
    """Let `draws()` be `rng` meanwhile, in this thread."""
    before, _epoch.rng = _epoch.rng, rng
    try:
        yield
    finally:
        _epoch.rng = before


# %%
#| export
@extend(DataLoader)
class Epoch:
    """A pass over all samples."""

    def __iter__(self):
        """A new epoch: its batches, made when they are asked for or, with prefetch, before."""
        source = setup.generator() if self.generator is None else self.generator
        epoch = self.batches(np.random.default_rng(source.integers(1 << 62)))
        return prefetch(epoch, self.prefetch) if self.prefetch else epoch

    def batches(self, rng):
        """Make one batch after the other, drawing from `rng`."""
        for indices in self.index_batches(rng):
            with drawing_from(rng):
                batch = self.fetch(indices)
            yield batch


# %% [markdown]
# The digits again, sorted by class, without and with shuffling. **Predict** both accuracies, and how the two
# pictures of the batches will look: one column for each batch, one row for each class, bright where the batch is
# full of it.

# %%
from tinytorch.core.setup import manual_seed

guess = None

sorted_digits = TensorDataset(Tensor(images[order]), Tensor(labels[order], dtype=np.int64))
fig, axes = plt.subplots(2, 1, figsize=(8, 4), sharex=True, layout="constrained")
for axis, shuffle in zip(axes, (False, True), strict=True):
    manual_seed(8)
    seen = [(x.data, y.data) for x, y in DataLoader(sorted_digits, 64, shuffle)]
    answers = np.c_[images.reshape(1700, 64), np.ones(1700)] @ learn(seen)
    right = (answers.argmax(axis=1) == labels).mean()
    shares = np.array([np.bincount(y, minlength=10) / len(y) for _, y in seen])
    shades = axis.imshow(shares.T, aspect="auto", vmin=0, vmax=1)
    axis.set(title=f"shuffle={shuffle}: {right:.1%} right", ylabel="class", yticks=[0, 5, 9])
axes[1].set(xlabel="batch")
fig.colorbar(shades, ax=axes, label="share of the batch")
plt.show()
print("you said:", guess)

# %% [markdown]
# The same model, the same images, the same 27 steps. **Predict** what the next cell prints: the first three
# labels of four epochs, with the seed set anew before the third.

# %%
guess = None

loader = DataLoader(sorted_digits, 3, shuffle=True)
manual_seed(1)
for epoch in (1, 2, 3, 4):
    if epoch == 3:
        manual_seed(1)
    print("epoch", epoch, next(iter(loader))[1].tolist())
print("you said:", guess)

# %% [markdown]
# ### One question instead of 64
#
# A batch of 64 from a `TensorDataset` asks for 64 single images and glues them together again. NumPy can pick 64
# rows at once: `tensor[indices]`. **Write `take`.**


# %% nbgrader={"grade": false, "grade_id": "take", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(TensorDataset)
class TakeRows:
    """Whole batches."""

    def take(self, indices):
        """A tuple: the rows `indices` (an int64 array or a list) of each tensor, by one index."""
        ### BEGIN SOLUTION
        return tuple(tensor[indices] for tensor in self.tensors)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "take-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
rows = TensorDataset(Tensor(np.arange(20.0).reshape(5, 4)), Tensor(range(5), dtype=np.int64))
batch = rows.take(np.array([4, 0, 4]))
expect_equal(len(batch), 2, "parts of a batch")
expect_close(batch[0].data[:, 0], [16, 0, 16], "the first column of rows 4, 0, 4")
expect_equal(batch[1].tolist(), [4, 0, 4], "the labels of rows 4, 0, 4")
expect_equal(str(batch[1].dtype), "int64", "their dtype")
heard = []


class Listener:
    def record(self, function, inputs, settings, output):
        heard.append(output.shape)


from tinytorch.core.tensor import recorders

recorders.append(Listener())
rows.take(np.arange(5))
recorders.pop()
expect_true(
    1 <= len(heard) <= 2, "operations for a batch of 5", "one for each tensor", len(heard)
)
print("✅ A batch is one question")

# %% [markdown]
# **Predict** how many samples a second the loader makes in batches of 1, 16 and 256, with and without `take`:
# colour images of 32 × 32, 12 kB each.

# %%
import time


class OneByOne(TensorDataset):
    """Says anew what a sample is, so that it loses `take`."""

    def __getitem__(self, index):
        return super().__getitem__(index)


def rate(loader):
    """Samples a second over one epoch."""
    start = time.perf_counter()
    count = sum(len(y) for _, y in loader)
    return count / (time.perf_counter() - start)


guess = None
pixels = Tensor(np.zeros((2048, 3, 32, 32))), Tensor(np.zeros(2048), dtype=np.int64)
sizes = [1, 4, 16, 64, 256]
rates = {
    kind.__name__: [rate(DataLoader(kind(*pixels), n, shuffle=True)) for n in sizes]
    for kind in (OneByOne, TensorDataset)
}
print("you said:", guess)

# %%
fig, axis = plt.subplots(figsize=(6, 3))
for name, values in rates.items():
    axis.plot(sizes, values, marker="o", label=name)
    print(
        f"{name:14}", *(f"{n}: {value:9,.0f}/s" for n, value in zip(sizes, values, strict=True))
    )
axis.set(xscale="log", yscale="log", xticks=sizes, xticklabels=sizes)
axis.set(xlabel="batch size", ylabel="samples per second", title="What a loader makes")
axis.legend()
plt.show()

# %% [markdown]
# With `take`, images a second times 12 kB is what this memory copies in a second, some gigabytes. The way sample
# by sample stays where Python is: ten microseconds and more for each, however large the batch.
#
# ## 4 · Parts that share nothing
#
# How good a model is must be asked of images that it hasn't learned from. `Subset` is a dataset that shows some
# samples of another, under new numbers, without copying any:
#
# ```
#   numbers    dataset  0 1 2 3 4 5        Subset(dataset, [4, 1])   0 → 4, 1 → 1
# ```
#
# **Write it.** Its `take` is given in the cell below: a batch of a subset is a batch of the dataset it shows,
# under other numbers.


# %% nbgrader={"grade": false, "grade_id": "subset", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Subset(Dataset):
    """The samples of a dataset that `indices` names, numbered anew."""

    def __init__(self, dataset, indices):
        """Keep `dataset`, and the numbers (a list or an array) as `indices`."""
        ### BEGIN SOLUTION
        self.dataset, self.indices = dataset, indices
        ### END SOLUTION

    def __getitem__(self, index):
        """What the dataset has under the number that stands at `index`."""
        ### BEGIN SOLUTION
        return self.dataset[int(self.indices[index])]
        ### END SOLUTION

    def __len__(self):
        """How many there are."""
        ### BEGIN SOLUTION
        return len(self.indices)
        ### END SOLUTION


# %%
#| export
@extend(Subset)
class TakeBelow:
    """Whole batches."""

    def take(self, indices):
        """The batch that the dataset makes of the numbers at `indices`."""
        below = np.asarray(self.indices, dtype=np.int64)[indices]
        if isinstance(self.dataset, Dataset):
            return self.dataset.take(below)
        return default_collate([self.dataset[int(index)] for index in below])


# %% nbgrader={"grade": true, "grade_id": "subset-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
letters = ["a", "b", "c", "d", "e", "f"]
part = Subset(letters, [4, 1])
expect_equal((len(part), part[0], part[1]), (2, "e", "b"), "length and samples of [4, 1]")
expect_raises(IndexError, lambda: part[2], "part[2] of two")
expect_equal(Subset(letters, np.array([5, 0, 5]))[2], "f", "a subset by an array")
nested = Subset(Subset(letters, [5, 3, 1]), [2, 0])
expect_equal((nested[0], nested[1]), ("b", "f"), "a subset of a subset")
rows = TensorDataset(Tensor(np.arange(6.0)))
loaded = [batch[0].tolist() for batch in DataLoader(Subset(rows, [5, 3, 1]), 2)]
expect_equal(loaded, [[5.0, 3.0], [1.0]], "batches of a subset", hint="in the order of `indices`")
print("✅ A part of a dataset is a dataset")

# %% [markdown]
# **`random_split`** mixes all numbers once and cuts the row, so that each sample is in exactly one part. The
# parts are given in samples or in shares. Shares rarely come out even, so PyTorch rounds down and gives what is
# left to the first parts, one each:
#
# ```
#   split_lengths(10, [7, 3])            [7, 3]
#   split_lengths(11, [0.5, 0.25, 0.25])  5.5  2.75  2.75   →   5  2  2, 2 are left   →   [6, 3, 2]
# ```
#
# **Predict** `split_lengths(7, [0.5, 0.5])`, then **write** both functions. `math.isclose(a, b)` forgives the last
# digit: 0.7 + 0.2 + 0.1 isn't 1.


# %% nbgrader={"grade": false, "grade_id": "split-lengths", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def split_lengths(count, lengths):
    """How many of `count` samples each part gets, as a list of whole numbers.

    lengths: numbers of samples, or shares, where they add up to 1 (`math.isclose`). Of shares each part gets
    count · share, rounded down; what is left goes to the first parts, one each.
    Raises ValueError for numbers that don't add up to `count`, with both in the message, and for shares below 0.
    """
    ### BEGIN SOLUTION
    total = sum(lengths)
    if math.isclose(total, 1):
        if min(lengths) < 0:
            raise ValueError(f"a share can't be negative: {lengths}")
        parts = [math.floor(count * share) for share in lengths]
        for i in range(count - sum(parts)):
            parts[i % len(parts)] += 1
        return parts
    if total != count:
        raise ValueError(f"the lengths add up to {total}, and there are {count} samples")
    return list(lengths)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "random-split", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def random_split(dataset, lengths, generator=None):
    """A list of Subsets of a dataset: each sample in exactly one of them, by chance.

    lengths: as for `split_lengths`; generator: a NumPy Generator, or None for the library's
    """
    ### BEGIN SOLUTION
    source = setup.generator() if generator is None else generator
    order = source.permutation(len(dataset))
    ends = np.cumsum(split_lengths(len(dataset), lengths))
    return [Subset(dataset, part) for part in np.split(order, ends)[: len(lengths)]]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "split-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
for count, given, want in [
    (10, [7, 3], [7, 3]),
    (11, [0.5, 0.25, 0.25], [6, 3, 2]),
    (10, [0.7, 0.2, 0.1], [7, 2, 1]),
    (3, [1.0], [3]),
]:
    expect_equal(split_lengths(count, given), want, f"split_lengths({count}, {given})")
expect_raises(ValueError, lambda: split_lengths(10, [7, 2]), "9 of 10", says=("9", "10"))
manual_seed(3)
parts = random_split(range(100), [0.8, 0.2])
expect_equal([len(part) for part in parts], [80, 20], "lengths of the parts")
found = [[part[i] for i in range(len(part))] for part in parts]
expect_equal(
    sorted(found[0] + found[1]), list(range(100)), "samples of both, sorted", hint="once"
)
expect_true(found[1] != list(range(80, 100)), "the second part", "a random one", found[1])
### BEGIN HIDDEN TESTS
manual_seed(3)
again = random_split(range(100), [0.8, 0.2])
expect_equal([again[1][i] for i in range(20)], found[1], "the part after the same manual_seed")
other = random_split(range(100), [80, 20])
expect_true([other[1][i] for i in range(20)] != found[1], "another split", "another", "the same")
for count, given, want in [(7, [0.5, 0.5], [4, 3]), (5, [0.25] * 4, [2, 1, 1, 1]), (0, [0], [0])]:
    expect_equal(split_lengths(count, given), want, f"split_lengths({count}, {given})")
negative = [1.5, -0.5]
expect_raises(ValueError, lambda: split_lengths(10, negative), "a share below 0")
fixed = [random_split(range(30), [20, 10], np.random.default_rng(4))[1] for _ in range(2)]
same = [fixed[0][i] for i in range(10)] == [fixed[1][i] for i in range(10)]
expect_true(same, "splits by two equal generators", "the same", "different ones")
### END HIDDEN TESTS
print("✅ Each sample is in exactly one part")

# %% [markdown]
# ### Exactly one part is not enough
#
# The digits come from 13 people, one after the other. Below, a test set of 360 is made in two ways: the *last*
# images, whose writers are mostly new, and a random fifth of all. Each test image gets the class of the most
# similar training image. **Predict** the two accuracies.


# %%
def nearest(known, asked):
    """The number of the most similar known image for each asked one."""
    known, asked = (part.reshape(len(part), -1) for part in (known, asked))
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T
    return distances.argmin(axis=1)


guess = None
images, labels = digits()
manual_seed(0)
mixed_train, mixed_test = (part.indices for part in random_split(range(1797), [1437, 360]))
splits = {
    "the last 360": (np.arange(1437), np.arange(1437, 1797)),
    "a random 360": (np.asarray(mixed_train), np.asarray(mixed_test)),
}
for name, (train, test) in splits.items():
    found = train[nearest(images[train], images[test])]
    right = (labels[found] == labels[test]).mean()
    apart = np.median(np.abs(found - test))
    print(f"{name}: {right:.1%} right, the most similar image stands {apart:.0f} places away")
print("you said:", guess)

# %%
train, test = splits["a random 360"]
chosen = test[[4, 9, 33, 40, 52, 77, 81, 95]]
twins = train[nearest(images[train], images[chosen])]
fig, axes = plt.subplots(2, 8, figsize=(11, 3.2))
for column, (image, twin) in enumerate(zip(chosen, twins, strict=True)):
    axes[0, column].imshow(images[image], cmap="gray_r")
    axes[0, column].set(title=f"test {image}", xticks=[], yticks=[])
    axes[1, column].imshow(images[twin], cmap="gray_r")
    axes[1, column].set(title=f"train {twin}", xticks=[], yticks=[])
plt.show()

# %% [markdown]
# Three of four mistakes have vanished, and no model has become better. Below each test image stands what the
# same person wrote a moment before or after. A random split answers *"how good on new images by these writers?"*,
# a split by writers *"how good on new writers?"*, and whoever reports one for the other deceives. The same holds
# for frames of one video, X-rays of one patient, copies of one page.
#
# ## 5 · The same scale for every channel
#
# A model learns best from numbers around 0 with a spread of about 1. The two numbers that this takes, **mean and
# standard deviation of each colour channel**, are measured on the *training* part, batch after batch, since 50,000
# images as float64 would fill 1.2 GB:
#
# ```
#   images (n, c, h, w)    how many numbers in a channel     n · h · w
#                          mean  = sum / how many
#                          std   = √(sum of squares / how many - mean²)
# ```
#
# **Predict**: can you average the means of the batches instead? Batches of 64, 64 and 12, say.
#
# **Write `channel_statistics`.** Add up in float64: the last line takes the difference
# of two numbers that may be nearly equal, and float32 has seven digits.


# %% nbgrader={"grade": false, "grade_id": "statistics", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def channel_statistics(batches):
    """Mean and standard deviation of each channel: two float32 Tensors of shape (c,).

    batches: yields pairs (images, labels) as a DataLoader does; images are Tensors (n, c, h, w), n may vary
    The standard deviation divides by the count (no correction). It counts pixels, not batches, in float64.
    """
    ### BEGIN SOLUTION
    count, total, squares = 0, 0.0, 0.0
    for images, _ in batches:
        numbers = images.data.astype(np.float64)
        count += numbers.size / numbers.shape[1]
        total = total + numbers.sum(axis=(0, 2, 3))
        squares = squares + (numbers**2).sum(axis=(0, 2, 3))
    mean = total / count
    return Tensor(mean), Tensor(np.sqrt(squares / count - mean**2))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "statistics-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(2)
block = (rng.normal(size=(10, 3, 4, 5)) * [[[[1]], [[2]], [[5]]]] + 3).astype(np.float32)
pairs = [(Tensor(block[i : i + 4]), None) for i in (0, 4, 8)]
mean, std = channel_statistics(pairs)
flat = block.astype(np.float64).transpose(1, 0, 2, 3).reshape(3, -1)
expect_close(
    mean.data, flat.mean(axis=1), "means of 3 channels", hint="count pixels, not batches"
)
hint = "the root of: mean of the squares minus square of the mean"
expect_close(std.data, flat.std(axis=1), "standard deviations", rtol=1e-4, hint=hint)
expect_equal(str(mean.dtype), "float32", "dtype of the mean")
### BEGIN HIDDEN TESTS
pixel = [(Tensor(np.full((2, 1, 1, 1), 0.25)), None), (Tensor(np.full((6, 1, 1, 1), 0.75)), None)]
mean, std = channel_statistics(iter(pixel))
expect_close(mean.data, [0.625], "mean of 2 times 0.25 and 6 times 0.75")
expect_close(std.data, [math.sqrt(0.046875)], "their standard deviation")
expect_equal(std.shape, (1,), "shape of the standard deviation of one channel")
### END HIDDEN TESTS
print("✅ One mean and one spread for each channel")

# %% [markdown]
# **Write `Normalize`.** It is a *transform*: an object that is called with one image and returns another. Like a
# layer it computes with tensors, so that module 09 can look through it.


# %% nbgrader={"grade": false, "grade_id": "normalize", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Normalize:
    """(image - mean) / std, channel by channel."""

    def __init__(self, mean, std):
        """Keep both as Tensors of shape (c, 1, 1).

        mean, std: a number for each channel, in a list, array or Tensor
        Raises ValueError where a std is 0; the message mentions std.
        """
        ### BEGIN SOLUTION
        self.mean, self.std = Tensor(mean).reshape(-1, 1, 1), Tensor(std).reshape(-1, 1, 1)
        if (self.std.data == 0).any():
            raise ValueError("a std of 0 divides by zero: that channel is the same everywhere")
        ### END SOLUTION

    def __call__(self, image):
        """A new image: (…, c, h, w) → (…, c, h, w)."""
        ### BEGIN SOLUTION
        return (image - self.mean) / self.std
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "normalize-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
image = Tensor([[[1, 2], [3, 4]], [[10, 20], [30, 40]]])
normal = Normalize([1, 20], [2, 10])(image)
want = [[[0, 0.5], [1, 1.5]], [[-1, 0], [1, 2]]]
expect_close(normal.data, want, "Normalize([1, 20], [2, 10])(image)", hint="channels come first")
expect_close(image.data[1], [[10, 20], [30, 40]], "the image afterwards", hint="make a new one")
expect_raises(ValueError, lambda: Normalize([0], [0]), "a std of 0", says=("std",))
### BEGIN HIDDEN TESTS
several = Normalize(Tensor([1, 20]), np.array([2, 10]))(Tensor(np.stack([image.data] * 3)))
expect_close(several.data, [want] * 3, "three images at once")
square = Tensor(np.ones((3, 3, 3)))
three = Normalize([0, 1, 2], [1, 1, 1])(square)
expect_close(three.data[:, 0, 0], [1, 0, -1], "three channels of 3 × 3")
expect_equal(str(three.dtype), "float32", "dtype")
### END HIDDEN TESTS
print("✅ Every channel on the same scale")

# %% [markdown]
# Real colours: 120 tiles of 32 × 32, cut from two photographs. On the left their three channels, on the right
# the same after `Normalize` with the statistics of 80 training tiles. **Predict** whether the means on the right,
# over *all* tiles, are exactly 0.


# %%
from tinytorch.images import photograph


def tiles(name):
    """60 colour images (60, 3, 32, 32), uint8, cut from a photograph at half its size."""
    photo = photograph(name)[:424].reshape(212, 2, 320, 2, 3).mean(axis=(1, 3))
    rows = photo[:192].reshape(6, 32, 10, 32, 3).transpose(0, 2, 4, 1, 3)
    return np.round(rows.reshape(60, 3, 32, 32) * 255).astype(np.uint8)


guess = None
photos = np.concatenate([tiles("china"), tiles("flower")])
places = np.repeat(np.array([0, 1]), 60)
manual_seed(4)
colours = TensorDataset(Tensor(photos / 255), Tensor(places, dtype=np.int64))
train, test = random_split(colours, [80, 40])
mean, std = channel_statistics(DataLoader(train, 32))
normal = Normalize(mean, std)(colours.tensors[0])
print("mean", mean.data.round(3), "std", std.data.round(3))
print("after:", normal.data.mean(axis=(0, 2, 3)).round(3), "you said:", guess)

# %%
fig, axes = plt.subplots(1, 2, figsize=(10, 2.8), sharey=True)
for axis, block, title in [(axes[0], colours.tensors[0], "raw"), (axes[1], normal, "normalised")]:
    for channel, colour in enumerate(("red", "green", "blue")):
        axis.hist(block.data[:, channel].ravel(), bins=80, histtype="step", color=colour)
    axis.set(title=title, xlabel="value")
axes[0].set(ylabel="pixels")
plt.show()

# %% [markdown]
# Not exactly: 40 tiles had no say, and must not have one. What a test image goes through may depend on training
# images only, for on the day the model is used there is one image and no test set to average over. What it hides
# otherwise can be large. The last 360 digits are photographed by a camera that sees half the light; each test
# image again gets the class of the most similar training image. **Predict** the accuracy with the *training*
# statistics, and with statistics of the test set's own.

# %%
guess = None
train, test = splits["the last 360"]
dark = images[test] / 2
scaled = {"training statistics": images[train], "the test set's own": dark}
known = (images[train] - images[train].mean()) / images[train].std()
for name, source in scaled.items():
    asked = (dark - source.mean()) / source.std()
    right = (labels[train][nearest(known, asked)] == labels[test]).mean()
    print(f"{name:20} {right:.1%}")
print("you said:", guess)

# %% [markdown]
# With its own statistics the test set repairs itself and reports a model that doesn't mind the dark. In use, one
# image at a time, it does.
#
# ## 6 · Never the same image twice
#
# A mirrored cat is a cat; so is a cat three pixels further to the left. **Augmentation** makes such variants by
# chance, anew whenever a sample is asked for, so that an epoch never repeats the one before. The axes of an image
# are (channel, row, column). **Predict** which of `x[:, ::-1]` and `x[:, :, ::-1]` is a mirror on the wall, and
# which is a lake.
#
# **Write `RandomHorizontalFlip`.** `draws()` gives the generator to ask, `.random()` a number from 0 to 1.


# %% nbgrader={"grade": false, "grade_id": "flip", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class RandomHorizontalFlip:
    """Left and right exchanged, with probability p."""

    def __init__(self, p=0.5):
        """Keep the probability as `p`."""
        ### BEGIN SOLUTION
        self.p = p
        ### END SOLUTION

    def __call__(self, image):
        """The image (…, h, w) with its columns in reverse order, or as it is: one throw of `draws()`."""
        ### BEGIN SOLUTION
        return image[..., ::-1] if draws().random() < self.p else image
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "flip-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
image = Tensor([[[1, 2, 3], [4, 5, 6]]])
mirrored = RandomHorizontalFlip(1)(image)
expect_close(mirrored.data, [[[3, 2, 1], [6, 5, 4]]], "p=1", hint="columns, not rows")
expect_close(RandomHorizontalFlip(0)(image).data, image.data, "p=0")
manual_seed(0)
flip = RandomHorizontalFlip()
throws = [bool(flip(image).data[0, 0, 0] == 3) for _ in range(400)]
# 200 of 400 are expected, give or take 10: six times that is allowed.
expect_true(140 < sum(throws) < 260, "flips in 400 throws", "about 200", sum(throws))
### BEGIN HIDDEN TESTS
manual_seed(0)
again = [bool(flip(image).data[0, 0, 0] == 3) for _ in range(400)]
expect_equal(again, throws, "the throws after the same manual_seed", hint="ask draws()")
rare = RandomHorizontalFlip(0.1)
few = sum(bool(rare(image).data[0, 0, 0] == 3) for _ in range(400))
expect_true(4 < few < 76, "flips in 400 throws with p=0.1", "about 40", few)
expect_close(image.data[0], [[1, 2, 3], [4, 5, 6]], "the image afterwards")
block = Tensor(np.arange(24.0).reshape(2, 3, 4))
expect_close(RandomHorizontalFlip(1)(block).data, block.data[:, :, ::-1], "two channels, p=1")
### END HIDDEN TESTS
print("✅ A mirror on the wall")

# %% [markdown]
# **`RandomCrop(size, padding)`** puts a frame of zeros around the image and cuts a window of the wanted size out
# of it, anywhere. An 8 × 8 image with 2 pixels of padding is 12 × 12. **Predict** how many windows of 8 × 8 it
# has; then fill in the bounds of the draw so that each of them can come.
#
# ```
#   row    0 1 2 3 4 5 6 7 8 9 10 11        the first window begins at 0
#          0 0 . . . . . . . . 0  0         the last one at 12 - 8 = 4
# ```
#
# `apply(np.pad, image, pad_width=…)` takes a pair (before, after) for each axis.


# %% nbgrader={"grade": false, "grade_id": "crop", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class RandomCrop:
    """A window of the image, at a random place."""

    def __init__(self, size, padding=None):
        """Keep `size`, a number or a pair (rows, columns), as a pair, and `padding` as it is."""
        ### BEGIN SOLUTION
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.padding = padding
        ### END SOLUTION

    def __call__(self, image):
        """The window (…, rows, columns) of the image with `padding` zeros on all four sides (None: without).

        Every window is equally likely; `draws()` picks row and column. Raises ValueError where the window is
        larger than the padded image; the message holds the window's size.
        """
        ### BEGIN SOLUTION
        if self.padding:
            frame = [(0, 0)] * (image.ndim - 2) + [(self.padding, self.padding)] * 2
            image = apply(np.pad, image, pad_width=frame)
        (rows, columns), (height, width) = self.size, image.shape[-2:]
        if rows > height or columns > width:
            raise ValueError(f"no window of {self.size} in an image of {(height, width)}")
        top = int(draws().integers(height - rows + 1))
        left = int(draws().integers(width - columns + 1))
        return image[..., top : top + rows, left : left + columns]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "crop-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
image = Tensor(np.arange(1.0, 17).reshape(1, 4, 4))
manual_seed(0)
crop = RandomCrop(2)
corners = {int(crop(image).data[0, 0, 0]) for _ in range(300)}
expect_equal(corners, {1, 2, 3, 5, 6, 7, 9, 10, 11}, "first pixels of 300 windows of 2 × 2")
expect_equal(RandomCrop(4, padding=2)(image).shape, (1, 4, 4), "shape of RandomCrop(4, 2)(image)")
framed = np.pad(image.data, ((0, 0), (1, 1), (1, 1)))
window = RandomCrop(6, padding=1)(image).data
expect_close(window, framed, "the only window of 6 × 6 with a padding of 1")
expect_raises(ValueError, lambda: RandomCrop(5)(image), "5 × 5 of 4 × 4", says=("5",))
### BEGIN HIDDEN TESTS
expect_equal(RandomCrop((2, 3))(image).shape, (1, 2, 3), "shape of RandomCrop((2, 3))(image)")
single = RandomCrop(1)
manual_seed(1)
first = [int(single(image).data.item()) for _ in range(480)]
counts = np.bincount(first, minlength=17)[1:]
# Each of 16 pixels comes 30 times, give or take 5.3: five and a half times that is allowed.
expect_true(counts.min() >= 1 and counts.max() <= 59, "how often each pixel comes", "30", counts)
manual_seed(1)
again = [int(single(image).data.item()) for _ in range(480)]
expect_equal(again, first, "the windows after the same manual_seed", hint="ask draws()")
both = Tensor(np.stack([image.data[0]] * 2) * [[[1]], [[100]]])
cut = RandomCrop(2)(both).data
expect_close(cut[1], cut[0] * 100, "the second channel beside the first", hint="one window")
### END HIDDEN TESTS
print("✅ Every window, none of them twice as often")

# %% [markdown]
# `Compose` calls one transform after the other. And a dataset of images applies its transform **when a sample is
# asked for**, not when the dataset is made. Images stay `uint8` in memory, a quarter of the bytes, and become
# float32 from 0 to 1 on their way out; the given `pixels` does that.


# %%
#| export
class Compose:
    """One transform after the other."""

    def __init__(self, transforms):
        """transforms: what is called with an image and returns one, in order."""
        self.transforms = transforms

    def __call__(self, image):
        """What the last of them returns."""
        for transform in self.transforms:
            image = transform(image)
        return image


# %%
#| export
class Images(Dataset):
    """Images (n, c, h, w) with labels, and a transform that each passes whenever it is asked for."""

    def __init__(self, data, targets, transform=None):
        """data: a uint8 or float array; targets: an int64 array; transform: is called with one image."""
        self.data, self.targets, self.transform = data, targets, transform

    def __len__(self):
        """How many images."""
        return len(self.targets)

    def pixels(self, index):
        """One image, or those at an array of numbers, as a new float32 Tensor; bytes from 0 to 1."""
        pixels = np.array(self.data[index], dtype=np.float32)
        return from_numpy(pixels / 255 if self.data.dtype == np.uint8 else pixels)


# %% [markdown]
# **Write** what one sample is, and what a batch is where there is no transform.


# %% nbgrader={"grade": false, "grade_id": "images", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Images)
class ImageSamples:
    """One sample, and a batch."""

    def __getitem__(self, index):
        """A pair: the image, transformed anew, and its label, a Python int."""
        ### BEGIN SOLUTION
        image = self.pixels(index)
        if self.transform is not None:
            image = self.transform(image)
        return image, int(self.targets[index])
        ### END SOLUTION

    def take(self, indices):
        """A pair: images and int64 labels at an array of numbers, as two Tensors.

        With a transform, sample by sample: each image gets throws of its own. Without, in one question.
        """
        ### BEGIN SOLUTION
        if self.transform is not None:
            return default_collate([self[int(index)] for index in indices])
        return self.pixels(indices), Tensor(self.targets[indices], dtype=np.int64)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "images-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
bytes_ = np.array([0, 51, 255], dtype=np.uint8).reshape(3, 1, 1, 1)
data = Images(bytes_, np.array([5, 6, 7]))
image, label = data[1]
expect_close(image.data, [[[0.2]]], "the image of sample 1", hint="self.pixels")
expect_equal(label, 6, "its label")
blocks, kinds = data.take(np.array([2, 0]))
expect_close(blocks.data.reshape(2), [1, 0], "the images of a batch")
expect_equal((kinds.tolist(), str(kinds.dtype)), ([7, 5], "int64"), "its labels and their dtype")
shift = Images(np.zeros((40, 1, 5, 5)), np.arange(40), lambda x: x + draws().random())
manual_seed(0)
one, two = (shift[3][0].data[0, 0, 0] for _ in range(2))
expect_true(bool(one != two), "sample 3, asked twice", "transformed anew", "the same image")
spread = len(set(shift.take(np.arange(40))[0].data[:, 0, 0, 0].tolist()))
expect_true(spread > 30, "different shifts in a batch of 40", "40", spread, "one throw an image")
### BEGIN HIDDEN TESTS
manual_seed(2)
first = [x.data[:, 0, 0, 0].tolist() for x, _ in DataLoader(shift, 8)]
manual_seed(2)
second = [x.data[:, 0, 0, 0].tolist() for x, _ in DataLoader(shift, 8)]
expect_equal(second, first, "the shifts of an epoch after the same manual_seed")
labels_ = shift.take(np.array([4, 2]))[1]
expect_equal(
    (labels_.tolist(), str(labels_.dtype)), ([4, 2], "int64"), "labels beside transforms"
)
expect_equal(len(data.take(np.array([0]))[0].shape), 4, "axes of a batch of one")
### END HIDDEN TESTS
print("✅ The same data, never the same image")

# %% [markdown]
# One tile, and what ten epochs see of it. **Predict**: with a padding of 4 and a flip, how many different images
# can become of one?

# %%
guess = None
augment = Compose([RandomCrop(32, padding=4), RandomHorizontalFlip()])
seen = Images(photos, places, augment)
manual_seed(2)
fig, axes = plt.subplots(2, 6, figsize=(10, 3.5))
axes[0, 0].imshow(photos[54].transpose(1, 2, 0))
axes[0, 0].set(title="original")
for epoch, axis in enumerate(axes.flat[1:], start=1):
    axis.imshow(seen[54][0].data.transpose(1, 2, 0))
    axis.set(title=f"epoch {epoch}")
for axis in axes.flat:
    axis.set(xticks=[], yticks=[])
plt.show()
print(f"{(2 * 4 + 1) ** 2 * 2} variants; you said: {guess}")

# %% [markdown]
# Is a mirrored *digit* a digit? Not every invariance holds for every label: flips suit photographs, not writing.
#
# The digits as a dataset, ready for the modules to come. Its test part is every fifth image of each class: *new
# images by known writers*. It says so, because you know now that this is the milder of two questions.


# %%
#| export
class Digits(Images):
    """1,797 handwritten digits (1, 8, 8), float32 from 0 to 1: 1,433 to learn from, 364 to test with.

    The test part is every fifth image of each class. The same people wrote both parts, so it tells how good
    a model is on new images by known writers.
    """

    classes = tuple("0123456789")

    def __init__(self, train=True, transform=None):
        """train: which of the two parts; transform: is called with one image."""
        images, labels = digits()
        rank = np.array([(labels[:i] == label).sum() for i, label in enumerate(labels)])
        part = (rank % 5 != 0) if train else (rank % 5 == 0)
        super().__init__(images[part][:, None], labels[part], transform)


# %%
for train in (True, False):
    part = Digits(train)
    print(f"train={train!s:5} {len(part):5} images, of each class: {np.bincount(part.targets)}")

# %% [markdown]
# ## 7 · CIFAR-10, from its own files
#
# 60,000 colour photographs in ten classes: the dataset on which convolutional networks learned to see. It is offered
# in two archives. One holds Python pickles, and *unpickling a file from the net runs whatever code its author put
# into it*. The other is plain: records of 3,073 bytes, nothing between them.
#
# ```
#   byte 0        bytes 1 … 1024     1025 … 2048      2049 … 3072
#   label 0-9     red, row by row    green            blue
# ```
#
# **Predict** what `np.frombuffer(data, dtype=np.int8)` would make of a bright pixel, 200.

# %%
guess = None

print(np.frombuffer(bytes([200]), dtype=np.int8), "you said:", guess)

# %% [markdown]
# **Write `read_records`**: a table of 3,073 columns, then two slices of it. Without a copy: the file will be mapped
# into memory, and pages that nobody asks for are never read.


# %% nbgrader={"grade": false, "grade_id": "records", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def read_records(data):
    """Images (n, 3, 32, 32), uint8, and labels (n,), int64, of n records.

    data: bytes, or a uint8 array of one axis, such as a memory-mapped file; the images look at its memory
    Raises ValueError where the bytes aren't whole records (the message holds how many bytes there are), and
    where a label is above 9.
    """
    ### BEGIN SOLUTION
    if len(data) % 3073:
        raise ValueError(f"{len(data)} bytes are no whole number of records of 3073 bytes")
    table = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3073)
    labels = table[:, 0].astype(np.int64)
    if (labels > 9).any():
        raise ValueError(f"a label of {labels.max()}: these are not CIFAR-10's records")
    return table[:, 1:].reshape(-1, 3, 32, 32), labels
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "records-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
rng = np.random.default_rng(6)
block = rng.integers(256, size=(4, 3, 32, 32)).astype(np.uint8)
kinds = np.array([7, 0, 9, 3], dtype=np.uint8)
data = np.concatenate([kinds[:, None], block.reshape(4, 3072)], axis=1).tobytes()
found, labels_ = read_records(data)
expect_close(found, block, "images of four records", hint="channels first, row by row")
expect_equal(str(found.dtype), "uint8", "dtype of the images")
expect_equal((labels_.tolist(), str(labels_.dtype)), ([7, 0, 9, 3], "int64"), "labels and dtype")
expect_raises(ValueError, lambda: read_records(data[:-1]), "a byte missing", says=("12291",))
### BEGIN HIDDEN TESTS
mapped, _ = read_records(np.frombuffer(data, dtype=np.uint8))
expect_close(mapped, block, "images of an array of bytes")
expect_raises(ValueError, lambda: read_records(bytes([10]) + data[1:]), "a label of 10")
### END HIDDEN TESTS
print("✅ Bytes become images")

# %% [markdown]
# How do you know that 170 MB from the net are the 170 MB that the authors made? A **checksum**: SHA-256 makes 64 hex
# digits of any number of bytes, and nobody knows how to make two files with the same ones. One changed bit
# changes about half of the digits' bits. **Write `verify`**, reading the file in blocks or with
# `hashlib.file_digest`.


# %% nbgrader={"grade": false, "grade_id": "verify", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def verify(path, sha256):
    """The SHA-256 of the file at `path`, in lower-case hex digits.

    Raises ValueError unless it is `sha256` (in either case); the message holds the digits that were found.
    """
    ### BEGIN SOLUTION
    with Path(path).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise ValueError(f"{path} is not what it should be: {found} instead of {sha256}")
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "verify-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import hashlib as trusted

from tinytorch.cifar import temporary_sample

block, kinds = np.full((3, 3, 32, 32), 9, dtype=np.uint8), np.array([1, 2, 3], dtype=np.uint8)
content = np.concatenate([kinds[:, None], block.reshape(3, 3072)], axis=1).tobytes()
right = trusted.sha256(content).hexdigest()
with temporary_sample((block, kinds), (block, kinds)) as root:
    path = f"{root}/cifar-10-batches-bin/test_batch.bin"
    expect_equal(verify(path, right), right, "verify(path, the right digits)")
    expect_equal(verify(path, right.upper()), right, "verify(path, THE RIGHT DIGITS)")
    other = "0" * 64
    expect_raises(ValueError, lambda: verify(path, other), "other digits", says=(right,))
    nearly = right[:-1] + ("0" if right[-1] != "0" else "1")
    expect_raises(ValueError, lambda: verify(path, nearly), "one other digit", says=(right,))
print("✅ A changed bit doesn't pass")

# %% [markdown]
# The download itself is given (`tinytorch/download.py`): it resumes what a broken connection left, checks those
# digits, and renames the file when all is well, so that a crash leaves no half of a dataset. `CIFAR10` looks in
# `root`, else in the folder that `$TINYTORCH_DATA` names (a shared one on a hub), else in your own cache.


# %%
#| export
class CIFAR10(Images):
    """60,000 colour images (3, 32, 32) in ten classes: 50,000 to learn from, 10,000 to test with."""

    def __init__(self, root=None, train=True, transform=None, download=False):
        """root: the folder with the data (see `tinytorch.cifar.data_folder`); download: fetch it if missing.

        Raises FileNotFoundError where it is missing, and an OSError where it can't be fetched.
        """
        folder = cifar.locate(root, download)
        images, labels = read_records(cifar.records(folder, train))
        super().__init__(images, labels, transform)
        self.classes = cifar.class_names(folder)


# %%
import tempfile

try:
    collection = CIFAR10()
except FileNotFoundError:
    print(
        "CIFAR-10 isn't here (CIFAR10(download=True) fetches it): on with 120 tiles in its format"
    )
    folder = tempfile.mkdtemp()
    cifar.write_sample(folder, (photos[::2], places[::2]), (photos[1::2], places[1::2]))
    collection = CIFAR10(folder)

# %%
count = np.bincount(collection.targets, minlength=10)
print(f"{len(collection):,} images, {collection.data.nbytes / 1e6:.1f} MB as bytes,", end=" ")
print(f"{collection.data.nbytes * 4 / 1e6:.1f} MB as float32; of each class: {count}")
fig, axes = plt.subplots(2, 8, figsize=(10, 2.8))
for axis, number in zip(axes.flat, range(0, len(collection), len(collection) // 16)):
    axis.imshow(collection[number][0].data.transpose(1, 2, 0))
    axis.set(xticks=[], yticks=[], title=str(collection[number][1]))
plt.show()

# %% [markdown]
# ### Break it
#
# The order of the axes is a convention that no file states. **Predict** what you see when the same bytes are read
# as (row, column, channel), and when the label byte is taken for a pixel.

# %%
table = np.ascontiguousarray(collection.data[42:45]).reshape(3, 3072)
record = np.c_[np.asarray(collection.targets[42:45]), table].astype(np.uint8)
readings = {
    "as it is": table.reshape(3, 3, 32, 32).transpose(0, 2, 3, 1),
    "channels last": table.reshape(3, 32, 32, 3),
    "label as a pixel": record[:, :3072].reshape(3, 3, 32, 32).transpose(0, 2, 3, 1),
    "signed bytes": table.view(np.int8).reshape(3, 3, 32, 32).transpose(0, 2, 3, 1) / 256 + 0.5,
}
fig, axes = plt.subplots(1, 4, figsize=(10, 2.8))
for axis, (name, pictures) in zip(axes, readings.items(), strict=True):
    axis.imshow(pictures[0])
    axis.set(title=name, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# The third one looks right. It is one pixel off, the colours at the edges too, and a model would learn from it
# without complaint. Only a test with known bytes finds it.
#
# ## 8 · Ready before it is asked for
#
# While the model computes, the disk sleeps; while the disk is read, the model waits. A second **thread** can
# make the next batches meanwhile. `Slow` is a dataset behind a slow disk: each sample takes its time.


# %%
#| export
class Slow(Dataset):
    """A dataset that takes `seconds` for each sample, and notes the threads that asked it (`threads`)."""

    def __init__(self, dataset, seconds):
        """dataset: where the samples come from."""
        self.dataset, self.seconds, self.threads = dataset, seconds, set()

    def __getitem__(self, index):
        """The sample, after a while."""
        self.threads.add(threading.current_thread().name)
        threading.Event().wait(self.seconds)
        return self.dataset[index]

    def __len__(self):
        """As many as the dataset has."""
        return len(self.dataset)


def thread_count():
    """How many threads are alive in this process."""
    return threading.active_count()


# %% [markdown]
# **Write `prefetch(iterable, depth)`**, a generator that passes on what an iterable yields and lets a thread
# fetch the next `depth` items meanwhile. `ThreadPoolExecutor(max_workers=1)` is one thread with a queue of errands;
# `submit(next, items, end)` queues one and returns a *future* at once, whose `result()` waits for the item, or raises
# what the thread raised. `next(items, end)` gives `end` when there is nothing left.
#
# ```
#   futures   [item 0] [item 1] [item 2]      depth 3: three errands are under way
#   the loop takes item 0, and one more errand is queued:   [item 1] [item 2] [item 3]
# ```
#
# Four things go wrong in most first versions: an exception stays in the thread; items change places; a loop that
# is left early leaves the thread behind; a fast thread reads the whole dataset into memory.


# %% nbgrader={"grade": false, "grade_id": "prefetch", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def prefetch(iterable, depth):
    """Yield what `iterable` yields, in its order; another thread fetches up to `depth` items ahead.

    What the iterable raises is raised here, after the items before it. Of an iterable of which n items were
    taken here, at most n + depth + 1 are fetched. When the generator ends or is closed, the thread has ended.
    """
    ### BEGIN SOLUTION
    items, end = iter(iterable), object()
    with ThreadPoolExecutor(max_workers=1) as thread:
        futures = deque(thread.submit(next, items, end) for _ in range(depth))
        try:
            while (item := futures.popleft().result()) is not end:
                futures.append(thread.submit(next, items, end))
                yield item
        finally:
            for future in futures:
                future.cancel()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "prefetch-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
expect_equal(list(prefetch(range(200), 3)), list(range(200)), "list(prefetch(range(200), 3))")
expect_equal(list(prefetch([0, None, False], 2)), [0, None, False], "items that are false")
ten = TensorDataset(Tensor(range(10)))
broken = DataLoader(Subset(ten, [0, 1, 2, 99, 4]), prefetch=2)
loaded = iter(broken)
first = [next(loaded)[0].tolist() for _ in range(3)]
expect_equal(first, [[0], [1], [2]], "the batches before an exception")
expect_raises(IndexError, lambda: next(loaded), "sample 99 of ten", hint="pass it on to the loop")
before, source = thread_count(), iter(DataLoader(TensorDataset(Tensor(range(100)))))
ahead = prefetch(source, 4)
taken = [next(ahead)[0].tolist() for _ in range(3)]
ahead.close()
after, following = thread_count(), next(source)[0].tolist()
expect_equal(taken, [[0], [1], [2]], "three items of a hundred")
hint = "at most depth + 1 ahead"
expect_true(following[0] <= 8, "the next item of the source", "8 or less", following[0], hint)
hint = "end it in `finally`"
expect_true(after <= before, "threads after the loop was left early", f"{before}", after, hint)
### BEGIN HIDDEN TESTS
slow = Slow(ten, 0)
expect_equal(len(list(DataLoader(slow, 3, prefetch=2))), 4, "batches of a dataset of ten by 3")
names = sorted(slow.threads)
expect_true("MainThread" not in names, "who read the samples", "another thread", names)
shuffled = DataLoader(ten, 4, shuffle=True)
ahead = DataLoader(ten, 4, shuffle=True, prefetch=2)
orders = []
for loader in (shuffled, ahead):
    manual_seed(3)
    orders.append([batch[0].tolist() for _ in range(2) for batch in loader])
expect_equal(orders[1], orders[0], "two epochs with prefetch beside two without")
expect_equal(list(prefetch([], 2)), [], "prefetch of nothing")
### END HIDDEN TESTS
print("✅ Ready before it is asked for, and gone when nobody asks")

# %% [markdown]
# Each batch below takes 6 ms to load and 5 ms to "compute". **Predict** how long 12 batches take without and with
# prefetch. In the picture: who works when.

# %%
guess = None


def watch(ahead):
    """When each batch was loaded and used: two lists of (start, length), in milliseconds."""
    began, loads, uses = time.perf_counter(), [], []

    def now():
        return (time.perf_counter() - began) * 1e3

    def make(samples):
        start = now()
        time.sleep(0.006)
        loads.append((start, now() - start))
        return samples

    for _ in DataLoader(range(12), collate_fn=make, prefetch=ahead):
        start = now()
        time.sleep(0.005)
        uses.append((start, now() - start))
    return loads, uses


# %%
fig, axes = plt.subplots(2, 1, figsize=(9, 3.2), sharex=True, layout="constrained")
for axis, ahead in zip(axes, (0, 2), strict=True):
    loads, uses = watch(ahead)
    axis.broken_barh(loads, (0.6, 0.35), color="tab:blue", edgecolor="white")
    axis.broken_barh(uses, (0.1, 0.35), color="tab:orange", edgecolor="white")
    whole = uses[-1][0] + uses[-1][1]
    axis.set(title=f"prefetch={ahead}: {whole:.0f} ms", yticks=[0.28, 0.78])
    axis.set(yticklabels=["compute", "load"])
axes[1].set(xlabel="milliseconds")
plt.show()
print("you said:", guess)

# %% [markdown]
# Instead of the sum, the longer of the two. Waiting can be shared by threads; can *work*? Python runs one thread's
# code at a time. **Predict** for which of two models prefetch helps: one is a long NumPy operation on each batch,
# the other a sum in a Python loop; the next batches are cropped and flipped meanwhile.

# %%
guess = None


def epoch_seconds(model, ahead):
    """Seconds of an epoch of cropped and flipped tiles, each batch of which goes through a model."""
    start = time.perf_counter()
    for batch, _ in DataLoader(augmented, 60, shuffle=True, prefetch=ahead):
        model(batch.data)
    return time.perf_counter() - start


def numpy_model(batch):
    return np.tanh(np.repeat(batch, 6, axis=0))


def python_model(batch):
    return sum(number * number for number in range(1000 * len(batch)))


# %%
augmented = Images(np.tile(photos, (2, 1, 1, 1)), np.tile(places, 2), augment)
for model in (numpy_model, python_model):
    plain, ahead = (min(epoch_seconds(model, n) for _ in range(4)) for n in (0, 2))
    print(f"{model.__name__:14} {240 / plain:7,.0f} images/s, prefetched {240 / ahead:7,.0f}")
print("you said:", guess)

# %% [markdown]
# A long NumPy operation lets the other thread run, as waiting for a disk does; that helps if a processor core is free.
# Two threads of Python steps take turns, and handing over costs a little. This is why PyTorch's loader can start
# *processes* (`num_workers`), each with a Python of its own, and pays by sending every batch from one to the other.
#
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps:
# double-click the cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A hospital has 12,000 X-rays of 1,500 patients. A colleague normalises all of them by their common
# mean, calls `random_split(xrays, [0.8, 0.2])`, and reports 99 %. Name two leaks. For each, say what it does to the
# number, how large the effect was in your experiments, and how to split or compute instead.
#
# ### BEGIN MARK SCHEME
# 2 points: images of one patient are in both parts (near-duplicates); about 99 instead of 96 % right with the digits, that is,
# three of four mistakes hidden. 1 point: split by patient: draw patients, and take all images of each.
# 1 point: statistics saw the test set; small with many images from one source, large where the test set differs (the dark
# digits). 1 point: compute them on the training part and use them for both.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** Training computes 5,000 images a second; the loader, alone, delivers 4,000. How many images a second
# do you get without and with prefetch? What would a depth of 100 instead of 2 change, in speed and in bytes (batches
# of 256 CIFAR-10 images in float32)? Why does your loader give each epoch a generator of its own?
#
# ### BEGIN MARK SCHEME
# 2 points: without: 1 / (1/5,000 + 1/4,000) ≈ 2,200; with: the slower of the two, 4,000.
# 2 points: no speed, for the loader is the bottleneck (only unevenness is smoothed); 256 · 3,072 · 4 bytes = 3.1 MB a batch, so
# 315 MB instead of 6 MB.
# 1 point: two threads that draw from one generator take turns by chance; an own one keeps an epoch the same with any depth
# and whatever else draws.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# `learn` in the first section holds one line that somebody had to work out on paper: the slope of the loss for a
# model of one layer. For any other model you could nudge each weight and look what the loss does. **Predict** how
# much longer one step takes that way, with 650 weights.

# %%
guess = None
x, y = next(iter(DataLoader(Digits(), 64)))
x, y = np.c_[x.data.reshape(64, 64), np.ones(64)], y.data


def loss(weights):
    scores = x @ weights
    return (np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(64), y]).mean()


weights, nudges = np.zeros((65, 10)), np.eye(650).reshape(650, 65, 10) * 1e-6
start = time.perf_counter()
learn([(x[:, :64], y)])
by_hand = time.perf_counter() - start
slopes = np.array([loss(weights + nudge) - loss(weights - nudge) for nudge in nudges]) / 2e-6
by_nudging = time.perf_counter() - start - by_hand
print(f"{by_nudging / by_hand:.0f} times as long; you said: {guess}")

# %% [markdown]
# A network of module 05 has a hundred thousand weights. Module **09 · Autograd** finds all slopes in the time of about
# two more steps, for any model made of your tensors.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_07_stability` against this notebook. When it is green, type `tito module complete
# dataloader` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("stability")
