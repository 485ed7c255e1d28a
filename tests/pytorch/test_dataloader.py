"""08_dataloader beside PyTorch's torch.utils.data: the same samples in the same batches, but for chance."""

import numpy as np
import pytest

from tests.pytorch.agreement import agree

SEEDS = range(5)


@pytest.fixture
def ours(core):
    return core("dataloader")


@pytest.fixture
def data(torch):
    import torch.utils.data

    return torch.utils.data


def same(here, there):
    """Fail unless two batches hold the same tensors in the same places."""
    if isinstance(there, dict):
        assert list(here) == list(there)
        for key in there:
            same(here[key], there[key])
    elif isinstance(there, (list, tuple)) and not isinstance(there[0], str):
        # PyTorch makes lists of pairs, which nobody tells from tuples in `for x, y in loader`.
        assert len(here) == len(there)
        for one, other in zip(here, there, strict=True):
            same(one, other)
    elif isinstance(there, (list, tuple)):
        assert list(here) == list(there)
    else:
        agree(here, there, rtol=0, atol=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_default_collate(torch, ours, data, pair, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 5, size=3))
    arrays = rng.normal(size=(6, *shape))
    both = [pair(array) for array in arrays]
    labels = [int(label) for label in rng.integers(1000, size=6)]

    def samples(side):
        return [
            (tensors[side], label, {"a": label > 500, "b": [str(label), label]}, array)
            for tensors, label, array in zip(both, labels, arrays, strict=True)
        ]

    same(ours.default_collate(samples(0)), data.default_collate(samples(1)))


@pytest.mark.parametrize(
    "value", [True, 3, np.float64(0.5), np.float32(0.5), np.int32(2), np.zeros((2, 3)), np.uint8([1, 2])]
)
def test_default_collate_keeps_the_kind_of_numbers(torch, ours, data, value):
    same(ours.default_collate([value, value]), data.default_collate([value, value]))


def test_floats_are_the_one_difference(torch, ours, data):
    """PyTorch makes float64 of Python's floats, we the library's float32."""
    here, there = ours.default_collate([0.5, 1.5]), data.default_collate([0.5, 1.5])

    np.testing.assert_array_equal(here.data, there.numpy())
    assert (str(here.dtype), str(there.numpy().dtype)) == ("float32", "float64")


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_batches_without_shuffle(torch, ours, data, core, seed, drop_last):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    points = rng.normal(size=(n, 3)).astype(np.float32)
    labels = rng.integers(10, size=n)
    Tensor = core("tensor").Tensor  # noqa: N806 - a class
    here = ours.TensorDataset(Tensor(points), Tensor(labels, dtype=np.int64))
    there = data.TensorDataset(torch.tensor(points), torch.tensor(labels))
    chosen = [int(i) for i in rng.integers(n, size=n)]
    pairs = [
        *((here, there), (ours.Subset(here, chosen), data.Subset(there, chosen))),
        ([*zip(points, labels, strict=True)],) * 2,
    ]
    for one, other in pairs:
        assert len(one) == len(other)
        same(one[n - 1], other[n - 1]) if one is not other else None
        for size in (1, 2, 7, n, n + 1):
            settings = {"batch_size": size, "drop_last": drop_last}
            for ahead in (0, 2):
                mine = ours.DataLoader(one, prefetch=ahead, **settings)
                theirs = data.DataLoader(other, **settings)
                assert len(mine) == len(theirs)
                same([*mine, "end"][:-1] or ["none"], [*theirs, "end"][:-1] or ["none"])


def test_collate_fn(torch, ours, data):
    settings = {"batch_size": 3, "collate_fn": lambda samples: sum(samples)}

    assert list(ours.DataLoader(range(10), **settings)) == list(data.DataLoader(range(10), **settings))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_epoch_by_chance_holds_the_same_samples(torch, ours, data, seed):
    torch.manual_seed(seed)
    n, size = (int(i) for i in np.random.default_rng(seed).integers(2, 50, size=2))
    loaders = (module.DataLoader(range(n), size, shuffle=True) for module in (ours, data))

    ours_there, theirs_there = ([batch.tolist() for batch in loader] for loader in loaders)

    assert [len(batch) for batch in ours_there] == [len(batch) for batch in theirs_there]
    assert sorted(number for batch in ours_there for number in batch) == list(range(n))
    assert sorted(number for batch in theirs_there for number in batch) == list(range(n))


@pytest.mark.parametrize("seed", range(40))
def test_random_split_rounds_alike(torch, ours, data, seed):
    rng = np.random.default_rng(seed)
    count, parts = int(rng.integers(10, 1000)), int(rng.integers(1, 8))
    hundredths = rng.multinomial(100, np.ones(parts) / parts)
    whole = rng.multinomial(count, np.ones(parts) / parts)
    for lengths in ([int(share) / 100 for share in hundredths], [int(length) for length in whole]):
        # PyTorch takes no shares that add up to 1 and a little more, as 0.1 + 0.2 + 0.7 may; we do.
        if not 1 < sum(lengths) < 1.1 and min(lengths) > 0.01:
            here, there = ours.random_split(range(count), lengths), data.random_split(range(count), lengths)
            assert [len(part) for part in here] == [len(part) for part in there]
            assert sorted(i for part in here for i in part) == list(range(count))


@pytest.mark.parametrize("lengths", [[3, 4], [0.5, 0.4], [0.5, 0.6], [1.5, -0.5]])
def test_random_split_refuses_alike(torch, ours, data, lengths):
    for module in (ours, data):
        with pytest.raises(ValueError):
            module.random_split(range(10), lengths)


@pytest.mark.parametrize("size", [0, -1])
def test_batches_of_nothing_are_refused_alike(torch, ours, data, size):
    for module in (ours, data):
        with pytest.raises(ValueError):
            module.DataLoader(range(10), size)
