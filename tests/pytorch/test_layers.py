"""04_layers beside PyTorch."""

import math

import numpy as np
import pytest

from tests.pytorch.agreement import agree, begin_alike, same_numbers

SHAPES = [(4,), (1, 4), (7, 4), (2, 3, 4), (2, 1, 5, 4), (0, 4)]
SEEDS = range(5)


@pytest.fixture
def layers(core):
    return core("layers")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bias", [True, False])
def test_linear(torch, layers, pair, bias, seed):
    rng = np.random.default_rng(seed)
    fan_in, fan_out = (int(n) for n in rng.integers(1, 200, size=2))
    ours, theirs = layers.Linear(fan_in, fan_out, bias), torch.nn.Linear(fan_in, fan_out, bias)
    same_numbers(ours, theirs)
    for shape in SHAPES:
        x, y = pair(rng.normal(size=(*shape[:-1], fan_in)))
        agree(ours(x), theirs(y))


@pytest.mark.parametrize("fan_in", [1, 10, 1000])
def test_linear_begins_as_in_pytorch(torch, layers, fan_in):
    ours, theirs = layers.Linear(fan_in, 2000), torch.nn.Linear(fan_in, 2000)
    # 2,000 even numbers and more: their std is off by 1 % at one standard deviation.
    begin_alike(ours, theirs, 0.06)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm(torch, layers, pair, affine, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 12, size=4))
    eps = float(rng.choice([1e-5, 1e-3, 0.5]))
    for normalized in (shape[-1], shape[-1:], shape[-2:], shape):
        ours = layers.LayerNorm(normalized, eps, affine)
        theirs = torch.nn.LayerNorm(normalized, eps, affine)
        for parameter in theirs.parameters():
            parameter.normal_()
        same_numbers(ours, theirs)
        x, y = pair(rng.normal(size=shape) * 3 + 1)
        agree(ours(x), theirs(y))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_works_alike_and_drops_alike(torch, layers, pair, p):
    ours, theirs = layers.Dropout(p), torch.nn.Dropout(p)
    x, y = pair(np.full((300, 300), 2.0))
    here, there = ours(x).data, theirs(y).numpy()
    assert here.dtype == there.dtype
    np.testing.assert_allclose(np.unique(here), np.unique(there), rtol=1e-6)
    # 90,000 throws: a share is off by 0.0015 at one standard deviation.
    assert np.mean(here == 0) == pytest.approx(np.mean(there == 0), abs=0.012)
    agree(ours.eval()(x), theirs.eval()(y))


def test_flatten(torch, layers, pair):
    for shape in [(3, 4), (2, 3, 4, 5), (1, 1, 1)]:
        x, y = pair(np.random.default_rng(0).normal(size=shape))
        for start in range(-len(shape), len(shape)):
            for end in range(start % len(shape), len(shape)):
                agree(layers.Flatten(start, end)(x), torch.nn.Flatten(start, end)(y))
        agree(layers.Flatten()(x), torch.nn.Flatten()(y))


@pytest.mark.parametrize("shape", [(300, 100), (40, 20, 5), (16, 8, 5, 5)])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("kaiming_normal_", {}),
        ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "tanh"}),
        ("kaiming_uniform_", {"a": math.sqrt(5)}),
        ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}),
        ("xavier_normal_", {"gain": 1.5}),
        ("xavier_uniform_", {}),
        ("normal_", {"mean": 2.0, "std": 3.0}),
        ("uniform_", {"a": -1.0, "b": 4.0}),
    ],
)
def test_first_values_are_spread_alike(torch, layers, pair, name, settings, shape):
    ours, theirs = pair(np.zeros(shape))
    getattr(layers, name)(ours, **settings)
    getattr(torch.nn.init, name)(theirs, **settings)
    # 3,200 numbers at least: their std is off by 1.3 % at one standard deviation.
    assert ours.data.std() == pytest.approx(theirs.numpy().std(), rel=0.1)
    assert abs(ours.data.mean() - theirs.numpy().mean()) < 8 * theirs.numpy().std() / math.sqrt(3200)


@pytest.mark.parametrize("word", ["linear", "sigmoid", "tanh", "relu", "leaky_relu"])
def test_gains(torch, layers, word):
    assert layers.calculate_gain(word) == pytest.approx(torch.nn.init.calculate_gain(word))
    assert layers.calculate_gain(word, 0.3) == pytest.approx(torch.nn.init.calculate_gain(word, 0.3))


@pytest.fixture
def networks(torch, layers):
    """The same network in both: (ours, theirs)."""

    def make(space):
        class Block(space.Module):
            def __init__(self):
                super().__init__()
                self.inner = space.Linear(6, 6)
                self.drop = space.Dropout(0.1)
                self.norm = space.LayerNorm(6)

            def forward(self, x):
                return self.norm(self.drop(self.inner(x)))

        class Network(space.Module):
            def __init__(self):
                super().__init__()
                self.flat = space.Flatten()
                self.block = Block()
                self.scale = space.Parameter(torch.ones(6).numpy() if space is layers else torch.ones(6))
                self.head = space.Linear(6, 2, bias=False)
                self.same = self.block

            def forward(self, x):
                return self.head(self.block(self.flat(x)) * self.scale)

        return Network()

    return make(layers), make(torch.nn)


def test_networks_answer_alike(networks, pair):
    ours, theirs = networks
    # A tensor that two paths lead to has both names in PyTorch's state, and the first in ours.
    state = {name: value.numpy() for name, value in theirs.state_dict().items() if "same." not in name}
    ours.load_state_dict(state)
    x, y = pair(np.random.default_rng(1).normal(size=(5, 2, 3)))
    agree(ours.eval()(x), theirs.eval()(y))


def test_trees_are_walked_alike(networks):
    ours, theirs = networks
    for walk in ("named_modules", "named_parameters"):
        here, there = ([name for name, _ in getattr(net, walk)()] for net in networks)
        assert here == there
    visits = [], []
    for net, visited in zip(networks, visits, strict=True):
        del net.same
        net.apply(lambda module, visited=visited: visited.append(type(module).__name__))
    assert visits[0] == visits[1]
    assert ours.eval() is ours and theirs.eval() is theirs
    assert [m.training for m in ours.modules()] == [m.training for m in theirs.modules()]


def test_networks_read_alike(networks):
    # PyTorch has come to say more about LayerNorm and Dropout.
    ours, theirs = (repr(net).replace(", inplace=False", "").replace(", bias=True)", ")") for net in networks)
    assert ours == theirs


def test_wrong_states_are_refused_alike(networks):
    for net in networks:
        state = dict(net.state_dict())
        state["tail.weight"] = state.pop("head.weight")
        with pytest.raises(RuntimeError, match=r"(?is)missing.*head\.weight.*unexpected.*tail\.weight"):
            net.load_state_dict(state)
