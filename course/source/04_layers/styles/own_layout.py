# Its own layout: parts are registered when they are assigned, settings live in small types, drawing in one place.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% parameter
#| export
from collections import OrderedDict
from typing import NamedTuple


class Parameter(Tensor):
    """A tensor that belongs to a module and that training will change."""

    HEADING = "Parameter containing:"

    def __init__(self, data, requires_grad=True):
        """Copy `data`, and ask for a gradient unless told not to."""
        super().__init__(data, dtype=self.dtype_for(data), requires_grad=requires_grad)

    @staticmethod
    def dtype_for(data):
        """The dtype of a tensor; the default for everything else."""
        match data:
            case Tensor(dtype=dtype):
                return dtype
        return np.dtype(np.float32)

    def __repr__(self):
        """As PyTorch shows it: what it is, then the numbers."""
        return "\n".join([self.HEADING, Tensor.__repr__(self)])


# %% linear-init
#| export
@extend(Module)
class Registry:
    """Tensors and everything callable live in `_parts`, in the order in which they came."""

    def __setattr__(self, name, value):
        parts = vars(self).setdefault("_parts", {})
        if isinstance(value, Tensor) or (callable(value) and not hasattr(type(self), name)):
            vars(self).pop(name, None)
            parts[name] = value
        else:
            parts.pop(name, None)
            object.__setattr__(self, name, value)

    def __getattr__(self, name):
        try:
            return vars(self)["_parts"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}") from None

    def __delattr__(self, name):
        if vars(self).get("_parts", {}).pop(name, None) is None:
            object.__delattr__(self, name)

    def parts_of(self, kind):
        """Pairs (name, part) of the registered parts of type `kind`."""
        return [(name, part) for name, part in self._parts.items() if isinstance(part, kind)]


class Linear(Module):
    """x @ weight.T + bias."""

    def __init__(self, in_features, out_features, bias=True):
        """Draw the parameters evenly from ±1/√in_features, with the library's generator."""
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        # One draw for both: the last column is the bias.
        width = in_features + bool(bias)
        numbers = generator().uniform(-1, 1, (out_features, width)) / np.sqrt(in_features)
        self.weight = Parameter(numbers[:, :in_features])
        self.bias = Parameter(numbers[:, in_features]) if bias else None


# %% linear-forward
#| export
@extend(Linear)
class LinearForward:
    """What a Linear layer computes and says."""

    def forward(self, x):
        """`x @ weight.T`, plus `bias` where there is one."""
        product = x @ self.weight.permute(1, 0)
        if self.has_bias:
            return self.bias + product
        return product

    @property
    def has_bias(self):
        """Whether a bias is added."""
        return isinstance(self.bias, Tensor)

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        fan = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{fan}, bias={self.has_bias}"


# %% named-modules
#| export
@extend(Module)
class Tree:
    """All the way down."""

    def named_children(self):
        """Pairs (name, module) of the parts that are modules."""
        return iter(self.parts_of(Module))

    def named_modules(self, memo=None, prefix=""):
        """Pairs (path, module): this one, then all of each child, in order; each module once."""
        found = {}
        self._collect(found, memo if memo is not None else set(), prefix)
        return iter(found.items())

    def _collect(self, found, memo, path):
        """Put this module and all below it into the dictionary `found`, under their paths."""
        if self not in memo:
            memo.add(self)
            found[path] = self
            for name, child in self.parts_of(Module):
                child._collect(found, memo, self._join(path, name))

    @staticmethod
    def _join(path, name):
        """The path of what is called `name` at `path`."""
        return f"{path}.{name}" if path else name


# %% named-tensors
#| export
@extend(Module)
class TreeTensors:
    """What the tree holds."""

    def named_tensors(self, kind):
        """Pairs (path, tensor) of the attributes of type `kind` in the whole tree, each once."""
        first = {}
        for path, module in self.named_modules():
            for name, tensor in module.parts_of(kind):
                first.setdefault(tensor, self._join(path, name))
        return ((path, tensor) for tensor, path in first.items())


