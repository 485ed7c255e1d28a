"""Can I process spatial data?"""

import itertools
import math
from functools import partial

import numpy as np

from tito.checks import (
    Checkpoint,
    expect_close,
    expect_equal,
    expect_raises,
    expect_recorded,
    expect_true,
    expect_unrecorded,
)

checkpoint = Checkpoint(__file__)

# Oracles are loops over single windows in float64, closed forms, and identities. Of 1.7 million sums of at
# most 24 float32 products of normal numbers, inputs rounded too, none was off by more than 5e-6; any order of
# a sum has to fit in.
SUM = {"rtol": 1e-5, "atol": 2e-5}
# Where all inputs are float64, so is the answer, and small mistakes show.
EXACT = {"rtol": 1e-9, "atol": 1e-10}


def framed(x, padding, value=0.0):
    """Each image in a frame of p rows and q columns on both sides, pixel by pixel."""
    n, c, height, width = x.shape
    p, q = padding
    out = np.full((n, c, height + 2 * p, width + 2 * q), value, dtype=np.float64)
    for i, j in itertools.product(range(height), range(width)):
        out[:, :, i + p, j + q] = x[:, :, i, j]
    return out


def places(x, kernel, stride, dilation):
    """The windows of framed images: (i, j) and a list of their numbers (N, C) in reading order."""
    (kh, kw), (sh, sw), (dh, dw) = kernel, stride, dilation
    rows = [i for i in range(0, x.shape[2], sh) if i + dh * (kh - 1) < x.shape[2]]
    columns = [j for j in range(0, x.shape[3], sw) if j + dw * (kw - 1) < x.shape[3]]
    for (a, i), (b, j) in itertools.product(enumerate(rows), enumerate(columns)):
        numbers = [x[:, :, i + u * dh, j + v * dw] for u in range(kh) for v in range(kw)]
        yield (a, b), (len(rows), len(columns)), numbers


