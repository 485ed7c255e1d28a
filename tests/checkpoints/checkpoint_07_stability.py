"""Can I prepare data for stable training?"""

import hashlib
import math

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_true

checkpoint = Checkpoint(__file__)

# Oracles are loops over single samples, closed forms and identities. What is picked, cut, mirrored or glued
# has to be equal to the last bit. Tolerances about random draws say how many
# standard deviations wide they are.
EXACT = {"rtol": 0.0, "atol": 0.0}


def expect_chain(transform, image, name):
    """transform(image) is a Tensor of image's dtype, made at the door out of image, which stays as it was."""
    from tinytorch.core.tensor import Tensor, recorders

    class Listener:
        def __init__(self):
            self.reached = {id(image)}

        def record(self, function, inputs, settings, output):
            if any(id(value) in self.reached for value in inputs):
                self.reached.add(id(output))
                # Kept, so that no later tensor gets its id.
                self.last = output

    before, listener = image.data.copy(), Listener()
    recorders.append(listener)
    try:
        result = transform(image)
    finally:
        recorders.pop()
    expect_true(isinstance(result, Tensor), f"type of {name}", "Tensor", type(result).__name__)
    expect_equal(str(result.dtype), str(image.dtype), f"dtype of {name}")
    expect_close(image.data, before, f"the image after {name}", hint="make a new tensor", **EXACT)
    hint = "compute with tensors, not with their `.data`"
    made = id(result) in listener.reached
    expect_true(made, name, "a chain of operations from the image to the result", "none", hint)


def sequence(shape, start=0, dtype=np.float32):
    """start, start + 1, … in a shape: every number says where it came from."""
    return np.arange(start, start + math.prod(shape)).astype(dtype).reshape(shape)


@checkpoint.check(points=3)
def test_dataset(rng):
    """A TensorDataset keeps tensors side by side, and picks a sample or a batch of all of them"""
    from tinytorch.core.dataloader import TensorDataset
    from tinytorch.core.tensor import Tensor

    n = int(rng.integers(5, 9))
    images, labels = sequence((n, 2, 3)), rng.integers(10, size=n)
    data = TensorDataset(Tensor(images), Tensor(labels, dtype=np.int64))
    expect_equal(len(data), n, f"length of a dataset of {n} samples")
    for i in (0, n - 1, -1):
        sample = data[i]
        expect_true(isinstance(sample, tuple), f"type of data[{i}]", "tuple", type(sample).__name__)
        expect_equal(len(sample), 2, f"parts of data[{i}]")
        expect_close(sample[0].data, images[i], f"data[{i}][0]", **EXACT)
        expect_close(sample[1].data, labels[i], f"data[{i}][1]", **EXACT)
        expect_equal(str(sample[1].dtype), "int64", "dtype of a label", hint="index, and convert nothing")
    picked = rng.integers(n, size=7)
    batch = data.take(picked)
    expect_equal(len(batch), 2, "parts of take(…)")
    expect_close(batch[0].data, images[picked], "images of take(…)", hint="in the order asked for", **EXACT)
    expect_close(batch[1].data, labels[picked], "labels of take(…)", **EXACT)
    expect_equal(str(batch[1].dtype), "int64", "dtype of the labels of take(…)")
    triple = TensorDataset(*(Tensor(sequence((4,), start)) for start in (0, 10, 20)))
    expect_equal([part.item() for part in triple[2]], [2.0, 12.0, 22.0], "sample 2 of three tensors")
    expect_raises(IndexError, lambda: data[n], f"data[{n}] of {n} samples")
    for others in ((n + 1,), (n, n - 1)):
        tensors = [Tensor(np.zeros(count)) for count in (n, *others)]
        says = (str(n), str(others[-1]))
        what = f"tensors of {n} and {others} samples"
        expect_raises(ValueError, lambda tensors=tensors: TensorDataset(*tensors), what, says=says)


