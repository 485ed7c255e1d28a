# Every activation is one NumPy function of arrays, written out and sent through the door as one operation.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% collapse
def collapse(W1, b1, W2, b2):
    """The one linear layer that equals two: a pair (W, b)."""
    W = apply(lambda first, second: np.einsum("ih,ho->io", first, second), W1, W2)
    b = apply(
        lambda first, second, shift: np.einsum("h,ho->o", first, second) + shift, b1, W2, b2
    )
    return [W, b]


# %% relu
#| export
def relu_values(array):
    """The array with 0 in place of every negative number."""
    return np.clip(array, 0, None)


def relu(x):
    """The rectified linear unit."""
    return apply(relu_values, x)


# %% ring-score
def ring_score(points, count):
    """About how far each point lies from the middle."""

    def score(array):
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
        along = np.outer(array[:, 0], np.cos(angles)) + np.outer(array[:, 1], np.sin(angles))
        return along.clip(min=0).sum(axis=1) * np.pi / count

    return apply(score, points)


# %% sigmoid
#| export
def sigmoid_values(array):
    """The sigmoid of an array; where it is negative, with numerator and denominator times e^x."""
    shrunk = np.exp(-np.abs(array))
    numerator = np.where(array < 0, shrunk, 1)
    return numerator / (1 + shrunk)


def sigmoid(x):
    """1 / (1 + e^-x), between 0 and 1, without overflow for any x."""
    return apply(sigmoid_values, x)


# %% slope
def slope(function, x, h=1e-4):
    """How steeply `function` rises at each number of x, in float64."""
    precise = Tensor(x.data, dtype="float64")
    return apply(
        lambda high, low: (high - low) / (2 * h), function(precise + h), function(precise - h)
    )


# %% leaky-relu
#| export
def leaky_relu_values(array, slope):
    """The array with its negative numbers multiplied by the slope."""
    result = array.copy()
    result[array < 0] *= slope
    return result


def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope * x."""
    return apply(leaky_relu_values, x, slope=negative_slope)


# %% leaky-relu-class
#| export
class LeakyReLU:
    """x where x > 0, else negative_slope * x."""

    def __init__(self, negative_slope=0.01):
        """Remember the slope."""
        self.settings = {"negative_slope": negative_slope}

    @property
    def negative_slope(self):
        """The slope for negative numbers."""
        return self.settings["negative_slope"]

    @negative_slope.setter
    def negative_slope(self, value):
        self.settings["negative_slope"] = value

    def __call__(self, x):
        """`leaky_relu(x)` with the slope of this object."""
        return leaky_relu(x, **self.settings)

    def __repr__(self):
        """The code that makes it."""
        return (
            f"LeakyReLU({', '.join(f'{name}={value}' for name, value in self.settings.items())})"
        )


# %% gelu
#| export
def gelu_values(array, approximate):
    """x times the chance that a normal random number is below x, for an array."""
    if approximate == "tanh":
        inner = np.sqrt(2 / np.pi).astype(array.dtype) * array
        chance = 1 + np.tanh(inner + inner * np.square(array) * 0.044715)
    else:
        chance = 1 + erf_values(array / math.sqrt(2))
    return array * chance / 2


def gelu(x, approximate="none"):
    """x times the chance that a normal random number is below x."""
    if approximate not in {"none", "tanh"}:
        raise ValueError(f'"none" or "tanh", please, instead of "{approximate}"')
    return apply(gelu_values, x, approximate=approximate)


# %% softmax
#| export
def softmax_values(array, axis):
    """Probabilities along an axis of an array."""
    powers = np.exp(array - np.max(array, axis=axis, keepdims=True))
    powers /= np.sum(powers, axis=axis, keepdims=True)
    return powers


def softmax(x, dim):
    """Probabilities along axis `dim`."""
    return apply(softmax_values, x, axis=dim)


# %% log-softmax
#| export
def log_softmax_values(array, axis):
    """Logarithms of the probabilities along an axis of an array."""
    array = array - np.max(array, axis=axis, keepdims=True)
    return array - np.log(np.sum(np.exp(array), axis=axis, keepdims=True))


def log_softmax(x, dim):
    """The logarithm of `softmax(x, dim)`."""
    return apply(log_softmax_values, x, axis=dim)
