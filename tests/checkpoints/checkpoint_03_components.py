"""Can I build the layers of a neural network?"""

import math
from functools import partial

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_recorded, expect_true

checkpoint = Checkpoint(__file__)

# Oracles are loops over single numbers in float64, closed forms, and identities. A sum of 12 float32 products
# of normal numbers was off by 1.4e-6 at most in 3,000 draws; any order of the sum has to fit in.
# Tolerances about random draws say how many standard deviations wide they are.
SUM = {"rtol": 1e-5, "atol": 1e-5}


def make_tree():
    """A network of two levels with a parameter, a buffer and a ReLU of its own."""
    from tinytorch.core.activations import ReLU
    from tinytorch.core.layers import Buffer, LayerNorm, Linear, Module, Parameter

    class Block(Module):
        def __init__(self):
            super().__init__()
            self.scale = Parameter([1.0, 2.0, 3.0])
            self.inner = Linear(3, 3)
            self.bend = ReLU()
            self.norm = LayerNorm(3)

        def forward(self, x):
            return self.norm(self.bend(self.inner(x)) * self.scale)

    class Tower(Module):
        def __init__(self):
            super().__init__()
            self.block = Block()
            self.steps = Buffer([7], dtype=np.int64)
            self.head = Linear(3, 2)

        def forward(self, x):
            return self.head(self.block(x))

    return Tower()


# In the order of the alphabet: whether a layer makes its weight or its bias first is its own affair.
PARAMETERS = [
    *("block.inner.bias", "block.inner.weight", "block.norm.bias", "block.norm.weight", "block.scale"),
    *("head.bias", "head.weight"),
]


def linear_by_loops(x, weight, bias):
    """One product at a time: x (n, in), weight (out, in), bias (out,)."""
    y = np.zeros((len(x), len(weight)))
    for i in range(len(x)):
        for j in range(len(weight)):
            y[i, j] = bias[j] + sum(float(x[i, k]) * float(weight[j, k]) for k in range(len(weight[j])))
    return y


def norm_by_loops(rows, eps):
    """Each row minus its mean, over the root of its variance plus eps."""
    normal = np.zeros(rows.shape)
    for i, row in enumerate(rows):
        mean = sum(row) / len(row)
        variance = sum((value - mean) ** 2 for value in row) / len(row)
        normal[i] = [(value - mean) / math.sqrt(variance + eps) for value in row]
    return normal


@checkpoint.check(points=2)
def test_parameter(rng):
    """A Parameter is a Tensor that owns its numbers and asks for a gradient"""
    from tinytorch.core.layers import Parameter
    from tinytorch.core.tensor import Tensor

    numbers = rng.normal(size=(3, 4))
    source = numbers.copy()
    p = Parameter(source)
    source += 1
    expect_close(p.data, numbers, "a Parameter after its source changed", hint="copy, as Tensor does")
    kept = Tensor(numbers, dtype=np.float64)
    dtypes = (str(p.dtype), str(Parameter(kept).dtype))
    expect_equal(dtypes, ("float32", "float64"), "dtypes made from a float64 array and a float64 Tensor")
    asked = (p.requires_grad, Parameter(numbers, requires_grad=False).requires_grad, p.grad)
    expect_equal(asked, (True, False, None), "requires_grad by default and when refused, and grad")
    expect_true(isinstance(p, Tensor), "type of a Parameter", "a kind of Tensor", type(p).__name__)
    hint = "a result is no parameter"
    for name, result in [("p + 1", p + 1), ("p.T", p.T), ("p.sum()", p.sum())]:
        plain = isinstance(result, Tensor) and not isinstance(result, Parameter)
        expect_true(plain, f"type of {name}", "Tensor", type(result).__name__, hint)