@checkpoint.check(points=4)
def test_collate(rng):
    """default_collate makes one batch of any samples and keeps the kind of every number"""
    from tinytorch.core.dataloader import default_collate
    from tinytorch.core.tensor import Tensor

    blocks = rng.normal(size=(3, 2, 4)).astype(np.float32)
    labels = [int(label) for label in rng.integers(1 << 40, size=3)]
    batch = default_collate([(Tensor(block), label) for block, label in zip(blocks, labels, strict=True)])
    expect_equal(len(batch), 2, "parts of a batch of pairs")
    expect_close(batch[0].data, blocks, "the tensors of three pairs", **EXACT)
    expect_equal(batch[1].tolist(), labels, "the labels of three pairs", hint="whole numbers stay int64")
    for value, dtype in [
        *((True, "bool"), (7, "int64"), (0.5, "float32")),
        *((np.float64(0.5), "float64"), (np.float32(1), "float32"), (np.int32(3), "int32")),
        *((np.zeros((2, 2)), "float64"), (np.uint8([1, 2]), "uint8")),
        *((Tensor([1], dtype=np.float64), "float64"), (Tensor([1], dtype=np.int64), "int64")),
    ]:
        made = default_collate([value, value])
        kind = type(value).__name__
        expect_true(isinstance(made, Tensor), f"a batch of {kind}", "a Tensor", type(made).__name__)
        expect_equal(str(made.dtype), dtype, f"dtype of a batch of {kind} ({dtype})")
        expect_equal(made.shape, (2, *np.shape(getattr(value, "data", value))), f"shape of a batch of {kind}")
    named = default_collate([{"x": 1.5, "y": (1, "a")}, {"y": (2, "b"), "x": 2.5}])
    expect_equal(sorted(named), ["x", "y"], "keys of a batch of dictionaries")
    expect_close(named["x"].data, [1.5, 2.5], "batch['x']", hint="by key, not by place")
    expect_close(named["y"][0].data, [1, 2], "the first part of batch['y']")
    expect_equal(list(named["y"][1]), ["a", "b"], "texts in a pair in a dictionary")
    rows = default_collate([[1, 2, 3], [4, 5, 6]])
    expect_equal([place.tolist() for place in rows], [[1, 4], [2, 5], [3, 6]], "samples that are lists")
    for texts in (["a"], [None, None]):
        expect_equal(list(default_collate(texts)), texts, f"a batch of {texts}")
    one = default_collate([(Tensor(blocks[0]), 1)])
    expect_equal((one[0].shape, one[1].shape), ((1, 2, 4), (1,)), "shapes of a batch of one")
    first = Tensor(blocks[0])
    copied = default_collate([first, first])
    copied.data[...] = 0
    expect_close(first.data, blocks[0], "a sample after its batch changed", hint="a batch is new", **EXACT)
    for uneven in ([(1, 2), (1,)], [(1,), (1, 2)]):
        lengths = " and ".join(str(len(sample)) for sample in uneven)
        expect_raises(
            ValueError, lambda uneven=uneven: default_collate(uneven), f"samples of {lengths} parts"
        )


@checkpoint.check(points=4)
def test_epoch(rng):
    """An epoch holds each sample once, in batches of the right sizes, shuffled only when asked to"""
    from tinytorch.core.dataloader import DataLoader

    for _ in range(6):
        n, size = int(rng.integers(20, 60)), int(rng.integers(2, 12))
        size = size if n % size else 1
        full = n // size
        rest = [n - full * size] if n % size else []
        for shuffle in (False, True):
            for drop in (False, True):
                loader = DataLoader(range(n), size, shuffle, drop)
                what = f"{n} samples by {size}, shuffle={shuffle}, drop_last={drop}"
                sizes = [size] * full + ([] if drop else rest)
                expect_equal(len(loader), len(sizes), f"len of {what}")
                batches = list(loader.index_batches(np.random.default_rng(n)))
                expect_equal([len(batch) for batch in batches], sizes, f"sizes of the batches of {what}")
                numbers = np.concatenate(batches)
                expect_equal(numbers.dtype.kind, "i", f"kind of the numbers of {what}")
                if shuffle and not drop:
                    expect_close(
                        np.sort(numbers), np.arange(n), f"sorted numbers of {what}", hint="each once"
                    )
                    moved = int((numbers != np.arange(n)).sum())
                    # One of n stays where it was, on average; 12 and more do once in 10^10 orders.
                    expect_true(moved > n - 12, f"samples that changed place in {what}", "most", moved)
                elif shuffle:
                    expect_equal(len({int(i) for i in numbers}), full * size, f"different samples of {what}")
                else:
                    expect_close(numbers, np.arange(len(numbers)), f"the numbers of {what}")

    loader, source = DataLoader(range(50), 50, shuffle=True), np.random.default_rng(1)
    orders = [np.concatenate(list(loader.index_batches(source))) for _ in range(2)]
    differ = bool((orders[0] != orders[1]).any())
    expect_true(differ, "the second epoch's order", "another", "the first one's", hint="draw anew")
    again = np.concatenate(list(loader.index_batches(np.random.default_rng(1))))
    expect_close(again, orders[0], "the order from an equal generator", hint="draw from `rng`", **EXACT)
    # Which sample comes first: 200 orders of 4, each sample 50 times, give or take 6.1: six times that.
    few = DataLoader(range(4), 4, shuffle=True)
    firsts = [int(next(iter(few.index_batches(source)))[0]) for _ in range(200)]
    counts = [firsts.count(i) for i in range(4)]
    expect_true(all(13 < count < 87 for count in counts), "how often each of 4 comes first", "50", counts)
    sizes = (len(DataLoader(range(3), 5)), len(DataLoader(range(3), 5, drop_last=True)))
    expect_equal(sizes, (1, 0), "batches of 3 samples by 5, and with drop_last")
    for settings in ({"batch_size": 0}, {"batch_size": -2}, {"prefetch": -3}):
        says = (str(next(iter(settings.values()))),)
        refuse = lambda settings=settings: DataLoader(range(3), **settings)  # noqa: E731
        expect_raises(ValueError, refuse, f"DataLoader(range(3), **{settings})", says=says)


