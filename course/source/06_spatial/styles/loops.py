# One step at a time: loops over the few numbers of a window, slices of the picture, a name for each result.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% conv-loops
def conv_loops(x, weight):
    """The formula above, one product after the other."""
    images, channels, height, width = x.shape
    outputs, _, kh, kw = weight.shape
    down = height - kh + 1
    across = width - kw + 1
    y = np.zeros((images, outputs, down, across))
    for u in range(kh):
        for v in range(kw):
            part = x[:, :, u : u + down, v : v + across]
            for o in range(outputs):
                for c in range(channels):
                    y[:, o] += weight[o, c, u, v] * part[:, c]
    return y


# %% output-size
#| export
def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """At how many places a window stands along one axis: an int; all arguments are ints."""
    padded = padding + size + padding
    last = (kernel_size - 1) * dilation
    count = 0
    start = 0
    while start + last < padded:
        count += 1
        start += stride
    if count == 0:
        raise ValueError(f"the window spans {last + 1}, the padded picture has {padded}")
    return count


# %% pad
#| export
def put_in_frame(array, p, q, value):
    """A larger array with the images in its middle."""
    n, c, height, width = array.shape
    framed = np.full((n, c, height + 2 * p, width + 2 * q), value, dtype=array.dtype)
    framed[:, :, p : p + height, q : q + width] = array
    return framed


def pad(x, padding, value=0.0):
    """A frame of `value` around every image: (N, C, H, W) → (N, C, H + 2p, W + 2q)."""
    p, q = pair(padding)
    return apply(put_in_frame, x, p=p, q=q, value=value)


# %% windows
#| export
def side_by_side(*arrays):
    """Arrays of one shape on a new axis 2."""
    return np.stack(arrays, axis=2)


def windows(x, kernel_size, stride=1, dilation=1):
    """All windows of a batch, window by window in columns: (N, C, H, W) → (N, C, kh·kw, oh, ow)."""
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride)
    dh, dw = pair(dilation)
    down = output_size(x.shape[2], kh, sh, dilation=dh)
    across = output_size(x.shape[3], kw, sw, dilation=dw)
    parts = []
    for u in range(kh):
        top = u * dh
        bottom = top + (down - 1) * sh + 1
        for v in range(kw):
            left = v * dw
            right = left + (across - 1) * sw + 1
            parts.append(x[:, :, top:bottom:sh, left:right:sw])
    return apply(side_by_side, *parts)


# %% conv2d
#| export
@one_or_many
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Every image with every kernel: (N, C, H, W) → (N, O, oh, ow)."""
    outputs = weight.shape[0]
    there = x.shape[1]
    needed = groups * weight.shape[1]
    if there != needed:
        raise ValueError(f"the picture has {there} channels and should have {needed}")
    framed = pad(x, padding)
    cut = windows(framed, weight.shape[2:], stride, dilation)
    down = cut.shape[3]
    across = cut.shape[4]
    columns = cut.flatten(3).flatten(1, 2)
    if groups == 1:
        rows = weight.reshape(outputs, columns.shape[1])
        y = rows @ columns
    else:
        y = grouped_product(weight, columns, groups)
    if bias is not None:
        y = y + bias.unsqueeze(1)
    return y.reshape(x.shape[0], outputs, down, across)


# %% conv-init
#| export
class Conv2d(Module):
    """Looks for `out_channels` patterns at every place of its images."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1,
                 groups=1, bias=True):  # fmt: skip
        """Keep the settings; draw `weight` (out, in / groups, kh, kw) and `bias` (out,) or None."""
        super().__init__()
        for count in (in_channels, out_channels):
            if count % groups != 0:
                raise ValueError(f"{count} channels can't be divided among {groups} groups")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair(kernel_size)
        self.stride = pair(stride)
        self.padding = pair(padding)
        self.dilation = pair(dilation)
        self.groups = groups
        kh, kw = self.kernel_size
        each = in_channels // groups
        bound = (each * kh * kw) ** -0.5
        self.weight = Parameter(np.zeros((out_channels, each, kh, kw)))
        for kernel in self.weight.data:
            kernel[...] = generator().uniform(-bound, bound, kernel.shape)
        self.bias = None
        if bias:
            self.bias = Parameter(np.zeros(out_channels))
            self.bias.data[...] = generator().uniform(-bound, bound, out_channels)


