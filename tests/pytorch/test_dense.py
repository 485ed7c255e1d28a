"""05_dense beside PyTorch."""

import numpy as np
import pytest

from tests.pytorch.agreement import agree, same_numbers

SEEDS = range(5)
REDUCTIONS = ["mean", "sum", "none"]
SHAPES = [(7, 4), (1, 3), (5, 1), (3, 4, 6), (2, 5, 3, 2), (2, 3, 1, 4, 2), (5,)]


@pytest.fixture
def dense(core):
    return core("dense")


@pytest.fixture
def both(torch, core):
    """Makes of an array (our Tensor, PyTorch's tensor) of one dtype."""

    def make(array, dtype):
        array = np.asarray(array, dtype=dtype)
        return core("tensor").Tensor(array, dtype=dtype), torch.tensor(array)

    return make


def draw(rng, shape):
    """Scores, classes and probabilities of a shape, the classes on axis 1, or 0 where there is no batch."""
    axis = 0 if len(shape) == 1 else 1
    rest = shape[:axis] + shape[axis + 1 :]
    chances = np.moveaxis(rng.dirichlet(np.ones(shape[axis]), size=rest), -1, axis)
    return rng.normal(size=shape) * 3, rng.integers(shape[axis], size=rest), chances


@pytest.mark.parametrize("seed", SEEDS)
def test_sequential(torch, core, dense, pair, seed):
    rng = np.random.default_rng(seed)
    a, b, c = (int(n) for n in rng.integers(1, 60, size=3))

    def make(nn, relu, tanh, sequential):
        inner = sequential(nn.Linear(b, b), tanh())
        return sequential(nn.Linear(a, b), relu(), inner, nn.LayerNorm(b), nn.Linear(b, c, bias=False))

    activations = core("activations")
    ours = make(core("layers"), activations.ReLU, activations.Tanh, dense.Sequential)
    theirs = make(torch.nn, torch.nn.ReLU, torch.nn.Tanh, torch.nn.Sequential)
    same_numbers(ours, theirs)
    for shape in [(a,), (4, a), (2, 3, a)]:
        x, y = pair(rng.normal(size=shape))
        agree(ours(x), theirs(y))
        for key in (slice(2), slice(1, -1), slice(-2, None), slice(None, None, 2)):
            assert len(ours[key]) == len(theirs[key])
        agree(ours[:3](x), theirs[:3](y))
        agree(ours[-1](ours[:-1](x)), theirs(y))
    assert dense.count_parameters(ours) == sum(p.numel() for p in theirs.parameters())
    # PyTorch has come to say more about LayerNorm.
    texts = [repr(network).replace(", bias=True)", ")") for network in (ours, theirs)]
    assert texts[0] == texts[1]