@checkpoint.check(points=4)
def test_linear(rng):
    """Linear computes x @ weight.T + bias for any number of leading axes"""
    from tinytorch.core.layers import Linear
    from tinytorch.core.tensor import Tensor

    for n, fan_in, fan_out in [(4, 3, 5), (1, 6, 2), (3, 4, 4), (2, 12, 1)]:
        layer, x = Linear(fan_in, fan_out), rng.normal(size=(n, fan_in)).astype(np.float32)
        weight, bias = rng.normal(size=(fan_out, fan_in)), rng.normal(size=fan_out)
        expect_equal(
            layer.weight.shape, (fan_out, fan_in), f"shape of the weight of Linear({fan_in}, {fan_out})"
        )
        layer.weight.data[...], layer.bias.data[...] = weight, bias
        what = f"Linear({fan_in}, {fan_out})(x)"
        want = linear_by_loops(x, weight, bias)
        expect_close(layer(Tensor(x)).data, want, what, **SUM)
        bare = Linear(fan_in, fan_out, bias=False)
        bare.weight.data[...] = weight
        expect_true(bare.bias is None, "bias of Linear(…, bias=False)", "None", "something")
        expect_close(bare(Tensor(x)).data, want - bias, f"{what} without a bias", **SUM)

    layer = Linear(4, 3)
    a, b = rng.normal(size=(2, 5, 2, 4)).astype(np.float32)
    fa, fb, both, zero = (layer(Tensor(x)).data for x in (a, b, 2 * a - b, 0 * a))
    expect_equal(fa.shape, (5, 2, 3), "shape of Linear(4, 3)(x) for x of shape (5, 2, 4)")
    expect_close(both, 2 * fa - fb, "f(2a - b) beside 2 f(a) - f(b)", **SUM)
    expect_close(zero, np.broadcast_to(layer.bias.data, (5, 2, 3)), "f(0) beside the bias", **SUM)
    expect_close(layer(Tensor(a[0, 0])).data, fa[0, 0], "one example beside the batch", **SUM)


@checkpoint.check(points=3)
def test_start(rng):
    """Linear begins with even random numbers within ±1/√in, drawn as the seed says"""
    from tinytorch.core.layers import Linear
    from tinytorch.core.setup import manual_seed

    seed = int(rng.integers(1 << 30))
    manual_seed(seed)
    first, second = Linear(64, 500), Linear(64, 500)
    manual_seed(seed)
    again = Linear(64, 500)
    for name in ("weight", "bias"):
        one, other, same = (getattr(layer, name).data for layer in (first, second, again))
        expect_close(same, one, f"the {name} after the same manual_seed", rtol=0, atol=0)
        expect_true(bool((one != other).any()), f"the {name} of two layers", "different numbers", "the same")
        bound = 1 / math.sqrt(64)
        largest = float(np.abs(one).max())
        # The largest of 500 even numbers is below 0.96 of the bound once in 7e8 runs.
        within = 0.96 * bound < largest <= bound * (1 + 1e-6)
        expect_true(within, f"the largest of the {name}", f"a little below {bound}", largest, hint="1/√in")
        # Of 500 numbers: the mean is off by bound / √1500, the mean square by 2/150 bound²; six times that.
        expect_close(one.mean(), 0, f"mean of the {name}", atol=6 * bound / math.sqrt(1500))
        square = float((one**2).mean()) / bound**2
        expect_close(square, 1 / 3, f"mean square of the {name} over the bound's", atol=6 * 2 / 150)


@checkpoint.check(points=4)
def test_tree():
    """A module finds every module and parameter below it, by path, once"""
    from tinytorch.core.layers import Buffer, Linear, Parameter

    tower = make_tree()
    modules = ["", "block", "block.inner", "block.norm", "head"]
    expect_equal([path for path, _ in tower.named_modules()], modules, "paths of named_modules()")
    names = [path for path, _ in tower.named_parameters()]
    expect_equal(sorted(names), PARAMETERS, "paths of named_parameters(), sorted")
    owners = [path.rpartition(".")[0] for path in names]
    order = ["block", "block.inner", "block.inner", "block.norm", "block.norm", "head", "head"]
    expect_equal(owners, order, "the modules of named_parameters(), in order")
    expect_equal([path for path, _ in tower.named_tensors(Buffer)], ["steps"], "paths of the buffers")
    found = dict(tower.named_parameters())
    expect_true(
        found["block.scale"] is tower.block.scale, "block.scale", "the parameter itself", "another object"
    )
    count = sum(parameter.numel() for parameter in tower.parameters())
    expect_equal(count, 3 + 9 + 3 + 3 + 3 + 6 + 2, "numbers in all parameters")

    tower.block.inner.above = tower
    tower.again = tower.block
    tower.head.tied = tower.block.scale
    expect_equal([path for path, _ in tower.named_modules()], modules, "paths with a loop and a second name")
    names = sorted(path for path, _ in tower.named_parameters())
    expect_equal(names, PARAMETERS, "parameters with a shared one", hint="each object once")
    tower.head.extra = Parameter([1.0])
    tower.late = Linear(1, 1)
    names = sorted(path for path, _ in tower.named_parameters())
    late = sorted([*PARAMETERS, "head.extra", "late.weight", "late.bias"])
    expect_equal(names, late, "parameters after two more were added")
    expect_equal(len(list(make_tree().parameters())), len(PARAMETERS), "parameters of another tree")


