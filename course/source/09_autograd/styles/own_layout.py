# Helpers shared between the cells, one rule for two inputs, views and strides: another division of the work.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% central-difference
#| export
def _nudged(function, x, place, by):
    """f with one number moved; it is back afterwards."""
    before = x.data[place].copy()
    try:
        x.data[place] = before + by
        return function(x).item()
    finally:
        x.data[place] = before


def central_difference(function, x, eps=1e-6):
    """Half the difference of two nudges, over eps."""
    if x.dtype.kind != "f" or x.dtype.itemsize != 8:
        raise TypeError(f"central differences need float64, and this is {x.dtype}")
    slopes = np.zeros_like(x.data)
    for place in np.ndindex(*x.shape):
        slopes[place] = (
            0.5 * (_nudged(function, x, place, eps) - _nudged(function, x, place, -eps)) / eps
        )
    return slopes


# %% multiply-rules
#| export
def _other(position):
    """The rule of a product: what stands at the other position."""

    def rule(gradient, output, *factors):
        return gradient * factors[1 - position]

    return rule


for _position in range(2):
    gradient_of(np.multiply, _position)(_other(_position))


# %% unbroadcast
#| export
def unbroadcast(gradient, shape):
    """Compare the shapes from the right."""
    if gradient.shape != shape:
        axes = []
        for back in range(1, gradient.ndim + 1):
            if back > len(shape) or shape[-back] < gradient.shape[-back]:
                axes.append(-back)
        gradient = np.sum(gradient, axis=tuple(axes), keepdims=True)
        gradient = gradient.reshape(shape)
    return gradient


# %% matmul-rules
#| export
@gradient_of(np.matmul, 0)
def matmul_left_rule(gradient, output, a, b):
    """(B Gᵀ)ᵀ."""
    gradient, _, b = as_matrices(gradient, a, b)
    return (b @ gradient.swapaxes(-1, -2)).swapaxes(-1, -2)


@gradient_of(np.matmul, 1)
def matmul_right_rule(gradient, output, a, b):
    """(Gᵀ A)ᵀ."""
    gradient, rows, _ = as_matrices(gradient, a, b)
    result = gradient.swapaxes(-1, -2) @ rows
    return result[..., 0, :] if b.ndim == 1 else result.swapaxes(-1, -2)


# %% record
#| export
class Tape:
    """Remembers how results were computed."""

    def __init__(self):
        """Begin switched on."""
        self.enabled = True

    def record(self, function, inputs, settings, output):
        """Make the node, and keep it if it has something to do."""
        if self.enabled and output.dtype.kind in "fc":
            node = Node(function, inputs, settings, output)
            if [value for value in node.inputs if value is not None]:
                output.grad_fn, output.requires_grad = node, True


# %% topological-order
#| export
def _inputs(tensor):
    """The tensors that it was made of and that need a gradient."""
    node = history(tensor)
    if node is not None and node.inputs is None:
        raise RuntimeError("backward has freed this graph")
    return iter(()) if node is None else (value for value in node.inputs if value is not None)


def topological_order(tensor):
    """A stack of iterators, as a recursion would keep them."""
    order, seen, stack = [], {tensor}, [(tensor, _inputs(tensor))]
    while stack:
        one, inputs = stack[-1]
        fresh = next((value for value in inputs if value not in seen), None)
        if fresh is None:
            order.append(one)
            stack.pop()
        else:
            seen.add(fresh)
            stack.append((fresh, _inputs(fresh)))
    return list(reversed(order))


# %% shares-of
#| export
def shares_of(node, gradient):
    """Through zip and a generator."""
    check_intact(node)

    def every():
        for i, (tensor, array) in enumerate(zip(node.inputs, node.arrays, strict=True)):
            if tensor is not None:
                share = rule_of(node.function, i)(
                    gradient, node.output, *node.arrays, **node.settings
                )
                yield tensor, unbroadcast(np.asarray(share), array.shape).astype(array.dtype)

    return list(every())


# %% seed
#| export
def _refuse(condition, why):
    """Raise, or don't."""
    if condition:
        raise RuntimeError(why)


def seed(output, gradient=None):
    """Three refusals in a row."""
    _refuse(not output.requires_grad, "backward from something without requires_grad")
    several = output.numel() != 1
    _refuse(
        gradient is None and several, f"which of the numbers of {output.shape}? Give a gradient"
    )
    if gradient is None:
        return np.ones_like(output.data)
    start = np.zeros(np.shape(gradient), output.dtype)
    start[...] = np.asarray(gradient)
    _refuse(start.shape != output.shape, f"gradient {start.shape}, output {output.shape}")
    return start


# %% backward
#| export
def backward(tensor, gradient=None, retain_graph=False):
    """An array of zeros of its own for each tensor, into which everything is added."""
    start = seed(tensor, gradient)
    order = topological_order(tensor)
    totals = {one: np.zeros_like(one.data) for one in order}
    totals[tensor] += start
    inner = [one for one in order if history(one) is not None]
    for one in inner:
        for source, share in shares_of(history(one), totals[one]):
            totals[source] += share
    for one in set(order) - set(inner):
        accumulate(one, totals[one])
    for one in inner * (not retain_graph):
        history(one).free()


