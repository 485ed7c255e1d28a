"""10_optimizers beside PyTorch: the same steps, the same rates, and states that travel."""

import warnings
from typing import Any

import numpy as np
import pytest

from tests.pytorch.agreement import TOLERANCE, same_numbers

SHAPES = [(3, 4), (4,), (2, 1, 3), ()]
SGD_SETTINGS = [
    {}, {"momentum": 0.9}, {"momentum": 0.8, "dampening": 0.3}, {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1}, {"momentum": 0.5, "weight_decay": 0.2, "nesterov": True}, {"momentum": 1.5},
]  # fmt: skip
ADAM_SETTINGS = [
    {}, {"betas": (0.5, 0.75)}, {"eps": 0.1}, {"weight_decay": 0.3}, {"betas": (0.0, 0.9), "weight_decay": 0},
    {"eps": 1e-3, "betas": (0.9, 0.6), "weight_decay": 0.1},
]  # fmt: skip
CASES = [("SGD", settings) for settings in SGD_SETTINGS]
CASES += [(kind, settings) for kind in ("Adam", "AdamW") for settings in ADAM_SETTINGS]


@pytest.fixture
def optimizers(core):
    return core("optimizers")


@pytest.fixture
def leaves(torch, core):
    """Makes of arrays (our parameters, PyTorch's), with the same numbers."""

    def make(arrays, dtype="float32"):
        arrays = [np.asarray(array, dtype=dtype) for array in arrays]
        ours = [core("tensor").Tensor(a, dtype=a.dtype, requires_grad=True) for a in arrays]
        return ours, [torch.nn.Parameter(torch.tensor(a)) for a in arrays]

    return make


def give(torch: Any, core: Any, mine: list[Any], theirs: list[Any], rng: Any, skip: int | None = None):
    """Both lists get the same new gradients, of very different sizes; the one at `skip` gets none."""
    for i, (p, q) in enumerate(zip(mine, theirs, strict=True)):
        gradient = np.asarray(rng.normal(size=p.shape) * 10.0 ** rng.integers(-2, 2, size=p.shape))
        gradient = gradient.astype(p.data.dtype)
        p.grad = None if i == skip else core("tensor").Tensor(gradient, dtype=gradient.dtype)
        q.grad = None if i == skip else torch.tensor(gradient)


def same(mine: list[Any], theirs: list[Any]) -> None:
    for p, q in zip(mine, theirs, strict=True):
        other = q.detach().numpy()
        assert (p.data.shape, p.data.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(p.data, other, **TOLERANCE)


def groups_of(params: list[Any]) -> list[dict[str, Any]]:
    """Two groups, the second with a rate of its own."""
    return [{"params": params[:2]}, {"params": params[2:], "lr": 0.02}]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "settings"), CASES)
def test_steps(torch, core, optimizers, leaves, kind, settings, dtype):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        mine, theirs = leaves([rng.normal(size=shape) for shape in SHAPES], dtype)
        ours = getattr(optimizers, kind)(groups_of(mine), lr=0.1, **settings)
        other = getattr(torch.optim, kind)(groups_of(theirs), lr=0.1, foreach=False, **settings)
        for step in range(10):
            give(torch, core, mine, theirs, rng, skip=step % 5)
            ours.step()
            other.step()
            same(mine, theirs)
            if step == 6:
                ours.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 0.03


@pytest.mark.parametrize(("kind", "settings"), CASES)
def test_defaults(torch, optimizers, leaves, kind, settings):
    mine, theirs = leaves([np.ones(2)])
    ours = getattr(optimizers, kind)(mine, **settings).param_groups[0]
    other = getattr(torch.optim, kind)(theirs, **settings).param_groups[0]

    assert {name: other[name] for name in ours if name != "params"} == {
        name: value for name, value in ours.items() if name != "params"
    }


@pytest.mark.parametrize(("kind", "settings"), CASES)
@pytest.mark.parametrize("towards", ["ours", "theirs"])
def test_states_travel(torch, core, optimizers, leaves, kind, settings, towards):
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape) for shape in SHAPES]
    mine, theirs = leaves(starts)
    ours = getattr(optimizers, kind)(groups_of(mine), lr=0.1, **settings)
    other = getattr(torch.optim, kind)(groups_of(theirs), lr=0.1, **settings)
    for _ in range(3):
        give(torch, core, mine, theirs, rng, skip=1)
        ours.step()
        other.step()
    assert sorted(ours.state_dict()["state"]) == sorted(other.state_dict()["state"])
    for number, memory in ours.state_dict()["state"].items():
        assert set(memory) == set(other.state_dict()["state"][number])

    if towards == "ours":
        ours = getattr(optimizers, kind)(groups_of(mine), lr=9.0, **settings)
        state = other.state_dict()
        state["state"] = {
            number: {name: value.numpy() for name, value in memory.items()}
            for number, memory in state["state"].items()
        }
        ours.load_state_dict(state)
    else:
        state = ours.state_dict()
        state["state"] = {
            number: {name: torch.as_tensor(value) for name, value in memory.items()}
            for number, memory in state["state"].items()
        }
        other = getattr(torch.optim, kind)(groups_of(theirs), lr=9.0, **settings)
        other.load_state_dict(state)
    for step in range(4):
        give(torch, core, mine, theirs, rng, skip=step)
        ours.step()
        other.step()
        same(mine, theirs)


