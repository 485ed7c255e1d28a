# Step by step: one loop or one condition for each thought, masks instead of index arrays, no comprehension.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% sequential-append
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
        """Keep `module` as the attribute "0", "1", …, its position; count it; return this Sequential."""
        position = self.length
        if isinstance(module, type):
            raise TypeError(
                f"{module.__name__} at {position} is a class: write {module.__name__}()"
            )
        if not callable(module):
            kind = type(module).__name__
            raise TypeError(f"at {position} stands a {kind}, and a {kind} can't be called")
        self.__setattr__(f"{position}", module)
        self.length = position + 1
        return self


# %% sequential-forward
#| export
@extend(Sequential)
class SequentialForward:
    """From the first part to the last."""

    def __len__(self):
        """How many parts."""
        return self.length

    def __iter__(self):
        """Yield the parts in order."""
        position = 0
        while position < self.length:
            yield getattr(self, str(position))
            position += 1

    def forward(self, x):
        """What the last part makes of what the one before made of … x."""
        y = x
        for i in range(self.length):
            layer = getattr(self, str(i))
            y = layer(y)
        return y


# %% sequential-getitem
#| export
@extend(Sequential)
class SequentialParts:
    """Single parts and shorter networks."""

    def __getitem__(self, index):
        """The part at an int, or a Sequential of the parts of a slice."""
        if isinstance(index, slice):
            shorter = Sequential()
            for i in range(*index.indices(self.length)):
                shorter.append(getattr(self, str(i)))
            return shorter
        if index < 0:
            index += self.length
        if index < 0 or index >= self.length:
            raise IndexError(f"there are {self.length} parts")
        return getattr(self, str(index))


# %% fill-xor
def fill_xor(network):
    """Write the weights one number at a time: unit 0 counts the ones, unit 1 notices when both are there."""
    for i in range(2):
        for j in range(2):
            network[0].weight.data[i, j] = 1
    network[0].bias.data[0] = 0
    network[0].bias.data[1] = -1
    network[2].weight.data[0, 0] = 1
    network[2].weight.data[0, 1] = -2
    network[2].bias.data[0] = 0
    return network


# %% through
def through(xs, ys):
    """A network that passes through n points, straight from each to the next, flat before the first."""
    units = len(xs) - 1
    first, last = Linear(1, units), Linear(units, 1)
    slope = 0.0
    for i in range(units):
        new_slope = (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i])
        first.weight.data[i, 0] = 1.0
        first.bias.data[i] = -xs[i]
        last.weight.data[0, i] = new_slope - slope
        slope = new_slope
    last.bias.data[0] = ys[0]
    return Sequential(first, ReLU(), last)


# %% mlp
#| export
class MLP(Sequential):
    """Linear layers with an activation, and dropout if wanted, between them."""

    def __init__(self, in_features, hidden_features, out_features, activation=ReLU, dropout=0.0):
        """For each width in `hidden_features`: Linear, activation(), Dropout if > 0; then a Linear."""
        super().__init__()
        before = in_features
        for after in hidden_features:
            linear = Linear(before, after)
            linear.weight = kaiming_normal_(linear.weight, mode="fan_in")
            for i in range(after):
                linear.bias.data[i] = 0
            self.append(linear)
            self.append(activation())
            if dropout:
                self.append(Dropout(p=dropout))
            before = after
        self.append(Linear(before, out_features))


# %% reduce-loss
#| export
def reduce_loss(losses, reduction):
    """The mean or the sum of all losses, of shape (), or with "none" the losses as they are."""
    words = ["mean", "sum", "none"]
    if reduction not in words:
        raise ValueError(f"{reduction} is none of {words}")
    if reduction == "none":
        return losses
    total = losses.sum()
    if reduction == "mean":
        total = total / losses.numel()
    return total


# %% mse-loss
#| export
def mse_loss(input, target, *, reduction="mean"):
    """(input - target)², reduced: by default to the mean over all numbers."""
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(f"{input.shape} and {target.shape} are different shapes")
    difference = input - target
    square = difference * difference
    return reduce_loss(square, reduction)


