# Its own layout: settings live in small types, channels come last, one large product of rows serves all images.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% conv-loops
def conv_loops(x, weight):
    """The formula above, one product after the other."""
    kh, kw = weight.shape[-2:]
    down, across = x.shape[-2] - kh + 1, x.shape[-1] - kw + 1
    rows = []
    for i in range(down):
        for j in range(across):
            window = np.asarray(x, dtype=np.float64)[:, :, i : i + kh, j : j + kw]
            rows.append([[(picture * kernel).sum() for kernel in weight] for picture in window])
    return np.array(rows).transpose(1, 2, 0).reshape(len(x), len(weight), down, across)


# %% output-size
#| export
from typing import NamedTuple


class Axis(NamedTuple):
    """How a window moves along one axis."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def span(self):
        return self.kernel + (self.kernel - 1) * (self.dilation - 1)

    @property
    def starts(self):
        """Where windows begin in the padded axis."""
        return range(0, self.size + 2 * self.padding - self.span + 1, self.stride)


def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """At how many places a window stands along one axis: an int; all arguments are ints."""
    axis = Axis(size, kernel_size, stride, padding, dilation)
    if not axis.starts:
        raise ValueError(f"no room for {axis.span} in {size + 2 * padding}")
    return len(axis.starts)


# %% pad
#| export
def pad(x, padding, value=0.0):
    """A frame of `value` around every image: (N, C, H, W) → (N, C, H + 2p, W + 2q)."""
    amounts = np.zeros((4, 2), dtype=int)
    amounts[2:] = np.reshape(pair(padding), (2, 1))
    return apply(np.pad, x, pad_width=amounts, mode="constant", constant_values=value)


# %% windows
#| export
def strided(array, shape, steps):
    """A view whose last four axes are places and numbers of windows, `steps` pixels apart."""
    down, across = array.strides[2:]
    moves = tuple(step * unit for step, unit in zip(steps, (down, across) * 2, strict=True))
    view = np.lib.stride_tricks.as_strided
    return view(array, array.shape[:2] + shape, array.strides[:2] + moves, writeable=False)


def windows(x, kernel_size, stride=1, dilation=1):
    """All windows of a batch, window by window in columns: (N, C, H, W) → (N, C, kh·kw, oh, ow)."""
    kernel, stride, dilation = pair(kernel_size), pair(stride), pair(dilation)
    sizes = tuple(
        output_size(size, k, s, 0, d)
        for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    )
    view = apply(strided, x, shape=kernel + sizes, steps=dilation + stride)
    return view.reshape(*x.shape[:2], math.prod(kernel), *sizes)


# %% conv2d
#| export
@one_or_many
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Every image with every kernel: (N, C, H, W) → (N, O, oh, ow)."""
    given, wanted = x.shape[1], weight.shape[1] * groups
    if given != wanted:
        raise ValueError(f"channels: {given} given, {wanted} wanted")
    cut = windows(pad(x, padding), weight.shape[2:], stride, dilation)
    n, channels, numbers, *sizes = cut.shape
    if groups == 1:
        rows = cut.permute(0, 3, 4, 1, 2).reshape(n * math.prod(sizes), channels * numbers)
        y = rows @ weight.reshape(len(weight), channels * numbers).T
        if bias is not None:
            y = y + bias
        return y.reshape(n, *sizes, len(weight)).permute(0, 3, 1, 2)
    columns = cut.reshape(n, channels * numbers, math.prod(sizes))
    y = grouped_product(weight, columns, groups)
    if bias is not None:
        y = y + bias.reshape(len(weight), 1)
    return y.reshape(n, len(weight), *sizes)


