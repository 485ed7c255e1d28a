# Index notation and index arrays: places are tables of indices, sums are `einsum`, everything in few expressions.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% conv-loops
def conv_loops(x, weight):
    """The formula above, one product after the other."""
    y = np.zeros(
        (len(x), len(weight), *(a - b + 1 for a, b in zip(x.shape[2:], weight.shape[2:])))
    )
    for n, o, i, j in np.ndindex(y.shape):
        y[n, o, i, j] = sum(
            x[n, c, i + u, j + v] * weight[o, c, u, v] for c, u, v in np.ndindex(weight.shape[1:])
        )
    return y


# %% output-size
#| export
def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """At how many places a window stands along one axis: an int; all arguments are ints."""
    room = size + 2 * padding
    span = 1 + dilation * (kernel_size - 1)
    if (rest := room - span) < 0:
        raise ValueError(f"{span} > {room}: the window is larger than the padded picture")
    return 1 + rest // stride


# %% pad
#| export
def pad(x, padding, value=0.0):
    """A frame of `value` around every image: (N, C, H, W) → (N, C, H + 2p, W + 2q)."""
    frame = [(0, 0), (0, 0), *((amount,) * 2 for amount in pair(padding))]
    return apply(functools.partial(np.pad, pad_width=frame, constant_values=value), x)


# %% windows
#| export
def places(size, kernel, stride, dilation):
    """Which index each number of a window has at each place: (kernel, places)."""
    starts = stride * np.arange(output_size(size, kernel, stride, dilation=dilation))
    return dilation * np.arange(kernel)[:, None] + starts


def windows(x, kernel_size, stride=1, dilation=1):
    """All windows of a batch, window by window in columns: (N, C, H, W) → (N, C, kh·kw, oh, ow)."""
    rows, columns = map(places, x.shape[2:], pair(kernel_size), pair(stride), pair(dilation))
    picked = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return picked.flatten(2, 3) if picked.numel() else picked.reshape(*picked.shape[:2], -1)


# %% conv2d
#| export
def einsum(subscripts, *tensors):
    """NumPy's `einsum` through the door."""
    return apply(lambda *arrays: np.einsum(subscripts, *arrays, optimize=True), *tensors)


@one_or_many
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Every image with every kernel: (N, C, H, W) → (N, O, oh, ow)."""
    if x.shape[1] != (asked := groups * weight.shape[1]):
        raise ValueError(f"{x.shape[1]} channels in the images, {asked} in the kernels")
    cut = windows(pad(x, padding), weight.shape[2:], stride, dilation)
    if groups > 1:
        columns = cut.reshape(len(cut), -1, math.prod(cut.shape[3:]))
        y = grouped_product(weight, columns, groups).reshape(len(cut), -1, *cut.shape[3:])
    else:
        y = einsum("ock,nckij->noij", weight.flatten(2), cut)
    return y if bias is None else y + bias[:, None, None]


# %% conv-init
#| export
class Conv2d(Module):
    """Looks for `out_channels` patterns at every place of its images."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1,
                 groups=1, bias=True):  # fmt: skip
        """Keep the settings; draw `weight` (out, in / groups, kh, kw) and `bias` (out,) or None."""
        super().__init__()
        if math.gcd(in_channels, out_channels) % groups:
            raise ValueError(f"groups={groups} has to divide {in_channels} and {out_channels}")
        vars(self).update(in_channels=in_channels, out_channels=out_channels, groups=groups)
        places = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        for name, value in {**places, "dilation": dilation}.items():
            setattr(self, name, pair(value))
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        draw = functools.partial(
            generator().uniform, *(np.array([-1, 1]) / math.prod(shape[1:]) ** 0.5)
        )
        self.weight = Parameter(draw(shape))
        self.bias = Parameter(draw(shape[0])) if bias else None


# %% conv-forward
#| export
@extend(Conv2d)
class Conv2dForward:
    """What a Conv2d computes and says."""

    def forward(self, x):
        """`conv2d` of x with this layer's parameters and settings."""
        names = ("stride", "padding", "dilation", "groups")
        return conv2d(x, self.weight, self.bias, **{name: getattr(self, name) for name in names})

    def extra_repr(self):
        """The settings, as PyTorch shows them: what is not as usual."""
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"]
        parts.append(f"stride={self.stride}")
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        parts += [
            f"{n}={getattr(self, n)}" for n, value in usual.items() if getattr(self, n) != value
        ]
        return ", ".join(parts + ["bias=False"] * (self.bias is None))


