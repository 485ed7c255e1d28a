# Objects of one's own: the parts also in a list, one base class for both losses, a listener that is a context.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% sequential-append
#| export
class Sequential(Module):
    """Modules, or whatever else can be called with a tensor, one after the other."""

    def __init__(self, *modules):
        """Append each, in order."""
        super().__init__()
        self.parts, self.length = [], 0
        for module in modules:
            self.append(module)

    def append(self, module):
        """Keep `module` in the list, and as the attribute "0", "1", … for the tree; return this Sequential."""
        what = {True: module, False: type(module)}[isinstance(module, type)]
        if what is module or not callable(module):
            raise TypeError(f"{what.__name__} can't be part {len(self.parts)} of a Sequential")
        self.parts.append(module)
        setattr(self, str(self.length), module)
        self.length = len(self.parts)
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
        """The parts in order."""
        return iter(self.parts)

    def forward(self, x):
        """What the last part makes of what the one before made of … x."""
        for part in self.parts:
            x = part(x)
        return x


# %% sequential-getitem
#| export
@extend(Sequential)
class SequentialParts:
    """Single parts and shorter networks."""

    def __getitem__(self, index):
        """The part at an int, or a Sequential of the parts of a slice."""
        picked = self.parts[index]
        if not isinstance(picked, list):
            return picked
        network = Sequential()
        for part in picked:
            network.append(part)
        return network


# %% fill-xor
def fill_xor(network):
    """One unit for "a and not b", one for "b and not a", at twice their size, and half of each."""
    hidden, _, output = network.parts
    hidden.weight.data[...] = 2 * np.array([[1, -1], [-1, 1]])
    output.weight.data[...] = 0.5
    for layer in (hidden, output):
        layer.bias.data.fill(0)
    return network


# %% through
def through(xs, ys):
    """A network that passes through n points: its last layer solves for the numbers at the points."""
    xs, ys = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    network = Sequential(Linear(1, len(xs) - 1), ReLU(), Linear(len(xs) - 1, 1))
    bent = np.maximum(xs[1:, None] - xs[:-1], 0)
    hidden, output = network[0], network[-1]
    hidden.weight.data[:, 0], hidden.bias.data[:] = 1, -xs[:-1]
    output.weight.data[0] = np.linalg.solve(bent, ys[1:] - ys[0])
    output.bias.data[0] = ys[0]
    return network


# %% mlp
#| export
class MLP(Sequential):
    """Linear layers with an activation, and dropout if wanted, between them."""

    def __init__(self, in_features, hidden_features, out_features, activation=ReLU, dropout=0.0):
        """For each width in `hidden_features`: Linear, activation(), Dropout if > 0; then a Linear."""
        super().__init__()
        widths = list(hidden_features)
        for i, width in enumerate(widths):
            self.append(Linear(widths[i - 1] if i else in_features, width))
            self.start(self.parts[-1])
            self.append(activation())
            if dropout > 0.0:
                self.append(Dropout(dropout))
        self.append(Linear(widths[-1] if widths else in_features, out_features))

    @staticmethod
    def start(layer):
        """Kaiming's weights and no bias."""
        kaiming_normal_(layer.weight, nonlinearity="relu")
        np.multiply(layer.bias.data, 0, out=layer.bias.data)


# %% reduce-loss
#| export
def reduce_loss(losses, reduction):
    """The mean or the sum of all losses, of shape (), or with "none" the losses as they are."""
    match reduction:
        case "mean" | "sum":
            return getattr(losses, reduction)()
        case "none":
            return losses
    raise ValueError(f"mean, sum or none, not {reduction}")


# %% mse-loss
#| export
def mse_loss(input, target, *, reduction="mean"):
    """(input - target)², reduced: by default to the mean over all numbers."""
    for here, there in [(input.shape, target.shape)]:
        if here != there:
            raise ValueError(f"mse_loss compares equal shapes, and {here} and {there} differ")
    away = (input - target).abs()
    return reduce_loss(away * away, reduction)


