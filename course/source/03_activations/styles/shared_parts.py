# Few parts, used again: one soft step, one shift, one base class; every function is put together from them.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% collapse
def collapse(W1, b1, W2, b2):
    """The one linear layer that equals two: a pair (W, b)."""
    # The bias is one more row of weights, for an input that is always 1.
    rows = Tensor(np.concatenate([W1.data, [b1.data]])) @ W2
    return rows[:-1], rows[-1] + b2


# %% relu
#| export
def pick(mask, x, factor):
    """x where the mask holds, `factor * x` elsewhere; 0 if the factor is 0, also for infinities."""
    return where(mask, x, factor * x if factor else factor)


def relu(x):
    """The rectified linear unit."""
    return pick(x > 0, x, 0)


# %% ring-score
def ring_score(points, count):
    """About how far each point lies from the middle."""
    turns = np.exp(2j * np.pi * np.arange(count) / count)
    hidden = relu(points @ np.array([turns.real, turns.imag]))
    return hidden @ np.full(count, np.pi / count)


# %% sigmoid
#| export
def soft_step(x):
    """Rises from 0 to 1, twice as steeply as the sigmoid."""
    return (tanh(x) + 1) / 2


def sigmoid(x):
    """1 / (1 + e^-x), between 0 and 1, without overflow for any x."""
    return soft_step(x / 2)


# %% slope
def slope(function, x, h=1e-4):
    """How steeply `function` rises at each number of x, in float64."""

    def value(step):
        return function(Tensor(x, dtype=np.float64) + step)

    return (value(h) - value(-h)) / h / 2


# %% leaky-relu
#| export
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope * x."""
    return pick(x > 0, x, negative_slope)


# %% leaky-relu-class
#| export
class Layer:
    """A function with settings: keeps them under their names, applies them, and says them."""

    function, defaults = None, {}

    def __init__(self, *values, **settings):
        given = dict(zip(self.defaults, values, strict=False))
        vars(self).update({**self.defaults, **given, **settings})

    def __call__(self, x):
        """The function of x with these settings."""
        return type(self).function(x, **vars(self))

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{key}={value}' for key, value in vars(self).items())})"


class LeakyReLU(Layer):
    """x where x > 0, else negative_slope * x."""

    function, defaults = leaky_relu, {"negative_slope": 0.01}


# %% gelu
#| export
GELU_STEPS = {
    "none": lambda x: (erf(x / math.sqrt(2)) + 1) / 2,
    "tanh": lambda x: soft_step(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)),
}


def gelu(x, approximate="none"):
    """x times the chance that a normal random number is below x."""
    if approximate not in GELU_STEPS:
        raise ValueError(f"approximate={approximate!r} is not one of {', '.join(GELU_STEPS)}")
    return x * GELU_STEPS[approximate](x)


# %% softmax
#| export
def below_largest(x, dim):
    """The scores with their largest at 0."""
    return x - x.amax(dim=dim, keepdim=True)


def log_total(x, dim):
    """The logarithm of the sum of e^x along an axis, kept; for scores that are at most 0."""
    return x.exp().sum(dim=dim, keepdim=True).log()


def softmax(x, dim):
    """Probabilities along axis `dim`."""
    scores = below_largest(x, dim)
    return (scores - log_total(scores, dim)).exp()


# %% log-softmax
#| export
def log_softmax(x, dim):
    """The logarithm of `softmax(x, dim)`."""
    scores = below_largest(x, dim)
    return scores - log_total(scores, dim)
