# By cases: each function says what holds for which numbers, and `where`, `maximum` and `minimum` pick.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% collapse
def collapse(W1, b1, W2, b2):
    """The one linear layer that equals two: a pair (W, b)."""
    weight = Tensor([[(row * column).sum().item() for column in W2.T] for row in W1])
    bias = Tensor([(b1 * column).sum().item() for column in W2.T]) + b2
    return weight, bias


# %% relu
#| export
def relu(x):
    """The rectified linear unit."""
    return where(x > 0, x, 0)


# %% ring-score
def ring_score(points, count):
    """About how far each point lies from the middle."""
    total = None
    for i in range(count):
        angle = 2 * math.pi * i / count
        east, north = math.cos(angle), math.sin(angle)
        along = relu(points[:, 0] * east + points[:, 1] * north)
        total = along if total is None else total + along
    return total * (math.pi / count)


# %% sigmoid
#| export
from tinytorch.core.tensor import minimum


def sigmoid(x):
    """1 / (1 + e^-x), between 0 and 1, without overflow for any x."""
    # Each case gets only the numbers that it is for, so that neither exponential can grow.
    positive = maximum(x, 0)
    negative = minimum(x, 0).exp()
    return where(x > 0, 1 / (1 + (-positive).exp()), negative / (1 + negative))


# %% slope
def slope(function, x, h=1e-4):
    """How steeply `function` rises at each number of x, in float64."""
    middle = x.data.astype(np.float64)
    left, right = Tensor(middle - h, dtype=np.float64), Tensor(middle + h, dtype=np.float64)
    rise = function(right) - function(left)
    return rise / (h + h)


# %% leaky-relu
#| export
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope * x."""
    return where(x > 0, x, x * negative_slope)


# %% leaky-relu-class
#| export
class LeakyReLU:
    """x where x > 0, else negative_slope * x."""

    def __init__(self, negative_slope=0.01):
        """Remember the slope."""
        self.negative_slope = negative_slope

    def __call__(self, x):
        """`leaky_relu(x)` with the slope of this object."""
        return leaky_relu(x, negative_slope=self.negative_slope)

    def __repr__(self):
        """The code that makes it."""
        return "LeakyReLU(negative_slope={})".format(self.negative_slope)  # noqa: UP032


# %% gelu
#| export
def gelu(x, approximate="none"):
    """x times the chance that a normal random number is below x."""
    match approximate:
        case "none":
            bend = erf(x * math.sqrt(0.5))
        case "tanh":
            bend = tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi))
        case other:
            raise ValueError(
                f"{other} is no form of gelu; tanh is one, and none (no approximation)"
            )
    return x * (bend + 1) / 2


# %% softmax
#| export
def softmax(x, dim):
    """Probabilities along axis `dim`."""
    largest = x.amax(dim, True)
    # The largest scores are 0 afterwards, without a subtraction, and all others less.
    powers = where(x < largest, (x - largest).exp(), 1.0)
    return powers / powers.sum(dim, True)


# %% log-softmax
#| export
def log_softmax(x, dim):
    """The logarithm of `softmax(x, dim)`."""
    below = minimum(x - x.amax(dim, True), 0)
    total = below.exp().sum(dim, True)
    return below - total.log()