@pytest.mark.parametrize("limit", [1e-3, 1.0, 5.0, 1e3])
def test_clipping(torch, core, optimizers, leaves, limit):
    utils = torch.nn.utils
    for seed in range(5):
        rng = np.random.default_rng(seed)
        mine, theirs = leaves([rng.normal(size=shape) for shape in SHAPES])
        give(torch, core, mine, theirs, rng, skip=seed)
        norm = optimizers.clip_grad_norm_(iter(mine), limit)
        assert norm == pytest.approx(float(utils.clip_grad_norm_(theirs, limit)), rel=1e-5)
        optimizers.clip_grad_value_(mine, limit / 3)
        utils.clip_grad_value_(theirs, limit / 3)
        for p, q in zip(mine, theirs, strict=True):
            if q.grad is not None:
                np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-5)
    assert optimizers.clip_grad_norm_([mine[-1]], 1.0) >= 0


SCHEDULES = [
    lambda on, opt: on.StepLR(opt, 3), lambda on, opt: on.StepLR(opt, 1, 0.7),
    lambda on, opt: on.CosineAnnealingLR(opt, 7), lambda on, opt: on.CosineAnnealingLR(opt, 4, 0.01),
    lambda on, opt: on.LinearLR(opt), lambda on, opt: on.LinearLR(opt, 0.1, 0.9, 8),
    lambda on, opt: on.LinearLR(opt, 1.0, 0.0, 4),
    lambda on, opt: on.SequentialLR(
        opt, [on.LinearLR(opt, 0.1, total_iters=5), on.CosineAnnealingLR(opt, 10)], [5]
    ),
    lambda on, opt: on.SequentialLR(
        opt, [on.LinearLR(opt, 0.2, total_iters=3), on.CosineAnnealingLR(opt, 6), on.StepLR(opt, 2)], [4, 9]
    ),
]  # fmt: skip


@pytest.mark.parametrize("make", SCHEDULES)
def test_schedules(torch, optimizers, leaves, make):
    mine, theirs = leaves([np.ones(shape) for shape in SHAPES])
    ours = optimizers.SGD(groups_of(mine), lr=0.3)
    other = torch.optim.SGD(groups_of(theirs), lr=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plan, schedule = make(optimizers, ours), make(torch.optim.lr_scheduler, other)
        for _ in range(16):
            # PyTorch multiplies from step to step, which drifts by some 1e-16 each.
            np.testing.assert_allclose(plan.get_last_lr(), schedule.get_last_lr(), rtol=1e-9, atol=1e-15)
            assert plan.last_epoch == schedule.last_epoch
            assert [g["lr"] for g in ours.param_groups] == plan.get_last_lr()
            other.step()
            plan.step()
            schedule.step()
    assert [g["initial_lr"] for g in ours.param_groups] == [g["initial_lr"] for g in other.param_groups]


def test_refusals_are_pytorchs(torch, optimizers, leaves):
    mine, theirs = leaves([np.ones(2), np.ones(3)])
    for on, (p, q), schedules in [
        (optimizers, mine, optimizers), (torch.optim, theirs, torch.optim.lr_scheduler),
    ]:  # fmt: skip
        for settings in [
            {"lr": -1}, {"momentum": -1}, {"weight_decay": -1}, {"nesterov": True},
            {"nesterov": True, "momentum": 0.9, "dampening": 0.1}
        ]:  # fmt: skip
            with pytest.raises(ValueError):
                on.SGD([p], **settings)
        for settings in [{"lr": -1}, {"betas": (1.0, 0.9)}, {"betas": (0.9, -0.1)}, {"eps": -1}]:
            for kind in (on.Adam, on.AdamW):
                with pytest.raises(ValueError):
                    kind([p], **settings)
        for params, error in [
            ([], ValueError), (p, TypeError), ([p, 1.0], TypeError),
            ([{"params": [p]}, {"params": [q, p]}], ValueError),
        ]:  # fmt: skip
            with pytest.raises(error):
                on.SGD(params, lr=0.1)
        one, two = on.SGD([p], momentum=0.9), on.SGD([{"params": [p]}, {"params": [q]}])
        for other in (two, on.SGD([p, q])):
            with pytest.raises(ValueError):
                one.load_state_dict(other.state_dict())
        with pytest.raises(TypeError):
            schedules.StepLR([p], 2)
        for factors in [(0.0, 1.0), (1.5, 1.0), (0.5, 1.5)]:
            with pytest.raises(ValueError):
                schedules.LinearLR(one, *factors)
        part = schedules.StepLR(one, 2)
        for owner, parts, milestones in [(one, [part], [2]), (two, [part, part], [2])]:
            with pytest.raises(ValueError):
                schedules.SequentialLR(owner, parts, milestones)


@pytest.mark.parametrize(("kind", "settings"), [
    ("SGD", {"lr": 0.3, "momentum": 0.9, "nesterov": True}), ("Adam", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.2}),
])  # fmt: skip
def test_training_a_network(torch, core, optimizers, kind, settings):
    nn, rng = torch.nn, np.random.default_rng(0)
    core("autograd")
    with torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = core("dense").MLP(20, [30], 4)
        theirs = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 4))
        same_numbers(ours, theirs)
        opt = getattr(optimizers, kind)(ours.parameters(), **settings)
        other = getattr(torch.optim, kind)(theirs.parameters(), **settings)
        plan = optimizers.CosineAnnealingLR(opt, 20)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(other, 20)
        for _ in range(20):
            x, classes = rng.normal(size=(16, 20)).astype("float32"), rng.integers(4, size=16)
            opt.zero_grad()
            other.zero_grad()
            tensor = core("tensor").Tensor
            core("dense").cross_entropy(ours(tensor(x)), tensor(classes, dtype=np.int64)).backward()
            nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(classes)).backward()
            optimizers.clip_grad_norm_(ours.parameters(), 1.0)
            nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
            for optimizer, one in ((opt, plan), (other, schedule)):
                optimizer.step()
                one.step()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), **TOLERANCE)