@checkpoint.check(points=3)
def test_visits():
    """train, eval and apply reach the whole tree and return the module"""

    def modes(tower):
        inner = tower.block.inner, tower.block.norm
        return [module.training for module in (tower, tower.block, *inner, tower.head)]

    tower, other = make_tree(), make_tree()
    expect_equal(modes(tower), [True] * 5, "training at first")
    for name, call, mode in [("eval()", tower.eval, False), ("train()", tower.train, True)]:
        expect_true(call() is tower, f"what {name} returns", "the module itself", "something else")
        expect_equal(modes(tower), [mode] * 5, f"training after {name}")
    tower.block.train(False)
    expect_equal(modes(tower), [True, False, False, False, True], "training after tower.block.train(False)")
    expect_equal(modes(other), [True] * 5, "training of another tree")

    visited = []
    returned = tower.apply(lambda module: visited.append(module))
    expect_true(returned is tower, "what apply returns", "the module itself", "something else")
    want = [tower.block.inner, tower.block.norm, tower.block, tower.head, tower]
    expect_equal(len(visited), len(want), "how many modules apply visits")
    right = all(seen is wanted for seen, wanted in zip(visited, want, strict=True))
    names = [type(module).__name__ for module in visited]
    expect_true(right, "the order of apply", "children before their parent", names)


@checkpoint.check(points=2)
def test_representation():
    """A module reads as an indented tree of its parts"""
    from tinytorch.core.layers import Dropout, Flatten, LayerNorm, Linear, Module

    for text, layer in [
        ("Linear(in_features=3, out_features=2, bias=True)", Linear(3, 2)),
        ("Linear(in_features=3, out_features=2, bias=False)", Linear(3, 2, bias=False)),
        ("Dropout(p=0.25)", Dropout(0.25)),
        ("LayerNorm((3, 8), eps=1e-05, elementwise_affine=True)", LayerNorm((3, 8))),
        ("Flatten(start_dim=1, end_dim=-1)", Flatten()),
        ("Module()", Module()),
    ]:
        expect_equal(repr(layer), text, f"repr of {text}")
    want = [
        "Tower(",
        "  (block): Block(",
        "    (inner): Linear(in_features=3, out_features=3, bias=True)",
        "    (bend): ReLU()",
        "    (norm): LayerNorm((3,), eps=1e-05, elementwise_affine=True)",
        "  )",
        "  (head): Linear(in_features=3, out_features=2, bias=True)",
        ")",
    ]
    lines = repr(make_tree()).split("\n")
    # A message shows several spaces as one: `·` stands for a space, so that an indent can be seen.
    dotted = [line.replace("  ", "··") for line in lines]
    for i, line in enumerate(want):
        wanted = [line.replace("  ", "··")]
        expect_equal(dotted[i : i + 1], wanted, f"line {i + 1} of a tree, · for a space")
    expect_equal(lines, want, "the lines of a tree")


@checkpoint.check(points=3, needs="tree")
def test_state(rng):
    """A state holds copies of all parameters and buffers, and brings a network back in place"""
    from tinytorch.core.layers import Parameter
    from tinytorch.core.tensor import Tensor

    source, target = make_tree(), make_tree()
    for parameter in source.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape)
    state = source.state_dict()
    expect_equal(sorted(state), sorted([*PARAMETERS, "steps"]), "paths in the state")
    plain = all(isinstance(value, Tensor) and not isinstance(value, Parameter) for value in state.values())
    expect_true(plain, "types in the state", "Tensor", [type(value).__name__ for value in state.values()])
    expect_equal(str(state["steps"].dtype), "int64", "dtype of an int64 buffer in the state")

    x = Tensor(rng.normal(size=(4, 3)))
    want = source(x).data
    for parameter in source.parameters():
        parameter.data += 1
    source.steps.data += 1
    held = {path: (p, p.data) for path, p in target.named_parameters()}
    target.load_state_dict(state)
    hint = "state_dict copies: changing the network must not change the state"
    expect_close(target(x).data, want, "the answer of a network that loaded the state", hint=hint, **SUM)
    expect_equal(target.steps.tolist(), [7], "the buffer that was loaded")
    for path, (p, memory) in held.items():
        now = dict(target.named_parameters())[path]
        same = now is p and np.shares_memory(now.data, memory)
        expect_true(
            same, f"{path} after loading", "the same object and memory", "new ones", hint="write into it"
        )
    for parameter in target.parameters():
        parameter.data += 1
    again = make_tree()
    again.load_state_dict(state)
    hint = "load_state_dict copies: the network and the state share nothing"
    expect_close(again(x).data, want, "another network that loaded the same state", hint=hint, **SUM)


