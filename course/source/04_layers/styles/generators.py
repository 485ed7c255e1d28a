# Generators, comprehensions and closures: every walk is an iterator, every answer one expression.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% parameter
#| export
class Parameter(Tensor):
    """A tensor that belongs to a module and that training will change."""

    def __init__(self, data, requires_grad=True):
        """Copy `data`, and ask for a gradient unless told not to."""
        super().__init__(data, data.dtype if isinstance(data, Tensor) else None, requires_grad)

    def __repr__(self):
        """As PyTorch shows it: what it is, then the numbers."""
        return f"Parameter containing:\n{super().__repr__()}"


# %% linear-init
#| export
def _even(bound, *shape):
    """A Parameter of even numbers from -bound to bound, made from numbers between 0 and 1."""
    return Parameter((2 * generator().random(shape) - 1) * bound)


class Linear(Module):
    """x @ weight.T + bias."""

    def __init__(self, in_features, out_features, bias=True):
        """Draw the parameters evenly from ±1/√in_features, with the library's generator."""
        super().__init__()
        bound = math.sqrt(1 / in_features)
        vars(self).update(
            in_features=in_features,
            out_features=out_features,
            bias=_even(bound, out_features) if bias else None,
            weight=_even(bound, out_features, in_features),
        )


# %% linear-forward
#| export
@extend(Linear)
class LinearForward:
    """What a Linear layer computes and says."""

    def forward(self, x):
        """`x @ weight.T`, plus `bias` where there is one."""
        return x @ self.weight.T + (0 if self.bias is None else self.bias)

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        settings = {**vars(self), "bias": self.bias is not None}
        return ", ".join(f"{k}={settings[k]}" for k in ("in_features", "out_features", "bias"))


# %% named-modules
#| export
def _path(*names):
    """The names with dots between them; the topmost module's empty name doesn't count."""
    return ".".join(filter(None, names))


def _unseen(pairs, memo):
    """Those pairs (path, object) whose object isn't in `memo`, each put there as it passes."""
    # `add` answers None, so whatever is new is remembered and passes.
    return ((path, value) for path, value in pairs if not (value in memo or memo.add(value)))


@extend(Module)
class Tree:
    """All the way down."""

    def named_modules(self, memo=None, prefix=""):
        """Yield pairs (path, module): this one, then all of each child, in order; each module once."""
        memo = memo if memo is not None else set()
        for pair in _unseen([(prefix, self)], memo):
            yield pair
            for name, child in self.named_children():
                yield from child.named_modules(memo=memo, prefix=_path(prefix, name))


# %% named-tensors
#| export
@extend(Module)
class TreeTensors:
    """What the tree holds."""

    def named_tensors(self, kind):
        """Pairs (path, tensor) of the attributes of type `kind` in the whole tree, each once."""
        everything = (
            (_path(prefix, name), value)
            for prefix, module in self.named_modules()
            for name, value in vars(module).items()
            if isinstance(value, kind)
        )
        return _unseen(everything, set())


# %% module-repr
#| export
@extend(Module)
class Text:
    """How a module reads."""

    def __repr__(self):
        """The class's name and, in brackets, the callable attributes a line each, or `extra_repr()`."""
        parts = (f"({k}): {part!r}" for k, part in vars(self).items() if callable(part))
        lines = [f"  {line}" for part in parts for line in part.split("\n")]
        inside = "\n".join(["", *lines, ""]) if lines else self.extra_repr()
        return f"{self.__class__.__name__}({inside})"


# %% modes
#| export
def _each(function, modules):
    """Call a function with every module."""
    for module in modules:
        function(module)


@extend(Module)
class Modes:
    """Learning or working."""

    def train(self, mode=True):
        """Set `training` to `mode` in this module and all below it; return this module."""
        _each(lambda module: setattr(module, "training", mode), self.modules())
        return self

    def eval(self):
        """Set `training` to False in this module and all below it; return this module."""
        return self.train(mode=False)


# %% module-apply
#| export
def _from_below(module):
    """Yield everything below each child, then the module itself."""
    yield from (below for child in module.children() for below in _from_below(child))
    yield module


@extend(Module)
class Visits:
    """A function for everybody."""

    def apply(self, function):
        """Call `function(module)` for everything below each child, then for this module; return it."""
        _each(function, _from_below(self))
        return self


# %% state-dict
#| export
from tinytorch.core.tensor import from_numpy


@extend(Module)
class State:
    """What there is to save."""

    def state_dict(self):
        """A dictionary from path to Tensor: a copy of each Parameter and Buffer of the whole tree."""
        found = self.named_tensors((Buffer, Parameter))
        return {path: from_numpy(tensor.data.copy()) for path, tensor in found}