# %% quotient-rules
#| export
gradient_of(np.subtract, 0)(add_rule)


@gradient_of(np.subtract, 1)
def subtract_right_rule(gradient, output, a, b):
    """Taken from nothing."""
    return 0 - gradient


@gradient_of(np.true_divide, 0)
def divide_left_rule(gradient, output, a, b):
    """Times the reciprocal."""
    return gradient * (1 / b)


# %% power-rules
#| export
@gradient_of(np.true_divide, 1)
def divide_right_rule(gradient, output, a, b):
    """The gradient of a, times minus the quotient."""
    return divide_left_rule(gradient, output, a, b) * -output


@gradient_of(np.power, 0)
def power_rule(gradient, output, a, p):
    """For the square in its own way."""
    if isinstance(p, int) and p == 2:
        return 2 * gradient * a
    return p * gradient * a ** (p - 1)


# %% function-rules
#| export
@gradient_of(np.exp)
def exp_rule(gradient, output, x):
    """In the other order."""
    return output * gradient


@gradient_of(np.log)
def log_rule(gradient, output, x):
    """Times the reciprocal."""
    return gradient * (1 / x)


# %% root-rules
#| export
@gradient_of(np.sqrt)
def sqrt_rule(gradient, output, x):
    """Half, then divided."""
    return gradient / output / 2


@gradient_of(np.tanh)
def tanh_rule(gradient, output, x):
    """(1 + t) (1 - t)."""
    return gradient * (1 + output) * (1 - output)


# %% reduction-rules
#| export
def _over(gradient, x, axis, keepdims):
    """The gradient of a reduction, in x's shape, as a view."""
    return np.broadcast_arrays(spread_out(gradient, axis, keepdims), x)[0]


@gradient_of(np.sum)
def sum_rule(gradient, output, x, axis=None, keepdims=False):
    """As it is."""
    return _over(gradient, x, axis, keepdims)


@gradient_of(np.mean)
def mean_rule(gradient, output, x, axis=None, keepdims=False):
    """Divided by how many there are along the axes."""
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return _over(gradient / math.prod(x.shape[i] for i in axes), x, axis, keepdims)


# %% max-rule
#| export
@gradient_of(np.max)
def max_rule(gradient, output, x, axis=None, keepdims=False):
    """The mean of the largest, backwards."""
    largest = np.isclose(x, spread_out(output, axis, keepdims), rtol=0, atol=0)
    share = 1 / largest.astype(gradient.dtype).sum(axis=axis, keepdims=True)
    return np.where(largest, share * spread_out(gradient, axis, keepdims), 0)


# %% shape-rules
#| export
@gradient_of(np.reshape)
def reshape_rule(gradient, output, x, **settings):
    """One line, and then x's shape."""
    return gradient.ravel().reshape(x.shape)


@gradient_of(np.swapaxes)
def swapaxes_rule(gradient, output, x, axis1, axis2):
    """The same two, named the other way round."""
    return gradient.swapaxes(axis2, axis1)


@gradient_of(np.transpose)
def transpose_rule(gradient, output, x, axes=None):
    """An index of numbers that takes the same way says where each axis went."""
    if axes is None:
        return gradient.T
    places = np.zeros(x.ndim, dtype=int)
    places[list(axes)] = np.arange(x.ndim)
    return gradient.transpose(*places)


# %% take-rule
#| export
@gradient_of(take)
def take_rule(gradient, output, x, key):
    """Sorted by place, then one sum for each."""
    numbers = np.arange(x.size).reshape(x.shape)
    places, inverse = np.unique(numbers[key], return_inverse=True)
    sums = np.zeros(places.shape, gradient.dtype)
    np.add.at(sums, inverse.ravel(), np.ravel(gradient))
    result = np.zeros(x.size, gradient.dtype)
    result[places] = sums
    return result.reshape(x.shape)


# %% where-rules
#| export
def _kept(gradient, mask):
    """The gradient where the mask holds."""
    return np.where(mask, gradient, np.zeros_like(gradient))


@gradient_of(np.where, 1)
def where_chosen_rule(gradient, output, condition, a, b):
    """Where it holds."""
    return _kept(gradient, condition)


@gradient_of(np.where, 2)
def where_else_rule(gradient, output, condition, a, b):
    """Where it doesn't."""
    return _kept(gradient, ~np.asarray(condition, dtype=bool))


# %% larger-share
#| export
def larger_share(gradient, a, b):
    """The sign of the difference, from -1 … 1 to 0 … 1."""
    return gradient * (np.sign(np.subtract(a, b)) + 1) / 2


@gradient_of(np.maximum, 0)
def maximum_left_rule(gradient, output, a, b):
    """What b doesn't get."""
    return gradient - larger_share(gradient, b, a)


@gradient_of(np.maximum, 1)
def maximum_right_rule(gradient, output, a, b):
    """What a doesn't get."""
    return gradient - larger_share(gradient, a, b)


# %% no-grad
#| export
@contextlib.contextmanager
def no_grad(tape=None):
    """Works on the tape at the door."""
    tape = tape or current_tape()
    enabled = tape.enabled
    tape.enabled = False
    try:
        yield tape
    finally:
        tape.enabled = enabled
