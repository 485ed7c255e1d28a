"""Can I build multi-layer networks?"""

import math
from functools import partial

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_recorded, expect_true

checkpoint = Checkpoint(__file__)

# Oracles are loops over single numbers in float64 and closed forms. The solution used up at most 3 % of this
# tolerance in 300 seeds (float32 is off by 6e-8 of each number), so that sums in any order fit in.
SUM = {"rtol": 1e-5, "atol": 1e-5}


def linear_by_loops(x, layer):
    """A Linear one product at a time: x (n, in) → (n, out)."""
    weight, bias = layer.weight.data, layer.bias.data
    y = np.zeros((len(x), len(weight)))
    for i in range(len(x)):
        for j in range(len(weight)):
            y[i, j] = bias[j] + sum(float(x[i, k]) * float(weight[j, k]) for k in range(len(weight[j])))
    return y


def surprises(scores, truth):
    """-Σ t log p for each column of scores along axis 1, in float64: scores and truth (N, C, …) → (N, …)."""
    losses = np.zeros(scores.shape[:1] + scores.shape[2:])
    for place in np.ndindex(losses.shape):
        column = [float(scores[(place[0], c, *place[1:])]) for c in range(scores.shape[1])]
        chances = [float(truth[(place[0], c, *place[1:])]) for c in range(scores.shape[1])]
        largest = max(column)
        log_sum = largest + math.log(sum(math.exp(score - largest) for score in column))
        losses[place] = sum(t * (log_sum - s) for t, s in zip(chances, column, strict=True) if t)
    return losses


def one_hot(classes, count):
    """1 at the class, 0 elsewhere, along axis 1: classes (N, …) → (N, count, …)."""
    truth = np.zeros((len(classes), count, *classes.shape[1:]))
    for place in np.ndindex(classes.shape):
        truth[(place[0], classes[place], *place[1:])] = 1
    return truth


@checkpoint.check(points=3)
def test_order(rng):
    """Sequential runs its parts one after the other, whatever can be called"""
    from tinytorch.core.activations import ReLU, relu
    from tinytorch.core.dense import Sequential
    from tinytorch.core.layers import Linear
    from tinytorch.core.tensor import Tensor, recorders

    x = rng.normal(size=(4, 3)).astype(np.float32)
    first, second, third = Linear(3, 5), Linear(5, 5), Linear(5, 2)
    bends = np.maximum(linear_by_loops(np.maximum(linear_by_loops(x, first), 0), second), 0)
    network = Sequential(first, ReLU(), second, relu, third)
    want = linear_by_loops(bends, third)
    expect_close(network(Tensor(x)).data, want, "Linear, ReLU, Linear, relu, Linear", **SUM)
    steps = Sequential(lambda x: x + 1, lambda x: x * 2, lambda x: x - 5)
    expect_close(steps(Tensor(x)).data, (x + 1) * 2 - 5, "plus 1, times 2, minus 5", hint="in order", **SUM)
    nested = Sequential(steps, Sequential(), Sequential(steps))
    want = ((x + 1) * 2 - 4) * 2 - 5
    expect_close(nested(Tensor(x)).data, want, "Sequentials in a Sequential, one empty", **SUM)
    same = steps.append(lambda x: -x)
    expect_close(same(Tensor(x)).data, 5 - (x + 1) * 2, "with a fourth part appended: minus all", **SUM)
    for dtype in ("float32", "float64"):
        start = Tensor(x, dtype=dtype)
        sources = {"x": start, "the first weight": first.weight, "the last bias": third.bias}
        expect_recorded(recorders, partial(network, start), f"a Sequential of {dtype}", sources)