# %% module-repr
#| export
from textwrap import indent


@extend(Module)
class Text:
    """How a module reads."""

    def __repr__(self):
        """The class's name and, in brackets, the callable attributes a line each, or `extra_repr()`."""
        parts = {name: part for name, part in self._parts.items() if callable(part)}
        inside = self.extra_repr()
        if parts:
            body = "\n".join(f"({name}): {part}" for name, part in parts.items())
            inside = "\n" + indent(body, "  ", bool) + "\n"
        return type(self).__name__ + f"({inside})"


# %% modes
#| export
@extend(Module)
class Modes:
    """Learning or working."""

    def train(self, mode=True):
        """Set `training` to `mode` in this module and all below it; return this module."""
        tree = list(self.modules())
        while tree:
            tree.pop().training = mode
        return self

    def eval(self):
        """Set `training` to False in this module and all below it; return this module."""
        return type(self).train(self, mode=False)


# %% module-apply
#| export
@extend(Module)
class Visits:
    """A function for everybody."""

    def apply(self, function):
        """Call `function(module)` for everything below each child, then for this module; return it."""
        for _, child in self.parts_of(Module):
            Module.apply(child, function)
        function(self)
        return self


# %% state-dict
#| export
@extend(Module)
class State:
    """What there is to save."""

    SAVED = (Parameter, Buffer)

    def state_dict(self):
        """A dictionary from path to Tensor: a copy of each Parameter and Buffer of the whole tree."""
        state = OrderedDict()
        for path, tensor in self.named_tensors(self.SAVED):
            state[path] = Tensor(tensor.data, tensor.dtype)
        return state


# %% load-state-dict
#| export
class Misfit(RuntimeError):
    """A state and a tree that don't belong together."""

    def __init__(self, troubles):
        super().__init__("\n".join(f"- {trouble}" for trouble in troubles))


class Fit:
    """A tensor of the tree, and what a state offers for it; either may be absent."""

    def __init__(self, path, tensor, offer):
        self.path, self.tensor = path, tensor
        self.offer = None if offer is None else np.asarray(offer)

    def trouble(self):
        """What doesn't fit, in words, or None."""
        if self.offer is None:
            return f"missing {self.path}"
        if self.tensor is None:
            return f"unexpected {self.path}"
        if self.offer.shape != self.tensor.shape:
            return f"{self.path}: {self.offer.shape} doesn't fit into {self.tensor.shape}"
        return None


@extend(Module)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Write the numbers of a state into this tree's Parameters and Buffers, in place."""
        own = dict(self.named_tensors(self.SAVED))
        paths = [*own, *(path for path in state_dict if path not in own)]
        fits = [Fit(path, own.get(path), state_dict.get(path)) for path in paths]
        troubles = [fit.trouble() for fit in fits]
        if any(troubles):
            raise Misfit(filter(None, troubles))
        for fit in fits:
            fit.tensor.data[...] = fit.offer


# %% fans
#| export
class Fans(NamedTuple):
    """How many products go into an output, and how many an input feeds."""

    fan_in: int
    fan_out: int


def fan_in_and_fan_out(tensor):
    """How many inputs each output sums up, and how many outputs each input feeds: a pair of ints."""
    if tensor.ndim in (0, 1):
        raise ValueError(f"no fans in {tensor.shape}")
    kernel = math.prod(tensor.shape[2:])
    return Fans(fan_in=kernel * tensor.shape[1], fan_out=kernel * tensor.shape[0])


# %% kaiming
#| export
class Spread:
    """A standard deviation, and the two ways to draw numbers that have it."""

    def __init__(self, std):
        self.std = std

    def normal(self, tensor):
        """Fill with normal numbers."""
        np.multiply(
            generator().standard_normal(tensor.shape), self.std, out=tensor.data, casting="unsafe"
        )
        return tensor

    def even(self, tensor):
        """Fill with even numbers."""
        uniform_(tensor, -1, 1)
        tensor.data *= self.std * math.sqrt(3)
        return tensor


