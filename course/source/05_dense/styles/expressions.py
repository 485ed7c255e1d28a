# Functional: reduce, map and comprehensions, tables in place of branches, hardly a name on the way.
# ruff: noqa: F821, E731 - other cells of the notebook define the names, and the lambdas are the style.

# %% sequential-append
#| export
from functools import partial, reduce
from itertools import pairwise


def _refused(module):
    """The name of what can't be a part, or nothing for what can."""
    kind = module if isinstance(module, type) else type(module)
    return "" if kind is not module and callable(module) else kind.__name__


class Sequential(Module):
    """Modules, or whatever else can be called with a tensor, one after the other."""

    def __init__(self, *modules):
        """Append each, in order."""
        super().__init__()
        self.length = 0
        reduce(Sequential.append, modules, self)

    def append(self, module):
        """Keep `module` as the attribute "0", "1", …, its position; count it; return this Sequential."""
        if name := _refused(module):
            raise TypeError(f"{name} at position {self.length}: a layer or activation is wanted")
        setattr(self, f"{self.length}", module)
        self.length += 1
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
        return map(partial(getattr, self), map(str, range(len(self))))

    def forward(self, x):
        """What the last part makes of what the one before made of … x."""
        return reduce(lambda value, part: part(value), self, x)


# %% sequential-getitem
#| export
@extend(Sequential)
class SequentialParts:
    """Single parts and shorter networks."""

    def __getitem__(self, index):
        """The part at an int, or a Sequential of the parts of a slice."""
        chosen = tuple(self)[index]
        return Sequential(*chosen) if isinstance(chosen, tuple) else chosen


# %% fill-xor
def fill_xor(network):
    """|a - b|, as a state."""
    weights = {
        "0.weight": [[1, -1], [-1, 1]],
        "0.bias": [0, 0],
        "2.weight": [[1, 1]],
        "2.bias": [0],
    }
    network.load_state_dict({path: Tensor(numbers) for path, numbers in weights.items()})
    return network


# %% through
def through(xs, ys):
    """A network that passes through n points, straight from each to the next, flat before the first."""
    slopes = np.diff(ys) / np.diff(xs)
    network = Sequential(Linear(1, slopes.size), ReLU(), Linear(slopes.size, 1))
    changes = slopes - np.append(0, slopes[:-1])
    numbers = [np.ones((slopes.size, 1)), -np.asarray(xs)[:-1], changes[None], np.asarray(ys)[:1]]
    keys = ["0.weight", "0.bias", "2.weight", "2.bias"]
    network.load_state_dict(dict(zip(keys, numbers, strict=True)))
    return network


# %% mlp
#| export
def _bent(fan_in, fan_out, activation, dropout):
    """The parts that one hidden width makes."""
    layer = Linear(fan_in, fan_out)
    kaiming_normal_(layer.weight)
    layer.bias.data.fill(0)
    return [layer, activation(), *[Dropout(dropout)] * bool(dropout)]


class MLP(Sequential):
    """Linear layers with an activation, and dropout if wanted, between them."""

    def __init__(self, in_features, hidden_features, out_features, activation=ReLU, dropout=0.0):
        """For each width in `hidden_features`: Linear, activation(), Dropout if > 0; then a Linear."""
        ins = [in_features, *hidden_features]
        pairs = pairwise(ins)
        hidden = [part for pair in pairs for part in _bent(*pair, activation, dropout)]
        super().__init__(*hidden, Linear(ins[-1], out_features))


# %% reduce-loss
#| export
REDUCTIONS = {"mean": Tensor.mean, "sum": Tensor.sum, "none": lambda losses: losses}


