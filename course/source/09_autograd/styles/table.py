# Rules as short functions in a table, NumPy's functions in place of operators, comprehensions and generators.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% central-difference
#| export
def central_difference(function, x, eps=1e-6):
    """The slope towards each number of x, on a flat view of its array."""
    if x.data.dtype.name != "float64":
        raise TypeError(f"float64 is needed here, not {x.data.dtype.name}")

    def at(place, value):
        before = x.data[place]
        x.data[place] = value
        answer = function(x).item()
        x.data[place] = before
        return answer

    pairs = (
        (at(place, x.data[place] + eps), at(place, x.data[place] - eps))
        for place in np.ndindex(x.shape)
    )
    return np.array([(above - below) / eps / 2 for above, below in pairs]).reshape(x.shape)


# %% multiply-rules
#| export
PRODUCT = {
    0: lambda gradient, output, a, b: np.multiply(gradient, b),
    1: lambda gradient, output, a, b: np.multiply(gradient, a),
}
for _position, _rule in PRODUCT.items():
    gradient_of(np.multiply, _position)(_rule)


# %% unbroadcast
#| export
def unbroadcast(gradient, shape):
    """The sum over what was stretched, by one einsum."""
    if gradient.shape == tuple(shape):
        return gradient
    full = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, (n, m) in enumerate(zip(full, gradient.shape, strict=True)) if n != m)
    return np.add.reduce(gradient, axis=axes, keepdims=True).reshape(shape)


# %% matmul-rules
#| export
@gradient_of(np.matmul, 0)
def matmul_left_rule(gradient, output, a, b):
    """G Bᵀ, as sums over named axes."""
    gradient, _, b = as_matrices(gradient, a, b)
    return np.einsum("...ij,...kj->...ik", gradient, b)


@gradient_of(np.matmul, 1)
def matmul_right_rule(gradient, output, a, b):
    """Aᵀ G, as sums over named axes."""
    gradient, rows, columns = as_matrices(gradient, a, b)
    result = np.einsum("...ik,...ij->...kj", rows, gradient)
    return np.squeeze(result, axis=-1) if columns is not b else result


# %% record
#| export
class Tape:
    """Remembers how results were computed."""

    def __init__(self):
        """Begin switched on."""
        self.enabled = True

    def record(self, function, inputs, settings, output):
        """A node for what depends on something that needs a gradient."""
        floats = np.issubdtype(output.data.dtype, np.floating)
        needs = sum(getattr(value, "requires_grad", False) for value in inputs)
        if self.enabled and floats and needs:
            node = Node(function, inputs, settings, output)
            vars(output).update(requires_grad=True, grad_fn=node)


# %% topological-order
#| export
def topological_order(tensor):
    """Count users first; a tensor follows when its last user has been."""

    def inputs_of(one):
        node = history(one)
        if node is None:
            return []
        if node.inputs is None:
            raise RuntimeError("the graph was freed before")
        return [value for value in node.inputs if value is not None]

    users, waiting = {tensor: 0}, [tensor]
    for one in waiting:
        for value in inputs_of(one):
            if value not in users:
                users[value] = 0
                waiting.append(value)
            users[value] += 1
    order = [tensor]
    for one in order:
        for value in inputs_of(one):
            users[value] -= 1
            order += [value] * (users[value] == 0)
    return order


# %% shares-of
#| export
def shares_of(node, gradient):
    """What each input gets, as a comprehension over those who ask."""
    check_intact(node)

    def share(position, like):
        rule = rule_of(node.function, position)
        answer = rule(gradient, node.output, *node.arrays, **node.settings)
        return np.asarray(unbroadcast(np.asarray(answer), like.shape), dtype=like.dtype)

    asking = [i for i, tensor in enumerate(node.inputs) if tensor is not None]
    return [(node.inputs[i], share(i, node.arrays[i])) for i in asking]


# %% seed
#| export
def seed(output, gradient=None):
    """Refusals first, as a table of conditions."""
    given = 1 if gradient is None else getattr(gradient, "data", gradient)
    start = np.array(given, dtype=output.dtype)
    if gradient is None and output.data.size == 1:
        start = start.reshape(output.shape)
    for refused, why in [
        (not output.requires_grad, "it has no requires_grad, nor has anything it came from"),
        (gradient is None and output.data.size != 1, f"{output.shape} is more than one number"),
        (
            start.shape != output.shape,
            f"the gradient has shape {start.shape}, the output {output.shape}",
        ),
    ]:
        if refused:
            raise RuntimeError(f"no backward: {why}")
    return start


