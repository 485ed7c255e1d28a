# Step by step: one condition or one loop for each thought, names for everything, and no comprehension.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% central-difference
#| export
def central_difference(function, x, eps=1e-6):
    """Each number in its turn: up, down, back."""
    if x.dtype != np.dtype("float64"):
        raise TypeError("x has to be float64")
    slopes = np.empty(x.data.shape, dtype=np.float64)
    for i in range(x.data.size):
        place = np.unravel_index(i, x.data.shape)
        kept = float(x.data[place])
        values = []
        for moved in (kept - eps, kept + eps):
            x.data[place] = moved
            values.append(float(function(x).data))
        x.data[place] = kept
        slopes[place] = (values[1] - values[0]) / (eps + eps)
    return slopes


# %% multiply-rules
#| export
@gradient_of(np.multiply, 0)
def multiply_left_rule(gradient, output, a, b):
    """The other factor."""
    slope = b
    return slope * gradient


@gradient_of(np.multiply, 1)
def multiply_right_rule(gradient, output, a, b):
    """The other factor."""
    slope = a
    return slope * gradient


# %% unbroadcast
#| export
def unbroadcast(gradient, shape):
    """First the axes that were missing, then those of length 1."""
    if gradient.shape == shape:
        return gradient
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return np.asarray(gradient)


# %% matmul-rules
#| export
@gradient_of(np.matmul, 0)
def matmul_left_rule(gradient, output, a, b):
    """The gradient times b, transposed."""
    gradient, _, b = as_matrices(gradient, a, b)
    transposed = np.swapaxes(b, -2, -1)
    return np.matmul(gradient, transposed)


@gradient_of(np.matmul, 1)
def matmul_right_rule(gradient, output, a, b):
    """a, transposed, times the gradient."""
    is_vector = b.ndim == 1
    gradient, a, b = as_matrices(gradient, a, b)
    transposed = np.swapaxes(a, -2, -1)
    product = np.matmul(transposed, gradient)
    if is_vector:
        product = product[..., :, 0]
    return product


# %% record
#| export
class Tape:
    """Remembers how results were computed."""

    def __init__(self):
        """Begin switched on."""
        self.enabled = True

    def record(self, function, inputs, settings, output):
        """Look at one input after the other."""
        if not self.enabled:
            return
        if output.data.dtype.kind in "biu":
            return
        for value in inputs:
            if not isinstance(value, Tensor):
                continue
            if value.requires_grad:
                output.grad_fn = Node(function, inputs, settings, output)
                output.requires_grad = True
                return


# %% topological-order
#| export
def topological_order(tensor):
    """A tensor stays on the stack until all its inputs are done."""
    finished, done, stack = [], set(), [tensor]
    while stack:
        one = stack[-1]
        if one in done:
            stack.pop()
            continue
        ready = True
        node = history(one)
        if node is not None:
            if node.inputs is None:
                raise RuntimeError("part of this graph has been freed")
            for value in node.inputs:
                if value is not None and value not in done:
                    stack.append(value)
                    ready = False
        if ready:
            done.add(one)
            finished.append(one)
            stack.pop()
    finished.reverse()
    return finished


# %% shares-of
#| export
def shares_of(node, gradient):
    """One input after the other."""
    check_intact(node)
    result = []
    for i in range(len(node.inputs)):
        tensor = node.inputs[i]
        if tensor is None:
            continue
        rule = rule_of(node.function, i)
        raw = np.asarray(rule(gradient, node.output, *node.arrays, **node.settings))
        fitting = unbroadcast(raw, node.arrays[i].shape)
        if fitting.dtype != node.arrays[i].dtype:
            fitting = fitting.astype(node.arrays[i].dtype)
        result.append((tensor, fitting))
    return result


# %% seed
#| export
def seed(output, gradient=None):
    """One question after the other."""
    if not output.requires_grad:
        raise RuntimeError("requires_grad is False: there is no history to walk through")
    if gradient is None:
        count = 1
        for length in output.shape:
            count *= length
        if count != 1:
            raise RuntimeError(f"a gradient is needed for an output of shape {output.shape}")
        gradient = np.full(output.shape, 1.0)
    if isinstance(gradient, Tensor):
        gradient = gradient.data
    gradient = np.array(gradient)
    if gradient.shape != output.shape:
        raise RuntimeError(f"{gradient.shape} is not the output's {output.shape}")
    return gradient.astype(output.dtype)


# %% backward
#| export
def backward(tensor, gradient=None, retain_graph=False):
    """A gradient for each tensor, in a dictionary by id."""
    order = [] if not tensor.requires_grad else topological_order(tensor)
    arrived = {id(tensor): seed(tensor, gradient)}
    for one in order:
        node = history(one)
        if node is None:
            continue
        own = arrived[id(one)]
        del arrived[id(one)]
        for source, share in shares_of(node, own):
            if id(source) in arrived:
                arrived[id(source)] = np.add(arrived[id(source)], share)
            else:
                arrived[id(source)] = share
    for one in order:
        if id(one) in arrived:
            accumulate(one, arrived[id(one)])
    if retain_graph:
        return
    for one in order:
        if history(one) is not None:
            history(one).free()


# %% quotient-rules
#| export
gradient_of(np.subtract, 0)(add_rule)