@checkpoint.check(points=3)
def test_fetch(rng):
    """A loader pairs images with their own labels, asks any dataset, and lets a collate_fn decide"""
    from tinytorch.core.dataloader import DataLoader, Dataset, TensorDataset
    from tinytorch.core.tensor import Tensor

    asked = []

    class Squares(Dataset):
        def __getitem__(self, index):
            asked.append(int(index))
            return float(index) ** 2, int(index)

        def __len__(self):
            return 12

    halves = [(index / 2, index) for index in range(12)]
    for name, data, power, scale in [("a Dataset", Squares(), 2, 1), ("a list", halves, 1, 0.5)]:
        values, numbers = [], []
        for value, number in DataLoader(data, 4, shuffle=True):
            expect_true(isinstance(value, Tensor), f"batches of {name}", "Tensors", type(value).__name__)
            values += value.tolist()
            numbers += number.tolist()
        expect_equal(sorted(numbers), list(range(12)), f"samples of {name} in an epoch, sorted")
        want = [scale * number**power for number in numbers]
        expect_close(
            np.array(values), want, f"values of {name} beside their labels", hint="one index for both"
        )
    expect_equal(sorted(asked), list(range(12)), "samples that were asked for in an epoch", hint="each once")

    points = rng.normal(size=(12, 2)).astype(np.float32)
    tensors = TensorDataset(Tensor(points), Tensor(np.arange(12), dtype=np.int64))
    for batch, labels in DataLoader(tensors, 4, shuffle=True):
        expect_close(batch.data, points[labels.data], "points beside their labels", **EXACT)
        expect_equal(str(labels.dtype), "int64", "dtype of the labels")
    loader = DataLoader(tensors, 4, collate_fn=lambda samples: [label.item() for _, label in samples])
    expect_equal(list(loader), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], "batches made by a collate_fn")
    for batch in DataLoader(np.arange(6.0), 3):
        kind = type(batch).__name__
        expect_true(isinstance(batch, Tensor), "a batch of a NumPy array", "a Tensor", kind)
    picked = np.array([8, 0, 3])
    expect_equal(DataLoader(list("abcdefghi")).fetch(picked), ["i", "a", "d"], "texts 8, 0, 3")
    doubled = DataLoader(list("abc"), collate_fn=lambda samples: [2 * text for text in samples])
    expect_equal(doubled.fetch(np.array([2, 1])), ["cc", "bb"], "texts 2, 1 through a collate_fn")

    class Taking(Dataset):
        def take(self, indices):
            return [int(index) + 100 for index in indices]

        def __getitem__(self, index):
            return int(index)

    expect_equal(DataLoader(Taking()).fetch(picked), [108, 100, 103], "a dataset with `take`")
    own = DataLoader(Taking(), collate_fn=lambda samples: sum(samples))
    expect_equal(own.fetch(picked), 11, "a collate_fn and a dataset with `take`", hint="collate_fn decides")


