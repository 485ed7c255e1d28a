# One step at a time: work lists instead of recursion, loops instead of comprehensions, a name for each result.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% parameter
#| export
class Parameter(Tensor):
    """A tensor that belongs to a module and that training will change."""

    def __init__(self, data, requires_grad=True):
        """Copy `data`, and ask for a gradient unless told not to."""
        if isinstance(data, Tensor):
            Tensor.__init__(self, data, dtype=data.dtype)
        else:
            Tensor.__init__(self, data, dtype=np.float32)
        self.requires_grad = requires_grad

    def __repr__(self):
        """As PyTorch shows it: what it is, then the numbers."""
        return "Parameter containing:\n" + Tensor.__repr__(self)


# %% linear-init
#| export
class Linear(Module):
    """x @ weight.T + bias."""

    def __init__(self, in_features, out_features, bias=True):
        """Draw the parameters evenly from ±1/√in_features, with the library's generator."""
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        bound = in_features**-0.5
        self.weight = Parameter(np.zeros((out_features, in_features)))
        for row in self.weight.data:
            row[:] = generator().uniform(-bound, bound, in_features)
        self.bias = None
        if bias:
            self.bias = Parameter(np.zeros(out_features))
            self.bias.data[:] = generator().uniform(-bound, bound, out_features)


# %% linear-forward
#| export
@extend(Linear)
class LinearForward:
    """What a Linear layer computes and says."""

    def forward(self, x):
        """`x @ weight.T`, plus `bias` where there is one."""
        leading = x.shape[:-1]
        features = x.shape[-1]
        examples = 1
        for length in leading:
            examples *= length
        rows = x.reshape(examples, features)
        columns = self.weight.transpose(0, 1)
        y = rows @ columns
        if self.bias is not None:
            y = y + self.bias
        return y.reshape(*leading, self.out_features)

    def extra_repr(self):
        """The settings, as PyTorch shows them."""
        text = f"in_features={self.in_features}"
        text += f", out_features={self.out_features}"
        text += f", bias={self.bias is not None}"
        return text


# %% named-modules
#| export
@extend(Module)
class Tree:
    """All the way down."""

    def named_modules(self, memo=None, prefix=""):
        """Pairs (path, module): this one, then all of each child, in order; each module once."""
        if memo is None:
            memo = set()
        pairs = []
        waiting = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if module in memo:
                continue
            memo.add(module)
            pairs.append((path, module))
            # The last of the list is next, so the children go there in reverse.
            children = list(module.named_children())
            children.reverse()
            for name, child in children:
                if path == "":
                    waiting.append((name, child))
                else:
                    waiting.append((path + "." + name, child))
        return pairs


# %% named-tensors
#| export
@extend(Module)
class TreeTensors:
    """What the tree holds."""

    def named_tensors(self, kind):
        """Pairs (path, tensor) of the attributes of type `kind` in the whole tree, each once."""
        pairs = []
        seen = []
        for path, module in self.named_modules():
            for name in vars(module):
                value = getattr(module, name)
                if not isinstance(value, kind):
                    continue
                if id(value) in seen:
                    continue
                seen.append(id(value))
                if path == "":
                    pairs.append((name, value))
                else:
                    pairs.append((path + "." + name, value))
        return pairs


# %% module-repr
#| export
@extend(Module)
class Text:
    """How a module reads."""

    def __repr__(self):
        """The class's name and, in brackets, the callable attributes a line each, or `extra_repr()`."""
        name = type(self).__name__
        lines = [name + "("]
        for attribute in vars(self):
            part = getattr(self, attribute)
            if not callable(part):
                continue
            first, *others = repr(part).split("\n")
            lines.append("  (" + attribute + "): " + first)
            for line in others:
                lines.append("  " + line)
        if len(lines) == 1:
            return name + "(" + self.extra_repr() + ")"
        lines.append(")")
        return "\n".join(lines)


# %% modes
#| export
@extend(Module)
class Modes:
    """Learning or working."""

    def train(self, mode=True):
        """Set `training` to `mode` in this module and all below it; return this module."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self):
        """Set `training` to False in this module and all below it; return this module."""
        for _, module in self.named_modules():
            module.training = False
        return self


# %% module-apply
#| export
@extend(Module)
class Visits:
    """A function for everybody."""

    def apply(self, function):
        """Call `function(module)` for everything below each child, then for this module; return it."""
        # Parents before children, the last child first: read from the end, that is children first.
        backwards = []
        waiting = [self]
        while waiting:
            module = waiting.pop()
            backwards.append(module)
            for child in module.children():
                waiting.append(child)
        while backwards:
            function(backwards.pop())
        return self


# %% state-dict
#| export
@extend(Module)
class State:
    """What there is to save."""

    def state_dict(self):
        """A dictionary from path to Tensor: a copy of each Parameter and Buffer of the whole tree."""
        state = {}
        for path, parameter in self.named_parameters():
            state[path] = Tensor(parameter, dtype=parameter.dtype)
        for path, buffer in self.named_buffers():
            state[path] = Tensor(buffer, dtype=buffer.dtype)
        return state


# %% load-state-dict
#| export
@extend(Module)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Write the numbers of a state into this tree's Parameters and Buffers, in place."""
        own = {}
        for path, tensor in self.named_tensors((Parameter, Buffer)):
            own[path] = tensor
        message = ""
        for path in own:
            if path not in state_dict:
                message += f"{path} is missing\n"
                continue
            wanted = own[path].shape
            given = np.asarray(state_dict[path]).shape
            if given != wanted:
                message += f"{path} has shape {given} and should have {wanted}\n"
        for path in state_dict:
            if path not in own:
                message += f"{path} is unexpected\n"
        if message != "":
            raise RuntimeError("this state does not fit:\n" + message)
        for path in own:
            own[path].data[...] = np.asarray(state_dict[path])