def test_sequentials_refuse_alike(torch, core, dense):
    for space, sequential in [(core("layers"), dense.Sequential), (torch.nn, torch.nn.Sequential)]:
        layer = space.Linear(2, 2)
        for bad in ([layer], space.Linear):
            with pytest.raises(TypeError):
                sequential(layer, bad)
        for index in (1, -2):
            with pytest.raises(IndexError):
                sequential(layer)[index]
        network = sequential(layer).append(layer)
        assert len(network) == 2
        assert network[-1] is layer
        assert [part is layer for part in network] == [True, True]


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("widths", [[], [5], (7, 3), [4, 4, 4]])
def test_mlp_is_pytorchs_network(torch, dense, pair, widths, dropout):
    rng, parts, fan_in = np.random.default_rng(0), [], 6
    for width in widths:
        parts += [torch.nn.Linear(fan_in, width), torch.nn.ReLU()]
        parts += [torch.nn.Dropout(dropout)] if dropout else []
        fan_in = width
    theirs = torch.nn.Sequential(*parts, torch.nn.Linear(fan_in, 2))
    ours = dense.MLP(6, widths, 2, dropout=dropout)
    same_numbers(ours, theirs)
    x, y = pair(rng.normal(size=(9, 6)))
    agree(ours.eval()(x), theirs.eval()(y))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_mse_loss(torch, dense, both, seed, reduction, dtype):
    rng = np.random.default_rng(seed)
    for shape in [(), (8,), (4, 3), (2, 3, 4, 2)]:
        (a, s), (b, t) = both(rng.normal(size=shape), dtype), both(rng.normal(size=shape), dtype)
        agree(
            dense.mse_loss(a, b, reduction=reduction), torch.nn.functional.mse_loss(s, t, reduction=reduction)
        )
        ours, theirs = dense.MSELoss(reduction=reduction), torch.nn.MSELoss(reduction=reduction)
        agree(ours(a, b), theirs(s, t))
        assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_cross_entropy(torch, dense, both, seed, reduction, smoothing, dtype):
    rng, settings = np.random.default_rng(seed), {"reduction": reduction, "label_smoothing": smoothing}
    functional = torch.nn.functional
    ours, theirs = dense.CrossEntropyLoss(**settings), torch.nn.CrossEntropyLoss(**settings)
    assert repr(ours) == repr(theirs)
    for shape in SHAPES:
        scores, classes, chances = draw(rng, shape)
        x, y = both(scores, dtype)
        for target in (both(classes, "int64"), both(chances, dtype)):
            agree(
                dense.cross_entropy(x, target[0], **settings),
                functional.cross_entropy(y, target[1], **settings),
            )
            agree(ours(x, target[0]), theirs(y, target[1]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_nll_loss(torch, dense, both, seed, reduction):
    rng = np.random.default_rng(seed)
    for shape in SHAPES:
        scores, classes, _ = draw(rng, shape)
        (x, y), (here, there) = both(scores, "float32"), both(classes, "int64")
        theirs = torch.nn.functional.nll_loss(y, there, reduction=reduction)
        agree(dense.nll_loss(x, here, reduction=reduction), theirs)


def test_large_and_excluded_scores(torch, dense, both):
    rng = np.random.default_rng(0)
    scores, classes, chances = draw(rng, (50, 6))
    (here, there), (soft, chance) = both(classes, "int64"), both(chances, "float32")
    for size in (1e2, 1e4, 1e30):
        x, y = both(scores * size, "float32")
        agree(dense.cross_entropy(x, here), torch.nn.functional.cross_entropy(y, there))
        agree(dense.cross_entropy(x, soft), torch.nn.functional.cross_entropy(y, chance))
    scores[:, 5] = -np.inf
    (x, y), (here, there) = both(scores, "float32"), both(classes % 5, "int64")
    agree(dense.cross_entropy(x, here), torch.nn.functional.cross_entropy(y, there))


def test_wrong_targets_are_refused_alike(torch, dense, both):
    (x, y), functional = both(np.zeros((4, 3)), "float32"), torch.nn.functional
    for target, dtype in [([0, 1, 2, 3], "int64"), ([0, -1, 0, 0], "int64"), ([0, 1, 2], "int64")]:
        here, there = both(target, dtype)
        with pytest.raises((IndexError, ValueError)):
            dense.cross_entropy(x, here)
        with pytest.raises((IndexError, ValueError, RuntimeError)):
            functional.cross_entropy(y, there)
    here, there = both([0, 1, 2, 0], "float32")
    with pytest.raises(ValueError, match="int64"):
        dense.cross_entropy(x, here)
    with pytest.raises(RuntimeError, match="Long"):
        functional.cross_entropy(y, there)
    for call, scores in [(dense.mse_loss, x), (functional.mse_loss, y)]:
        with pytest.raises(ValueError, match=r"average|reduction"):
            call(scores, scores, reduction="average")


def test_flops_of_products_are_pytorchs(torch, core, dense, pair):
    from torch.utils.flop_counter import FlopCounterMode

    ours = dense.MLP(20, [40, 30], 10)
    layers = [torch.nn.Linear(20, 40), torch.nn.Linear(40, 30), torch.nn.Linear(30, 10)]
    x, y = pair(np.ones((6, 20)))
    with FlopCounterMode(display=False) as counter:
        torch.nn.Sequential(*layers)(y)
    # PyTorch counts the products alone; biases and activations are ours.
    assert dense.count_flops(ours, x) == counter.get_total_flops() + 6 * (40 + 30 + 10 + 40 + 30)