@checkpoint.check(points=4, needs="tree")
def test_refusals(rng):
    """A state that doesn't fit is refused with every reason, and nothing changes"""
    from tinytorch.core.tensor import Tensor

    tower = make_tree()
    before = {path: tensor.data.copy() for path, tensor in tower.state_dict().items()}

    def changed(**changes):
        state = {path: Tensor(array + 1, dtype=array.dtype) for path, array in before.items()}
        for path, array in changes.items():
            path = path.replace("__", ".")
            state.pop(path, None)
            if array is not None:
                state[path] = Tensor(array)
        return state

    for state, says in [
        (changed(head__weight=None), ("missing", "head.weight")),
        (changed(tail__weight=np.ones(2)), ("unexpected", "tail.weight")),
        (changed(block__scale=np.ones(1)), ("block.scale", "(3,)", "(1,)")),
        (changed(block__scale=np.ones((1, 3))), ("block.scale", "(3,)", "(1, 3)")),
        (changed(head__weight=rng.normal(size=(3, 2))), ("head.weight", "(2, 3)", "(3, 2)")),
        (
            changed(steps=None, block__inner__bias=None, other=np.ones(1)),
            ("steps", "block.inner.bias", "other"),
        ),
    ]:
        what = f"a state with {' and '.join(says)}"
        expect_raises(RuntimeError, lambda state=state: tower.load_state_dict(state), what, says=says)
        for path, tensor in tower.state_dict().items():
            hint = "look for all troubles before the first change"
            expect_close(tensor.data, before[path], f"{path} after a refusal", hint=hint)
    tower.load_state_dict({path: tensor.data for path, tensor in changed().items()})
    after = tower.state_dict()["head.weight"].data
    expect_close(after, before["head.weight"] + 1, "head.weight after loading arrays")


@checkpoint.check(points=3)
def test_dropout(rng):
    """Dropout zeroes a share p in training, keeps the average, and rests in eval"""
    from tinytorch.core.layers import Dropout
    from tinytorch.core.setup import manual_seed
    from tinytorch.core.tensor import Tensor

    numbers = (rng.normal(size=(200, 200)) + 10).astype(np.float32)
    x, p = Tensor(numbers), float(rng.uniform(0.2, 0.6))
    seed = int(rng.integers(1 << 30))
    drop = Dropout(p)
    manual_seed(seed)
    y, again = drop(x).data, drop(x).data
    manual_seed(seed)
    expect_close(drop(x).data, y, "the throw after the same manual_seed", rtol=0, atol=0)
    expect_true(bool((y != again).any()), "two throws", "different ones", "the same")
    gone = y == 0
    expect_close(
        y, np.where(gone, 0, numbers / (1 - p)), f"what stays with p = {p:.3f}", hint="divide by 1 - p"
    )
    # Shares of zeros and averages are normal about their expectation; seven standard deviations are allowed.
    spread = 7 * math.sqrt(p * (1 - p))
    expect_close(gone.mean(), p, "the share of zeros", atol=spread / 200)
    for axis, name in ((0, "column"), (1, "row")):
        expect_close(gone.mean(axis=axis), np.full(200, p), f"zeros in a {name}", atol=spread / 200**0.5)
    expect_close(y.mean(), numbers.mean(), "the mean of all", atol=11 * spread / (1 - p) / 200)
    drop.training = False
    hint = "where `training` is False nothing is dropped"
    expect_close(drop(x).data, numbers, "Dropout at rest", rtol=0, atol=0, hint=hint)
    drop.training = True
    expect_true(bool((drop(x).data == 0).any()), "Dropout in training again", "zeros again", "none")
    expect_close(Dropout(0.0)(x).data, numbers, "Dropout(0.0)(x)", rtol=0, atol=0)
    expect_close(Dropout(1.0)(x).data, np.zeros((200, 200)), "Dropout(1.0)(x)", rtol=0, atol=0)