# %% max-pool
#| export
@one_or_many
def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number of each window: (N, C, H, W) → (N, C, oh, ow)."""
    check_padding(kernel_size, padding, dilation)
    cut = windows(pad(x, padding, float("-inf")), kernel_size, stride or kernel_size, dilation)
    return apply(np.max, cut.permute(2, 0, 1, 3, 4), axis=0)


# %% avg-pool
#| export
@one_or_many
def avg_pool2d(x, kernel_size, stride=None, padding=0, *, count_include_pad=True):
    """The mean of each window: (N, C, H, W) → (N, C, oh, ow); stride None is the kernel's size."""
    check_padding(kernel_size, padding)
    cut = functools.partial(windows, kernel_size=kernel_size, stride=stride or kernel_size)
    share = 1.0
    if not count_include_pad:
        whole = Tensor(np.ones((1, 1, *x.shape[-2:])), dtype=x.dtype)
        share = cut(pad(whole, padding)).mean(2)
    return cut(pad(x, padding)).mean(2) / share


# %% norm-init
#| export
class BatchNorm2d(Module):
    """Each channel at mean 0 and variance 1 over the batch, then scaled and moved."""

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True
    ):
        """Keep all five settings, and make what is owned, in this order, with num_features numbers."""
        super().__init__()
        settings = {"num_features": num_features, "eps": eps, "momentum": momentum}
        vars(self).update(settings, affine=affine, track_running_stats=track_running_stats)
        zero, one = np.zeros(num_features), np.ones(num_features)
        self.weight, self.bias = (Parameter(one), Parameter(zero)) if affine else (None, None)
        names = ("running_mean", "running_var", "num_batches_tracked")
        made = (Buffer(zero), Buffer(one), Buffer(0, dtype=np.int64))
        vars(self).update(zip(names, made if track_running_stats else [None] * 3, strict=True))


# %% norm-update
#| export
@extend(BatchNorm2d)
class RunningStatistics:
    """What is remembered of the batches."""

    def update(self, mean, var, count):
        """Count one batch more, and move the running statistics towards its own, in place."""
        np.add(self.num_batches_tracked.data, 1, out=self.num_batches_tracked.data)
        share = 1 / self.num_batches_tracked.data if self.momentum is None else self.momentum
        news = {"running_mean": mean.data, "running_var": var.data / (1 - 1 / count)}
        for name, new in news.items():
            old = getattr(self, name).data
            old[:] = np.average([old, new.ravel()], axis=0, weights=[1 - share, share])


# %% norm-forward
#| export
@extend(BatchNorm2d)
class NormForward:
    """What BatchNorm2d computes."""

    def statistics(self, x):
        """Mean and variance to normalise with, ready to broadcast."""
        if not (self.training or self.running_mean is None):
            return self.running_mean[None, :, None, None], self.running_var[None, :, None, None]
        mean = x.mean((0, 2, 3), True)
        var = ((x - mean) ** 2).mean((0, 2, 3), True)
        if self.training and self.running_mean is not None:
            self.update(mean, var, x.numel() / x.shape[1])
        return mean, var

    def forward(self, x):
        """(x - mean) / √(variance + eps) for each channel, then `· weight + bias` where they are."""
        self.refuse(x, self.training or self.running_mean is None)
        mean, var = self.statistics(x)
        factor = (var + self.eps) ** -0.5
        if not self.affine:
            return (x - mean) * factor
        factor = factor * self.weight[:, None, None]
        return (x - mean) * factor + self.bias[:, None, None]


# %% groups
#| export
def grouped_product(weight, columns, groups):
    """What `weight @ columns` is without groups, for each group of channels by itself."""
    each, rest = divmod(len(weight), groups)
    if rest:
        raise ValueError(f"{len(weight)} outputs, {groups} groups: a rest of {rest}")
    n, _, length = columns.shape
    rows, grouped = weight.reshape(groups, each, -1), columns.reshape(n, groups, -1, length)
    return einsum("gok,ngkl->ngol", rows, grouped).flatten(1, 2)