@checkpoint.check(points=3)
def test_reproducible(rng):
    """One seed decides orders, splits, flips and crops, and every epoch is a new one"""
    from tinytorch.core.dataloader import (
        Compose,
        DataLoader,
        Images,
        RandomCrop,
        RandomHorizontalFlip,
        random_split,
    )
    from tinytorch.core.setup import generator, manual_seed

    images, labels = sequence((24, 1, 6, 6)), np.arange(24)
    both = Compose([RandomCrop(4, padding=1), RandomHorizontalFlip()])

    def run(transform):
        data = Images(images, labels, transform)
        part = random_split(data, [20, 4])[0]
        return [
            [(x.data.tolist(), y.tolist()) for x, y in DataLoader(part, 6, shuffle=True)] for _ in range(2)
        ]

    for name, transform in [
        *(("no transform", None), ("RandomCrop", RandomCrop(4, padding=1))),
        *(("RandomHorizontalFlip", RandomHorizontalFlip()), ("both", both)),
    ]:
        seed = int(rng.integers(1 << 30))
        manual_seed(seed)
        first = run(transform)
        state = generator().random()
        manual_seed(seed)
        again = run(transform)
        expect_true(again == first, f"two epochs with {name}, same seed", "the same", "others")
        same = bool(generator().random() == state)
        expect_true(same, f"the generator after two epochs with {name}", "the same", "another state")
        expect_true(first[0] != first[1], f"the second epoch with {name}", "a new one", "the first again")
        expect_true(run(transform) != first, f"later epochs with {name}", "new ones", "the first again")
    for name, transform in [("RandomCrop", RandomCrop(3)), ("RandomHorizontalFlip", RandomHorizontalFlip())]:
        # 24 images, each with a throw of its own: all alike once in 2^23 epochs.
        plain = Images(np.tile(sequence((1, 1, 6, 6)), (24, 1, 1, 1)), labels, transform)
        (batch, _), *_ = DataLoader(plain, 24)
        kinds = len({tuple(image.ravel().tolist()) for image in batch.data})
        expect_true(
            kinds > 1, f"24 equal images after {name}", "different ones", "all alike", hint="throw for each"
        )
    seed = int(rng.integers(1 << 30))
    own = [DataLoader(range(30), 30, True, generator=np.random.default_rng(seed)) for _ in range(2)]
    orders = [next(iter(loader)).tolist() for loader in own]
    expect_equal(orders[1], orders[0], "the orders of two loaders with equal generators")
    parts = [random_split(range(30), [20, 10], np.random.default_rng(seed))[0] for _ in range(2)]
    found = [[part[i] for i in range(20)] for part in parts]
    expect_equal(found[1], found[0], "two splits by equal generators")


@checkpoint.check(points=5)
def test_parts(rng):
    """Subsets renumber, and a random split puts each sample into exactly one part"""
    from tinytorch.core.dataloader import Subset, TensorDataset, random_split, split_lengths
    from tinytorch.core.tensor import Tensor

    chosen = [int(i) for i in rng.integers(26, size=9)]
    letters = [chr(97 + i) for i in range(26)]
    for indices in (chosen, np.array(chosen)):
        part = Subset(letters, indices)
        found = [part[i] for i in range(len(part))]
        expect_equal(found, [letters[i] for i in chosen], f"samples {chosen} of the alphabet")
    expect_equal(Subset(letters, chosen)[-1], letters[chosen[-1]], "the last one, by -1")
    expect_raises(IndexError, lambda: Subset(letters, chosen)[9], "sample 9 of 9")
    rows = TensorDataset(Tensor(np.arange(26)), Tensor(np.arange(26) * 10))
    nested = Subset(Subset(rows, chosen), [4, 0, 7])
    batch = [column.tolist() for column in nested.take(np.array([2, 0, 1]))]
    a, b, c = (float(chosen[i]) for i in (7, 4, 0))
    expect_equal(batch, [[a, b, c], [10 * a, 10 * b, 10 * c]], "a batch of a part of a part")

    # PyTorch's rounding, worked out by hand.
    for count, lengths, want in [
        *((10, [3, 7], [3, 7]), (17, [0.5, 0.5], [9, 8]), (11, [0.5, 0.25, 0.25], [6, 3, 2])),
        *((10, [0.7, 0.2, 0.1], [7, 2, 1]), (3, [0.25] * 4, [1, 1, 1, 0]), (9, [0.34, 0.66], [4, 5])),
        *((4, [0.0, 1.0], [0, 4]), (5, [1.0], [5]), (0, [0, 0], [0, 0]), (1, [1], [1]), (1, [0, 1], [0, 1])),
    ]:
        what = f"split_lengths({count}, {lengths})"
        expect_equal([int(part) for part in split_lengths(count, lengths)], want, what)
    expect_equal(split_lengths(9, (4, 5)), [4, 5], "split_lengths(9, (4, 5))", hint="a list")
    for count, lengths in [(10, [3, 6]), (10, [8, 3]), (10, [0.5, 0.4]), (10, [0.6, 0.6])]:
        what = f"{lengths} of {count}"
        refuse = lambda count=count, lengths=lengths: split_lengths(count, lengths)  # noqa: E731
        expect_raises(ValueError, refuse, what, says=(str(count), str(sum(lengths))[:3]))
    expect_raises(ValueError, lambda: split_lengths(10, [1.25, -0.25]), "a share below 0")

    n = int(rng.integers(90, 130))
    for lengths in ([n - 30, 20, 10], [0.6, 0.3, 0.1]):
        parts = random_split(range(n), lengths)
        found = [[part[i] for i in range(len(part))] for part in parts]
        sizes = [int(part) for part in split_lengths(n, lengths)]
        expect_equal([len(part) for part in found], sizes, f"lengths of the parts of {n} by {lengths}")
        together = sorted(int(i) for part in found for i in part)
        expect_equal(together, list(range(n)), "all parts, sorted", hint="each sample in exactly one part")
        # The mean of a random tenth is off by less than a quarter of the range once in some million splits.
        for part in found:
            low = min(part) < n / 2 < max(part)
            expect_true(
                low, f"a part of {len(part)}", "samples from both halves", sorted(part), hint="mix first"
            )
        others = random_split(range(n), lengths)
        expect_true(
            [others[0][i] for i in range(20)] != found[0][:20], "a second split", "another", "the same"
        )
    expect_raises(ValueError, lambda: random_split(range(10), [4, 5]), "parts of 4 and 5 of 10")


