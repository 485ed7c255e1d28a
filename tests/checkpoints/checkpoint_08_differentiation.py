"""Can I compute gradients automatically?"""

import hashlib
from pathlib import Path

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_true

checkpoint = Checkpoint(__file__)

# Central differences with steps of 1e-6 in float64 are off by 1e-10 of the numbers around 1 that are used
# here, and by ten times that where many add up; a wrong rule is off by the size of the gradient itself.
JUDGE = {"rtol": 1e-6, "atol": 1e-7}


def slopes_of(function, arrays, position, weights, step=1e-6):
    """The slope of Σ weights · function(arrays) towards each number of one of the arrays, by trying."""
    slopes = np.zeros(arrays[position].shape)
    for place in np.ndindex(slopes.shape):
        for side in (step, -step):
            moved = [array.copy() if isinstance(array, np.ndarray) else array for array in arrays]
            moved[position][place] += side
            slopes[place] += (weights * function(*moved)).sum() / (2 * side)
    return slopes


def is_float(value):
    """Whether a value is an array of floats."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def expect_rules(rng, function, *inputs, plain=None, hint="", **settings):
    """Every rule of `function`, alone, agrees with central differences of `plain` (None: of itself)."""
    from tinytorch.core.autograd import rule_of

    def compute(*values):
        return np.asarray((plain or function)(*values, **settings))

    output = compute(*inputs)
    gradient = rng.normal(size=output.shape)
    name = getattr(function, "__name__", "take")
    for position, x in enumerate(inputs):
        if not is_float(x):
            continue
        shapes = [value.shape if isinstance(value, np.ndarray) else value for value in inputs]
        what = f"gradient of {name} of {shapes} {settings or ''} towards input {position}"
        rule = rule_of(function, position)
        got = np.asarray(rule(gradient, output, *inputs, **settings))
        want = slopes_of(compute, inputs, position, gradient)
        expect_close(summed(got, x.shape), want, what, hint=hint, **JUDGE)
        single = [value.astype(np.float32) if is_float(value) else value for value in inputs]
        got = rule(gradient.astype(np.float32), output.astype(np.float32), *single, **settings)
        expect_equal(str(np.asarray(got).dtype), "float32", f"dtype of the {what}, in float32")


def summed(array, shape):
    """An array summed over the axes that broadcasting added to `shape` or stretched, by loops."""
    result = np.zeros(shape)
    for place in np.ndindex(array.shape):
        own = place[len(place) - len(shape) :]
        result[tuple(0 if n == 1 else i for i, n in zip(own, shape, strict=True))] += array[place]
    return result


def leaf(array, dtype=np.float64):
    """A Tensor that requires a gradient."""
    from tinytorch.core.tensor import Tensor

    return Tensor(array, dtype=dtype, requires_grad=True)


@checkpoint.check(points=3)
def test_judge(rng):
    """Central differences find the slope towards each number, and leave the numbers as they were"""
    from tinytorch.core.autograd import central_difference
    from tinytorch.core.tensor import Tensor

    for shape in [(), (3,), (2, 3), (2, 1, 2)]:
        array = rng.normal(size=shape)
        x, factor = Tensor(array, dtype=np.float64), rng.normal(size=shape)
        got = central_difference(lambda x, factor=factor: (x * x * factor).sum(), x)
        # The curve x² has no corner to cut: only rounding is left, 1e-16 of the sum over 1e-6.
        expect_close(got, 2 * array * factor, f"slopes of Σ factor · x² for shape {shape}", **JUDGE)
        expect_equal(str(np.asarray(got).dtype), "float64", "dtype of the slopes")
        expect_close(x.data, array, "x afterwards", rtol=0, atol=0, hint="put back what was there")
    x, y = Tensor(0.7, dtype=np.float64), Tensor([3.0, 5.0], dtype=np.float64)
    for eps in (0.5, 0.25):
        got = central_difference(lambda x: x * x * x, x, eps)
        expect_close(
            got, 3 * 0.49 + eps**2, f"slope of x³ with eps={eps}", hint="(f(x+eps) - f(x-eps)) / 2 eps"
        )
    got = central_difference(lambda _: y[0] * y[1], y)
    expect_close(got, [5, 3], "slopes of a function that uses y behind your back", **JUDGE)
    for dtype in (np.float32, np.int64):
        coarse = Tensor([1, 2], dtype=dtype)
        expect_raises(
            TypeError,
            lambda coarse=coarse: central_difference(lambda x: x.sum(), coarse),
            f"central_difference of {np.dtype(dtype)}",
            says=("float64",),
        )


@checkpoint.check(points=4)
def test_arithmetic(rng):
    """The rules of products, differences, quotients and powers"""
    for left, right in [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,))]:
        a, b = rng.uniform(0.5, 2, size=left), rng.uniform(0.5, 2, size=right)
        for function in (np.multiply, np.subtract, np.true_divide, np.add):
            expect_rules(rng, function, a, b)
    a = rng.uniform(0.5, 2, size=(2, 3)) * rng.choice([-1, 1], size=(2, 3))
    for function in (np.multiply, np.subtract, np.true_divide):
        for number in (3, -0.5):
            expect_rules(rng, function, a, number, hint="an input may be a plain number")
            expect_rules(rng, function, number, a, hint="an input may be a plain number")
    for power in (2, 3, 1, -1, -2):
        expect_rules(rng, np.power, a, power, hint="p a^(p-1)")
    for power in (0.5, 1.7):
        expect_rules(rng, np.power, np.abs(a), power)


@checkpoint.check(points=3)
def test_broadcasting(rng):
    """Broadcasting is undone by sums over the axes that it stretched"""
    from tinytorch.core.autograd import unbroadcast

    for shape, wide in [
        ((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2, 3)), ((1,), (4,)), ((1, 1), (3, 2)), ((2, 3), (2, 3)),
        ((4, 1, 2), (4, 3, 2)), ((3, 1), (2, 3, 4)), ((1, 3, 1), (5, 2, 3, 1)), ((1, 3), (1, 3)), ((), ()),
        ((2, 1, 1), (2, 1, 3)), ((1, 2), (2, 2)),
    ]:  # fmt: skip
        gradient = rng.normal(size=wide)
        what = f"unbroadcast of {wide} for {shape}"
        before = gradient.copy()
        expect_close(unbroadcast(gradient, shape), summed(gradient, shape), what, hint="sum, keep the shape")
        expect_close(gradient, before, "the gradient afterwards", rtol=0, atol=0)
        kind = str(unbroadcast(gradient.astype(np.float32), shape).dtype)
        expect_equal(kind, "float32", f"dtype of {what}")
    same = unbroadcast(gradient, gradient.shape)
    expect_true(same is gradient, "unbroadcast where the shapes are equal", "the array itself", "a copy")


@checkpoint.check(points=4)
def test_matmul(rng):
    """The rules of a matrix product, for matrices, vectors and batches"""
    for left, right in [
        ((2, 3), (3, 4)), ((3, 3), (3, 3)), ((1, 2), (2, 1)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)),
        ((2, 2, 3), (2, 3, 2)), ((2, 1, 2, 3), (2, 3, 2)), ((2, 1, 2, 2), (2, 2)), ((3,), (3,)),
        ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)),
    ]:  # fmt: skip
        a, b = rng.normal(size=left), rng.normal(size=right)
        expect_rules(rng, np.matmul, a, b, hint="G @ Bᵀ and Aᵀ @ G; batches add up")


@checkpoint.check(points=3)
def test_functions(rng):
    """The rules of exp, log, sqrt and tanh"""
    for shape in [(5,), (2, 3), ()]:
        x = rng.uniform(0.3, 2, size=shape)
        for function in (np.exp, np.log, np.sqrt):
            expect_rules(rng, function, x)
        for function in (np.tanh, np.exp):
            expect_rules(rng, function, x - 1)


@checkpoint.check(points=4)
def test_reductions(rng):
    """The rules of sum, mean and max, along any axes, with ties shared"""
    from tinytorch.core.autograd import rule_of

    x = rng.permutation(24).reshape(2, 3, 4) / 3
    for function in (np.sum, np.mean, np.max):
        for axis in (None, 0, 1, -1, (0, 2), (1, -1), (0, 1, 2)):
            for keepdims in (False, True):
                expect_rules(rng, function, x, axis=axis, keepdims=keepdims)
    for function in (np.sum, np.mean, np.max):
        answer = rule_of(function, 0)(np.ones(2), function(x, axis=(1, 2)), x, axis=(1, 2))
        expect_equal(answer.shape, (2, 3, 4), f"shape of the gradient of {function.__name__}")
    rows = np.array([[5.0, 1.0, 5.0, 5.0], [2.0, 2.0, 0.0, 1.0]])
    gradient = rng.normal(size=2)
    got = rule_of(np.max, 0)(gradient, rows.max(axis=1), rows, axis=1)
    share = np.array([[1, 0, 1, 1], [1, 1, 0, 0]]) * gradient[:, None] / np.array([[3], [2]])
    expect_close(got, share, "gradient of max with ties", hint="shared evenly, in each row on its own")


@checkpoint.check(points=2)
def test_shapes(rng):
    """The rules of reshape, swapaxes and transpose lead back"""
    x = rng.normal(size=(2, 3, 2))
    for shape in [(12,), (3, 4), (2, 3, 1, 2)]:
        expect_rules(rng, np.reshape, x, shape=shape)
    for pair in [(0, 1), (1, 2), (-1, 0), (0, 0)]:
        expect_rules(rng, np.swapaxes, x, axis1=pair[0], axis2=pair[1])
    for axes in [(1, 2, 0), (2, 0, 1), (0, 2, 1), (-1, 0, 1), (1, -1, -3), None]:
        expect_rules(rng, np.transpose, x, axes=axes, hint="the inverse of the permutation")
    y = rng.normal(size=(1, 2, 3, 2))
    expect_rules(rng, np.transpose, y, axes=(3, 1, 0, 2))
    expect_rules(rng, np.expand_dims, x, axis=1)


@checkpoint.check(points=3)
def test_picking(rng):
    """The rule of picking gives back to the places, twice to what was picked twice"""
    from tinytorch.core.tensor import take

    x = rng.normal(size=(3, 4, 2))
    mask = rng.random((3, 4, 2)) < 0.5
    mask[0, 0, 0] = True
    every, back = slice(None), slice(None, None, -1)
    for what, key in [
        ("1", 1), ("-1, :, 0", (-1, every, 0)), ("1:3", slice(1, 3)), ("2, 3, 1", (2, 3, 1)), (":", every),
        ("::2, 1:", (slice(None, None, 2), slice(1, None))), ("..., None, 1", (..., None, 1)),
        ("::-1", back), (":, ::-1", (every, back)), ("None", None), ("[0, 2]", [0, 2]),
        ("[1, 1, 0, 1]", [1, 1, 0, 1]), (":, [3, 3, 0]", (every, [3, 3, 0])), ("a mask", mask),
        ("two arrays", (np.array([0, 2, 2]), np.array([1, 3, 3]))), ("[2, 1, 0]", [2, 1, 0]),
        ("rows", np.array([[0, 0], [2, 0]])), ("..., [1, 0]", (..., np.array([1, 0]))), ("[-1, 2]", [-1, 2]),
    ]:  # fmt: skip
        expect_rules(rng, take, x, plain=lambda array, key: array[key], key=key, hint=f"x[{what}]")


@checkpoint.check(points=3)
def test_choices(rng):
    """The rules of where and maximum: to the side that was chosen, half to each at a tie"""
    from tinytorch.core.autograd import rule_of

    a, b = rng.permutation(12).reshape(2, 2, 3) / 5 - 1
    chosen = rng.random((2, 3)) < 0.5
    chosen[0, 0], chosen[0, 1] = True, False
    expect_rules(rng, np.where, chosen, a, b)
    expect_rules(rng, np.where, chosen, a, 2.0)
    expect_rules(rng, np.where, chosen * 2, a, b, hint="a condition may be made of numbers")
    expect_rules(rng, np.where, chosen, -3.0, b)
    expect_rules(rng, np.where, chosen, a, b[0])
    for function in (np.maximum, np.minimum):
        expect_rules(rng, function, a, b)
        expect_rules(rng, function, a, 0.1)
        expect_rules(rng, function, 0.1, b)
        expect_rules(rng, function, a, b[0])
    gradient = rng.normal(size=3)
    left, right = np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, -3.0])
    for function, wanted in [
        (np.maximum, ([0.5, 0, 1], [0.5, 1, 0])),
        (np.minimum, ([0.5, 1, 0], [0.5, 0, 1])),
    ]:
        for position, share in enumerate(wanted):
            got = rule_of(function, position)(gradient, function(left, right), left, right)
            what = f"gradient of {function.__name__} with a tie, towards input {position}"
            expect_close(got, gradient * share, what, hint="half of it")


@checkpoint.check(points=4)
def test_graph(rng):
    """One walk through a graph of any shape: each result once, every share added"""
    from tinytorch.core.activations import relu
    from tinytorch.core.autograd import backward, topological_order
    from tinytorch.core.dense import Sequential
    from tinytorch.core.tensor import Tensor

    a, b, c = (leaf(rng.uniform(0.5, 1, size=3), np.float32) for _ in range(3))
    left = a + b
    right = left + c
    end = left + right + left + a
    weights = rng.normal(size=3).astype(np.float32)
    given = Tensor(weights)
    end.backward(given)
    for name, tensor, times in [("a", a, 4), ("b", b, 3), ("c", c, 1)]:
        what = f"gradient of {name} where 2 (a + b) + (a + b + c) + a was computed"
        expect_true(isinstance(tensor.grad, Tensor), what, "a Tensor", type(tensor.grad).__name__)
        expect_close(
            tensor.grad.data, times * weights, what, hint="add what arrives, and only then pass it on"
        )
        expect_equal(str(tensor.grad.data.dtype), "float32", f"dtype of the {what}")
    expect_true(left.grad is None and end.grad is None, "grad of the results", "None", "a Tensor")
    expect_close(given.data, weights, "the gradient that was given, afterwards", rtol=0, atol=0)
    a.grad.data[...] = 0
    apart = 3 * weights
    expect_close(
        b.grad.data, apart, "gradient of b after that of a was written over", hint="arrays of their own"
    )

    diamonds = leaf(rng.normal(size=2), np.float32)
    y = diamonds
    for _ in range(50):
        y = y * 0.5 + y * 0.5
    expect_equal(len(topological_order(y)), 151, "tensors in 50 diamonds, each of three results")
    backward(y, np.ones(2), retain_graph=True)
    backward(y, np.ones(2))
    expect_close(
        diamonds.grad.data, [2, 2], "gradient through 50 diamonds, twice", hint="once for each result"
    )

    thousand = relu
    for _ in range(4):
        thousand = Sequential(*[thousand] * 10)
    start = leaf([1.5, -1.5], np.float32)
    thousand(start).backward([1.0, 1.0])
    expect_close(start.grad.data, [1, 0], "gradient through 10,000 operations in a row", hint="no recursion")

    once = leaf([[2.0]], np.float32)
    once.backward()
    expect_close(once.grad.data, [[1]], "the gradient of a leaf of shape (1, 1) towards itself")
    expect_equal(str(once.grad.data.dtype), "float32", "dtype of the gradient of a leaf towards itself")
    first, second, given = leaf([0.0, 0.0]), leaf([0.0, 0.0]), np.array([1.0, 10.0])
    (first + second).backward(given)
    first.grad.data[...] = 0
    expect_close(second.grad.data, [1, 10], "gradient of b in a + b, a's written over", hint="its own array")
    expect_close(given, [1, 10], "the given gradient, a's written over", hint="its own array")
    left = a + b
    right = left * c
    end = right - left
    order = topological_order(right)
    found = [sum(one is t for one in order) for t in (right, left, a, b, c, end)]
    expect_equal(
        found, [1] * 5 + [0], "how often each is in the order of (a + b) c", hint="what it came from, once"
    )
    places = [
        next(i for i, one in enumerate(topological_order(end)) if one is t) for t in (end, right, left, a)
    ]
    expect_equal(places, sorted(places), "places of a result and of what it was computed from", hint="later")


@checkpoint.check(points=3)
def test_recording(rng):
    """What needs a gradient is recorded, and nothing else is; no rule is asked in vain"""
    from tinytorch.core.autograd import gradient_of, no_grad
    from tinytorch.core.layers import Meter
    from tinytorch.core.tensor import Tensor, apply

    w, x = leaf(rng.normal(size=3), np.float32), Tensor(rng.normal(size=3))

    def needed(tensor):
        return bool(tensor.requires_grad)

    for what, result, want in [
        ("w * x", w * x, True), ("x * w", x * w, True), ("2 * w", 2 * w, True), ("x * x", x * x, False),
        ("w > 0", w > 0, False), ("w.argmax()", w.argmax(), False), ("(w * x).sum()", (w * x).sum(), True),
        ("w.detach() * 2", w.detach() * 2, False), ("(w * x).detach() + x", (w * x).detach() + x, False),
    ]:  # fmt: skip
        expect_equal(needed(result), want, f"requires_grad of {what}")
        has = getattr(result, "grad_fn", None) is not None
        expect_equal(has, want, f"whether {what} has a grad_fn")
    x.requires_grad = True
    expect_equal(needed(x * x), True, "requires_grad of x * x, after x was told to")

    with no_grad():
        inside = w * 2
        with no_grad():
            innermost = w * 2
        between = w * 2
    flags = [needed(t) for t in (inside, innermost, between, w * 2)]
    expect_equal(
        flags, [False, False, False, True], "requires_grad inside, innermost, between, after no_grad"
    )

    @no_grad()
    def stumble():
        raise KeyError("inside")

    expect_raises(KeyError, stumble, "an error inside no_grad")
    expect_equal(needed(w * 2), True, "requires_grad after an error inside no_grad", hint="finally")
    quiet = no_grad()(lambda tensor: tensor * 2)
    flags = [needed(quiet(w)), needed(w * 2), needed(quiet(w))]
    expect_equal(
        flags, [False, True, False], "requires_grad inside, after, inside a function under @no_grad()"
    )

    mixed, double = leaf([1.0, 2.0], np.float32), Tensor([3.0, 5.0], dtype=np.float64)
    (mixed * double).backward(np.ones(2))
    expect_close(mixed.grad.data, [3, 5], "gradient of a float32 tensor that met a float64 one")
    expect_equal(str(mixed.grad.data.dtype), "float32", "its dtype", hint="that of its own tensor")

    with Meter() as meter:
        (mixed.detach() * w[:2]).sum().backward()
    expect_close(w.grad.data, [1, 2, 0], "gradient of w while a Meter of module 04 listens too")
    expect_equal(meter.count, 3, "operations that the Meter counted: product, part, sum", hint="no more")

    asked = []

    def plus(a, b):
        return a + b

    for position in (0, 1):

        @gradient_of(plus, position)
        def rule(gradient, output, a, b, position=position):
            asked.append(position)
            return gradient

    apply(plus, Tensor([1.0, 2.0, 3.0]), w).backward(np.ones(3))
    expect_equal(asked, [1], "rules asked where only the second input requires a gradient")


@checkpoint.check(points=2)
def test_refusals(rng):
    """What has no gradient says so: many numbers, no history, wrong shapes, a freed graph, a missing rule"""
    from tinytorch.core.autograd import backward
    from tinytorch.core.tensor import Tensor, apply

    w = leaf(rng.normal(size=(2, 3)), np.float32)
    expect_raises(RuntimeError, lambda: (w * 2).backward(), "six numbers", says=("(2, 3)",))
    expect_raises(RuntimeError, lambda: Tensor(1.0).backward(), "no history", says=("requires_grad",))
    for given, shape in [(np.ones(3), "(3,)"), (Tensor(np.ones((3, 2))), "(3, 2)"), (1.0, "()")]:
        call = lambda given=given: (w * 2).backward(given)  # noqa: E731
        expect_raises(RuntimeError, call, f"a gradient of shape {shape} for (2, 3)", says=("(2, 3)", shape))
    for sound in [(w * 2)[:1, :1], (w * 2).sum()]:
        w.grad = None
        sound.backward()
        expect_equal(w.grad.shape, (2, 3), "shape of a gradient after backward from one number")
    inner = w * w
    loss, other = inner.sum(), (inner * 2).sum()
    backward(loss, retain_graph=True)
    backward(loss, 1.0)
    for what, call in [("again", loss.backward), ("through a part that was freed", other.backward)]:
        expect_raises(RuntimeError, call, f"backward {what}", says=("freed",))
    w.grad = None

    def mystery(array):
        return np.cos(array)

    lost = (w * apply(mystery, w)).sum()
    expect_raises(RuntimeError, lost.backward, "an operation without a rule", says=("mystery", "gradient_of"))
    stale = (w * w).sum()
    w.data[...] += 1
    expect_raises(RuntimeError, stale.backward, "w changed before backward", says=("in place",))
    power = w.exp()
    power.data[...] = 0
    expect_raises(RuntimeError, power.sum().backward, "a result written over", says=("in place",))
    expect_true(w.grad is None, "w.grad after the refusals", "None, as it was", "a Tensor")


@checkpoint.check(points=2)
def test_untouched(rng):
    """Every layer of modules 04 to 07 learns, and not a line of them has changed"""
    import importlib

    from tinytorch.core.activations import GELU, ReLU, Sigmoid
    from tinytorch.core.attention import MultiHeadAttention
    from tinytorch.core.autograd import zero_grad
    from tinytorch.core.dense import Sequential, cross_entropy
    from tinytorch.core.layers import Flatten, LayerNorm, Linear
    from tinytorch.core.spatial import AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d
    from tinytorch.core.tensor import Tensor

    files = {name: file_of(getattr(importlib.import_module(f"tinytorch.core.{name}"), one))
             for name, one in EARLIER.items()}  # fmt: skip
    before = {name: fingerprint(file) for name, file in files.items()}
    attention = MultiHeadAttention(4, 2)
    pictures = [
        Conv2d(2, 4, 3, padding=1),
        BatchNorm2d(4),
        ReLU(),
        MaxPool2d(2),
        Conv2d(4, 4, 2, stride=2, groups=2),
    ]
    pictures = Sequential(*pictures, GELU("tanh"), Flatten(), Linear(4, 3))
    words = [
        LayerNorm(4),
        lambda x: attention(x, x, x, is_causal=True)[0] + x,
        Flatten(),
        Sigmoid(),
        Linear(12, 3),
    ]
    small = [AvgPool2d(2, 1), Conv2d(2, 3, 2, dilation=2), Flatten()]
    for name, network, shape, extra in [
        ("pictures", pictures, (6, 2, 4, 4), []),
        ("words", Sequential(*words), (6, 3, 4), list(attention.parameters())),
        ("windows", Sequential(*small), (6, 2, 4, 4), []),
    ]:
        array, classes = rng.normal(size=shape), rng.integers(3, size=6)
        x, target = Tensor(array), Tensor(classes, dtype=np.int64)
        parameters = [*network.parameters(), *extra]
        for step in range(2):
            zero_grad(parameters)
            loss = cross_entropy(network(x), target)
            loss.backward()
            squares = 0.0
            for p in parameters:
                expect_equal((p.grad.shape, str(p.grad.dtype)), (p.shape, "float32"), f"a gradient of {name}")
                squares += float((p.grad.data.astype(np.float64) ** 2).sum())
            # A step along the gradient so short that the loss falls by 0.03 %: float32 rounds that to 1e-3 of
            # itself, and the curve bends by some hundredths (0.05 in 20 seeds with three times the step).
            rate = 3e-4 * loss.item() / squares
            for p in parameters:
                p.data -= np.float32(rate) * p.grad.data
            fall = (loss.item() - cross_entropy(network(x), target).item()) / (rate * squares)
            what = f"fall of the loss of {name} in step {step}, over what the gradient promises"
            expect_close(fall, 1, what, rtol=0, atol=0.2)
    for name, file in files.items():
        expect_equal(Path(file).name, f"{name}.py", f"the file that module {name} comes from")
        expect_equal(fingerprint(file), before[name], f"hash of {name}.py after learning, and before it")
    for owner in (Tensor(0.0), network, attention, MaxPool2d(2), *pictures, *small):
        kind = type(owner).__name__
        for method in METHODS.split():
            function = getattr(owner, method, None)
            if function is not None:
                source, what = file_of(function), f"where {kind}.{method} was written"
                own = any(source == file for file in files.values())
                expect_true(own, what, "in modules 02 to 07", source, "no patches")


def file_of(function):
    """The file that a function was written in."""
    return str(function.__code__.co_filename)


def fingerprint(file):
    """The hash of a file."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


# A function of each module that was there before autograd, and the methods that nobody may have patched.
EARLIER = {
    "tensor": "apply",
    "activations": "relu",
    "layers": "normal_",
    "dense": "mse_loss",
    "spatial": "pad",
    "attention": "rotate",
}
METHODS = "sum mean amax var reshape transpose permute exp log sqrt tanh abs detach backward forward train"


if __name__ == "__main__":
    checkpoint.main()