def kaiming_std(tensor, a, mode, nonlinearity):
    """The gain of `nonlinearity` with slope `a`, over the root of the fan that `mode` names."""
    fans = fan_in_and_fan_out(tensor)
    match mode:
        case "fan_in" | "fan_out":
            return calculate_gain(nonlinearity, a) / math.sqrt(getattr(fans, mode))
        case _:
            raise ValueError(f"mode={mode!r}, but it has to be one of {Fans._fields}")


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill with normal numbers that have the std above, in place, and return the tensor."""
    return Spread(kaiming_std(tensor, a, mode, nonlinearity)).normal(tensor)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill with even numbers that have the std above, in place, and return the tensor."""
    return Spread(kaiming_std(tensor, a, mode, nonlinearity)).even(tensor)


# %% xavier
#| export
def xavier_std(tensor, gain):
    """The gain over the root of the mean fan."""
    return gain / np.sqrt(np.mean(fan_in_and_fan_out(tensor)))


def xavier_normal_(tensor, gain=1.0):
    """Fill with normal numbers of std gain · √(2 / (fan_in + fan_out)), in place; return the tensor."""
    return Spread(xavier_std(tensor, gain)).normal(tensor)


def xavier_uniform_(tensor, gain=1.0):
    """Fill with even numbers of the same std, in place; return the tensor."""
    return Spread(xavier_std(tensor, gain)).even(tensor)


# %% layer-norm
#| export
@extend(LayerNorm)
class LayerNormForward:
    """What LayerNorm computes."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) over the last axes, then `* weight + bias` where they are."""
        axes = range(x.ndim)[-len(self.normalized_shape) :]
        if tuple(x.shape[axis] for axis in axes) != self.normalized_shape:
            raise ValueError(f"{self!r} got {x.shape}")
        # The axes that belong together become one, and come back at the end.
        flat = x.flatten(axes[0])
        flat = flat - flat.mean(-1, keepdim=True)
        y = (flat / ((flat**2).mean(-1, keepdim=True) + self.eps).sqrt()).reshape(x.shape)
        if self.weight is not None:
            y = y * self.weight + self.bias
        return y


# %% dropout
#| export
from tinytorch.core.tensor import where


class Dropout(Module):
    """In training, each number becomes 0 with probability p, and what stays grows to make up."""

    def __init__(self, p=0.5):
        """Remember the probability."""
        super().__init__()
        self.p = p

    @property
    def p(self):
        """The probability, between 0 and 1."""
        return self._p

    @p.setter
    def p(self, p):
        if p < 0 or p > 1:
            raise ValueError(f"p is a probability, from 0 to 1, and {p} isn't")
        self._p = p

    @property
    def growth(self):
        """By what the numbers that stay are multiplied."""
        return 0 if self.p == 1 else 1 / (1 - self.p)

    def forward(self, x):
        """x as it is, unless `training`: then kept numbers / (1 - p), the others 0."""
        if self.training and self.p > 0:
            dropped = generator().random(x.shape) < self.p
            return where(Tensor(dropped, dtype=bool), 0, x * self.growth)
        return x

    def extra_repr(self):
        """The probability."""
        return f"p={self.p!r}"


# %% flatten
#| export
class Flatten(Module):
    """The axes from `start_dim` to `end_dim` joined into one; the first axis is the batch."""

    def __init__(self, start_dim=1, end_dim=-1):
        """Remember the two axes."""
        super().__init__()
        self.dims = {"start_dim": start_dim, "end_dim": end_dim}

    @property
    def start_dim(self):
        """The first of the axes that are joined."""
        return self.dims["start_dim"]

    @property
    def end_dim(self):
        """The last of them."""
        return self.dims["end_dim"]

    def forward(self, x):
        """x with those axes joined."""
        return x.flatten(**self.dims)

    def extra_repr(self):
        """Both axes."""
        return ", ".join(f"{name}={dim}" for name, dim in self.dims.items())