@checkpoint.check(points=3)
def test_statistics(rng):
    """Channel statistics count pixels, and Normalize brings every channel to mean 0 and spread 1"""
    from tinytorch.core.dataloader import Normalize, channel_statistics
    from tinytorch.core.tensor import Tensor

    for channels in (1, 3, 4):
        scale, shift = rng.uniform(0.5, 3, size=(2, channels, 1, 1))
        images = (rng.normal(size=(23, channels, 4, 5)) * scale + shift).astype(np.float32)
        mean, std = channel_statistics([(Tensor(images[i : i + 9]), None) for i in (0, 9, 18)])
        expect_equal((mean.shape, std.shape), ((channels,), (channels,)), "shapes of mean and std")
        expect_equal((str(mean.dtype), str(std.dtype)), ("float32", "float32"), "dtypes of mean and std")
        columns = [
            [float(value) for image in images for value in image[channel].ravel()]
            for channel in range(channels)
        ]
        means = [sum(column) / len(column) for column in columns]
        squares = [
            sum((v - m) ** 2 for v in column) / len(column) for column, m in zip(columns, means, strict=True)
        ]
        hint = "of all pixels of a channel, in batches of 9, 9 and 5"
        # Measured over 1,000 draws: off by 6e-8 of the value, float32's rounding of the answer.
        expect_close(mean.data, means, "means of the channels", rtol=1e-6, atol=1e-6, hint=hint)
        expect_close(std.data, np.sqrt(squares), "spreads of the channels", rtol=1e-6, hint=hint)
        center, spread = rng.uniform(0.5, 2, size=(2, channels))
        for kind in (list, np.asarray, Tensor):
            normal = Normalize(kind(center), kind(spread))(Tensor(images[0]))
            want = [(images[0][c] - center[c]) / spread[c] for c in range(channels)]
            expect_close(
                normal.data, want, f"Normalize of {channels} channels", atol=1e-5, hint="channels first"
            )
    # A small spread far from 0: the difference of two squares near 10^6, which float32 knows to 0.06.
    bright = 1000 + rng.normal(size=(8, 1, 20, 20))
    mean, std = channel_statistics(iter([(Tensor(bright[:5]), None), (Tensor(bright[5:]), None)]))
    # Float32's rounding of the pixels themselves moves the spread by less than 1e-4.
    expect_close(
        mean.data, [bright.mean()], "mean of pixels around 1000", rtol=1e-6, hint="add up in float64"
    )
    expect_close(std.data, [bright.std()], "their spread", rtol=1e-3, hint="add up in float64")

    image = sequence((2, 3, 3))
    normalize = Normalize([1, 2], [0.5, 2])
    for dtype in ("float32", "float64"):
        expect_chain(normalize, Tensor(image, dtype=dtype), f"Normalize of {dtype}")
    batch = normalize(Tensor(np.stack([image, image + 1]))).data
    expect_close(batch[1], normalize(Tensor(image + 1)).data, "the second of two images at once")
    expect_raises(ValueError, lambda: Normalize([0.5, 0.5], [1.0, 0.0]), "a std of 0", says=("std",))


@checkpoint.check(points=2)
def test_flip(rng):
    """RandomHorizontalFlip exchanges left and right as often as its probability says"""
    from tinytorch.core.dataloader import RandomHorizontalFlip
    from tinytorch.core.tensor import Tensor

    for shape in ((3, 2, 4), (1, 4, 4), (4, 3)):
        image = rng.normal(size=shape).astype(np.float32)
        flipped = RandomHorizontalFlip(1.0)(Tensor(image)).data
        hint = "the last axis, and no other"
        expect_close(
            flipped[..., 0], image[..., -1], f"first column of shape {shape}, p=1", hint=hint, **EXACT
        )
        expect_close(flipped, np.flip(image, -1), f"shape {shape}, p=1", hint=hint, **EXACT)
        expect_close(RandomHorizontalFlip(0.0)(Tensor(image)).data, image, f"shape {shape}, p=0", **EXACT)
    pair = Tensor([[[0.0, 1.0]]])
    for given, p in [((), 0.5), ((0.2,), 0.2), ((0.85,), 0.85)]:
        flip = RandomHorizontalFlip(*given)
        count = sum(bool(flip(pair).data[0, 0, 0] == 1) for _ in range(150))
        # Six standard deviations of 150 throws.
        wide = 6 * math.sqrt(150 * p * (1 - p))
        right = abs(count - 150 * p) < wide
        expect_true(right, f"flips in 150 throws with p={p}", f"about {150 * p:.0f}", count)
    for dtype in ("float32", "float64"):
        flip = RandomHorizontalFlip(1.0)
        expect_chain(flip, Tensor(sequence((2, 3, 3)), dtype=dtype), f"RandomHorizontalFlip of {dtype}")