# %% nll-loss
#| export
from tinytorch.core.tensor import where


def _class_axis(input):
    """Where the classes lie: on axis 1, or 0 where there is no batch."""
    if input.ndim == 1:
        return 0
    return 1


def nll_loss(input, target, *, reduction="mean"):
    """Minus the log probability of each target, by a mask that holds one entry of each column."""
    axis = _class_axis(input)
    count = input.shape[axis]
    wanted = list(input.shape)
    del wanted[axis]
    if target.dtype == np.float32 or target.dtype == np.float64:
        raise TypeError("classes must be int64")
    if list(target.shape) != wanted:
        raise ValueError(f"for {input.shape} the target has {tuple(wanted)}, not {target.shape}")
    mask = np.zeros(input.shape, dtype=bool)
    for place in np.ndindex(*target.shape):
        number = int(target.data[place])
        if not 0 <= number < count:
            raise IndexError(f"class {number} is not below {count}")
        mask[(*place[:axis], number, *place[axis:])] = True
    picked = where(Tensor(mask, dtype=bool), input, 0.0)
    return reduce_loss(-picked.sum(axis), reduction)


# %% cross-entropy
#| export
def cross_entropy(input, target, *, reduction="mean", label_smoothing=0.0):
    """The surprise of scores at the truth, reduced: by default the mean over all targets."""
    axis = _class_axis(input)
    log_chances = log_softmax(input, dim=axis)
    if target.dtype.kind in "iu":
        losses = nll_loss(log_chances, target, reduction="none")
    else:
        if target.shape != input.shape:
            raise ValueError(
                f"{target.shape} is not {input.shape}; int64 makes classes of numbers"
            )
        losses = (log_chances * target).sum(axis) * -1
    if label_smoothing != 0:
        even = log_chances.sum(axis) / input.shape[axis]
        losses = losses - label_smoothing * losses
        losses = losses - label_smoothing * even
    return reduce_loss(losses, reduction)


# %% loss-modules
#| export
class MSELoss(Module):
    """`mse_loss` with its setting."""

    def __init__(self, *, reduction="mean"):
        """Remember the setting."""
        super().__init__()
        self.word = reduction

    def forward(self, input, target):
        """`mse_loss(input, target)` with the setting."""
        word = self.word
        return mse_loss(input, target, reduction=word)


# %% cross-entropy-module
#| export
class CrossEntropyLoss(Module):
    """`cross_entropy` with its settings."""

    def __init__(self, *, reduction="mean", label_smoothing=0.0):
        """Remember the settings."""
        super().__init__()
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def forward(self, input, target):
        """`cross_entropy(input, target)` with the settings."""
        word, part = self.reduction, self.label_smoothing
        return cross_entropy(input, target, reduction=word, label_smoothing=part)


# %% count-parameters
#| export
def count_parameters(module, trainable_only=False):
    """How many numbers all parameters below `module` hold, each parameter once."""
    count = 0
    for parameter in module.parameters():
        if trainable_only and not parameter.requires_grad:
            continue
        count += parameter.numel()
    return count


# %% flops-of
#| export
MOVES = {np.reshape, np.swapaxes, np.transpose, np.expand_dims, take}
MOVES |= {np.pad, np.stack, np.concatenate, sliding_window_view}  # of later modules


def flops_of(function, inputs, output):
    """The FLOPs of one operation at the door."""
    for move in MOVES:
        if function is move:
            return 0
    largest = output.numel()
    if function is np.matmul:
        inner = inputs[0].shape[-1]
        return largest * inner + largest * inner
    for value in inputs:
        if isinstance(value, Tensor) and value.numel() > largest:
            largest = value.numel()
    return largest


# %% count-flops
#| export
def count_flops(module, x):
    """The FLOPs of `module(x)`, the whole batch."""
    listener = FlopCounter()
    recorders.insert(0, listener)
    try:
        module(x)
    finally:
        for i in range(len(recorders)):
            if recorders[i] is listener:
                del recorders[i]
                break
    return listener.total