def conv_by_loops(x, weight, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Every window times every kernel, one channel after the other."""
    y = None
    outputs, inputs = len(weight), weight.shape[1]
    for (a, b), size, numbers in places(framed(x, padding), weight.shape[2:], stride, dilation):
        y = np.zeros((len(x), outputs, *size)) if y is None else y
        for o, c in itertools.product(range(outputs), range(inputs)):
            channel = o // (outputs // groups) * inputs + c
            for number, factor in zip(numbers, weight[o, c].reshape(-1), strict=True):
                y[:, o, a, b] += number[:, channel] * float(factor)
    return y


def pool_by_loops(x, kernel, stride, padding, dilation=(1, 1), kind="max"):
    """The largest of each window, or the mean of all of it ("mean") or of what is no frame ("inside")."""
    y = None
    for (a, b), size, numbers in places(framed(x, padding, np.nan), kernel, stride, dilation):
        y = np.zeros((*x.shape[:2], *size)) if y is None else y
        if kind == "max":
            y[:, :, a, b] = np.nanmax(numbers, axis=0)
        else:
            total = np.nansum(numbers, axis=0)
            inside = len(numbers) if kind == "mean" else sum(~np.isnan(number[0, 0]) for number in numbers)
            y[:, :, a, b] = total / inside
    return y


def exact(array):
    """A float64 Tensor."""
    from tinytorch.core.tensor import Tensor

    return Tensor(array, dtype=np.float64)


def channels_by_loops(x):
    """Mean and variance (divided by n) of each channel of (N, C, H, W)."""
    means, variances = [], []
    for c in range(x.shape[1]):
        numbers = [float(value) for value in x[:, c].reshape(-1)]
        mean = sum(numbers) / len(numbers)
        means.append(mean)
        variances.append(sum((value - mean) ** 2 for value in numbers) / len(numbers))
    return np.array(means), np.array(variances)


@checkpoint.check(points=5)
def test_windows(rng):
    """Windows stand wherever they fit: output_size counts them, windows cuts them out"""
    from tinytorch.core.spatial import output_size, windows

    for _ in range(60):
        size, kernel, stride, padding, dilation = (
            int(n) for n in rng.integers((1, 1, 1, 0, 1), (14, 5, 5, 4, 4))
        )
        last = size + 2 * padding - 1
        starts = [i for i in range(0, last + 1, stride) if i + dilation * (kernel - 1) <= last]
        what = f"output_size({size}, {kernel}, {stride}, {padding}, {dilation})"
        call = lambda s=(size, kernel, stride, padding, dilation): output_size(*s)  # noqa: E731
        if starts:
            expect_equal(call(), len(starts), what)
        else:
            span = str(dilation * (kernel - 1) + 1)
            expect_raises(ValueError, call, what, says=(span, str(last + 1)))
    expect_equal(output_size(12, 5), 8, "output_size(12, 5): stride 1, no padding, no gaps")

    for shape, kernel, stride, dilation in [
        ((2, 3, 5, 6), (2, 3), (1, 1), (1, 1)),
        ((1, 2, 7, 9), (3, 2), (2, 3), (1, 2)),
        ((2, 1, 8, 5), (2, 2), (3, 1), (3, 2)),
        ((1, 1, 3, 4), (3, 4), (1, 1), (1, 1)),
    ]:
        x = rng.normal(size=shape)
        got = windows(exact(x), kernel, stride, dilation)
        what = f"windows of {shape}, {kernel}, stride {stride}, dilation {dilation}"
        for (a, b), size, numbers in places(x, kernel, stride, dilation):
            expect_equal(got.shape, (*shape[:2], len(numbers), *size), f"shape of {what}")
            want = np.stack(numbers, axis=2)
            expect_close(got.data[..., a, b], want, f"{what}, window ({a}, {b})", **EXACT)
    x = exact(rng.normal(size=(1, 2, 6, 6)))
    same = windows(x, (2, 2), (3, 3), (2, 2)).data
    expect_close(windows(x, 2, 3, 2).data, same, "windows(x, 2, 3, 2), ints for pairs", **EXACT)
    hint = "a window that spans 7 on 6 pixels"
    expect_raises(
        ValueError, lambda: windows(x, (1, 4), 1, 2), "a window too wide", says=("7", "6"), hint=hint
    )
    expect_raises(ValueError, lambda: windows(x, (7, 1)), "a window too high", says=("7", "6"))


@checkpoint.check(points=4)
def test_convolution(rng):
    """conv2d looks for every kernel at every place, over all channels, in batches and single images"""
    from tinytorch.core.spatial import conv2d
    from tinytorch.core.tensor import Tensor

    for shape, kernels in [
        ((2, 3, 5, 6), (4, 3, 2, 3)),
        ((1, 1, 4, 7), (2, 1, 3, 2)),
        ((3, 2, 3, 3), (1, 2, 1, 1)),
        ((2, 2, 4, 3), (3, 2, 4, 3)),
    ]:
        x, weight, bias = rng.normal(size=shape), rng.normal(size=kernels), rng.normal(size=kernels[0])
        want, what = conv_by_loops(x, weight), f"conv2d of {shape} with {kernels}"
        expect_close(conv2d(exact(x), exact(weight)).data, want, what, hint="no flipping", **EXACT)
        moved = want + bias.reshape(-1, 1, 1)
        got = conv2d(Tensor(x), Tensor(weight), Tensor(bias)).data
        expect_close(got, moved, f"{what} and a bias for each output channel", **SUM)
        alone = conv2d(exact(x[0]), exact(weight), exact(bias)).data
        expect_close(alone, moved[0], f"{what}: the first image alone, (C, H, W)", **EXACT)
    image, weight = exact(rng.normal(size=(1, 2, 5, 5))), exact(rng.normal(size=(2, 3, 2, 2)))
    expect_raises(ValueError, lambda: conv2d(image, weight), "3 channels asked for, 2 there", says=("2", "3"))
    flat = exact(rng.normal(size=(5, 5)))
    expect_raises(ValueError, lambda: conv2d(flat, weight), "an image of shape (5, 5)", says=("(5, 5)",))


@checkpoint.check(points=4)
def test_steps(rng):
    """stride skips places, dilation opens gaps, each of its own for height and width"""
    from tinytorch.core.spatial import conv2d

    x, weight = rng.normal(size=(2, 2, 9, 8)), rng.normal(size=(3, 2, 3, 2))
    for stride, dilation in [
        (2, 1),
        ((1, 3), 1),
        ((4, 2), 1),
        (1, 2),
        (1, (3, 1)),
        (1, (2, 5)),
        ((2, 3), (1, 2)),
    ]:
        want = conv_by_loops(
            x,
            weight,
            stride if isinstance(stride, tuple) else (stride, stride),
            dilation=dilation if isinstance(dilation, tuple) else (dilation, dilation),
        )
        got = conv2d(exact(x), exact(weight), stride=stride, dilation=dilation).data
        expect_close(got, want, f"conv2d with stride={stride}, dilation={dilation}", **EXACT)
    want = conv_by_loops(x, weight, (2, 1), dilation=(1, 2))
    got = conv2d(exact(x), exact(weight), None, (2, 1), 0, (1, 2)).data
    expect_close(got, want, "conv2d(x, weight, None, (2, 1), 0, (1, 2))", **EXACT)
    too_far = lambda: conv2d(exact(x), exact(weight), dilation=5)  # noqa: E731
    expect_raises(ValueError, too_far, "a kernel of 3 with dilation 5 on 9 pixels", says=("11", "9"))


@checkpoint.check(points=3)
def test_padding(rng):
    """padding frames the images on both sides, with zeros for a convolution"""
    from tinytorch.core.spatial import conv2d, pad
    from tinytorch.core.tensor import Tensor

    x, weight = rng.normal(size=(2, 2, 4, 5)), rng.normal(size=(3, 2, 3, 3))
    for padding in [1, 2, (1, 0), (0, 2), (3, 1)]:
        both = padding if isinstance(padding, tuple) else (padding, padding)
        want = framed(x, both)
        expect_close(pad(exact(x), padding).data, want, f"pad(x, {padding})", **EXACT)
        value = float(rng.normal())
        want = framed(x, both, value)
        expect_close(pad(exact(x), padding, value).data, want, f"pad(x, {padding}, {value:.3f})", **EXACT)
        want = conv_by_loops(x, weight, padding=both)
        got = conv2d(exact(x), exact(weight), padding=padding).data
        expect_close(got, want, f"conv2d with padding={padding}", **EXACT)
    want = conv_by_loops(x, weight, (1, 1), (2, 1))
    got = conv2d(exact(x), exact(weight), None, 1, (2, 1)).data
    expect_close(got, want, "conv2d(x, weight, None, 1, (2, 1))", **EXACT)
    lowest = pad(Tensor(x), 1, -np.inf).data
    expect_true(bool((lowest[:, :, 0] == -np.inf).all()), "the first row of pad(x, 1, -inf)", "-inf", lowest)
    expect_equal(str(lowest.dtype), "float32", "dtype of a padded float32 image")


@checkpoint.check(points=4)
def test_layer(rng):
    """Conv2d owns its kernels, begins as in PyTorch and computes with all of its settings"""
    from tinytorch.core.layers import Parameter
    from tinytorch.core.setup import manual_seed
    from tinytorch.core.spatial import Conv2d, conv2d

    layer = Conv2d(6, 60, (3, 5), groups=3)
    state = {name: value.shape for name, value in layer.state_dict().items()}
    expect_equal(
        state, {"weight": (60, 2, 3, 5), "bias": (60,)}, "the state of Conv2d(6, 60, (3, 5), groups=3)"
    )
    bound = 1 / math.sqrt(2 * 3 * 5)
    for name in ("weight", "bias"):
        numbers = getattr(layer, name)
        expect_true(isinstance(numbers, Parameter), f"type of {name}", "Parameter", type(numbers).__name__)
        # The largest of 60 even numbers is below 0.8 of the bound once in 650,000 layers; the spread of 60 is
        # off by 5.8 %, of 1,800 by 1.1 %: six times that is allowed.
        peak, spread = float(np.abs(numbers.data).max()), float(numbers.data.std())
        expect_true(0.8 * bound < peak < 1.0001 * bound, f"largest of {name}", f"almost {bound:.4f}", peak)
        loose = 0.35 if name == "bias" else 0.07
        expect_close(spread, bound / 3**0.5, f"spread of {name}", rtol=loose, hint="evenly")
    seed = int(rng.integers(1 << 30))
    manual_seed(seed)
    first, second = Conv2d(2, 3, 2).weight.data, Conv2d(2, 3, 2).weight.data
    expect_true(bool((first != second).any()), "the weights of two layers", "different numbers", "the same")
    manual_seed(seed)
    expect_close(Conv2d(2, 3, 2).weight.data, first, "weights after the same manual_seed", **EXACT)

    bare = Conv2d(2, 4, 3, 2, 1, 2, 2, bias=False)
    settings = (bare.in_channels, bare.out_channels, bare.kernel_size, bare.stride, bare.padding)
    settings += (bare.dilation, bare.groups, bare.bias)
    want = (2, 4, (3, 3), (2, 2), (1, 1), (2, 2), 2, None)
    expect_equal(settings, want, "settings of Conv2d(2, 4, 3, 2, 1, 2, 2, bias=False)")
    # Beside the student's own conv2d, so that a mistake there costs its points there.
    for pairs in [{}, {"stride": (2, 1)}, {"padding": (0, 2)}, {"dilation": (3, 1)}, {"groups": 2}]:
        x, layer = exact(rng.normal(size=(2, 2, 8, 7))), Conv2d(2, 4, (3, 2), **pairs)
        want = conv2d(x, layer.weight, layer.bias, **pairs).data
        expect_close(layer(x).data, want, f"Conv2d(2, 4, (3, 2), **{pairs})(x), beside conv2d", **EXACT)
    x, layer = rng.normal(size=(2, 2, 4, 5)), Conv2d(2, 3, (3, 2))
    want = conv_by_loops(x, layer.weight.data) + layer.bias.data.reshape(-1, 1, 1)
    expect_close(layer(exact(x)).data, want, "Conv2d(2, 3, (3, 2))(x)", **EXACT)
    for channels in ((4, 3), (3, 4)):
        wrong = lambda c=channels: Conv2d(*c, 1, groups=2)  # noqa: E731
        expect_raises(ValueError, wrong, f"{channels} channels in 2 groups", says=("2",))


POOLS = [
    ((2, 3, 6, 5), 2, None, 0),
    ((1, 2, 7, 8), (3, 2), None, (1, 0)),
    ((2, 2, 7, 6), (2, 3), (1, 2), (0, 1)),
    ((2, 1, 9, 9), 3, 2, 1),
    ((1, 1, 6, 7), (4, 1), (3, 1), (2, 0)),
]


def both(value):
    """A pair of an int or a pair."""
    return value if isinstance(value, tuple) else (value, value)


@checkpoint.check(points=4)
def test_max_pool(rng):
    """max_pool2d keeps the largest of each window, and padding never wins"""
    from tinytorch.core.spatial import MaxPool2d, max_pool2d
    from tinytorch.core.tensor import Tensor

    for shape, kernel, stride, padding in POOLS:
        x = rng.normal(size=shape) - 4
        step = both(kernel if stride is None else stride)
        want = pool_by_loops(x, both(kernel), step, both(padding))
        what = f"max_pool2d of {shape}, {kernel}, stride={stride}, padding={padding}"
        expect_close(max_pool2d(exact(x), kernel, stride, padding).data, want, what, **EXACT)
        expect_close(
            MaxPool2d(kernel, stride, padding)(exact(x)).data, want, f"MaxPool2d, as {what}", **EXACT
        )
        alone = max_pool2d(exact(x[0]), kernel, stride, padding).data
        expect_close(alone, want[0], f"{what}: one image (C, H, W)", **EXACT)
    x = rng.normal(size=(2, 2, 9, 8)) - 4
    for kernel, stride, padding, dilation in [
        (2, 1, 0, (3, 2)),
        ((3, 2), 2, (2, 0), (2, 1)),
        (2, None, 1, 2),
    ]:
        step = both(kernel if stride is None else stride)
        want = pool_by_loops(x, both(kernel), step, both(padding), both(dilation))
        got = max_pool2d(Tensor(x, dtype=np.float64), kernel, stride, padding, dilation).data
        what = f"max_pool2d with {kernel}, stride={stride}, padding={padding}, dilation={dilation}"
        expect_close(got, want, what, **EXACT)
    for kernel, padding, dilation in [(3, 2, 1), ((2, 4), (2, 0), 1), (2, 3, 3)]:
        what = f"padding {padding} for window {kernel}, dilation {dilation}"
        call = lambda s=(kernel, 1, padding, dilation): max_pool2d(exact(x), *s)  # noqa: E731
        expect_raises(ValueError, call, what, hint="check_padding")
    expect_raises(
        ValueError, lambda: max_pool2d(exact(x), (1, 9)), "a window of 9 on 8 pixels", says=("9", "8")
    )


@checkpoint.check(points=3)
def test_avg_pool(rng):
    """avg_pool2d divides by the whole window, or by what of it is inside"""
    from tinytorch.core.spatial import AvgPool2d, avg_pool2d

    for shape, kernel, stride, padding in POOLS:
        x = rng.normal(size=shape) + 4
        step = both(kernel if stride is None else stride)
        for include, kind in ((True, "mean"), (False, "inside")):
            want = pool_by_loops(x, both(kernel), step, both(padding), kind=kind)
            what = f"avg_pool2d of {shape}, {kernel}, {stride}, {padding}, count_include_pad={include}"
            got = avg_pool2d(exact(x), kernel, stride, padding, count_include_pad=include).data
            expect_close(got, want, what, **EXACT)
            layer = AvgPool2d(kernel, stride, padding, count_include_pad=include)
            expect_close(layer(exact(x[0])).data, want[0], f"AvgPool2d of one image, as {what}", **EXACT)
        got = avg_pool2d(exact(x), kernel, stride, padding).data
        want = pool_by_loops(x, both(kernel), step, both(padding), kind="mean")
        expect_close(got, want, f"avg_pool2d of {shape}, {kernel}, {stride}, {padding}: zeros count", **EXACT)
    for kernel, padding in [(3, 2), ((2, 4), (2, 0))]:
        call = lambda s=(kernel, 1, padding): avg_pool2d(exact(np.ones((1, 1, 9, 9))), *s)  # noqa: E731
        expect_raises(ValueError, call, f"padding {padding} for window {kernel}", hint="check_padding")


@checkpoint.check(points=4)
def test_normalisation(rng):
    """BatchNorm2d brings each channel of a batch to mean 0 and variance 1, then to weight and bias"""
    from tinytorch.core.spatial import BatchNorm2d

    for shape in [(3, 2, 4, 5), (4, 3, 1, 3), (1, 2, 3, 3), (2, 4, 1, 1)]:
        eps = float(rng.uniform(0.01, 0.5))
        x = rng.normal(size=shape) * 2 + 3
        mean, variance = channels_by_loops(x)
        want = (x - mean.reshape(-1, 1, 1)) / np.sqrt(variance + eps).reshape(-1, 1, 1)
        norm, what = BatchNorm2d(shape[1], eps), f"BatchNorm2d({shape[1]}, eps={eps:.2f}) of {shape}"
        expect_close(norm(exact(x)).data, want, what, **EXACT)
        scale, shift = rng.normal(size=(2, shape[1])).astype(np.float32)
        norm.weight.data[...], norm.bias.data[...] = scale, shift
        moved = want * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)
        expect_close(norm(exact(x)).data, moved, f"{what}, weight and bias set", **EXACT)
        bare = BatchNorm2d(shape[1], eps, affine=False, track_running_stats=False)
        expect_close(bare(exact(x)).data, want, f"{what}, affine=False, nothing tracked", **EXACT)
        expect_close(bare.eval()(exact(x)).data, want, f"{what}, nothing tracked, after eval()", **EXACT)
        expect_equal(list(bare.state_dict()), [], "the state with affine=False and nothing tracked")
    norm = BatchNorm2d(2)
    for shape in [(2, 3, 4, 4), (2, 4, 4), (1, 2, 1, 1)]:
        wrong = lambda s=shape: norm(exact(np.ones(s)))  # noqa: E731
        expect_raises(ValueError, wrong, f"BatchNorm2d(2) of shape {shape} in training", says=(str(shape),))
    expect_equal(norm.num_batches_tracked.tolist(), 0, "batches counted after refusals only")


@checkpoint.check(points=3)
def test_running(rng):
    """BatchNorm2d remembers its batches in place and works with that memory in eval"""
    from tinytorch.core.layers import Buffer
    from tinytorch.core.spatial import BatchNorm2d
    from tinytorch.core.tensor import recorders

    names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    for momentum in (0.1, float(rng.uniform(0.2, 0.8)), None):
        norm, other = BatchNorm2d(3, momentum=momentum), BatchNorm2d(3, affine=False)
        expect_equal(list(norm.state_dict()), names, "names in the state")
        expect_equal(list(other.state_dict()), names[2:], "names in the state with affine=False")
        held = {name: (value, value.data) for name, value in norm.named_buffers()}
        mean, variance = np.zeros(3), np.ones(3)
        for count in (1, 2, 3):
            x = rng.normal(size=(2, 3, 2, 3)) * 3 + 5
            norm(exact(x))
            new, biased = channels_by_loops(x)
            share = 1 / count if momentum is None else momentum
            mean = (1 - share) * mean + share * new
            variance = (1 - share) * variance + share * biased * 12 / 11
            what = f"after batch {count} with momentum {momentum}"
            expect_close(norm.running_mean.data, mean, f"running_mean {what}")
            hint = "its variance is divided by n - 1"
            expect_close(norm.running_var.data, variance, f"running_var {what}", hint=hint)
        for name, (buffer, memory) in held.items():
            now = getattr(norm, name)
            same = now is buffer and np.shares_memory(now.data, memory) and isinstance(now, Buffer)
            expect_true(same, f"{name} after three batches", "the same object and memory", "new ones")
        kept = (norm.num_batches_tracked.tolist(), str(norm.num_batches_tracked.dtype))
        expect_equal(kept, (3, "int64"), "num_batches_tracked and its dtype")
        expect_close(other.running_mean.data, np.zeros(3), "running_mean of another instance", **EXACT)

        x = rng.normal(size=(1, 3, 1, 1)) * 3
        want = (x - mean.reshape(-1, 1, 1)) / np.sqrt(variance + 1e-5).reshape(-1, 1, 1)
        got = norm.eval()(exact(x)).data
        expect_close(got, want, f"one pixel in eval, momentum {momentum}", rtol=1e-5, atol=1e-5)
        expect_close(norm.running_mean.data, mean, "running_mean after eval", hint="eval learns nothing")
        expect_equal(norm.num_batches_tracked.tolist(), 3, "num_batches_tracked after eval")
        ones = exact(np.ones((1, 3, 1, 1)))
        expect_unrecorded(recorders, partial(norm.update, ones, ones, 2), "update")


@checkpoint.check(points=2)
def test_groups(rng):
    """groups are convolutions side by side, each with its own channels"""
    from tinytorch.core.spatial import conv2d, grouped_product

    for inputs, outputs, groups in [(4, 6, 2), (3, 3, 3), (2, 6, 2), (6, 3, 3)]:
        x = rng.normal(size=(2, inputs, 5, 6))
        weight = rng.normal(size=(outputs, inputs // groups, 3, 2))
        want = conv_by_loops(x, weight, groups=groups)
        got = conv2d(exact(x), exact(weight), groups=groups).data
        expect_close(got, want, f"{inputs} channels to {outputs} in {groups} groups", **EXACT)
    x = exact(np.ones((1, 4, 3, 3)))
    for shape, groups, says in [((5, 2, 2, 2), 2, ("5 outputs, 2 groups",)), ((6, 2, 2, 2), 3, ("4", "6"))]:
        call = lambda s=shape, g=groups: conv2d(x, exact(np.ones(s)), groups=g)  # noqa: E731
        expect_raises(ValueError, call, f"4 channels, weight {shape}, {groups} groups", says=says)
    rows, columns = rng.normal(size=(6, 2, 1, 1)), rng.normal(size=(3, 4, 7))
    halves = [rows[:3, :, 0, 0] @ columns[:, :2], rows[3:, :, 0, 0] @ columns[:, 2:]]
    got = grouped_product(exact(rows), exact(columns), 2)
    expect_close(got.data, np.concatenate(halves, axis=1), "grouped_product of 6 outputs, 2 groups", **EXACT)


@checkpoint.check(points=2)
def test_door(rng):
    """Every operation is computed at the door, out of its input and each parameter"""
    from tinytorch.core.spatial import AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d, pad, windows
    from tinytorch.core.tensor import Tensor, recorders

    for name, layer in {
        "pad(x, 1)": lambda x: pad(x, 1),
        "windows(x, 2)": lambda x: windows(x, 2),
        "Conv2d(4, 6, 3)": Conv2d(4, 6, 3),
        "Conv2d(4, 6, 3, padding=1, groups=2)": Conv2d(4, 6, 3, padding=1, groups=2),
        "Conv2d(4, 2, 2, stride=2, bias=False)": Conv2d(4, 2, 2, stride=2, bias=False),
        "MaxPool2d(3, 2, 1)": MaxPool2d(3, 2, 1),
        "AvgPool2d(2)": AvgPool2d(2),
        "AvgPool2d(3, 2, 1, count_include_pad=False)": AvgPool2d(3, 2, 1, count_include_pad=False),
        "BatchNorm2d(4)": BatchNorm2d(4),
        "BatchNorm2d(4).eval()": BatchNorm2d(4).eval(),
    }.items():
        for dtype in ("float32", "float64"):
            x = Tensor(rng.normal(size=(2, 4, 5, 6)), dtype=dtype)
            owned = layer.named_parameters() if hasattr(layer, "named_parameters") else ()
            expect_recorded(recorders, partial(layer, x), f"{name}(x) for {dtype}", {"x": x, **dict(owned)})


@checkpoint.check(points=2)
def test_network(rng):
    """Convolutions, norms, pools and module 04's layers make a network that a shift doesn't confuse"""
    from tinytorch.core.activations import relu
    from tinytorch.core.layers import Linear, Module
    from tinytorch.core.spatial import BatchNorm2d, Conv2d, MaxPool2d

    class Network(Module):
        def __init__(self):
            super().__init__()
            self.first, self.norm = Conv2d(1, 4, 3), BatchNorm2d(4)
            self.second, self.pool = Conv2d(4, 6, 3, bias=False), MaxPool2d(2)
            self.head = Linear(6, 2)

        def features(self, x):
            return self.second(relu(self.norm(self.first(x))))

        def forward(self, x):
            x = self.features(x)
            return self.head(x.amax(dim=(2, 3)))

    net, dark = Network(), np.zeros((2, 1, 16, 16))
    dark[:, :, 4:8, 4:9] = rng.normal(size=(2, 1, 4, 5))
    net(exact(dark))
    net.eval()
    before, answer = net.features(exact(dark)).data, net(exact(dark)).data
    down, right = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    moved = np.roll(dark, (down, right), axis=(2, 3))
    after = net.features(exact(moved)).data
    want, got = before[:, :, : 12 - down, : 12 - right], after[:, :, down:, right:]
    expect_close(got, want, f"features of a picture moved by ({down}, {right})", rtol=1e-7, atol=1e-8)
    # The patch stays four pixels away from every side, so that nothing of what it causes gets lost.
    expect_close(net(exact(moved)).data, answer, "the answer to the moved picture", rtol=1e-6, atol=1e-7)
    half = net.pool(exact(before)).data
    expect_close(half.max(axis=(2, 3)), before.max(axis=(2, 3)), "the largest after a pool of 2", **EXACT)
    other = Network()
    other.load_state_dict(net.state_dict())
    expect_close(other.eval()(exact(dark)).data, answer, "another network with the same state", **EXACT)


if __name__ == "__main__":
    checkpoint.main()