@checkpoint.check(points=3)
def test_tree():
    """A Sequential's parts belong to the tree: parameters, modes, state, and how it reads"""
    from tinytorch.core.activations import ReLU, Tanh
    from tinytorch.core.dense import Sequential
    from tinytorch.core.layers import Dropout, Linear, Module

    class Two(Module):
        def __init__(self):
            super().__init__()
            self.body = Sequential(Linear(3, 4), ReLU(), Dropout(0.5), Sequential(Linear(4, 4), Tanh()))
            self.head = Linear(4, 1)

    two = Two()
    paths = [path for path, _ in two.named_modules()]
    want = ["", "body", "body.0", "body.2", "body.3", "body.3.0", "head"]
    expect_equal(paths, want, "paths of the modules")
    paths = sorted(two.state_dict())
    want = [f"{part}.{name}" for part in ("body.0", "body.3.0", "head") for name in ("bias", "weight")]
    expect_equal(paths, want, "paths in the state, sorted")
    expect_equal([m.training for m in two.eval().modules()], [False] * 7, "training after eval()")
    shared = Linear(2, 2)
    tied = Sequential(shared, ReLU(), shared, Linear(2, 1))
    expect_equal(sum(p.numel() for p in tied.parameters()), 6 + 3, "numbers, one layer used twice")
    want = ["Sequential(", "  (0): Sequential(", "    (0): Tanh()", "  )", "  (1): Dropout(p=0.25)", ")"]
    lines = repr(Sequential(Sequential(Tanh()), Dropout(0.25))).split("\n")
    expect_equal(lines, want, "the lines of a Sequential")
    late = Sequential()
    for width in (3, 5):
        expect_true(late.append(Linear(1, width)) is late, "what append returns", "the Sequential", "another")
    expect_equal(sorted(late.state_dict())[::2], ["0.bias", "1.bias"], "biases of two appended layers")
    for bad, says in [([shared], "list"), (ReLU, "ReLU"), (None, "NoneType"), (Linear, "Linear")]:
        what = f"Sequential(Linear(…), {says})"
        expect_raises(TypeError, lambda bad=bad: Sequential(shared, bad), what, says=("1", says))


@checkpoint.check(points=3)
def test_parts(rng):
    """A Sequential has a length, can be walked and indexed, and its slices are networks"""
    from tinytorch.core.activations import ReLU, Tanh
    from tinytorch.core.dense import Sequential
    from tinytorch.core.layers import Linear
    from tinytorch.core.tensor import Tensor

    parts = [Linear(2, 3), ReLU(), Linear(3, 3), Tanh(), Linear(3, 2), ReLU()]
    network = Sequential(*parts)
    expect_equal((len(network), len(Sequential())), (6, 0), "lengths of six parts and of none")
    for walk in (1, 2):
        walked = [any(part is one for one in parts) for part in network]
        order = len(walked) == 6 and all(part is one for part, one in zip(network, parts, strict=True))
        expect_true(order, f"the parts of walk {walk}", "the six, in order", f"{len(walked)}, or others")
    for i in range(-6, 6):
        expect_true(network[i] is parts[i], f"network[{i}] of 6 parts", "that part itself", "another")
    for i in (6, -7):
        expect_raises(IndexError, lambda i=i: network[i], f"network[{i}] of 6 parts")
    for key in (slice(2), slice(1, -1), slice(None, None, -1), slice(4, 99), slice(3, 3)):
        what, chosen = f"network[{key.start}:{key.stop}:{key.step}]", network[key]
        kind = type(chosen).__name__
        expect_equal((kind, len(chosen)), ("Sequential", len(parts[key])), f"type and length of {what}")
        right = all(part is one for part, one in zip(chosen, parts[key], strict=True))
        expect_true(right, f"parts of {what}", "the network's own", "others")
    expect_equal(len(network), 6, "length after slicing")
    expect_equal(sorted(network[2:4].state_dict()), ["0.bias", "0.weight"], "paths in network[2:4]")
    x = Tensor(rng.normal(size=(3, 2)))
    both = network[3:](network[:3](x)).data
    expect_close(both, network(x).data, "the second half of the first half beside the whole")

    class Block(Sequential):
        def __init__(self, width):
            super().__init__(Linear(width, width), ReLU(), Linear(width, 1))

    body = Block(4)[:-1]
    kind = type(body).__name__
    expect_equal((kind, len(body)), ("Sequential", 2), "type and length of a slice of a subclass")