@checkpoint.check(points=4)
def test_layer_norm(rng):
    """LayerNorm gives each example mean 0 and variance 1 over its last axes"""
    from tinytorch.core.layers import LayerNorm
    from tinytorch.core.tensor import Tensor

    # In float64, so that eps and the divisor n show; float32 answers are compared below.
    for shape, normalized in [((5, 4), 4), ((2, 3, 5), (5,)), ((3, 2, 4), (2, 4)), ((2, 4, 4), (4,))]:
        eps = float(rng.uniform(0.01, 0.5))
        numbers = rng.normal(size=shape) * 2 + 3
        last = (normalized,) if isinstance(normalized, int) else normalized
        want = norm_by_loops(numbers.reshape(-1, math.prod(last)), eps).reshape(shape)
        what = f"LayerNorm({normalized}, eps={eps:.2f}) of shape {shape}"
        bare, norm = LayerNorm(normalized, eps, elementwise_affine=False), LayerNorm(normalized, eps)
        x = Tensor(numbers, dtype=np.float64)
        expect_close(bare(x).data, want, what, rtol=1e-8, atol=1e-9)
        expect_close(norm(x).data, want, f"{what}, as made", rtol=1e-8, atol=1e-9)
        expect_equal(norm.weight.shape, last, f"shape of the weight of {what}")
        scale, shift = rng.normal(size=(2, *last)).astype(np.float32)
        norm.weight.data[...], norm.bias.data[...] = scale, shift
        expect_close(norm(x).data, want * scale + shift, f"{what}, weight and bias set", rtol=1e-6, atol=1e-6)

    numbers = rng.normal(size=(6, 32)).astype(np.float32)
    norm = LayerNorm(32)
    y = norm(Tensor(numbers)).data
    # Measured in 18,000 rows: means below 1e-7, variances within 3.5e-5 of 1 (eps over the variance), moved
    # rows within 5e-5.
    expect_close(y.mean(axis=1), np.zeros(6), "the rows' means", atol=2e-6)
    expect_close(y.var(axis=1), np.ones(6), "the rows' variances", atol=2e-4)
    moved = norm(Tensor(numbers * 4 + 2)).data
    expect_close(moved, y, "the rows times 4 plus 2", rtol=0, atol=5e-4)
    expect_close(norm(Tensor(numbers[2:3])).data, y[2:3], "one row alone")
    expect_close(norm(Tensor(np.full((2, 32), 3.0))).data, np.zeros((2, 32)), "rows of equal numbers")
    wide, bare = Tensor(np.ones((2, 33))), LayerNorm(32, elementwise_affine=False)
    expect_raises(ValueError, lambda: bare(wide), "LayerNorm(32) of 33 features", says=("(32,)", "(2, 33)"))


@checkpoint.check(points=3)
def test_first_values(rng):
    """Kaiming and Xavier fill in place with the spread that fans and gain ask for"""
    from tinytorch.core import layers
    from tinytorch.core.tensor import Tensor

    for shape, fans in [((5, 3), (3, 5)), ((16, 8, 3, 3), (72, 144)), ((2, 3, 7), (21, 14))]:
        found = tuple(layers.fan_in_and_fan_out(Tensor(np.zeros(shape))))
        expect_equal(found, fans, f"fans of shape {shape}")
    flat = Tensor(np.zeros(4))
    expect_raises(ValueError, lambda: layers.fan_in_and_fan_out(flat), "fans of shape (4,)", says=("(4,)",))
    slope, gain = float(rng.uniform(0.1, 1.5)), float(rng.uniform(0.5, 3))
    leaky = math.sqrt(2 / (1 + slope**2))
    for name, settings, std in [
        ("kaiming", {}, math.sqrt(2 / 90)),
        ("kaiming", {"mode": "fan_out"}, math.sqrt(2 / 360)),
        ("kaiming", {"nonlinearity": "tanh"}, 5 / 3 / math.sqrt(90)),
        ("kaiming", {"a": slope}, leaky / math.sqrt(90)),
        ("xavier", {}, math.sqrt(2 / 450)),
        ("xavier", {"gain": gain}, gain * math.sqrt(2 / 450)),
    ]:
        for kind in ("normal", "uniform"):
            weight = Tensor(np.zeros((40, 10, 9)))
            memory, function = weight.data, f"{name}_{kind}_"
            filled = getattr(layers, function)(weight, **settings)
            what = f"{function}(weight{''.join(f', {k}={v!r:.6}' for k, v in settings.items())})"
            same = filled is weight and np.shares_memory(weight.data, memory)
            expect_true(same, f"what {what} returns", "the tensor, filled in place", "something else")
            # 3,600 numbers: the std of normal ones is off by 1.2 % (of even ones less); six times that.
            expect_close(weight.data.std(), std, f"std after {what}", rtol=0.072)
            expect_close(weight.data.mean(), 0, f"mean after {what}", atol=6 * std / 60)
            peak = float(np.abs(weight.data).max()) / std
            even = 0.98 * math.sqrt(3) < peak < 1.001 * math.sqrt(3)
            wanted = "√3" if kind == "uniform" else "more than 2.5"
            expect_true(
                even if kind == "uniform" else peak > 2.5, f"largest / std after {what}", wanted, peak
            )
    weight = Tensor(np.zeros((2, 2)))
    expect_raises(
        ValueError, lambda: layers.kaiming_normal_(weight, mode="in"), 'mode="in"', says=("fan_in",)
    )


