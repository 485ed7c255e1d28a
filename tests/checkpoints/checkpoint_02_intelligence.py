"""Can I add nonlinearity?"""

import math

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_true

checkpoint = Checkpoint(__file__)

# The oracles compute in float64, with NumPy and math.erf. A float32 number is off by at most 6e-8 of itself,
# and no function here takes more than ten steps: expect_close's own rtol of 1e-5 leaves room for any right
# order of the steps. Where a sum near 0 is multiplied by x (1 + tanh, 1 + erf), its rounding of 6e-8 grows
# to at most 6 * 6e-8 for |x| <= 6, which the default atol of 1e-6 covers. Other tolerances say why.


def expect_values(got, want, what, **tolerance):
    """Fail unless `got` is a Tensor with these numbers."""
    from tinytorch.core.tensor import Tensor

    expect_true(isinstance(got, Tensor), f"type of {what}", "Tensor", type(got).__name__)
    expect_close(got.data, want, what, **tolerance)


def quietly(call, what):
    """What `call()` returns; fails where it overflows, divides by zero or makes a nan."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            return call()
    except FloatingPointError as trouble:
        expect_true(False, what, "no overflow, no division by zero, no nan on the way", str(trouble))


def activations():
    """Every activation under the name a failure shows."""
    from tinytorch.core import activations as module

    return {
        "ReLU()": module.ReLU(),
        "LeakyReLU(0.2)": module.LeakyReLU(0.2),
        "Sigmoid()": module.Sigmoid(),
        "Tanh()": module.Tanh(),
        "GELU()": module.GELU(),
        'GELU("tanh")': module.GELU("tanh"),
        "Softmax(dim=-1)": module.Softmax(dim=-1),
        "LogSoftmax(dim=-1)": module.LogSoftmax(dim=-1),
    }


@checkpoint.check(points=3)
def test_relu(rng):
    """ReLU keeps positive numbers and turns negative ones into 0"""
    from tinytorch.core.activations import ReLU, relu
    from tinytorch.core.tensor import Tensor

    numbers = np.concatenate([rng.normal(size=20), [0, 1e4, -1e4, np.inf, -np.inf]]).astype(np.float32)
    want = np.where(numbers > 0, numbers, 0)
    # ReLU rounds nothing, so its answer is exact.
    expect_values(relu(Tensor(numbers)), want, "relu(x)", rtol=0, atol=0)
    expect_values(ReLU()(Tensor(numbers)), want, "ReLU()(x)", rtol=0, atol=0)


@checkpoint.check(points=4)
def test_leaky_relu(rng):
    """LeakyReLU multiplies negative numbers, and only those, by its slope"""
    from tinytorch.core.activations import LeakyReLU, leaky_relu
    from tinytorch.core.tensor import Tensor

    edges = [0, 1e-3, -1e-3, 0.5, -0.5, 1e4, -1e4]
    numbers = np.concatenate([rng.normal(size=20) * 10, edges])
    x = Tensor(numbers)
    for slope in (0.2, 1.5, -0.5, 0, float(rng.uniform(0.05, 0.9))):
        want = np.where(numbers > 0, numbers, slope * numbers)
        expect_values(leaky_relu(x, slope), want, f"leaky_relu(x, {slope:.3g})")
        expect_values(LeakyReLU(slope)(x), want, f"LeakyReLU({slope:.3g})(x)")
    want = np.where(numbers > 0, numbers, 0.01 * numbers)
    expect_values(leaky_relu(x), want, "leaky_relu(x)", hint="the default slope is 0.01")
    expect_values(LeakyReLU()(x), want, "LeakyReLU()(x)", hint="the default slope is 0.01")
    infinite = leaky_relu(Tensor([-np.inf, np.inf]))
    expect_values(infinite, [-np.inf, np.inf], "leaky_relu of -inf and inf")


@checkpoint.check(points=4)
def test_sigmoid(rng):
    """Sigmoid and Tanh are the two S-curves"""
    from tinytorch.core.activations import Sigmoid, Tanh, sigmoid, tanh
    from tinytorch.core.tensor import Tensor

    numbers = np.concatenate([rng.uniform(-6, 6, size=30), [0]])
    x = Tensor(numbers)
    for name, got in [("sigmoid(x)", sigmoid(x)), ("Sigmoid()(x)", Sigmoid()(x))]:
        expect_values(got, 1 / (1 + np.exp(-numbers)), name)
    for name, got in [("tanh(x)", tanh(x)), ("Tanh()(x)", Tanh()(x))]:
        expect_values(got, np.tanh(numbers), name)


@checkpoint.check(points=5)
def test_gelu(rng):
    """GELU is right in both its forms and refuses a third"""
    from tinytorch.core.activations import GELU, gelu
    from tinytorch.core.tensor import Tensor

    numbers = np.concatenate([rng.uniform(-6, 6, size=60), [0]])
    exact = np.array([n / 2 * (1 + math.erf(n / math.sqrt(2))) for n in numbers])
    by_tanh = numbers / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (numbers + 0.044715 * numbers**3)))
    for settings, want in [({}, exact), ({"approximate": "none"}, exact), ({"approximate": "tanh"}, by_tanh)]:
        words = ", ".join(f'{key}="{value}"' for key, value in settings.items())
        expect_values(gelu(Tensor(numbers), **settings), want, f"gelu(x{', ' * bool(words)}{words})")
        expect_values(GELU(**settings)(Tensor(numbers)), want, f"GELU({words})(x)")
        # In float64 there is hardly any rounding, so that a wrong digit in a constant shows.
        doubles = gelu(Tensor(numbers, dtype=np.float64), **settings)
        expect_values(doubles, want, f"gelu({words}) in float64", rtol=1e-8, atol=1e-9)
        far = quietly(lambda s=settings: gelu(Tensor([-1e4, 1e4]), **s), f"gelu({words}) of -1e4 and 1e4")
        expect_values(far, [0, 1e4], f"gelu({words}) of -1e4 and 1e4")
    x = Tensor([1.0])
    expect_raises(ValueError, lambda: gelu(x, approximate="tahn"), 'gelu(x, "tahn")', says=("none", "tanh"))


@checkpoint.check(points=4)
def test_softmax(rng):
    """Softmax makes probabilities along any axis"""
    from tinytorch.core.activations import Softmax, softmax
    from tinytorch.core.tensor import Tensor

    for shape in [(5,), (4, 4), (2, 3, 5)]:
        numbers = rng.normal(size=shape) * 3
        powers = np.exp(numbers)
        for dim in range(-len(shape), len(shape)):
            want = powers / powers.sum(axis=dim, keepdims=True)
            expect_values(softmax(Tensor(numbers), dim), want, f"softmax(x, {dim}) for shape {shape}")
            expect_values(Softmax(dim)(Tensor(numbers)), want, f"Softmax({dim})(x) for shape {shape}")


@checkpoint.check(points=4)
def test_log_softmax(rng):
    """LogSoftmax is the logarithm of softmax along any axis"""
    from tinytorch.core.activations import LogSoftmax, log_softmax
    from tinytorch.core.tensor import Tensor

    for shape in [(5,), (4, 4), (2, 3, 5)]:
        numbers = rng.normal(size=shape) * 3
        for dim in range(-len(shape), len(shape)):
            want = numbers - np.log(np.exp(numbers).sum(axis=dim, keepdims=True))
            expect_values(log_softmax(Tensor(numbers), dim), want, f"log_softmax(x, {dim}) for shape {shape}")
            expect_values(LogSoftmax(dim)(Tensor(numbers)), want, f"LogSoftmax({dim})(x) for shape {shape}")


@checkpoint.check(points=4, needs=("sigmoid", "softmax", "log_softmax"))
def test_extremes(rng):
    """No number is too large: no overflow, no nan, no digit lost"""
    from tinytorch.core.activations import log_softmax, sigmoid, softmax, tanh
    from tinytorch.core.tensor import Tensor

    huge = Tensor([-np.inf, -1e4, -1000, -100, 100, 1000, 1e4, np.inf])
    zeros_and_ones = quietly(lambda: sigmoid(huge), "sigmoid of numbers up to ±inf")
    expect_values(zeros_and_ones, [0, 0, 0, 0, 1, 1, 1, 1], "sigmoid of numbers up to ±inf")
    expect_values(tanh(huge), [-1, -1, -1, -1, 1, 1, 1, 1], "tanh of numbers up to ±inf")

    # Quarters keep every digit when up to 1e4 is added in float32, so the rows hold the same scores.
    scores = rng.integers(-12, 13, size=6) / 4
    shifted = Tensor(scores + np.array([[0], [1000], [-1000], [1e4], [-1e4]]))
    want = np.tile(np.exp(scores) / np.exp(scores).sum(), (5, 1))
    chances = quietly(lambda: softmax(shifted, 1), "softmax of shifted rows")
    expect_values(chances, want, "softmax of shifted rows", hint="subtract each row's own largest score")
    logs = quietly(lambda: log_softmax(shifted, 1), "log_softmax of shifted rows")
    hint = "subtract the largest score first, and never add it back"
    expect_values(logs, np.log(want), "log_softmax of shifted rows", hint=hint)

    apart = Tensor([[0.0, -1e4, -200.0], [1e4, 0.0, -1e4]])
    logs = quietly(lambda: log_softmax(apart, dim=1), "log_softmax of scores far apart")
    expect_values(logs, [[0, -1e4, -200], [0, -1e4, -2e4]], "log_softmax of scores far apart")
    masked, half = Tensor([[0.0, -np.inf, 0.0]]), -math.log(2)
    expect_values(softmax(masked, 1), [[0.5, 0, 0.5]], "softmax of a score of -inf")
    expect_values(log_softmax(masked, 1), [[half, -np.inf, half]], "log_softmax of a score of -inf")


@checkpoint.check(points=3, needs=("leaky_relu", "gelu", "softmax", "log_softmax"))
def test_settings(rng):
    """The classes keep their settings and say them"""
    from tinytorch.core.activations import GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
    from tinytorch.core.tensor import Tensor

    for text, activation in [
        ("ReLU()", ReLU()),
        ("LeakyReLU(negative_slope=0.01)", LeakyReLU()),
        ("LeakyReLU(negative_slope=0.3)", LeakyReLU(0.3)),
        ("Sigmoid()", Sigmoid()),
        ("Tanh()", Tanh()),
        ("GELU(approximate='none')", GELU()),
        ("GELU(approximate='tanh')", GELU("tanh")),
        ("Softmax(dim=1)", Softmax(1)),
        ("LogSoftmax(dim=-2)", LogSoftmax(dim=-2)),
    ]:
        expect_equal(repr(activation), text, f"repr of {text}")
    numbers = rng.normal(size=6)
    gentle, steep = LeakyReLU(negative_slope=0.1), LeakyReLU(negative_slope=0.7)
    expect_equal((gentle.negative_slope, steep.negative_slope), (0.1, 0.7), "negative_slope of two objects")
    want = np.where(numbers > 0, numbers, 0.1 * numbers)
    expect_values(gentle(Tensor(numbers)), want, "the first of two LeakyReLUs", hint="a slope of its own")


@checkpoint.check(points=3, needs=("relu", "leaky_relu", "sigmoid", "gelu", "softmax", "log_softmax"))
def test_numbers(rng):
    """Shapes and dtypes stay, and so does the input"""
    from tinytorch.core.tensor import Tensor

    for name, activation in activations().items():
        for shape in [(), (3,), (2, 4), (2, 3, 4), (0, 3)]:
            if shape == () and "dim" in name:
                continue
            for dtype in ("float32", "float64"):
                x = Tensor(rng.normal(size=shape), dtype=dtype)
                before, what = x.data.copy(), f"{name}(x) for {dtype} numbers of shape {shape}"
                y = activation(x)
                expect_true(isinstance(y, Tensor), f"type of {what}", "Tensor", type(y).__name__)
                expect_equal((y.data.shape, str(y.data.dtype)), (shape, dtype), f"shape and dtype of {what}")
                expect_close(x.data, before, f"x after {what}", rtol=0, atol=0, hint="make a new tensor")
        x = Tensor(rng.normal(size=(2, 5)))
        want = activation(Tensor(x.data.T)).data
        expect_close(activation(x.T).data, want, f"{name} of a transposed tensor")


@checkpoint.check(points=3, needs=("relu", "leaky_relu", "sigmoid", "gelu", "softmax", "log_softmax"))
def test_door(rng):
    """Every activation is computed at the door, from x to the result"""
    from tinytorch.core.tensor import Tensor, recorders

    class Listener:
        def __init__(self):
            self.heard = []

        def record(self, function, inputs, settings, output):
            self.heard.append((inputs, output))

    for name, activation in activations().items():
        x, listener = Tensor(rng.normal(size=(3, 4))), Listener()
        recorders.append(listener)
        try:
            y = activation(x)
        finally:
            recorders.remove(listener)
        what, hint = f"{name}(x)", "compute with tensors, not with their `.data`"
        expect_true(len(listener.heard) > 0, f"operations heard during {what}", "at least one", 0, hint)
        last = listener.heard[-1][1]
        expect_true(last is y, f"the last output heard during {what}", f"the result, {y}", last, hint)
        reached = {id(x)}
        for inputs, output in listener.heard:
            if any(id(value) in reached for value in inputs):
                reached.add(id(output))
        chain = f"operations of {what}"
        expect_true(id(y) in reached, chain, "a chain from x to the result", "a chain from elsewhere", hint)


@checkpoint.check(points=3, needs=("relu", "sigmoid", "softmax"))
def test_xor(rng):
    """A network of two layers computes XOR, which no line can"""
    from tinytorch.core.activations import ReLU, Sigmoid, Softmax
    from tinytorch.core.tensor import Tensor

    corners = rng.permutation([[0, 0], [0, 1], [1, 0], [1, 1]])
    xor = corners[:, 0] ^ corners[:, 1]
    size = float(rng.uniform(0.5, 2))
    w1, b1 = Tensor([[size, size], [size, size]]), Tensor([0, -size])
    w2, b2 = Tensor([[1 / size], [-2 / size]]), Tensor([-0.5])

    hidden = ReLU()(Tensor(corners) @ w1 + b1)
    # `size` and 1 / `size` are rounded, up to four of them are added, and the sum is multiplied by 20.
    score = (hidden @ w2 + b2) * 20
    expect_values(score, (xor[:, None] - 0.5) * 20, "the scores of the XOR network", atol=1e-4)
    chance = Sigmoid()(score)
    expect_values(chance, 1 / (1 + np.exp(10 - 20 * xor[:, None])), "sigmoid of the scores", rtol=1e-4)
    both = Softmax(dim=1)(score @ Tensor([[0, 1]]))
    expect_values(both[:, 1:], chance.data, "the second of softmax([0, score]) beside sigmoid(score)")
    expect_equal(both.argmax(dim=1).tolist(), xor.tolist(), "the network's answers")


if __name__ == "__main__":
    checkpoint.main()