@checkpoint.check(points=3, needs="order")
def test_mlp(rng):
    """An MLP has an activation after every layer but the last, and dropout where asked"""
    from tinytorch.core.activations import ReLU, Tanh
    from tinytorch.core.dense import MLP, Sequential
    from tinytorch.core.layers import Dropout
    from tinytorch.core.tensor import Tensor

    linear = "Linear(in_features={}, out_features={}, bias=True)".format
    for settings, want in [
        (((6, [5, 4], 3), {}), [linear(6, 5), "ReLU()", linear(5, 4), "ReLU()", linear(4, 3)]),
        (((6, (), 3), {"dropout": 0.5}), [linear(6, 3)]),
        (((2, (4,), 1, Tanh, 0.25), {}), [linear(2, 4), "Tanh()", "Dropout(p=0.25)", linear(4, 1)]),
        (((2, [4], 1), {"activation": Tanh}), [linear(2, 4), "Tanh()", linear(4, 1)]),
        (
            ((2, [3, 3], 3), {"dropout": 0.1}),
            [
                linear(2, 3),
                "ReLU()",
                "Dropout(p=0.1)",
                linear(3, 3),
                "ReLU()",
                "Dropout(p=0.1)",
                linear(3, 3),
            ],
        ),
    ]:
        positional, named = settings
        what = (
            f"parts of MLP({', '.join(getattr(value, '__name__', repr(value)) for value in positional)}, …)"
        )
        network = MLP(*positional, **named)
        parts = [getattr(network, str(i)) for i in range(len(network))]
        expect_equal([repr(part) for part in parts], want, what)
        expect_true(len({id(part) for part in parts}) == len(parts), what, "an object each", "one used twice")
    expect_true(isinstance(network, Sequential), "type of an MLP", "a Sequential", type(network).__name__)
    widths = [3, 3]
    deep = MLP(3, widths, 2, dropout=0.5)
    expect_equal(widths, [3, 3], "the list of widths afterwards")
    paths = [f"{i}.{name}" for i in (0, 3, 6) for name in ("bias", "weight")]
    expect_equal(sorted(deep.state_dict()), paths, "paths in the state, with dropout")
    x = rng.normal(size=(5, 3)).astype(np.float32)
    first, second, third = (getattr(deep, name) for name in "036")
    want = np.maximum(linear_by_loops(np.maximum(linear_by_loops(x, first), 0), second), 0)
    want = linear_by_loops(want, third)
    expect_close(deep.eval()(Tensor(x)).data, want, "an MLP with dropout, after eval()", **SUM)
    drops = [isinstance(part, Dropout) for part in deep]
    expect_equal(drops, [False, False, True] * 2 + [False], "which parts are Dropouts")
    ends = MLP(2, [8], 1, activation=ReLU)(Tensor(rng.normal(size=(500, 2)))).data
    centred = getattr(MLP(2, [8], 500), "2").weight.data
    expect_true(bool((centred < 0).any()), "weights of the last layer", "some below 0", "none")
    expect_equal(ends.shape, (500, 1), "shape of MLP(2, [8], 1)(x)")