@checkpoint.check(points=3)
def test_crop(rng):
    """RandomCrop cuts every window of the framed image equally often, and no other"""
    from tinytorch.core.dataloader import RandomCrop
    from tinytorch.core.tensor import Tensor

    image = sequence((2, 4, 5), start=1)
    x = Tensor(image)
    for size, padding, (rows, columns) in [
        *((2, None, (2, 2)), ((3, 2), None, (3, 2)), (4, 1, (4, 4)), ((4, 5), 2, (4, 5))),
        *((1, 0, (1, 1)), ((4, 5), None, (4, 5))),
    ]:
        crop, framed = RandomCrop(size, padding), np.pad(image, [(0, 0)] + [(padding or 0, padding or 0)] * 2)
        places = {}
        for top in range(framed.shape[1] - rows + 1):
            for left in range(framed.shape[2] - columns + 1):
                places[framed[:, top : top + rows, left : left + columns].tobytes()] = (top, left)
        kinds, draws = len(places), 8 * len(places) + 30
        what = f"RandomCrop({size}, {padding}) of an image of 4 × 5"
        found = []
        for _ in range(draws):
            window = crop(x).data
            expect_equal(window.shape, (2, rows, columns), f"shape of {what}")
            place = places.get(np.ascontiguousarray(window).tobytes())
            expect_true(
                place is not None, what, "a window of the framed image", window, hint="zeros around it"
            )
            found.append(place)
        counts = [found.count(place) for place in places.values()]
        # Each window comes draws / kinds times, 9 and more. Most: six standard deviations above it. Of all 78
        # windows one is missing once in 200 runs, two of a kind once in 250,000; off by one, three are.
        most = draws / kinds + 6 * math.sqrt(draws / kinds) + 1
        missing = counts.count(0)
        expect_true(missing <= 1, f"windows that {what} never cuts", "none", missing)
        expect_true(
            max(counts) <= most, f"how often {what} cuts one", f"about {draws / kinds:.0f}", max(counts)
        )
        for axis, name in ((0, "row"), (1, "column")):
            highest = max(place[axis] for place in places.values())
            ends = {place[axis] for place in found} >= {0, highest}
            expect_true(ends, f"first {name}s of {what}", f"0 and {highest} among them", "not both")
    for size in (5, (4, 6), (7, 3)):
        refuse = lambda size=size: RandomCrop(size)(Tensor(image))  # noqa: E731
        what = f"a window of {size} of 4 × 5"
        expect_raises(ValueError, refuse, what, says=(str(max(np.atleast_1d(size))),))
    expect_raises(ValueError, lambda: RandomCrop((5, 8), 1)(Tensor(image)), "5 × 8 of 6 × 7", says=("8",))
    for dtype in ("float32", "float64"):
        expect_chain(RandomCrop(3, 1), Tensor(image, dtype=dtype), f"RandomCrop(3, 1) of {dtype}")


@checkpoint.check(points=2)
def test_images(rng):
    """Images are transformed anew whenever they are asked for, and labels stay whole numbers"""
    from tinytorch.core.dataloader import Compose, Digits, Images
    from tinytorch.core.tensor import Tensor

    raw, labels = rng.integers(256, size=(7, 3, 2, 2)).astype(np.uint8), rng.integers(10, size=7)
    data, calls = Images(raw, labels), []
    image, label = data[5]
    expect_close(image.data, raw[5] / 255, "the image of sample 5")
    expect_equal((int(label), str(image.dtype)), (int(labels[5]), "float32"), "its label and its dtype")
    expect_true(isinstance(label, int), "type of its label", "int", type(label).__name__)
    picked = np.array([6, 0, 6, 2])
    for name, transform, factor in [("", None, 1), (", with a transform", lambda x: x * 3, 3)]:
        blocks, kinds = Images(raw, labels, transform).take(picked)
        expect_close(blocks.data, raw[picked] / 255 * factor, f"images 6, 0, 6, 2{name}", rtol=1e-5)
        kept = (kinds.tolist(), str(kinds.dtype))
        expect_equal(kept, (labels[picked].tolist(), "int64"), f"their labels and dtype{name}")

    questions = []

    class Counting(Images):
        def pixels(self, index):
            questions.append(index)
            return Images.pixels(self, index)

    Counting(raw, labels).take(picked)
    expect_equal(len(questions), 1, "calls of `pixels` for a batch without a transform")

    def count(image):
        calls.append(image.shape)
        return image + len(calls)

    counted = Images(
        np.zeros((5, 1, 2, 2), dtype=np.float32), np.arange(5), Compose([count, lambda x: x * 10])
    )
    expect_equal(len(calls), 0, "calls of the transform before a sample is asked for")
    halves = np.arange(3), np.arange(3, 5)
    seen = [counted.take(half)[0].data[:, 0, 0, 0].tolist() for _ in range(2) for half in halves]
    want = [[10.0, 20.0, 30.0], [40.0, 50.0], [60.0, 70.0, 80.0], [90.0, 100.0]]
    expect_equal(seen, want, "two epochs through a transform that counts", hint="anew, image by image")
    expect_equal(set(calls), {(1, 2, 2)}, "what the transform was called with", hint="one image")
    expect_close(counted[1][0].data, np.full((1, 2, 2), 110.0), "one sample asked for alone")
    parts = [Digits(train) for train in (True, False)]
    expect_equal([len(part) for part in parts], [1433, 364], "images in the two parts of Digits")
    shown = parts[0][3][0]
    expect_true(isinstance(shown, Tensor), "an image of Digits", "a Tensor", type(shown).__name__)


