"""09_autograd beside PyTorch: the same computation, the same gradients."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.pytorch.agreement import TOLERANCE, same_numbers

SEEDS = range(5)
Function = Callable[..., Any]


pytestmark = pytest.mark.usefixtures("with_gradients")


@pytest.fixture
def autograd(core):
    return core("autograd")


@pytest.fixture
def leaves(torch, core, autograd):
    """Makes of an array (our leaf, PyTorch's leaf) of one dtype; both ask for a gradient."""

    def make(array, dtype="float32"):
        array = np.asarray(array, dtype=dtype)
        ours = core("tensor").Tensor(array, dtype=array.dtype, requires_grad=True)
        return ours, torch.tensor(array, requires_grad=True)

    return make


@pytest.fixture
def plain(torch, core):
    """Makes of an array (our Tensor, PyTorch's tensor)."""
    return lambda array: (core("tensor").Tensor(array, dtype=array.dtype), torch.tensor(array))


def same_gradients(pairs, ours: Any, theirs: Any, **tolerance: float) -> None:
    """Run backward on both results with one gradient; fail unless every leaf's gradient is the same."""
    gradient = np.random.default_rng(0).normal(size=ours.shape).astype(ours.data.dtype)
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), **TOLERANCE)
    ours.backward(gradient)
    theirs.backward(theirs.new_tensor(gradient))
    for mine, other in pairs:
        if other.grad is None:
            assert mine.grad is None
            continue
        assert (mine.grad.shape, mine.grad.data.dtype) == (mine.shape, mine.data.dtype)
        np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), **(TOLERANCE | tolerance))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", SEEDS)
def test_arithmetic_and_broadcasting(leaves, seed, dtype):
    rng = np.random.default_rng(seed)
    for left, right in [((3, 4), (4,)), ((2, 1, 4), (3, 1)), ((), (2, 3)), ((5,), (5,)), ((1,), (3, 2))]:
        for function in [
            lambda a, b: a + b * a,
            lambda a, b: (a - b) / (a * b),
            lambda a, b: 2 / a - b / 3,
            lambda a, b: a**2 - 3 * b**-1 + (1 - a) ** 3 - b**0.5,
            lambda a, b: a**b,
        ]:
            pairs = [leaves(rng.uniform(0.5, 2, size=shape), dtype) for shape in (left, right)]
            mine, other = zip(*pairs, strict=True)
            same_gradients(pairs, function(*mine), function(*other))


@pytest.mark.parametrize("seed", SEEDS)
def test_matmul(leaves, seed):
    rng = np.random.default_rng(seed)
    for left, right in [
        ((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 3, 4), (2, 4, 5)), ((4,), (4,)),
        ((2, 1, 3, 4), (5, 4, 2)), ((3, 4), (4,)), ((4,), (4, 2)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)),
    ]:  # fmt: skip
        pairs = [leaves(rng.normal(size=shape)) for shape in (left, right)]
        same_gradients(pairs, pairs[0][0] @ pairs[1][0], pairs[0][1] @ pairs[1][1])


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "abs"])
def test_functions(leaves, name):
    mine, other = leaves(np.random.default_rng(0).uniform(0.2, 3, size=(4, 5)))
    same_gradients([(mine, other)], getattr(mine, name)(), getattr(other, name)())


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1, (0, 2), (1, -1)])
def test_reductions_with_ties(leaves, dim, keep):
    whole = np.random.default_rng(0).integers(3, size=(3, 4, 5))
    for name in ("sum", "mean", "amax", "var"):
        mine, other = leaves(whole)
        same_gradients([(mine, other)], getattr(mine, name)(dim, keepdim=keep),
                       getattr(other, name)(dim, keepdim=keep))  # fmt: skip


def test_reductions_of_everything(leaves):
    whole = np.random.default_rng(0).integers(3, size=(3, 4))
    for name in ("sum", "mean", "amax", "var"):
        mine, other = leaves(whole)
        same_gradients([(mine, other)], getattr(mine, name)(), getattr(other, name)())


def test_shapes(leaves):
    array = np.random.default_rng(0).normal(size=(2, 3, 4))
    for function in [
        lambda x: x.reshape(4, -1), lambda x: x.transpose(0, -1), lambda x: x.permute(1, 2, 0),
        lambda x: x.permute(-1, 0, 1), lambda x: x.flatten(1), lambda x: x.unsqueeze(-1), lambda x: x[0].T,
        lambda x: x.permute(2, 0, 1).reshape(8, 3).transpose(0, 1) * 2,
    ]:  # fmt: skip
        mine, other = leaves(array)
        same_gradients([(mine, other)], function(mine), function(other))


def test_indexing(leaves):
    array = np.random.default_rng(0).normal(size=(4, 5, 3))
    mask = np.random.default_rng(1).random((4, 5)) < 0.5
    for key in [
        1, (slice(None), -1), (slice(1, None, 2), ..., 0), (None, 2), [0, 0, 3], (slice(None), [4, 4]),
        (np.array([0, 1, 1]), np.array([2, 2, 2])), np.array([[1, 1], [0, 3]]), (..., np.array([2, 0, 2])),
        mask, (slice(1, 3), np.array([0, 0])), slice(None), (1, 2, 0),
    ]:  # fmt: skip
        mine, other = leaves(array)
        same_gradients([(mine, other)], mine[key] * 2, other[key] * 2)