# %% load-state-dict
#| export
def _troubles(own, given):
    """Yield a line for each path that doesn't fit: dictionaries from path to shape are compared."""
    yield from (f"{path} is missing" for path in own.keys() - given.keys())
    yield from (f"{path} is unexpected" for path in given.keys() - own.keys())
    for path in own.keys() & given.keys():
        if own[path] != given[path]:
            yield f"{path} should be {own[path]} and is {given[path]}"


@extend(Module)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Write the numbers of a state into this tree's Parameters and Buffers, in place."""
        own = {path: tensor.data for path, tensor in self.named_tensors((Parameter, Buffer))}
        shapes = ({k: np.shape(v) for k, v in arrays.items()} for arrays in (own, state_dict))
        if troubles := sorted(_troubles(*shapes)):
            raise RuntimeError("; ".join(troubles))
        for path, array in own.items():
            np.copyto(array, state_dict[path], casting="unsafe")


# %% fans
#| export
def fan_in_and_fan_out(tensor):
    """How many inputs each output sums up, and how many outputs each input feeds: a pair of ints."""
    if tensor.ndim >= 2:
        return tensor.data[0].size, tensor.data[:, 0].size
    raise ValueError(f"only tensors of two or more axes have fans, and {tensor.shape} has fewer")


# %% kaiming
#| export
def kaiming_std(tensor, a, mode, nonlinearity):
    """The gain of `nonlinearity` with slope `a`, over the root of the fan that `mode` names."""
    modes = ("fan_in", "fan_out")
    if mode in modes:
        fan = fan_in_and_fan_out(tensor)[modes.index(mode)]
        return calculate_gain(nonlinearity, a) * math.pow(fan, -1 / 2)
    raise ValueError(f"{mode} is none of the modes {' and '.join(modes)}")


def _kaiming(fill):
    """The function that fills by Kaiming's rule: `fill(tensor, std)` knows the distribution."""

    def function(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
        return fill(tensor, kaiming_std(tensor, a, mode, nonlinearity))

    return function


def _normal_of(tensor, std):
    return normal_(tensor, std=std)


def _even_of(tensor, std):
    return uniform_(tensor, -std * math.sqrt(3), std * math.sqrt(3))


kaiming_normal_ = _kaiming(_normal_of)
kaiming_uniform_ = _kaiming(_even_of)


# %% xavier
#| export
def _xavier(fill):
    """The function that fills by Xavier's rule."""

    def function(tensor, gain=1.0):
        return fill(tensor, gain / math.sqrt(sum(fan_in_and_fan_out(tensor)) / 2))

    return function


xavier_normal_ = _xavier(_normal_of)
xavier_uniform_ = _xavier(_even_of)


# %% layer-norm
#| export
@extend(LayerNorm)
class LayerNormForward:
    """What LayerNorm computes."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) over the last axes, then `* weight + bias` where they are."""
        dims = tuple(-axis for axis, _ in enumerate(self.normalized_shape, start=1))
        if x.shape[x.ndim - len(dims) :] != self.normalized_shape:
            raise ValueError(f"{x.shape} doesn't end in {self.normalized_shape}")
        weight, bias = (1, 0) if self.weight is None else (self.weight, self.bias)
        scale = (x.var(dims, correction=0, keepdim=True) + self.eps) ** -0.5
        return (x - x.mean(dims, keepdim=True)) * scale * weight + bias


# %% dropout
#| export
class Dropout(Module):
    """In training, each number becomes 0 with probability p, and what stays grows to make up."""

    def __init__(self, p=0.5):
        """Remember the probability."""
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"a probability lies between 0 and 1, and {p} doesn't")
        self.p = p

    def forward(self, x):
        """x as it is, unless `training`: then kept numbers / (1 - p), the others 0."""
        if not (self.training and self.p):
            return x
        kept = generator().binomial(1, 1 - self.p, x.shape)
        return x * kept / (1 - self.p or 1)

    def extra_repr(self):
        """The probability."""
        return "p={p}".format_map(vars(self))


# %% flatten
#| export
class Flatten(Module):
    """The axes from `start_dim` to `end_dim` joined into one; the first axis is the batch."""

    def __init__(self, start_dim=1, end_dim=-1):
        """Remember the two axes."""
        super().__init__()
        vars(self).update(start_dim=start_dim, end_dim=end_dim)

    def forward(self, x):
        """x with those axes joined."""
        return x.flatten(**{name: vars(self)[name] for name in ("start_dim", "end_dim")})

    def extra_repr(self):
        """Both axes."""
        return "start_dim={start_dim}, end_dim={end_dim}".format_map(vars(self))