@checkpoint.check(points=3)
def test_records(rng):
    """CIFAR-10's records become images and labels, and a changed file is refused"""
    from tinytorch.cifar import temporary_sample
    from tinytorch.core.dataloader import CIFAR10, read_records, verify

    def made(n):
        images = rng.integers(256, size=(n, 3, 32, 32)).astype(np.uint8)
        labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
        return images, labels, b"".join(bytes([y]) + x.tobytes() for x, y in zip(images, labels, strict=True))

    images, labels, data = made(12)
    for name, source in [("bytes", data), ("an array", np.frombuffer(data, dtype=np.uint8))]:
        found, kinds = read_records(source)
        expect_equal((found.shape, str(found.dtype)), ((12, 3, 32, 32), "uint8"), f"images of {name}")
        expect_close(found, images, f"images of {name}", hint="red, green, blue, each row by row", **EXACT)
        expect_equal((kinds.tolist(), str(kinds.dtype)), (labels.tolist(), "int64"), f"labels of {name}")
    for cut in (1, 3072):
        says = (str(len(data) - cut),)
        expect_raises(
            ValueError, lambda cut=cut: read_records(data[:-cut]), f"{cut} bytes missing", says=says
        )
    for label in (10, 255):
        spoiled = data[:3073] + bytes([label]) + data[3074:]
        expect_raises(ValueError, lambda spoiled=spoiled: read_records(spoiled), f"a label of {label}")

    others, wanted, content = made(5)
    with temporary_sample((images, labels), (others, wanted)) as root:
        for train, (block, kinds) in [(True, (images, labels)), (False, (others, wanted))]:
            dataset = CIFAR10(root, train)
            expect_equal(len(dataset), len(kinds), f"images of CIFAR10(root, {train})")
            blocks, found = dataset.take(np.arange(len(kinds)))
            expect_close(blocks.data, block / 255, f"images of CIFAR10(root, {train})", rtol=1e-5)
            expect_equal(found.tolist(), kinds.tolist(), f"labels of CIFAR10(root, {train})")
        path, digits = f"{root}/cifar-10-batches-bin/test_batch.bin", hashlib.sha256(content).hexdigest()
        for given in (digits, digits.upper()):
            expect_equal(verify(path, given), digits, f"verify(path, {given[:6]}…)")
        for wrong in (digits[::-1], digits[:-1], "", hashlib.sha256(data).hexdigest()):
            refuse = lambda wrong=wrong: verify(path, wrong)  # noqa: E731
            expect_raises(ValueError, refuse, f"verify(path, {wrong[:6]}…)", says=(digits,))