# %% nll-loss
#| export
class Classes:
    """Class numbers beside an input with one axis of classes."""

    def __init__(self, input, target):
        """Find the axis, and refuse what doesn't fit."""
        self.axis = int(input.ndim > 1)
        self.count, self.numbers = input.shape[self.axis], target.data
        shape = tuple(np.delete(input.shape, self.axis).tolist())
        if np.issubdtype(self.numbers.dtype, np.floating):
            raise TypeError("target: int64 was expected")
        if self.numbers.shape != shape:
            raise ValueError(
                f"target of shape {self.numbers.shape} for input of shape {input.shape}"
            )
        wrong = self.numbers[~np.isin(self.numbers, np.arange(self.count))]
        if wrong.size:
            raise IndexError(f"{wrong.flat[0]} of {self.count} classes")

    def places(self, shape):
        """Where the picked numbers stand in the flattened input."""
        where_in = np.arange(np.prod(shape)).reshape(shape)
        at = np.expand_dims(self.numbers, self.axis)
        return np.take_along_axis(where_in, at, self.axis).squeeze(self.axis)


def nll_loss(input, target, *, reduction="mean"):
    """Minus the log probability of each target, picked from the flattened input."""
    places = Classes(input, target).places(input.shape)
    return reduce_loss(0 - input.flatten()[places], reduction)


# %% cross-entropy
#| export
def cross_entropy(input, target, *, reduction="mean", label_smoothing=0.0):
    """The surprise of scores at the truth, reduced: by default the mean over all targets."""
    axis = int(input.ndim > 1)
    surprise = -log_softmax(input, axis)
    if np.issubdtype(target.dtype, np.floating):
        if input.shape != target.shape:
            raise ValueError(f"scores {input.shape}, probabilities {target.shape}, classes int64")
        losses = (surprise * target).sum(dim=axis)
    else:
        losses = nll_loss(-surprise, target, reduction="none")
    if label_smoothing > 0:
        losses = losses + label_smoothing * (surprise.mean(dim=axis) - losses)
    return reduce_loss(losses, reduction)


# %% loss-modules
#| export
class Loss(Module):
    """A loss function with its settings."""

    def __init__(self, **settings):
        """Remember the settings, each under its name."""
        Module.__init__(self)
        vars(self).update(settings)
        self.names = list(settings)

    def forward(self, input, target):
        """The function of this class, with the settings."""
        settings = {name: getattr(self, name) for name in self.names}
        return type(self).function(input, target, **settings)


class MSELoss(Loss):
    """`mse_loss` with its setting."""

    function = staticmethod(mse_loss)


# %% cross-entropy-module
#| export
class CrossEntropyLoss(Loss):
    """`cross_entropy` with its settings."""

    function = staticmethod(cross_entropy)


# %% count-parameters
#| export
def count_parameters(module, trainable_only=False):
    """How many numbers all parameters below `module` hold, each parameter once."""
    sizes = {True: 0, False: 0}
    for parameter in module.parameters():
        sizes[bool(parameter.requires_grad)] += parameter.numel()
    return sizes[True] if trainable_only else sizes[True] + sizes[False]


# %% flops-of
#| export
MOVES = {np.reshape, np.swapaxes, np.transpose, np.expand_dims, take}
MOVES |= {np.pad, np.stack, np.concatenate, sliding_window_view}  # of later modules


def flops_of(function, inputs, output):
    """The FLOPs of one operation at the door."""
    if function == np.matmul:
        left, *_ = inputs
        return left.shape[-1] * output.data.size * 2
    if function in MOVES:
        return 0
    arrays = [tensor.data for tensor in [output, *inputs] if isinstance(tensor, Tensor)]
    return max(array.size for array in arrays)


# %% count-flops
#| export
class Listening(FlopCounter):
    """A counter that comes and goes by itself."""

    def __enter__(self):
        recorders.append(self)
        return self

    def __exit__(self, *error):
        recorders.remove(self)


def count_flops(module, x):
    """The FLOPs of `module(x)`, the whole batch."""
    with Listening() as counter:
        module(x)
    return counter.total