# %% backward
#| export
def backward(tensor, gradient=None, retain_graph=False):
    """Lists of shares by tensor, summed when its turn comes."""
    arrived = {tensor: [seed(tensor, gradient)]}
    order, leaves = topological_order(tensor), []
    for one in order:
        total = sum(arrived[one][1:], start=arrived[one][0])
        arrived[one] = None
        if history(one) is None:
            leaves.append((one, total))
        else:
            for source, share in shares_of(history(one), total):
                arrived.setdefault(source, []).append(share)
    for one, total in leaves:
        accumulate(one, total)
    for node in [] if retain_graph else filter(None, map(history, order)):
        node.free()


# %% quotient-rules
#| export
gradient_of(np.subtract, 0)(add_rule)
gradient_of(np.subtract, 1)(lambda gradient, output, a, b: np.negative(gradient))
gradient_of(np.true_divide, 0)(lambda gradient, output, a, b: np.true_divide(gradient, b))


# %% power-rules
#| export
gradient_of(np.true_divide, 1)(lambda gradient, output, a, b: np.negative(gradient) * a / (b * b))
gradient_of(np.power, 0)(lambda gradient, output, a, p: p * (a ** (p - 1) * gradient))


# %% function-rules
#| export
gradient_of(np.exp)(lambda gradient, output, x: np.multiply(output, gradient))
gradient_of(np.log)(lambda gradient, output, x: np.true_divide(gradient, x))


# %% root-rules
#| export
gradient_of(np.sqrt)(lambda gradient, output, x: gradient * 0.5 / output)
gradient_of(np.tanh)(lambda gradient, output, x: gradient - gradient * np.square(output))


# %% reduction-rules
#| export
def total_rule(gradient, output, x, axis=None, keepdims=False):
    """Everybody gets all of it."""
    return np.ones_like(x) * spread_out(gradient, axis, keepdims)


gradient_of(np.sum)(total_rule)
gradient_of(np.mean)(
    lambda gradient, output, x, axis=None, keepdims=False: (
        total_rule(gradient, output, x, axis, keepdims) * (output.size / x.size)
    )
)


# %% max-rule
#| export
@gradient_of(np.max)
def max_rule(gradient, output, x, axis=None, keepdims=False):
    """The largest share it, each with the same weight."""
    weights = np.equal(x, x.max(axis=axis, keepdims=True)).astype(gradient.dtype)
    weights /= weights.sum(axis=axis, keepdims=True)
    return weights * spread_out(gradient, axis, keepdims)


# %% shape-rules
#| export
def reshape_rule(gradient, output, x, **_):
    """Back to the shape it had."""
    return np.reshape(gradient, np.shape(x))


gradient_of(np.reshape)(reshape_rule)
gradient_of(np.swapaxes)(
    lambda gradient, output, x, axis1, axis2: np.swapaxes(gradient, axis2, axis1)
)


@gradient_of(np.transpose)
def transpose_rule(gradient, output, x, axes=None):
    """Each axis moves to where it was."""
    return gradient.T if axes is None else np.moveaxis(gradient, range(x.ndim), axes)


# %% take-rule
#| export
@gradient_of(take)
def take_rule(gradient, output, x, key):
    """Added place by place."""
    result = np.zeros_like(x, dtype=gradient.dtype)
    np.add.at(result, key, gradient)
    return result


# %% where-rules
#| export
gradient_of(np.where, 1)(
    lambda gradient, output, condition, a, b: gradient * np.not_equal(condition, 0)
)
gradient_of(np.where, 2)(
    lambda gradient, output, condition, a, b: gradient * np.logical_not(condition)
)


# %% larger-share
#| export
def larger_share(gradient, a, b):
    """The mean of two comparisons."""
    return gradient * ((a > b).astype(gradient.dtype) + (a >= b)) / 2


for _first, _swap in enumerate((False, True)):
    gradient_of(np.maximum, _first)(
        lambda gradient, output, a, b, swap=_swap: larger_share(
            gradient, *((b, a) if swap else (a, b))
        )
    )


# %% no-grad
#| export
@contextlib.contextmanager
def no_grad():
    """Off, and back to what it was, by an exit stack."""
    with contextlib.ExitStack() as stack:
        tape = current_tape()
        stack.callback(setattr, tape, "enabled", tape.enabled)
        tape.enabled = False
        yield
