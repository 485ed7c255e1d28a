"""07_attention beside PyTorch."""

import math

import numpy as np
import pytest

from tests.pytorch.agreement import agree, same_numbers


@pytest.fixture
def attention(core):
    return core("attention")


@pytest.fixture
def attend(torch):
    return torch.nn.functional.scaled_dot_product_attention


def draw_trio(rng, pair):
    """Query, key and value of random shapes, each in both frameworks, and (…, L, S)."""
    batch = [(), (3,), (2, 4)][rng.integers(3)]
    length, keys, width, depth = (int(n) for n in rng.integers(1, 12, size=4))
    shapes = (length, width), (keys, width), (keys, depth)
    trio = [pair(rng.normal(size=(*batch, *shape))) for shape in shapes]
    return [ours for ours, _ in trio], [theirs for _, theirs in trio], (*batch, length, keys)


def both_masks(core, torch, mask):
    """A mask in both frameworks, of its own dtype."""
    mask = mask if mask.dtype == bool else mask.astype(np.float32)
    return core("tensor").Tensor(mask, dtype=mask.dtype), torch.tensor(mask)


@pytest.mark.parametrize("seed", range(20))
def test_scaled_dot_product_attention(attention, attend, pair, seed):
    rng = np.random.default_rng(seed)
    ours, theirs, _ = draw_trio(rng, pair)
    agree(attention.scaled_dot_product_attention(*ours), attend(*theirs))
    scale = float(rng.uniform(0.1, 2))
    agree(attention.scaled_dot_product_attention(*ours, scale=scale), attend(*theirs, scale=scale))
    causal = attention.scaled_dot_product_attention(*ours, is_causal=True)
    agree(causal, attend(*theirs, is_causal=True))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", ["bool", "numbers", "-inf"])
def test_masks_that_broadcast_and_rows_without_a_key(torch, core, attention, attend, pair, kind, seed):
    rng = np.random.default_rng(seed)
    ours, theirs, shape = draw_trio(rng, pair)
    axes = [int(n) if rng.random() < 0.7 else 1 for n in shape]
    for size in (axes, axes[-2:]):
        mask = rng.random(size=size) < 0.6
        numbers = rng.normal(size=size)
        given = {"bool": mask, "numbers": numbers, "-inf": np.where(mask, numbers, -np.inf)}[kind]
        here, there = both_masks(core, torch, given)
        agree(attention.scaled_dot_product_attention(*ours, here), attend(*theirs, there))


def test_settings_that_contradict_each_other_are_refused_by_both(torch, core, attention, attend, pair):
    ours, theirs = pair(np.ones((3, 4)))
    here, there = both_masks(core, torch, np.ones((3, 3), dtype=bool))
    with pytest.raises(ValueError, match="is_causal"):
        attention.scaled_dot_product_attention(ours, ours, ours, here, is_causal=True)
    with pytest.raises(RuntimeError, match="is_causal"):
        attend(theirs, theirs, theirs, there, is_causal=True)


def test_dropout_falls_on_the_weights_in_both(attention, attend, pair):
    zeros, eye = np.zeros((1, 1, 200, 4)), np.eye(200)[None, None]
    (q, k), (v, w) = pair(zeros), pair(eye)
    here = attention.scaled_dot_product_attention(q, q, v, dropout_p=0.4).data
    there = attend(k, k, w, dropout_p=0.4).numpy()
    np.testing.assert_allclose(np.unique(here), np.unique(there), rtol=1e-5)
    # 40,000 throws: a share is off by 0.0025 at one standard deviation.
    assert np.mean(here == 0) == pytest.approx(np.mean(there == 0), abs=0.02)


def draw_layers(torch, attention, rng, dropout=0.0):
    """The same layer of random size in both, with random parameters, biases too."""
    heads = int(rng.integers(1, 5))
    width, bias = heads * int(rng.integers(1, 9)), bool(rng.integers(2))
    theirs = torch.nn.MultiheadAttention(width, heads, dropout, bias, batch_first=True)
    for parameter in theirs.parameters():
        parameter.normal_(std=1 / math.sqrt(width))
    ours = attention.MultiHeadAttention(width, heads, dropout, bias)
    same_numbers(ours, theirs)
    return ours, theirs, width, heads


def agree_on_pairs(ours, theirs):
    """Fail unless both outputs, and both weights or None, agree."""
    agree(ours[0], theirs[0])
    if theirs[1] is None:
        assert ours[1] is None
    else:
        agree(ours[1], theirs[1])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("batch", [(), (1,), (3,)])
def test_layer(torch, attention, pair, batch, seed):
    rng = np.random.default_rng(seed)
    ours, theirs, width, _ = draw_layers(torch, attention, rng)
    length, keys = (int(n) for n in rng.integers(1, 9, size=2))
    trio = [pair(rng.normal(size=(*batch, n, width))) for n in (length, keys, keys)]
    here, there = zip(*trio, strict=True)
    agree_on_pairs(ours(*here), theirs(*there))
    for settings in ({"need_weights": False}, {"average_attn_weights": False}):
        agree_on_pairs(ours(*here, **settings), theirs(*there, **settings))
    agree_on_pairs(ours(here[0], here[0], here[0]), theirs(there[0], there[0], there[0]))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("batch", [(), (1,), (3,)])