# %% conv-init
#| export
class Conv2d(Module):
    """Looks for `out_channels` patterns at every place of its images."""

    PAIRS = ("kernel_size", "stride", "padding", "dilation")

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1,
                 groups=1, bias=True):  # fmt: skip
        """Keep the settings; draw `weight` (out, in / groups, kh, kw) and `bias` (out,) or None."""
        super().__init__()
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        for name, value in zip(self.PAIRS, (kernel_size, stride, padding, dilation), strict=True):
            setattr(self, name, pair(value))
        if in_channels // groups * groups != in_channels:
            raise ValueError(f"in_channels {in_channels} and groups {groups}")
        if out_channels // groups * groups != out_channels:
            raise ValueError(f"out_channels {out_channels} and groups {groups}")
        self.weight = self.draw(out_channels, in_channels // groups, *self.kernel_size)
        self.bias = self.draw(out_channels) if bias else None

    def draw(self, *shape):
        """A Parameter of even numbers; how far they reach depends on what an output adds up."""
        fan = self.in_channels // self.groups * math.prod(self.kernel_size)
        return Parameter((generator().random(shape) - 0.5) * 2 / math.sqrt(fan))


# %% conv-forward
#| export
@extend(Conv2d)
class Conv2dForward:
    """What a Conv2d computes and says."""

    def forward(self, x):
        """`conv2d` of x with this layer's parameters and settings."""
        moves = [getattr(self, name) for name in self.PAIRS[1:]]
        return conv2d(x, self.weight, self.bias, *moves, self.groups)

    def extra_repr(self):
        """The settings, as PyTorch shows them: what is not as usual."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text = f"{text}, stride={self.stride}"
        text += f", padding={self.padding}" if any(self.padding) else ""
        text += f", dilation={self.dilation}" if self.dilation != (1, 1) else ""
        text += f", groups={self.groups}" if self.groups > 1 else ""
        return text + (", bias=False" if self.bias is None else "")


# %% max-pool
#| export
class Pool(NamedTuple):
    """The settings that both pools have in common."""

    kernel_size: object
    stride: object
    padding: object
    dilation: object = 1

    def cut(self, x, value):
        """The windows of a framed picture."""
        check_padding(self.kernel_size, self.padding, self.dilation)
        stride = self.kernel_size if self.stride is None else self.stride
        return windows(pad(x, self.padding, value), self.kernel_size, stride, self.dilation)


@one_or_many
def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number of each window: (N, C, H, W) → (N, C, oh, ow)."""
    values, _ = Pool(kernel_size, stride, padding, dilation).cut(x, -math.inf).max(dim=2)
    return values


# %% avg-pool
#| export
@one_or_many
def avg_pool2d(x, kernel_size, stride=None, padding=0, *, count_include_pad=True):
    """The mean of each window: (N, C, H, W) → (N, C, oh, ow); stride None is the kernel's size."""
    pool = Pool(kernel_size, stride, padding)
    total = pool.cut(x, 0).sum(dim=2)
    if count_include_pad:
        return total * (1 / math.prod(pair(kernel_size)))
    there = pool.cut(Tensor(np.ones(x.shape), dtype=x.dtype), 0).sum(dim=2)
    return total / there


# %% norm-init
#| export
class BatchNorm2d(Module):
    """Each channel at mean 0 and variance 1 over the batch, then scaled and moved."""

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True
    ):
        """Keep all five settings, and make what is owned, in this order, with num_features numbers."""
        super().__init__()
        self.affine, self.track_running_stats = affine, track_running_stats
        self.eps, self.momentum, self.num_features = eps, momentum, num_features

        def owned(kind, wanted, value):
            return kind(np.full(num_features, value)) if wanted else None

        self.weight, self.bias = (owned(Parameter, affine, value) for value in (1.0, 0.0))
        self.running_mean = owned(Buffer, track_running_stats, 0.0)
        self.running_var = owned(Buffer, track_running_stats, 1.0)
        self.num_batches_tracked = None
        if track_running_stats:
            self.num_batches_tracked = Buffer(np.int64(0), dtype="int64")


# %% norm-update
#| export
@extend(BatchNorm2d)
class RunningStatistics:
    """What is remembered of the batches."""

    @property
    def share(self):
        """How much of a new batch is remembered."""
        return 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum

    def update(self, mean, var, count):
        """Count one batch more, and move the running statistics towards its own, in place."""
        self.num_batches_tracked.data += 1
        correction = count / (count - 1)
        for buffer, new, factor in (
            (self.running_mean, mean, 1),
            (self.running_var, var, correction),
        ):
            buffer.data *= 1 - self.share
            buffer.data += self.share * factor * new.data.reshape(self.num_features)


# %% norm-forward
#| export
@extend(BatchNorm2d)
class NormForward:
    """What BatchNorm2d computes, one row of numbers for each channel."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) for each channel, then `· weight + bias` where they are."""
        measured = self.training or not self.track_running_stats
        self.refuse(x, measured)
        swapped = x.transpose(0, 1)
        rows = swapped.flatten(1)
        if measured:
            mean, var = rows.mean(1, keepdim=True), rows.var(1, 0, keepdim=True)
            if self.training and self.track_running_stats:
                shape = (1, self.num_features, 1, 1)
                self.update(mean.reshape(shape), var.reshape(shape), rows.shape[1])
        else:
            mean, var = self.running_mean.unsqueeze(1), self.running_var.unsqueeze(1)
        rows = (rows - mean) / (var + self.eps).sqrt()
        if self.affine:
            rows = rows * self.weight.unsqueeze(1) + self.bias.unsqueeze(1)
        return rows.reshape(swapped.shape).transpose(0, 1)


# %% groups
#| export
def grouped_product(weight, columns, groups):
    """What `weight @ columns` is without groups, for each group of channels by itself."""
    outputs, (n, count, places) = len(weight), columns.shape
    if outputs % groups > 0:
        raise ValueError(f"{outputs} outputs, {groups} groups")
    rows = weight.reshape(1, groups, outputs // groups, count // groups)
    cut = columns.reshape(n, groups, count // groups, places)
    return (rows @ cut).flatten(1, 2)