# %% conv-forward
#| export
@extend(Conv2d)
class Conv2dForward:
    """What a Conv2d computes and says."""

    def forward(self, x):
        """`conv2d` of x with this layer's parameters and settings."""
        return conv2d(
            x,
            self.weight,
            bias=self.bias,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )

    def extra_repr(self):
        """The settings, as PyTorch shows them: what is not as usual."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        if self.padding != (0, 0):
            text += f", padding={self.padding}"
        if self.dilation != (1, 1):
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text


# %% max-pool
#| export
@one_or_many
def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number of each window: (N, C, H, W) → (N, C, oh, ow)."""
    check_padding(kernel_size, padding, dilation)
    if stride is None:
        stride = kernel_size
    framed = pad(x, padding, -np.inf)
    cut = windows(framed, kernel_size, stride, dilation)
    largest = cut[:, :, 0]
    for k in range(1, cut.shape[2]):
        largest = apply(np.maximum, largest, cut[:, :, k])
    return largest


# %% avg-pool
#| export
@one_or_many
def avg_pool2d(x, kernel_size, stride=None, padding=0, *, count_include_pad=True):
    """The mean of each window: (N, C, H, W) → (N, C, oh, ow); stride None is the kernel's size."""
    check_padding(kernel_size, padding)
    if stride is None:
        stride = kernel_size
    cut = windows(pad(x, padding), kernel_size, stride)
    total = cut[:, :, 0]
    for k in range(1, cut.shape[2]):
        total = total + cut[:, :, k]
    if count_include_pad:
        return total / cut.shape[2]
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    counts = np.zeros(total.shape[2:], dtype=x.dtype)
    for i in range(counts.shape[0]):
        rows = range(max(0, i * sh - ph), min(x.shape[2], i * sh - ph + kh))
        for j in range(counts.shape[1]):
            columns = range(max(0, j * sw - pw), min(x.shape[3], j * sw - pw + kw))
            counts[i, j] = len(rows) * len(columns)
    return total / Tensor(counts, dtype=x.dtype)


# %% norm-init
#| export
class BatchNorm2d(Module):
    """Each channel at mean 0 and variance 1 over the batch, then scaled and moved."""

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True
    ):
        """Keep all five settings, and make what is owned, in this order, with num_features numbers."""
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight = None
        self.bias = None
        if affine:
            self.weight = Parameter([1.0] * num_features)
            self.bias = Parameter([0.0] * num_features)
        self.running_mean = None
        self.running_var = None
        self.num_batches_tracked = None
        if track_running_stats:
            self.running_mean = Buffer([0.0] * num_features)
            self.running_var = Buffer([1.0] * num_features)
            self.num_batches_tracked = Buffer(0, dtype=np.int64)


# %% norm-update
#| export
@extend(BatchNorm2d)
class RunningStatistics:
    """What is remembered of the batches."""

    def update(self, mean, var, count):
        """Count one batch more, and move the running statistics towards its own, in place."""
        batches = self.num_batches_tracked.item() + 1
        self.num_batches_tracked.data[...] = batches
        share = self.momentum
        if share is None:
            share = 1 / batches
        for c in range(self.num_features):
            new_mean = mean.data[0, c, 0, 0]
            new_var = var.data[0, c, 0, 0] * count / (count - 1)
            self.running_mean.data[c] += share * (new_mean - self.running_mean.data[c])
            self.running_var.data[c] += share * (new_var - self.running_var.data[c])


# %% norm-forward
#| export
@extend(BatchNorm2d)
class NormForward:
    """What BatchNorm2d computes."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) for each channel, then `· weight + bias` where they are."""
        measured = self.running_mean is None
        if self.training:
            measured = True
        self.refuse(x, measured)
        if measured:
            count = x.shape[0] * x.shape[2] * x.shape[3]
            mean = x.sum((0, 2, 3), True) / count
            away = x - mean
            var = (away * away).sum((0, 2, 3), True) / count
            if self.training and self.track_running_stats:
                self.update(mean, var, count)
        else:
            mean = self.running_mean.reshape(1, self.num_features, 1, 1)
            var = self.running_var.reshape(1, self.num_features, 1, 1)
            away = x - mean
        y = away / (var + self.eps).sqrt()
        if self.weight is not None:
            y = y * self.weight.reshape(1, self.num_features, 1, 1)
        if self.bias is not None:
            y = y + self.bias.reshape(1, self.num_features, 1, 1)
        return y


# %% groups
#| export
def end_to_end(*arrays):
    """Arrays joined along axis 1."""
    return np.concatenate(arrays, axis=1)


def grouped_product(weight, columns, groups):
    """What `weight @ columns` is without groups, for each group of channels by itself."""
    outputs = weight.shape[0]
    if outputs % groups != 0:
        raise ValueError(f"no equal shares: {outputs} outputs, {groups} groups")
    mine = outputs // groups
    theirs = columns.shape[1] // groups
    answers = []
    for g in range(groups):
        rows = weight[g * mine : (g + 1) * mine].reshape(mine, theirs)
        answers.append(rows @ columns[:, g * theirs : (g + 1) * theirs])
    return apply(end_to_end, *answers)