@checkpoint.check(points=3)
def test_start(rng):
    """An MLP begins with Kaiming's weights and zero biases, its last layer as Linear makes it"""
    from tinytorch.core.dense import MLP
    from tinytorch.core.setup import manual_seed

    seed = int(rng.integers(1 << 30))
    manual_seed(seed)
    first = MLP(50, [200, 100], 400, dropout=0.1).state_dict()
    second = MLP(50, [200, 100], 400).state_dict()
    manual_seed(seed)
    again = MLP(50, [200, 100], 400, dropout=0.1).state_dict()
    for path, tensor in first.items():
        expect_close(again[path].data, tensor.data, f"{path} after the same manual_seed", rtol=0, atol=0)
    differ = bool((first["0.weight"].data != second["0.weight"].data).any())
    expect_true(differ, "0.weight of two MLPs", "different numbers", "the same")
    for path, fan in [("0", 50), ("3", 200)]:
        weight, bias = (first[f"{path}.{name}"].data for name in ("weight", "bias"))
        # 10,000 numbers and more: their std is off by 0.7 % (one sigma), their mean by std / 100.
        std = math.sqrt(2 / fan)
        expect_close(weight.std(), std, f"std of the weight of a hidden layer, {fan} inputs", rtol=0.045)
        expect_close(weight.mean(), 0, "mean of that weight", atol=6 * std / 100)
        # The largest of 10,000 normal numbers is below 3 once in a million runs; even numbers end at √3.
        peak = float(np.abs(weight).max()) / std
        expect_true(peak > 2.5, "its largest number over its std", "above 2.5: normal", peak)
        expect_close(bias, np.zeros(len(bias)), "bias of a hidden layer", rtol=0, atol=0, hint="zeros")
    last = [("6.weight", first), ("6.bias", first), ("4.weight", second), ("4.bias", second)]
    for path, state in last:
        numbers = state[path].data
        expect_close(np.abs(numbers).max(), 0.1, f"largest number of the last layer's {path}", rtol=0.06)
        # 400 even numbers and more: their std is off by 2.2 % at one standard deviation.
        expect_close(numbers.std(), 0.1 / math.sqrt(3), f"std of the last layer's {path}", rtol=0.14)
    single = MLP(100, [], 400).state_dict()
    expect_equal(sorted(single), ["0.bias", "0.weight"], "paths in MLP(100, [], 400)")
    largest = float(np.abs(single["0.weight"].data).max())
    expect_close(
        largest, 0.1, "largest weight of MLP(100, [], 400)", rtol=0.01, hint="its only layer is its last"
    )


@checkpoint.check(points=4)
def test_mse(rng):
    """The mean squared error averages over all numbers and refuses shapes that differ"""
    from tinytorch.core.dense import CrossEntropyLoss, MSELoss, mse_loss
    from tinytorch.core.tensor import Tensor

    for shape in [(7,), (4, 3), (2, 3, 4), ()]:
        a, b = rng.normal(size=(2, *shape)).astype(np.float32)
        squares = np.zeros(shape)
        for place in np.ndindex(shape):
            squares[place] = (float(a[place]) - float(b[place])) ** 2
        total = float(squares.sum())
        mean = total / max(1, math.prod(shape))
        x, y = Tensor(a), Tensor(b)
        expect_close(mse_loss(x, y).data, mean, f"mse_loss of shape {shape}", **SUM)
        for loss, name in [(mse_loss, "mse_loss"), (lambda a, b, **s: MSELoss(**s)(a, b), "MSELoss")]:
            for word, want in [("mean", mean), ("sum", total), ("none", squares)]:
                what = f'{name} of shape {shape}, reduction="{word}"'
                expect_close(loss(x, y, reduction=word).data, want, what, **SUM)
    expect_close(MSELoss()(x, y).data, mean, "MSELoss() by default", **SUM)
    learning = [module.training for module in (MSELoss(), CrossEntropyLoss())]
    expect_equal(learning, [True, True], "training of both losses", hint="super().__init__() first")
    for left, right in [((5,), (5, 1)), ((5, 1), (5,)), ((4, 3), (3,)), ((1, 3), (4, 3)), ((2, 3), (3, 2))]:
        x, y = Tensor(rng.normal(size=left)), Tensor(rng.normal(size=right))
        what, says = f"mse_loss of {left} and {right}", (str(left), str(right))
        expect_raises(
            ValueError, lambda x=x, y=y: mse_loss(x, y), what, says=says, hint="even if they broadcast"
        )
        expect_raises(
            ValueError, lambda x=x, y=y: MSELoss()(x, y), what.replace("mse_loss", "MSELoss"), says=says
        )


