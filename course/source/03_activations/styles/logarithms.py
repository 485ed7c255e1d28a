# From exponentials and logarithms alone: NumPy's `logaddexp` keeps every sum of exponentials small.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% collapse
def collapse(W1, b1, W2, b2):
    """The one linear layer that equals two: a pair (W, b)."""
    bias = (b1.unsqueeze(0) @ W2).reshape(-1) + b2
    return (W2.T @ W1.T).T, bias


# %% relu
#| export
from tinytorch.core.tensor import from_numpy, minimum


def relu(x):
    """The rectified linear unit."""
    return -minimum(-x, 0)


# %% ring-score
def ring_score(points, count):
    """About how far each point lies from the middle."""
    first = [[f(2 * math.pi * i / count) for i in range(count)] for f in (math.cos, math.sin)]
    second = [[math.pi / count]] * count
    return (relu(points @ first) @ second)[:, 0]


# %% sigmoid
#| export
def log1p_exp(x):
    """log(1 + e^x), through the door as one operation."""
    return apply(np.logaddexp, x, 0)


def sigmoid(x):
    """1 / (1 + e^-x), between 0 and 1, without overflow for any x."""
    return (-log1p_exp(-x)).exp()


# %% slope
def slope(function, x, h=1e-4):
    """How steeply `function` rises at each number of x, in float64."""
    doubles = from_numpy(x.data.astype(float))
    return 0.5 / h * (function(doubles + h) - function(doubles - h))


# %% leaky-relu
#| export
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope * x."""
    return relu(x) + negative_slope * minimum(x, 0)


# %% leaky-relu-class
#| export
from dataclasses import dataclass


@dataclass
class LeakyReLU:
    """x where x > 0, else negative_slope * x."""

    negative_slope: float = 0.01

    def __call__(self, x):
        """`leaky_relu(x)` with the slope of this object."""
        return leaky_relu(x, self.negative_slope)


# %% gelu
#| export
def gelu(x, approximate="none"):
    """x times the chance that a normal random number is below x."""
    if approximate not in ("none", "tanh"):
        raise ValueError('approximate takes "none" and "tanh"')
    if approximate == "none":
        return x / 2 + x / 2 * erf(x * 0.5**0.5)
    # (1 + tanh u) / 2 is the sigmoid of 2u.
    return x * sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x * x * x))


# %% softmax
#| export
def log_chances(x, dim):
    """The logarithms of the probabilities along axis `dim`."""
    below = x - x.amax(dim, keepdim=True)
    return below - apply(np.logaddexp.reduce, below, axis=dim, keepdims=True)


def softmax(x, dim):
    """Probabilities along axis `dim`."""
    return log_chances(x, dim).exp()


# %% log-softmax
#| export
def log_softmax(x, dim):
    """The logarithm of `softmax(x, dim)`."""
    return log_chances(x, dim)