@pytest.mark.parametrize("kind", ["bool", "numbers"])
def test_layer_with_masks(torch, core, attention, pair, kind, batch, seed):
    rng = np.random.default_rng(seed)
    ours, theirs, width, heads = draw_layers(torch, attention, rng)
    length, keys = (int(n) for n in rng.integers(2, 9, size=2))
    trio = [pair(rng.normal(size=(*batch, n, width))) for n in (length, keys, keys)]
    here, there = zip(*trio, strict=True)

    def draw(*shape):
        hidden = rng.random(size=shape) < 0.4
        hidden[..., 0] = False  # PyTorch's layer answers nan where all is hidden, and ours does not
        return both_masks(core, torch, hidden if kind == "bool" else rng.normal(size=shape))

    padding = draw(*batch, keys)
    for looks in (None, draw(length, keys), draw(math.prod(batch) * heads, length, keys)):
        for pads in (None, padding):
            masks = [
                {
                    name: mask[side]
                    for name, mask in (("attn_mask", looks), ("key_padding_mask", pads))
                    if mask
                }
                for side in (0, 1)
            ]
            agree_on_pairs(ours(*here, **masks[0]), theirs(*there, **masks[1]))
            each = {"average_attn_weights": False}
            agree_on_pairs(ours(*here, **masks[0], **each), theirs(*there, **masks[1], **each))


def test_where_all_is_hidden_pytorch_without_weights_and_ours_answer_the_bias(torch, core, attention, pair):
    ours, theirs, width, _ = draw_layers(torch, attention, np.random.default_rng(0))
    here, there = pair(np.random.default_rng(1).normal(size=(2, 3, width)))
    hidden = both_masks(core, torch, np.array([[True] * 3, [False] * 3]))
    nothing = theirs(there, there, there, hidden[1], need_weights=True)[0].numpy()
    assert np.isnan(nothing[0]).all()
    agree_on_pairs(
        ours(here, here, here, hidden[0], need_weights=False),
        theirs(there, there, there, hidden[1], need_weights=False),
    )


def test_causal_hint_means_the_causal_mask(torch, core, attention, pair):
    ours, theirs, width, _ = draw_layers(torch, attention, np.random.default_rng(3))
    here, there = pair(np.random.default_rng(1).normal(size=(2, 5, width)))
    future = both_masks(core, torch, ~np.tri(5, dtype=bool))
    want = theirs(there, there, there, attn_mask=future[1], is_causal=True)
    agree_on_pairs(ours(here, here, here, is_causal=True), want)
    agree_on_pairs(ours(here, here, here, attn_mask=future[0], is_causal=True), want)


@pytest.mark.parametrize("width", [12, 128])
def test_layer_begins_as_in_pytorch(torch, attention, width):
    ours = attention.MultiHeadAttention(width, 4)
    theirs = torch.nn.MultiheadAttention(width, 4, batch_first=True)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for name, here in ours.state_dict().items():
        there = state[name].numpy()
        assert (here.shape, here.dtype) == (there.shape, there.dtype)
        # 144 even numbers and more: their std is off by 4 % at one standard deviation.
        assert here.data.std() == pytest.approx(there.std(), rel=0.3 if width == 12 else 0.05)
        assert np.abs(here.data).max() == pytest.approx(np.abs(there).max(), rel=0.1)


def test_layer_drops_alike(torch, attention, pair):
    ours, theirs, width, _ = draw_layers(torch, attention, np.random.default_rng(5), dropout=0.3)
    here, there = pair(np.random.default_rng(1).normal(size=(4, 60, width)))
    shares = []
    for weights in (ours(here, here, here, average_attn_weights=False)[1].data,
                    theirs(there, there, there, average_attn_weights=False)[1].numpy()):  # fmt: skip
        shares.append(np.mean(weights == 0))
    # 14,400 throws at least: a share is off by 0.004 at one standard deviation.
    assert shares[0] == pytest.approx(shares[1], abs=0.035)
    agree_on_pairs(ours.eval()(here, here, here), theirs.eval()(there, there, there))


def test_wrong_sizes_are_refused_by_both(torch, attention, pair):
    for make in (attention.MultiHeadAttention, torch.nn.MultiheadAttention):
        with pytest.raises((ValueError, AssertionError)):
            make(10, 4)
    ours = attention.MultiHeadAttention(8, 2)
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    (x, y), (wide, broad) = pair(np.ones((2, 3, 8))), pair(np.ones((2, 3, 9)))
    for place in range(3):
        here, there = [x] * 3, [y] * 3
        here[place], there[place] = wide, broad
        for layer, trio in ((ours, here), (theirs, there)):
            with pytest.raises((ValueError, AssertionError, RuntimeError)):
                layer(*trio)