@checkpoint.check(points=5)
def test_cross_entropy(rng):
    """Cross entropy is the surprise at the true class, for every place of the batch"""
    from tinytorch.core.activations import log_softmax
    from tinytorch.core.dense import CrossEntropyLoss, cross_entropy, nll_loss
    from tinytorch.core.tensor import Tensor

    for shape in [(6, 4), (3, 3), (1, 5), (3, 4, 2), (2, 3, 3, 2), (4, 2, 4)]:
        scores = (2 * rng.normal(size=shape)).astype(np.float32)
        classes = rng.integers(shape[1], size=shape[:1] + shape[2:])
        want = surprises(scores, one_hot(classes, shape[1]))
        x, target = Tensor(scores), Tensor(classes, dtype=np.int64)
        logs = log_softmax(x, 1)
        calls = {
            "cross_entropy": lambda x=x, t=target, **s: cross_entropy(x, t, **s),
            "CrossEntropyLoss": lambda x=x, t=target, **s: CrossEntropyLoss(**s)(x, t),
            "nll_loss of log_softmax": lambda x=logs, t=target, **s: nll_loss(x, t, **s),
        }
        for name, call in calls.items():
            what = f"{name}, scores of shape {shape}"
            expect_close(call().data, want.mean(), f"{what}, by default", **SUM)
            expect_close(call(reduction="none").data, want, f'{what}, reduction="none"', **SUM)
            expect_close(call(reduction="sum").data, want.sum(), f'{what}, reduction="sum"', **SUM)
            expect_close(call(reduction="mean").data, want.mean(), f'{what}, reduction="mean"', **SUM)
        if len(shape) == 2:
            for name, call in [("cross_entropy", cross_entropy), ("nll_loss", nll_loss)]:
                one = call((x if name == "cross_entropy" else logs)[0], target[0])
                expect_close(one.data, want[0], f"{name} of one example, shape {shape[1:]}", **SUM)
    for count in (2, 10):
        even, target = Tensor(np.full((3, count), 7.0)), Tensor([0, 1, count - 1], dtype=np.int64)
        expect_close(cross_entropy(even, target).data, math.log(count), f"no opinion among {count} classes")


@checkpoint.check(points=4)
def test_soft_targets(rng):
    """Targets may be probabilities, and smoothing spreads a part over all classes"""
    from tinytorch.core.dense import CrossEntropyLoss, cross_entropy
    from tinytorch.core.tensor import Tensor

    for shape in [(5, 4), (3, 3), (2, 4, 3), (2, 3, 2, 2)]:
        count, smoothing = shape[1], float(rng.uniform(0.1, 0.9))
        scores = (2 * rng.normal(size=shape)).astype(np.float32)
        chances = rng.dirichlet(np.ones(count), size=shape[:1] + shape[2:])
        chances = np.moveaxis(chances, -1, 1).astype(np.float32)
        classes = rng.integers(count, size=shape[:1] + shape[2:])
        x, soft, hard = Tensor(scores), Tensor(chances), Tensor(classes, dtype=np.int64)
        kinds = [("probabilities", soft, chances)]
        kinds += [("classes", hard, one_hot(classes, count))] if len(shape) == 2 else []
        for name, target, truth in kinds:
            for part in (0.0, smoothing, 1.0):
                want = surprises(scores, (1 - part) * truth + part / count)
                settings = {"label_smoothing": part}
                what = f"{name} of shape {shape}, label_smoothing={part:.3f}"
                got = cross_entropy(x, target, reduction="none", **settings).data
                expect_close(got, want, f"losses, {what}", **SUM)
                expect_close(cross_entropy(x, target, **settings).data, want.mean(), f"mean, {what}", **SUM)
                got = CrossEntropyLoss(reduction="sum", **settings)(x, target).data
                expect_close(got, want.sum(), f"CrossEntropyLoss, sum, {what}", **SUM)
        got = CrossEntropyLoss(label_smoothing=smoothing)(x, soft).data
        want = surprises(scores, (1 - smoothing) * chances + smoothing / count).mean()
        expect_close(got, want, f"CrossEntropyLoss(label_smoothing={smoothing:.3f})", **SUM)
    one = surprises(scores[:1, :, 0, 0], chances[:1, :, 0, 0])[0]
    got = cross_entropy(x[0, :, 0, 0], soft[0, :, 0, 0]).data
    expect_close(got, one, "probabilities of one example, shape (3,)", **SUM)
    mixed = 0.5 * one + 0.5 * surprises(scores[:1, :, 0, 0], np.full((1, 3), 1 / 3))[0]
    got = cross_entropy(x[0, :, 0, 0], soft[0, :, 0, 0], label_smoothing=0.5).data
    expect_close(got, mixed, "one example, label_smoothing=0.5", **SUM)