@checkpoint.check(points=3)
def test_prefetch(rng):
    """prefetch keeps order, passes exceptions on, stays within its depth and leaves no thread behind"""
    from tinytorch.core.dataloader import DataLoader, Slow, Subset, TensorDataset, prefetch, thread_count
    from tinytorch.core.tensor import Tensor

    before = thread_count()
    for depth in (1, 2, 7):
        items = [int(i) for i in rng.integers(1000, size=60)]
        expect_equal(list(prefetch(items, depth)), items, f"60 numbers, {depth} ahead")
    oddities = [None, 0, False, "", []]
    expect_equal(list(prefetch(oddities, 2)), oddities, "items that are false")
    expect_equal(list(prefetch([], 3)), [], "nothing")

    numbers = TensorDataset(Tensor(np.arange(300)))
    depth, taken = int(rng.integers(2, 6)), int(rng.integers(3, 8))
    source = iter(DataLoader(numbers))
    ahead = prefetch(source, depth)
    got = [next(ahead)[0].item() for _ in range(taken)]
    expect_equal(got, [float(i) for i in range(taken)], f"the first {taken} items")
    expect_true(thread_count() > before, "threads while items are fetched", "one more", "no more")
    ahead.close()
    left = thread_count()
    hint = "end it in `finally`"
    expect_true(left <= before, "threads after the loop was left early", f"{before} or fewer", left, hint)
    following = next(source)[0].item()
    within = following <= taken + depth + 1
    expect_true(
        within, f"items fetched for {taken}, {depth} ahead", f"at most {taken + depth + 1}", following
    )
    expect_true(following >= taken, "the source's next item", f"at least {taken}", following)

    bad = int(rng.integers(3, 8))
    broken = Subset(numbers, [*range(bad), 999, 1])
    loaded, got = iter(DataLoader(broken, prefetch=2)), []
    for _ in range(bad):
        got.append(next(loaded)[0].item())
    expect_equal(got, [float(i) for i in range(bad)], "items before an exception")
    expect_raises(IndexError, lambda: next(loaded), "the loop at the exception", hint="raise it in the loop")
    left = thread_count()
    expect_true(left <= before, "threads after an exception", f"{before} or fewer", left)

    slow = Slow(numbers, 0.0)
    expect_equal(sum(len(batch[0]) for batch in DataLoader(slow, 50, prefetch=3)), 300, "samples in an epoch")
    names = sorted(slow.threads)
    expect_true("MainThread" not in names, "who read the samples", "another thread", names)
    left = thread_count()
    expect_true(left <= before, "threads after a whole epoch", f"{before} or fewer", left)


@checkpoint.check(points=2, needs=("epoch", "fetch"))
def test_pipeline(rng):
    """From records to batches: nothing lost, nothing in two parts, balanced, the same with prefetch"""
    from tinytorch.cifar import temporary_sample
    from tinytorch.core.dataloader import (
        CIFAR10,
        Compose,
        DataLoader,
        Normalize,
        RandomCrop,
        RandomHorizontalFlip,
        channel_statistics,
        random_split,
    )
    from tinytorch.core.setup import manual_seed

    # Sorted by class, as on many disks. Red tells the number of an image, green what it shows.
    labels = np.repeat(np.arange(10), 20).astype(np.uint8)
    images = np.zeros((200, 3, 32, 32), dtype=np.uint8)
    images[:, 0], images[:, 1] = np.arange(200)[:, None, None], 25 * labels[:, None, None]
    images[:, 2] = rng.integers(256, size=(200, 32, 32))
    seed = int(rng.integers(1 << 30))
    with temporary_sample((images, labels), (images[:3], labels[:3])) as root:
        train, held = random_split(CIFAR10(root), [0.8, 0.2])
        numbers = [
            {round(float(part[i][0].data[0, 0, 0]) * 255) for i in range(len(part))} for part in (train, held)
        ]
        expect_equal([len(part) for part in numbers], [160, 40], "different images in the two parts")
        expect_equal(len(numbers[0] & numbers[1]), 0, "images in both parts", hint="no leak")
        mean, std = channel_statistics(DataLoader(train, 50))
        chosen = images[sorted(numbers[0])].astype(np.float64) / 255
        expect_close(mean.data, chosen.mean(axis=(0, 2, 3)), "means of the training part", atol=1e-5)
        augment = Compose([RandomHorizontalFlip(), RandomCrop(32, 4), Normalize(mean, std)])
        data = CIFAR10(root, transform=augment)
        epochs = []
        for ahead in (0, 3):
            manual_seed(seed)
            epochs.append([(x.data, y.data) for x, y in DataLoader(data, 50, shuffle=True, prefetch=ahead)])
        plain, fetched = epochs
        expect_equal(len(fetched), 4, "batches of 200 images by 50, with prefetch")
        for (x, y), (other, kinds) in zip(plain, fetched, strict=True):
            expect_equal(kinds.tolist(), y.tolist(), "labels with prefetch beside those without")
            expect_close(other, x, "images with prefetch beside those without", **EXACT)
            classes = len(set(y.tolist()))
            # Fewer than 7 of 10 classes in 50 of 200: never in ten million orders.
            expect_true(classes >= 7, "classes in a batch", "most of ten", classes, hint="shuffle")
            # The middle of an image is there in every window: its green still tells the class.
            green = (x[:, 1, 16, 16] * std.data[1] + mean.data[1]) * 255
            expect_close(green / 25, y, "the class that an image shows beside its label", atol=1e-3)
    together = np.sort(np.concatenate([y for _, y in plain]))
    expect_close(together, labels, "the labels of an epoch, sorted", hint="every sample once", **EXACT)


if __name__ == "__main__":
    checkpoint.main()