@gradient_of(np.subtract, 1)
def subtract_right_rule(gradient, output, a, b):
    """Falls by one."""
    slope = -1
    return slope * gradient


@gradient_of(np.true_divide, 0)
def divide_left_rule(gradient, output, a, b):
    """One over b."""
    slope = 1 / b
    return slope * gradient


# %% power-rules
#| export
@gradient_of(np.true_divide, 1)
def divide_right_rule(gradient, output, a, b):
    """Minus a over the square of b."""
    slope = -a / b / b
    return slope * gradient


@gradient_of(np.power, 0)
def power_rule(gradient, output, a, p):
    """The exponent in front, and one less of it."""
    lower = p - 1
    slope = p * a**lower
    return slope * gradient


# %% function-rules
#| export
@gradient_of(np.exp)
def exp_rule(gradient, output, x):
    """Its own slope."""
    slope = output
    return slope * gradient


@gradient_of(np.log)
def log_rule(gradient, output, x):
    """One over x."""
    slope = 1 / x
    return slope * gradient


# %% root-rules
#| export
@gradient_of(np.sqrt)
def sqrt_rule(gradient, output, x):
    """A half over the root."""
    slope = 0.5 / output
    return slope * gradient


@gradient_of(np.tanh)
def tanh_rule(gradient, output, x):
    """One minus the square."""
    slope = 1 - output**2
    return slope * gradient


# %% reduction-rules
#| export
@gradient_of(np.sum)
def sum_rule(gradient, output, x, axis=None, keepdims=False):
    """A zero for each number, and the gradient added."""
    wide = spread_out(gradient, axis, keepdims)
    return np.zeros(x.shape, dtype=wide.dtype) + wide


@gradient_of(np.mean)
def mean_rule(gradient, output, x, axis=None, keepdims=False):
    """The sum's gradient over the count."""
    wide = spread_out(gradient, axis, keepdims)
    result = np.zeros(x.shape, dtype=wide.dtype) + wide
    how_many = x.size / output.size
    return result / how_many


# %% max-rule
#| export
@gradient_of(np.max)
def max_rule(gradient, output, x, axis=None, keepdims=False):
    """Ones where the largest stand, divided among them."""
    highest = spread_out(output, axis, keepdims)
    wide = spread_out(gradient, axis, keepdims)
    ones = np.where(x == highest, np.ones((), x.dtype), np.zeros((), x.dtype))
    how_many = np.sum(ones, axis=axis, keepdims=True)
    return ones / how_many * wide


# %% shape-rules
#| export
@gradient_of(np.reshape)
def reshape_rule(gradient, output, x, **settings):
    """Into the shape of x."""
    shape = x.shape
    return np.reshape(gradient, shape)


@gradient_of(np.swapaxes)
def swapaxes_rule(gradient, output, x, axis1, axis2):
    """Once more."""
    return np.swapaxes(gradient, axis1, axis2)


@gradient_of(np.transpose)
def transpose_rule(gradient, output, x, axes=None):
    """Where did each axis go?"""
    back = list(range(x.ndim))
    for new, old in enumerate(axes if axes is not None else back[::-1]):
        back[old % x.ndim] = new
    return np.transpose(gradient, back)


# %% take-rule
#| export
@gradient_of(take)
def take_rule(gradient, output, x, key):
    """Assigned where nothing comes twice, else added one by one."""
    result = np.zeros(x.shape, dtype=gradient.dtype)
    if is_basic(key):
        result[key] = gradient
    else:
        numbers = np.arange(x.size).reshape(x.shape)
        flat = result.reshape(-1)
        for place, share in zip(np.ravel(numbers[key]), np.ravel(gradient), strict=True):
            flat[place] += share
    return result


# %% where-rules
#| export
@gradient_of(np.where, 1)
def where_chosen_rule(gradient, output, condition, a, b):
    """A copy with zeros elsewhere."""
    share = np.array(gradient)
    share[np.broadcast_to(np.logical_not(condition), share.shape)] = 0
    return share


@gradient_of(np.where, 2)
def where_else_rule(gradient, output, condition, a, b):
    """A copy with zeros there."""
    share = np.array(gradient)
    share[np.broadcast_to(np.not_equal(condition, 0), share.shape)] = 0
    return share


# %% larger-share
#| export
def larger_share(gradient, a, b):
    """Three cases, one after the other."""
    share = np.zeros_like(gradient)
    share = np.where(np.greater(a, b), gradient, share)
    return np.where(np.equal(a, b), gradient / 2, share)


@gradient_of(np.maximum, 0)
def maximum_left_rule(gradient, output, a, b):
    """Where a is larger."""
    return larger_share(gradient=gradient, a=a, b=b)


@gradient_of(np.maximum, 1)
def maximum_right_rule(gradient, output, a, b):
    """Where b is larger."""
    return larger_share(gradient=gradient, a=b, b=a)


# %% no-grad
#| export
class no_grad(contextlib.ContextDecorator):
    """A class with a stack, for who enters twice."""

    def __init__(self):
        """Nothing has been entered yet."""
        self.stack = []

    def __enter__(self):
        """Remember, then switch off."""
        self.tape = current_tape()
        self.stack.append(self.tape.enabled)
        self.tape.enabled = False
        return self

    def __exit__(self, *details):
        """Put back what was; let errors pass."""
        self.tape.enabled = self.stack.pop()
        return False