@checkpoint.check(points=2)
def test_extremes(rng):
    """No score is too large for the loss, and an excluded class disturbs nobody"""
    from tinytorch.core.dense import CrossEntropyLoss, cross_entropy
    from tinytorch.core.tensor import Tensor

    scores = (rng.normal(size=(6, 4)) * 1e4).astype(np.float32)
    classes = rng.integers(4, size=6)
    x, target = Tensor(scores), Tensor(classes, dtype=np.int64)
    want = surprises(scores, one_hot(classes, 4))
    hint = "log_softmax of the scores, never the logarithm of a softmax"
    for name, call in [
        ("cross_entropy", cross_entropy),
        ("CrossEntropyLoss", CrossEntropyLoss(reduction="none")),
    ]:
        settings = {"reduction": "none"} if name == "cross_entropy" else {}
        got = call(x, target, **settings).data
        # float32 keeps seven digits of scores around 10,000: 0.001.
        expect_close(got, want, f"{name} of scores around ±10,000", rtol=1e-5, atol=0.01, hint=hint)
    sure = np.full((4, 4), -1e4) + 2e4 * np.eye(4)
    right = cross_entropy(Tensor(sure), Tensor([0, 1, 2, 3], dtype=np.int64)).data
    expect_close(right, 0, "certain and right", hint="scores go in, not probabilities")
    wrong = cross_entropy(Tensor(sure), Tensor([1, 2, 3, 0], dtype=np.int64)).data
    expect_close(wrong, 2e4, "certain and wrong", hint=hint)
    soft = cross_entropy(Tensor(sure), Tensor(np.full((4, 4), 0.25))).data
    expect_close(soft, 1.5e4, "certain, of even probabilities", hint=hint)
    masked = rng.normal(size=(5, 4)).astype(np.float32)
    some = rng.integers(3, size=5)
    with_out = np.where(np.arange(4) == 3, -np.inf, masked)
    got = cross_entropy(Tensor(with_out), Tensor(some, dtype=np.int64)).data
    want = surprises(masked[:, :3], one_hot(some, 3)).mean()
    expect_close(got, want, "a class with the score -inf beside no such class", **SUM)


@checkpoint.check(points=2)
def test_refusals(rng):
    """Targets that don't fit are refused, with the reason"""
    from tinytorch.core.dense import CrossEntropyLoss, MSELoss, cross_entropy, mse_loss, nll_loss
    from tinytorch.core.tensor import Tensor

    scores, image = Tensor(rng.normal(size=(4, 3))), Tensor(rng.normal(size=(2, 3, 5)))
    whole = Tensor([0, 1, 2, 0], dtype=np.int64)

    def classes(*shape):
        return Tensor(np.zeros(shape), dtype=np.int64)

    for error, x, target, says in [
        (ValueError, scores, classes(3), ("(4, 3)", "(3,)")),
        (ValueError, scores, classes(4, 1), ("(4, 3)", "(4, 1)")),
        (ValueError, scores, classes(4, 3), ("(4, 3)", "(4, 3)")),
        (ValueError, scores, classes(), ("(4, 3)", "()")),
        (ValueError, image, classes(2), ("(2, 3, 5)", "(2,)")),
        (ValueError, image, classes(2, 4), ("(2, 3, 5)", "(2, 4)")),
        (IndexError, scores, Tensor([0, 3, 1, 2], dtype=np.int64), ("3",)),
        (IndexError, scores, Tensor([0, 2, -1, 2], dtype=np.int64), ("-1", "3")),
    ]:
        what = f"target {target.tolist()} for shape {x.shape}"
        for name, call in [("cross_entropy", cross_entropy), ("nll_loss", nll_loss)]:
            expect_raises(error, lambda c=call, x=x, t=target: c(x, t), f"{name}, {what}", says=says)
    floats = Tensor([0, 1, 2, 0])
    expect_raises(TypeError, lambda: nll_loss(scores, floats), "nll_loss of float classes", says=("int64",))
    for call in (cross_entropy, CrossEntropyLoss()):
        for target in (floats, Tensor(np.full((4, 1), 0.5)), Tensor(np.full((1, 3), 0.5))):
            says = ("(4, 3)", str(target.shape), "int64")
            what = f"cross entropy, float target of shape {target.shape}"
            expect_raises(ValueError, lambda c=call, t=target: c(scores, t), what, says=says)
    says = ("mean", "sum", "none", "average")
    for what, call in [
        ('mse_loss, reduction="average"', lambda: mse_loss(scores, scores, reduction="average")),
        ('nll_loss, reduction="average"', lambda: nll_loss(scores, whole, reduction="average")),
        ('cross_entropy, reduction="average"', lambda: cross_entropy(scores, whole, reduction="average")),
        ('MSELoss(reduction="average")', lambda: MSELoss(reduction="average")(scores, scores)),
    ]:
        expect_raises(ValueError, call, what, says=says)