# %% fans
#| export
def fan_in_and_fan_out(tensor):
    """How many inputs each output sums up, and how many outputs each input feeds: a pair of ints."""
    if len(tensor.shape) < 2:
        raise ValueError(f"fans need a weight with at least two axes, and this is {tensor.shape}")
    fan_in = tensor.shape[1]
    fan_out = tensor.shape[0]
    for length in tensor.shape[2:]:
        fan_in = fan_in * length
        fan_out = fan_out * length
    return fan_in, fan_out


# %% kaiming
#| export
def kaiming_std(tensor, a, mode, nonlinearity):
    """The gain of `nonlinearity` with slope `a`, over the root of the fan that `mode` names."""
    fan_in, fan_out = fan_in_and_fan_out(tensor)
    if mode == "fan_in":
        fan = fan_in
    elif mode == "fan_out":
        fan = fan_out
    else:
        raise ValueError(f'there is no mode {mode!r}: choose "fan_in" or "fan_out"')
    gain = calculate_gain(nonlinearity, a)
    return gain / fan**0.5


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill with normal numbers that have the std above, in place, and return the tensor."""
    std = kaiming_std(tensor, a, mode, nonlinearity)
    for place in np.ndindex(tensor.shape[:-1]):
        tensor.data[place] = generator().normal(0, std, tensor.shape[-1])
    return tensor


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill with even numbers that have the std above, in place, and return the tensor."""
    std = kaiming_std(tensor, a, mode, nonlinearity)
    bound = 3**0.5 * std
    for place in np.ndindex(tensor.shape[:-1]):
        tensor.data[place] = generator().uniform(-bound, bound, tensor.shape[-1])
    return tensor


# %% xavier
#| export
def xavier_normal_(tensor, gain=1.0):
    """Fill with normal numbers of std gain · √(2 / (fan_in + fan_out)), in place; return the tensor."""
    fan_in, fan_out = fan_in_and_fan_out(tensor)
    std = gain * (2 / (fan_in + fan_out)) ** 0.5
    for place in np.ndindex(tensor.shape[:-1]):
        tensor.data[place] = generator().normal(0, std, tensor.shape[-1])
    return tensor


def xavier_uniform_(tensor, gain=1.0):
    """Fill with even numbers of the same std, in place; return the tensor."""
    fan_in, fan_out = fan_in_and_fan_out(tensor)
    std = gain * (2 / (fan_in + fan_out)) ** 0.5
    bound = 3**0.5 * std
    for place in np.ndindex(tensor.shape[:-1]):
        tensor.data[place] = generator().uniform(-bound, bound, tensor.shape[-1])
    return tensor


# %% layer-norm
#| export
@extend(LayerNorm)
class LayerNormForward:
    """What LayerNorm computes."""

    def forward(self, x):
        """(x - mean) / √(variance + eps) over the last axes, then `* weight + bias` where they are."""
        count = len(self.normalized_shape)
        first = x.ndim - count
        if first < 0 or x.shape[first:] != self.normalized_shape:
            raise ValueError(
                f"the last axes of {x.shape} should be {self.normalized_shape}, and are not"
            )
        total, n = x, 1
        for dim in range(first, x.ndim):
            total = total.sum(dim, keepdim=True)
            n *= x.shape[dim]
        away = x - total / n
        squares = away * away
        for dim in range(first, x.ndim):
            squares = squares.sum(dim, keepdim=True)
        root = (squares / n + self.eps).sqrt()
        y = away / root
        if self.weight is not None:
            y = y * self.weight
        if self.bias is not None:
            y = y + self.bias
        return y


# %% dropout
#| export
class Dropout(Module):
    """In training, each number becomes 0 with probability p, and what stays grows to make up."""

    def __init__(self, p=0.5):
        """Remember the probability."""
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"a probability lies between 0 and 1, and {p} doesn't")
        self.p = p

    def forward(self, x):
        """x as it is, unless `training`: then kept numbers / (1 - p), the others 0."""
        if not self.training:
            return x
        if self.p == 1:
            return x * 0
        throws = generator().random(x.shape)
        factors = np.zeros(x.shape)
        factors[throws >= self.p] = 1 / (1 - self.p)
        return x * factors

    def extra_repr(self):
        """The probability."""
        return "p=" + str(self.p)


# %% flatten
#| export
class Flatten(Module):
    """The axes from `start_dim` to `end_dim` joined into one; the first axis is the batch."""

    def __init__(self, start_dim=1, end_dim=-1):
        """Remember the two axes."""
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x):
        """x with those axes joined."""
        start = self.start_dim
        if start < 0:
            start += x.ndim
        end = self.end_dim
        if end < 0:
            end += x.ndim
        shape = []
        for axis in range(x.ndim):
            if start < axis <= end:
                shape[-1] *= x.shape[axis]
            else:
                shape.append(x.shape[axis])
        return x.reshape(*shape)

    def extra_repr(self):
        """Both axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