def reduce_loss(losses, reduction):
    """The mean or the sum of all losses, of shape (), or with "none" the losses as they are."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction!r} is none of {', '.join(REDUCTIONS)}")
    return REDUCTIONS[reduction](losses)


# %% mse-loss
#| export
def mse_loss(input, target, *, reduction="mean"):
    """(input - target)², reduced: by default to the mean over all numbers."""
    if len({input.shape, target.shape}) > 1:
        raise ValueError(f"{input.shape} != {target.shape}")
    return reduce_loss((target - input) ** 2, reduction)


# %% nll-loss
#| export
def _refuse(error, wrong, message):
    """Raise an error if something is wrong."""
    if wrong:
        raise error(message)


def nll_loss(input, target, *, reduction="mean"):
    """Minus the log probability of each target, picked by open grids beside the classes."""
    axis = min(1, input.ndim - 1)
    count, shape = input.shape[axis], (*input.shape[:axis], *input.shape[axis + 1 :])
    classes = target.data
    _refuse(
        TypeError, classes.dtype.kind not in "iu", f"{classes.dtype} classes: int64 is wanted"
    )
    _refuse(ValueError, classes.shape != shape, f"{classes.shape} for input {input.shape}")
    outside = set(classes.reshape(-1).tolist()) - set(range(count))
    _refuse(IndexError, outside, f"{sorted(outside)} are no classes of {count}")
    grids = np.ogrid[tuple(slice(length) for length in shape)] if shape else ()
    return reduce_loss(-input[(*grids[:axis], classes, *grids[axis:])], reduction)


# %% cross-entropy
#| export
def cross_entropy(input, target, *, reduction="mean", label_smoothing=0.0):
    """The surprise of scores at the truth, reduced: by default the mean over all targets."""
    axis, soft = min(1, input.ndim - 1), target.dtype.kind == "f"
    shapes = f"probabilities {target.shape}, scores {input.shape}; or are they int64 classes?"
    _refuse(ValueError, soft and target.shape != input.shape, shapes)
    logs = log_softmax(input, axis)
    average = lambda: (logs * target).sum(axis) * -1
    hard = average() if soft else nll_loss(logs, target, reduction="none")
    spread = label_smoothing and -label_smoothing * logs.mean(axis)
    return reduce_loss((1 - label_smoothing) * hard + spread, reduction)


# %% loss-modules
#| export
class MSELoss(Module):
    """`mse_loss` with its setting."""

    def __init__(self, **settings):
        """Remember the setting."""
        super().__init__()
        self.settings = settings

    def forward(self, *tensors):
        """`mse_loss(input, target)` with the setting."""
        return mse_loss(*tensors, **self.settings)


# %% cross-entropy-module
#| export
class CrossEntropyLoss(Module):
    """`cross_entropy` with its settings."""

    def __init__(self, **settings):
        """Remember the settings."""
        super().__init__()
        self.settings = settings

    def forward(self, *tensors):
        """`cross_entropy(input, target)` with the settings."""
        return cross_entropy(*tensors, **self.settings)


# %% count-parameters
#| export
def count_parameters(module, trainable_only=False):
    """How many numbers all parameters below `module` hold, each parameter once."""
    return sum(p.data.size for p in module.parameters() if p.requires_grad >= trainable_only)


# %% flops-of
#| export
MOVES = {np.reshape, np.swapaxes, np.transpose, np.expand_dims, take}
MOVES |= {np.pad, np.stack, np.concatenate, sliding_window_view}  # of later modules


def flops_of(function, inputs, output):
    """The FLOPs of one operation at the door."""
    inner = 2 * np.shape(inputs[0])[-1] if function is np.matmul else None
    sizes = [np.size(getattr(value, "data", value)) for value in (output, *inputs)]
    return 0 if function in MOVES else inner * sizes[0] if inner else max(sizes)


# %% count-flops
#| export
from contextlib import ExitStack


def count_flops(module, x):
    """The FLOPs of `module(x)`, the whole batch."""
    counter = FlopCounter()
    with ExitStack() as stack:
        recorders.append(counter)
        stack.callback(recorders.remove, counter)
        module(x)
    return counter.total