@checkpoint.check(points=4)
def test_costs(rng):
    """Parameters are counted once, and FLOPs as the door hears them"""
    from tinytorch.core.dense import count_flops, count_parameters, flops_of
    from tinytorch.core.layers import Buffer, Linear, Module, Parameter
    from tinytorch.core.tensor import Tensor, apply, recorders

    class Odd(Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = Linear(3, 3), Linear(3, 2, bias=False)
            self.again, self.scale = self.first, Parameter([[1.0, 2.0]])
            self.mean = Buffer([1.0])

        def forward(self, x):
            return self.last(self.again(self.first(x)))

    odd = Odd()
    expect_equal(count_parameters(odd), 12 + 6 + 2, "parameters, a module under two names and a Buffer")
    odd.first.bias.requires_grad = odd.scale.requires_grad = False
    expect_equal(count_parameters(odd), 20, "parameters, two of them frozen")
    expect_equal(count_parameters(odd, trainable_only=True), 20 - 3 - 2, "trainable parameters")
    expect_equal(count_parameters(Module()), 0, "parameters of an empty module")

    n, k, m, batch = (int(size) for size in rng.integers(2, 9, size=4))
    # Each is one operation at the door, whatever the tensor's own methods are made of.
    x, w = Tensor(rng.normal(size=(batch, n, k))), Tensor(rng.normal(size=(k, m)))
    row, column = Tensor(rng.normal(size=(1, m))), Tensor(rng.normal(size=(n, 1)))
    for function, inputs, settings, want in [
        (np.matmul, (x, w), {}, 2 * batch * n * k * m),
        (np.matmul, (x[0], w), {}, 2 * n * k * m),
        (np.matmul, (x[0, 0], w), {}, 2 * k * m),
        (np.add, (row, column), {}, n * m),
        (np.exp, (x,), {}, batch * n * k),
        (np.power, (2, w), {}, k * m),
        (np.max, (x,), {"axis": 1}, batch * n * k),
        (np.where, (row, 0, column), {}, n * m),
        (np.reshape, (x,), {"shape": (batch, n * k)}, 0),
        (np.swapaxes, (x,), {"axis1": 0, "axis2": 2}, 0),
        (np.transpose, (x,), {"axes": (2, 1, 0)}, 0),
        (np.expand_dims, (x,), {"axis": 1}, 0),
    ]:
        output = apply(function, *inputs, **settings)
        shapes = ", ".join(str(value.shape if isinstance(value, Tensor) else value) for value in inputs)
        what = f"FLOPs of {function.__name__} of {shapes}"
        expect_equal(flops_of(function, inputs, output), want, what)
        call = lambda x, f=function, rest=inputs[1:], s=settings: apply(f, x, *rest, **s)  # noqa: E731
        if isinstance(inputs[0], Tensor):
            expect_equal(count_flops(call, inputs[0]), want, f"count_flops, {what}")
    parts = count_flops(lambda x: apply(np.exp, apply(np.add, x[0] @ w, 1)), x)
    expect_equal(parts, n * m * (2 * k + 2), "FLOPs of exp(x[0] @ w + 1)", hint="indexing moves numbers")
    before = len(recorders)
    vectors, products = Tensor(rng.normal(size=(6, 3))), 6 * 2 * (9 + 9 + 6)
    flops = count_flops(odd, vectors)
    # Three products and two biases; by taste, a layer without a bias adds zero.
    near = products + 6 * (3 + 3) <= flops <= products + 6 * (3 + 3 + 2)
    expect_true(near, "FLOPs of three layers, 6 examples", f"a little above {products:,}", flops)
    expect_equal(count_flops(odd, vectors), flops, "the same, counted again")
    wide = Tensor(rng.normal(size=(2, 7)))
    expect_raises(ValueError, lambda: count_flops(odd, wide), "count_flops of a call that raises")
    expect_equal(len(recorders), before, "recorders left behind", hint="also where the call raises")


@checkpoint.check(points=2)
def test_door(rng):
    """Losses are computed at the door, out of the scores and of targets that are numbers"""
    from tinytorch.core.dense import cross_entropy, mse_loss, nll_loss
    from tinytorch.core.tensor import Tensor, recorders

    classes = Tensor(rng.integers(4, size=3), dtype=np.int64)
    for dtype in ("float32", "float64"):
        other = Tensor(rng.dirichlet(np.ones(4), size=3), dtype=dtype)
        for name, function, sources in [
            ("mse_loss(x, target)", lambda x, t=other: mse_loss(x, t), {"target": other}),
            ("nll_loss(x, classes)", lambda x: nll_loss(x, classes), {}),
            ("cross_entropy(x, classes)", lambda x: cross_entropy(x, classes), {}),
            ("cross_entropy, smoothed", lambda x: cross_entropy(x, classes, label_smoothing=1.0), {}),
            ("cross_entropy(x, p)", lambda x, t=other: cross_entropy(x, t), {"p": other}),
        ]:
            x = Tensor(rng.normal(size=(3, 4)), dtype=dtype)
            expect_recorded(recorders, partial(function, x), f"{name} for {dtype}", {"x": x, **sources})


@checkpoint.check(points=2, needs=("order", "tree", "parts", "cross_entropy", "costs"))
def test_network(rng):
    """A network with weights set by hand solves XOR, is saved, cut, counted and judged"""
    from tinytorch.core.activations import ReLU
    from tinytorch.core.dense import MLP, CrossEntropyLoss, MSELoss, Sequential, count_parameters
    from tinytorch.core.layers import Flatten, LayerNorm, Linear
    from tinytorch.core.tensor import Tensor

    corners = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    xor = Tensor([[0], [1], [1], [0]])
    network = MLP(2, [2], 1)
    low, high = np.sort(rng.uniform(0.5, 2, size=2))
    state = {
        "0.weight": np.array([[low, -low], [-high, high]]),
        "0.bias": np.zeros(2),
        "2.weight": np.array([[1 / low, 1 / high]]),
        "2.bias": np.zeros(1),
    }
    network.load_state_dict(state)
    loss = MSELoss()(network(corners), xor).item()
    # Four products of float32 each: measured below 4e-15.
    expect_close(loss, 0, "the loss of XOR, weights set by hand", rtol=0, atol=1e-10)
    folded = network[:2](corners).data
    expect_close(folded, [[0, 0], [0, high], [low, 0], [0, 0]], "the corners after the hidden layer", **SUM)

    images = Tensor(rng.normal(size=(5, 2, 3, 4)))
    classes = Tensor(rng.integers(3, size=5), dtype=np.int64)
    stack = Sequential(Flatten(), LayerNorm(24), MLP(24, [16], 8, dropout=0.5), ReLU(), Linear(8, 3)).eval()
    numbers = 24 * 2 + 24 * 16 + 16 + 16 * 8 + 8 + 8 * 3 + 3
    expect_equal(count_parameters(stack), numbers, "parameters of a network of five parts")
    other = Sequential(Flatten(), LayerNorm(24), MLP(24, [16], 8, dropout=0.5), ReLU(), Linear(8, 3)).eval()
    other.load_state_dict(stack.state_dict())
    scores = other(images)
    expect_close(scores.data, stack(images).data, "scores of a network that loaded another's state")
    got = CrossEntropyLoss()(scores, classes).data
    want = surprises(scores.data, one_hot(classes.data, 3)).mean()
    expect_close(got, want, "its cross entropy", **SUM)


if __name__ == "__main__":
    checkpoint.main()