@checkpoint.check(points=3, needs=("linear", "dropout", "layer_norm"))
def test_door(rng):
    """Every layer is computed at the door, out of its input and each of its parameters"""
    from tinytorch.core.layers import Dropout, Flatten, LayerNorm, Linear
    from tinytorch.core.tensor import Tensor, recorders

    # Named here: a layer whose repr is wrong may still be right at the door.
    for name, layer in {
        "Linear(4, 3)": Linear(4, 3),
        "Linear(4, 3, bias=False)": Linear(4, 3, bias=False),
        "LayerNorm(4)": LayerNorm(4),
        "LayerNorm((2, 4))": LayerNorm((2, 4)),
        "Dropout(0.5)": Dropout(0.5),
        "Flatten()": Flatten(),
    }.items():
        for dtype in ("float32", "float64"):
            x = Tensor(rng.normal(size=(3, 2, 4)), dtype=dtype)
            sources = {"x": x, **dict(layer.named_parameters())}
            expect_recorded(recorders, partial(layer, x), f"{name}(x) for {dtype}", sources)


@checkpoint.check(points=2, needs=("linear", "first_values"))
def test_network(rng):
    """Layers, activations and tensors make a deep network whose signal arrives"""
    from tinytorch.core.activations import relu, softmax
    from tinytorch.core.layers import Flatten, LayerNorm, Linear, Module, kaiming_normal_
    from tinytorch.core.tensor import Tensor

    class Deep(Module):
        def __init__(self):
            super().__init__()
            self.flat = Flatten()
            for i in range(12):
                setattr(self, f"layer{i}", Linear(96, 96, bias=False))
            self.norm = LayerNorm(96)

        def forward(self, x):
            x = self.flat(x)
            for i in range(12):
                x = relu(getattr(self, f"layer{i}")(x))
            return x

    images = rng.normal(size=(32, 6, 4, 4)).astype(np.float32)
    deep = Deep().apply(lambda m: kaiming_normal_(m.weight) if isinstance(m, Linear) else None)
    got = deep(Tensor(images))
    want = images.reshape(32, 96).astype(np.float64)
    for i in range(12):
        want = np.maximum(want @ getattr(deep, f"layer{i}").weight.data.astype(np.float64).T, 0)
    # Twelve float32 products of 96 terms were off by 1.1e-6 of the largest at most in 200 draws.
    size = float(np.abs(want).max())
    expect_close(got.data / size, want / size, "the numbers after twelve layers", rtol=0, atol=1e-5)
    # Between 0.17 and 3.5 in 200 draws; each layer without its √2 loses a factor of 2, so 0.0002 in all.
    square = float((want**2).mean())
    expect_true(0.03 < square < 20, "mean square after twelve layers", "about 1", square)
    chances = softmax(deep.norm(got), dim=1).data
    expect_close(chances.sum(axis=1), np.ones(32), "the sums of softmax(LayerNorm(…))")
    flat = Flatten(0, 1)(Tensor(images)).data
    expect_close(flat, images.reshape(192, 4, 4), "Flatten(0, 1)(images)", rtol=0, atol=0)


if __name__ == "__main__":
    checkpoint.main()