def test_choices_with_ties(torch, core, leaves):
    tensor, rng = core("tensor"), np.random.default_rng(0)
    for name in ("maximum", "minimum"):
        pairs = [leaves(rng.integers(3, size=shape)) for shape in ((4, 5), (5,))]
        same_gradients(pairs, getattr(tensor, name)(pairs[0][0], pairs[1][0]),
                       getattr(torch, name)(pairs[0][1], pairs[1][1]))  # fmt: skip
    pairs = [leaves(rng.normal(size=shape)) for shape in ((4, 5), (5,))]
    condition = rng.random((4, 1)) < 0.5
    ours = tensor.where(condition, pairs[0][0] * 2, pairs[1][0])
    same_gradients(pairs, ours, torch.where(torch.tensor(condition), pairs[0][1] * 2, pairs[1][1]))
    pair = leaves(rng.normal(size=(4, 5)))
    masked = torch.where(torch.tensor(condition), pair[1], torch.tensor(-math.inf))
    same_gradients([pair], tensor.where(condition, pair[0], -math.inf).exp(), masked.exp())


def test_activations(torch, core, leaves):
    ours, functional = core("activations"), torch.nn.functional
    for mine, other in [
        (ours.relu, torch.relu), (ours.tanh, torch.tanh), (ours.sigmoid, torch.sigmoid),
        (ours.gelu, functional.gelu),
        (lambda x: ours.gelu(x, "tanh"), lambda x: functional.gelu(x, approximate="tanh")),
        (lambda x: ours.softmax(x, 1), lambda x: torch.softmax(x, 1)),
        (lambda x: ours.log_softmax(x, 0), lambda x: torch.log_softmax(x, 0)),
        (ours.leaky_relu, functional.leaky_relu),
    ]:  # fmt: skip
        x, y = leaves(np.random.default_rng(0).normal(size=(6, 7)) * 2)
        same_gradients([(x, y)], mine(x), other(y))


def layers_of(torch, core):
    """(ours, theirs, the shape of an input) for the layers that both have."""
    nn, layers, spatial = torch.nn, core("layers"), core("spatial")
    for settings in [(3, 8, 3), (4, 6, (3, 2), 2, 1), (4, 4, 2, 1, 0, 2), (4, 8, 3, (2, 1), (1, 0), 1, 2)]:
        yield spatial.Conv2d(*settings), nn.Conv2d(*settings), (3, settings[0], 9, 8)
    for settings in [(2,), (3, 2), (3, 2, 1), (2, 1, 1)]:
        yield spatial.MaxPool2d(*settings), nn.MaxPool2d(*settings), (2, 3, 8, 9)
        yield spatial.AvgPool2d(*settings), nn.AvgPool2d(*settings), (2, 3, 8, 9)
    yield spatial.BatchNorm2d(3), nn.BatchNorm2d(3), (4, 3, 5, 6)
    yield layers.Linear(5, 7), nn.Linear(5, 7), (2, 3, 5)
    yield layers.LayerNorm(6), nn.LayerNorm(6), (4, 6)
    yield layers.LayerNorm((3, 4)), nn.LayerNorm((3, 4)), (2, 3, 4)


def test_layers(torch, core, leaves):
    for ours, theirs, shape in layers_of(torch, core):
        same_numbers(ours, theirs)
        x, y = leaves(np.random.default_rng(0).normal(size=shape))
        pairs = [(x, y), *zip(ours.parameters(), theirs.parameters(), strict=True)]
        # Sums of some thousand products in float32.
        same_gradients(pairs, ours(x), theirs(y), atol=5e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_attention(torch, core, leaves, causal):
    ours = core("attention").MultiHeadAttention(16, 4)
    theirs = torch.nn.MultiheadAttention(16, 4, batch_first=True)
    same_numbers(ours, theirs)
    x, y = leaves(np.random.default_rng(0).normal(size=(3, 6, 16)))
    pairs = [(x, y), *zip(ours.parameters(), theirs.parameters(), strict=True)]
    mask = torch.triu(torch.ones(6, 6, dtype=torch.bool), 1) if causal else None
    here = ours(x, x, x, is_causal=causal)[0]
    same_gradients(pairs, here, theirs(y, y, y, attn_mask=mask)[0])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_training_a_network_step_by_step(torch, core, autograd, plain, reduction, smoothing):
    nn, rng = torch.nn, np.random.default_rng(0)
    ours = core("dense").MLP(20, [30, 15], 4)
    theirs = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 15), nn.ReLU(), nn.Linear(15, 4))
    same_numbers(ours, theirs)
    settings = {"reduction": reduction, "label_smoothing": smoothing}
    for _ in range(10):
        (x, y), (s, t) = plain(rng.normal(size=(8, 20)).astype("float32")), plain(rng.integers(4, size=8))
        autograd.zero_grad(ours.parameters())
        theirs.zero_grad()
        core("dense").cross_entropy(ours(x), s, **settings).backward()
        nn.functional.cross_entropy(theirs(y), t, **settings).backward()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad.data, q.grad.numpy(), **TOLERANCE)
            p.data -= 0.01 * p.grad.data
            q.data -= 0.01 * q.grad


def test_graphs_and_flags_are_pytorchs(torch, autograd, leaves):
    for space, (w, other) in [(autograd, leaves([1.0, 2.0])[:1] * 2), (torch, leaves([1.0, 2.0])[1:] * 2)]:
        assert (w * 2).requires_grad
        assert not (w > 0).requires_grad
        assert not w.detach().requires_grad
        with space.no_grad():
            assert not (w * other).requires_grad
        y = w
        for _ in range(20):
            y = y * 0.5 + y * 0.5
        y.sum().backward()
        (w * 3).sum().backward()
        assert w.grad.tolist() == [4, 4]
        for call in [
            lambda w=w: (w * 2).backward(),
            lambda w=w: w.detach().sum().backward(),
            y.sum().backward,
        ]:
            with pytest.raises(RuntimeError):
                call()
