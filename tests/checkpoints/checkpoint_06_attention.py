"""Can I build attention mechanisms?"""

import math

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_recorded, expect_true

checkpoint = Checkpoint(__file__)

# Oracles are loops over single numbers in float64, closed forms, and identities: a hidden key is a key that
# isn't there, a changed future leaves the past as it was. Where scores have a `scale`, a check has its own,
# so that a wrong default costs the check about the default and not all others.
# Measured over 300 draws, float32 was off by 7e-7 at most; any order of the sums has to fit in.
NEAR = {"rtol": 1e-5, "atol": 2e-5}
# What is 0, or repeated, needs no tolerance.
EXACT = {"rtol": 0, "atol": 0}


def attend_by_loops(query, key, value, scale, may=None):
    """One sentence, one number at a time: the mixtures (L, V) and the weights (L, S)."""
    weights, mixed = np.zeros((len(query), len(key))), np.zeros((len(query), value.shape[1]))
    for i in range(len(query)):
        seen = [j for j in range(len(key)) if may is None or may[i, j]]
        products = {
            j: scale * sum(float(a) * float(b) for a, b in zip(query[i], key[j], strict=True)) for j in seen
        }
        top = max(products.values(), default=0)
        total = sum(math.exp(product - top) for product in products.values())
        for j, product in products.items():
            weights[i, j] = math.exp(product - top) / total
            mixed[i] += weights[i, j] * value[j]
    return mixed, weights


def layer_by_loops(layer, query, key, value):
    """One sentence through a MultiHeadAttention, head by head: the output and each head's weights."""
    width, heads = layer.embed_dim, layer.num_heads
    matrix = layer.in_proj_weight.data.astype(np.float64).reshape(3, width, width)
    shift = np.zeros((3, width)) if layer.in_proj_bias is None else layer.in_proj_bias.data.reshape(3, width)
    inputs = zip((query, key, value), matrix, shift, strict=True)
    q, k, v = (x.astype(np.float64) @ weight.T + bias for x, weight, bias in inputs)
    joined, maps, part = np.zeros((len(query), width)), [], width // heads
    for h in range(heads):
        own = slice(h * part, (h + 1) * part)
        joined[:, own], weights = attend_by_loops(q[:, own], k[:, own], v[:, own], 1 / math.sqrt(part))
        maps.append(weights)
    output = joined @ layer.out_proj.weight.data.astype(np.float64).T
    bias = layer.out_proj.bias
    return output if bias is None else output + bias.data, np.stack(maps)


def make_layer(rng, *settings, **more):
    """A MultiHeadAttention whose parameters are all random, biases too."""
    from tinytorch.core.attention import MultiHeadAttention

    layer = MultiHeadAttention(*settings, **more)
    for parameter in layer.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) / math.sqrt(parameter.shape[-1])
    return layer


def operations(rng, dtype):
    """Everything that passes the door: a name, a call, and what its result is made from."""
    from tinytorch.core import attention
    from tinytorch.core.tensor import Tensor

    # Without a batch where a function allows it: who forgot batches has lost points elsewhere.
    q, k, v, x = (Tensor(rng.normal(size=(4, 4)), dtype=dtype) for _ in range(4))
    heads = Tensor(rng.normal(size=(2, 4, 3)), dtype=dtype)
    bias, hidden = Tensor(rng.normal(size=(4, 4)), dtype=dtype), np.tri(4, k=-1, dtype=bool)
    fixed, learned = (attention.PositionalEncoding(4, 0.1, 8, learned=learned) for learned in (False, True))
    trio = {"query": q, "key": k, "value": v}
    return [
        ("attention_scores", lambda: attention.attention_scores(q, k), {"query": q, "key": k}),
        ("masked_softmax", lambda: attention.masked_softmax(x, bias), {"scores": x, "mask": bias}),
        ("masked_softmax, hiding", lambda: attention.masked_softmax(x, hidden), {"scores": x}),
        ("scaled_dot_product_attention",
         lambda: attention.scaled_dot_product_attention(q, k, v, bias, 0.1), {**trio, "attn_mask": bias}),
        ("split_heads", lambda: attention.split_heads(x, 2), {"x": x}),
        ("merge_heads", lambda: attention.merge_heads(heads), {"x": heads}),
        ("PositionalEncoding", lambda: fixed(x), {"x": x}),
        ("PositionalEncoding, learned", lambda: learned(x), {"x": x, "positions": learned.positions}),
        ("rotate", lambda: attention.rotate(x, [0, 1, 2, 3]), {"x": x}),
    ]  # fmt: skip


@checkpoint.check(points=4)
def test_attention(rng):
    """Attention gives each query the mean of the values, weighted by the softmax of its scores"""
    from tinytorch.core.attention import attention_scores, attention_weights, scaled_dot_product_attention
    from tinytorch.core.tensor import Tensor

    for batch, length, keys, width, depth in [((), 3, 4, 5, 2), ((2,), 1, 6, 3, 3), ((2, 3), 4, 2, 6, 5)]:
        scale = float(rng.uniform(0.2, 0.9))
        q = rng.normal(size=(*batch, length, width)).astype(np.float32)
        k = rng.normal(size=(*batch, keys, width)).astype(np.float32)
        v = rng.normal(size=(*batch, keys, depth)).astype(np.float32)
        mixed, weights = np.zeros((*batch, length, depth)), np.zeros((*batch, length, keys))
        for n in np.ndindex(batch):
            mixed[n], weights[n] = attend_by_loops(q[n], k[n], v[n], scale)
        what = f"for queries of shape {q.shape}, keys {k.shape} and values {v.shape}"
        q, k, v = Tensor(q), Tensor(k), Tensor(v)
        products = np.einsum("...le,...se->...ls", q.data, k.data) * scale
        expect_close(attention_scores(q, k, scale).data, products, f"the scores {what}", **NEAR)
        expect_close(attention_weights(q, k, scale=scale).data, weights, f"the weights {what}", **NEAR)
        got = scaled_dot_product_attention(q, k, v, scale=scale)
        expect_close(got.data, mixed, f"attention {what}", **NEAR)

    q, k, v = rng.normal(size=(3, 4, 4)).astype(np.float32)
    want, _ = attend_by_loops(300 * q, k, v, 1)
    got = scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v), scale=300.0).data
    # Scores of a thousand are off by 1e-4 in float32, and so are the weights, where two are close.
    expect_close(got, want, "attention with scores of some hundreds", rtol=1e-3, atol=5e-3)
    one, batch = Tensor(rng.normal(size=(2, 4))), Tensor(np.stack([k, v]))
    got = scaled_dot_product_attention(one, batch, batch, scale=0.5).data
    want = [attend_by_loops(one.data, x, x, 0.5)[0] for x in (k, v)]
    expect_close(got, want, "queries without a batch, of a batch of keys", **NEAR)
    narrow = Tensor(np.ones((3, 5)))
    expect_raises(ValueError, lambda: attention_weights(one, narrow), "queries of 4 numbers, keys of 5")


@checkpoint.check(points=2)
def test_scale(rng):
    """By default scores are divided by the root of the queries' width, so that their spread stays 1"""
    from tinytorch.core.attention import attention_scores, attention_weights, scaled_dot_product_attention
    from tinytorch.core.tensor import Tensor

    for length, keys, width in [(2, 5, 9), (4, 3, 16), (3, 2, 1)]:
        q, k = (Tensor(rng.normal(size=(n, width))) for n in (length, keys))
        scale = 1 / math.sqrt(width)
        what = f"{length} queries, {keys} keys of {width} numbers"
        want = q.data.astype(np.float64) @ k.data.T.astype(np.float64) * scale
        expect_close(attention_scores(q, k).data, want, f"the scores of {what}", **NEAR)
        told, hint = attention_weights(q, k, scale=scale).data, "√E, the width of a query"
        expect_close(attention_weights(q, k).data, told, f"the weights of {what}", **NEAR, hint=hint)
        told = scaled_dot_product_attention(q, k, k, scale=scale).data
        expect_close(scaled_dot_product_attention(q, k, k).data, told, f"attention of {what}", **NEAR)
    for width in (16, 400):
        q, k = (Tensor(rng.normal(size=(200, width))) for _ in range(2))
        spread = float(attention_scores(q, k).data.std())
        # 40,000 products of 200 + 200 vectors: off by 0.043 at most in 600 draws.
        expect_close(spread, 1.0, f"spread of the scores, width {width}", atol=0.12, hint="divide by √E")


@checkpoint.check(points=3)
def test_masks(rng):
    """Masks say True where looking is allowed: not at the future, not at padding"""
    from tinytorch.core.attention import causal_mask, padding_mask
    from tinytorch.core.tensor import Tensor

    n = int(rng.integers(4, 9))
    for length, keys in [(n, None), (1, None), (n, n - 2), (3, n)]:
        columns = length if keys is None else keys
        mask = causal_mask(length) if keys is None else causal_mask(length, keys)
        what = f"causal_mask({length})" if keys is None else f"causal_mask({length}, {keys})"
        expect_true(isinstance(mask, Tensor), f"type of {what}", "Tensor", type(mask).__name__)
        expect_equal(str(mask.dtype), "bool", f"dtype of {what}")
        want = [[j <= i for j in range(columns)] for i in range(length)]
        expect_equal(mask.tolist(), want, what, hint="query i may look at keys 0 … i")
    lengths = [int(length) for length in rng.integers(0, n + 1, size=5)]
    want = [[j < length for j in range(n)] for length in lengths]
    for kind in (list, np.array, lambda x: Tensor(x, dtype=np.int64)):
        mask = padding_mask(kind(lengths), n)
        what = f"padding_mask({lengths}, {n})"
        expect_true(isinstance(mask, Tensor), f"type of {what}", "Tensor", type(mask).__name__)
        expect_equal(str(mask.dtype), "bool", f"dtype of {what}")
        expect_equal(mask.tolist(), want, what)
    mask = causal_mask(n)
    mask.data[...] = False
    triangle = n * (n + 1) // 2
    expect_equal(int(causal_mask(n).data.sum()), triangle, "looks allowed, after another mask was changed")


@checkpoint.check(points=4)
def test_hiding(rng):
    """A hidden key is as good as absent, and a query that may look nowhere finds zeros"""
    from tinytorch.core.attention import attention_weights, masked_softmax, scaled_dot_product_attention
    from tinytorch.core.tensor import Tensor

    # Whole masks meet scores that are given, so that this check is about masks alone.
    scores = rng.normal(size=(2, 3, 5, 6)).astype(np.float32)
    may = rng.random(size=(5, 6)) < 0.5
    may[0], may[1], may[2, :2] = False, True, (True, False)
    each = rng.random(size=(2, 1, 1, 6)) < 0.6
    each[0] = False
    for name, mask in {"(L, S)": may, "(N, 1, 1, S)": each, "(N, H, L, S)": may & each}.items():
        powers = np.exp(scores.astype(np.float64)) * mask
        total = powers.sum(axis=-1, keepdims=True)
        want = np.divide(powers, total, where=total > 0, out=np.zeros_like(powers))
        kinds = {"bool": Tensor(mask, dtype=bool), "bool, in an array": mask}
        kinds["numbers"] = Tensor(np.where(mask, 0, -np.inf))
        for kind, given in kinds.items():
            got = masked_softmax(Tensor(scores), given).data
            hint = "hide before the softmax, and give rows without a key zeros"
            expect_close(got, want, f"masked_softmax with a mask {name} of {kind}", **NEAR, hint=hint)
    liking = rng.normal(size=(5, 6))
    want = np.exp(scores + liking)
    got = masked_softmax(Tensor(scores), Tensor(liking)).data
    expect_close(got, want / want.sum(-1, keepdims=True), "masked_softmax with numbers added", **NEAR)

    q, k, v = (rng.normal(size=(n, 4)).astype(np.float32) for n in (5, 6, 6))
    trio, causal = [Tensor(q), Tensor(k), Tensor(v)], np.tri(5, 6, dtype=bool)
    for name, hidden, mask in [
        ("attn_mask", {"attn_mask": Tensor(may, dtype=bool)}, may),
        ("is_causal", {"is_causal": True}, causal),
    ]:
        weights, mixed = np.zeros((5, 6)), np.zeros((5, 4))
        for i, seen in enumerate(mask):
            if seen.any():
                one, keys, values = Tensor(q[i : i + 1]), Tensor(k[seen]), Tensor(v[seen])
                weights[i, seen] = attention_weights(one, keys).data[0]
                mixed[i] = scaled_dot_product_attention(one, keys, values).data[0]
        hint = "as without the keys that are hidden"
        got = attention_weights(*trio[:2], **hidden).data
        expect_close(got, weights, f"the weights with {name}", **NEAR, hint=hint)
        got = scaled_dot_product_attention(*trio, **hidden).data
        expect_close(got, mixed, f"attention with {name}", **NEAR, hint=hint)
    says, both = ("attn_mask", "is_causal"), {"attn_mask": may, "is_causal": True}
    expect_raises(ValueError, lambda: attention_weights(*trio[:2], **both), "both masks", says=says)
    expect_raises(ValueError, lambda: scaled_dot_product_attention(*trio, **both), "both masks", says=says)
    far = Tensor([[3e4, -3e4, -5e4], [-3e4, 0, 3e4]])
    got = masked_softmax(far, np.array([[False, True, True], [True, True, False]])).data
    expect_close(got, [[0, 1, 0], [0, 1, 0]], "the softmax of scores of ±30,000, the largest one hidden")


@checkpoint.check(points=3)
def test_heads(rng):
    """Splitting gives each head its part of every word, and merging puts the parts back"""
    from tinytorch.core.attention import merge_heads, split_heads
    from tinytorch.core.tensor import Tensor

    for shape, heads in [((4, 6), 3), ((2, 5, 8), 2), ((3, 4, 4), 4), ((2, 2, 3, 6), 1), ((1, 1, 12), 6)]:
        numbers = rng.normal(size=shape).astype(np.float32)
        part = shape[-1] // heads
        want = np.zeros((*shape[:-2], heads, shape[-2], part), dtype=np.float32)
        for h in range(heads):
            want[..., h, :, :] = numbers[..., h * part : (h + 1) * part]
        parts = split_heads(Tensor(numbers), heads)
        hint = "split the last axis, then exchange two axes"
        expect_close(parts.data, want, f"split_heads of shape {shape}, {heads} heads", **EXACT, hint=hint)
        merged = merge_heads(Tensor(want)).data
        expect_close(
            merged, numbers, f"merge_heads of shape {want.shape}", **EXACT, hint="exchange, then join"
        )
    seven = Tensor(rng.normal(size=(2, 7)))
    expect_raises(ValueError, lambda: split_heads(seven, 3), "7 numbers, 3 heads", says=("7", "3"))


@checkpoint.check(points=3)
def test_parameters(rng):
    """The layer's parameters have PyTorch's names, shapes and first values"""
    from tinytorch.core.attention import MultiHeadAttention
    from tinytorch.core.setup import manual_seed

    width = 4 * int(rng.integers(10, 16))
    layer = MultiHeadAttention(width, 4)
    want = {
        "in_proj_bias": (3 * width,),
        "in_proj_weight": (3 * width, width),
        "out_proj.bias": (width,),
        "out_proj.weight": (width, width),
    }
    shapes = {name: tensor.shape for name, tensor in layer.state_dict().items()}
    expect_equal(dict(sorted(shapes.items())), want, f"the state of MultiHeadAttention({width}, 4)")
    trained = sorted(name for name, _ in layer.named_parameters())
    expect_equal(trained, sorted(want), "the parameters")
    bare = [name for name, _ in MultiHeadAttention(width, 4, bias=False).named_parameters()]
    expect_equal(sorted(bare), ["in_proj_weight", "out_proj.weight"], "parameters with bias=False")
    for name, bias in [("in_proj_bias", layer.in_proj_bias), ("out_proj.bias", layer.out_proj.bias)]:
        expect_close(bias.data, np.zeros(bias.shape), f"{name} at first", **EXACT)
    for name, tensor, bound in [
        ("in_proj_weight", layer.in_proj_weight, math.sqrt(6 / (4 * width))),
        ("out_proj.weight", layer.out_proj.weight, 1 / math.sqrt(width)),
    ]:
        # Even numbers, 1,600 at least: their largest is within 1 % of the bound but once in 9 million draws,
        # and their mean square off by 2.2 % at one standard deviation: six times that.
        largest = float(np.abs(tensor.data).max())
        close = 0.99 * bound < largest <= bound * (1 + 1e-6)
        expect_true(close, f"largest of {name} at first", f"a little below {bound:.4f}", largest)
        square = float((tensor.data**2).mean()) / bound**2
        expect_close(square, 1 / 3, f"mean square of {name} over the bound's", rtol=0.14)
    seed = int(rng.integers(1 << 30))
    draws = []
    for _ in range(2):
        manual_seed(seed)
        draws.append(MultiHeadAttention(width, 2).in_proj_weight.data)
    expect_close(draws[0], draws[1], "in_proj_weight after the same manual_seed", **EXACT)
    expect_raises(
        ValueError, lambda: MultiHeadAttention(10, 4), "embed_dim 10 with 4 heads", says=("10", "4")
    )


@checkpoint.check(points=5)
def test_multi_head(rng):
    """Several heads look at once: over one sentence or a batch, at oneself or at another"""
    from tinytorch.core.tensor import Tensor

    for width, heads, bias in [(8, 2, True), (6, 3, True), (4, 1, True), (6, 2, False)]:
        layer = make_layer(rng, width, heads, bias=bias)
        q = rng.normal(size=(2, 3, width)).astype(np.float32)
        k, v = rng.normal(size=(2, 2, 5, width)).astype(np.float32)
        pairs = [layer_by_loops(layer, *trio) for trio in zip(q, k, v, strict=True)]
        want, maps = (np.stack(parts) for parts in zip(*pairs, strict=True))
        what = f"of MultiHeadAttention({width}, {heads}, bias={bias})"
        q, k, v = Tensor(q), Tensor(k), Tensor(v)
        output, weights = layer(q, k, v)
        expect_close(output.data, want, f"output {what}", **NEAR)
        expect_close(weights.data, maps.mean(axis=1), f"weights {what}", **NEAR, hint="the heads' mean")
        output, weights = layer(q, k, v, average_attn_weights=False)
        expect_close(output.data, want, f"output {what}, weights not averaged", **NEAR)
        expect_close(weights.data, maps, f"each head's weights {what}", **NEAR)
        output, weights = layer(q[1], k[1], v[1])
        expect_close(output.data, want[1], f"output {what}, without a batch", **NEAR)
        expect_close(weights.data, maps[1].mean(axis=0), f"weights {what}, without a batch", **NEAR)
        alone = layer(q, q, q, need_weights=False)
        own = np.stack([layer_by_loops(layer, x, x, x)[0] for x in q.data])
        expect_close(alone[0].data, own, f"self-attention {what}", **NEAR)
        expect_true(alone[1] is None, "weights with need_weights=False", "None", "something else")
        for place, name in enumerate(("query", "key", "value")):
            trio = [q, k, v]
            trio[place] = Tensor(np.ones((2, 5, width + 7)))
            says, name = (str(width), str(width + 7)), f"a {name} of {width + 7} numbers, {width} wanted"
            expect_raises(ValueError, lambda trio=trio, layer=layer: layer(*trio), name, says=says)


@checkpoint.check(points=3)
def test_ignoring(rng):
    """The layer's masks say True where a key is ignored, as in PyTorch"""
    from tinytorch.core.tensor import Tensor

    layer = make_layer(rng, 6, 2)
    x = rng.normal(size=(3, 4, 6)).astype(np.float32)
    y, lengths = Tensor(x), [4, 1, 3]
    padding = np.arange(4) >= np.array(lengths)[:, None]
    causal = ~np.tri(4, dtype=bool)
    each = rng.random(size=(3, 2, 4, 4)) < 0.4
    each[..., range(4), range(4)] = False
    liking = rng.normal(size=(4, 4))
    plain = layer(y, y, y, average_attn_weights=False)[1].data
    for name, masks, ignored, liked in [
        ("key_padding_mask", {"key_padding_mask": padding}, padding[:, None, None], 0),
        ("attn_mask", {"attn_mask": causal}, causal, 0),
        ("both", {"attn_mask": causal, "key_padding_mask": padding}, causal | padding[:, None, None], 0),
        ("an attn_mask for each head", {"attn_mask": each.reshape(6, 4, 4)}, each, 0),
        ("an attn_mask of numbers", {"attn_mask": liking}, causal & False, liking),
        ("is_causal", {"is_causal": True}, causal, 0),
        ("is_causal and padding", {"is_causal": True, "key_padding_mask": padding},
         causal | padding[:, None, None], 0),
    ]:  # fmt: skip
        # The weights without a mask, with the ignored ones taken out and the others grown to a sum of 1.
        want = plain.astype(np.float64) * np.exp(liked) * ~ignored
        want = want / want.sum(axis=-1, keepdims=True)
        given = {k: Tensor(m, dtype=m.dtype) if isinstance(m, np.ndarray) else m for k, m in masks.items()}
        got = layer(y, y, y, average_attn_weights=False, **given)
        expect_close(got[1].data, want, f"weights with {name}", **NEAR, hint="True means: ignore this key")
    short, causal = Tensor(x[2, :3]), np.tri(3, 4, dtype=bool)
    for query, key, place in [(Tensor(x[:, :3]), y, "in a batch"), (short, Tensor(x[2]), "without a batch")]:
        want = layer(query, key, key)[1].data  # the heads' mean, in which hidden keys must be 0
        got = layer(query, key, key, is_causal=True)[1].data
        expect_equal(got.shape, want.shape, f"shape of the causal weights of 3 queries, 4 keys {place}")
        seen = np.broadcast_to(causal, got.shape)
        expect_close(
            (got != 0).astype(int), seen.astype(int), f"which of 4 keys 3 causal queries see {place}", **EXACT
        )
    got = layer(y, y, y, key_padding_mask=Tensor(padding, dtype=bool))[0].data[2, :3]
    expect_close(got, layer(short, short, short)[0].data, "a padded sentence beside itself alone", **NEAR)
    one = Tensor(x[1])
    masks = {"attn_mask": Tensor(each[1], dtype=bool), "key_padding_mask": Tensor(padding[1], dtype=bool)}
    got = layer(one, one, one, average_attn_weights=False, **masks)[1].data
    want = plain[1] * ~(each[1] | padding[1])
    total = want.sum(axis=-1, keepdims=True)
    want = np.divide(want, total, where=total > 0, out=np.zeros_like(want))
    expect_close(got, want, "weights with both masks, without a batch", **NEAR)
    nothing = Tensor(np.ones((3, 4)), dtype=bool)
    got = layer(y, y, y, nothing)[0].data
    bias = np.broadcast_to(layer.out_proj.bias.data, (3, 4, 6))
    expect_close(got, bias, "the output where all keys are padding, beside the bias", **NEAR)


@checkpoint.check(points=3)
def test_dropout(rng):
    """Dropout falls on the weights, with new throws in training and none in eval"""
    from tinytorch.core.attention import scaled_dot_product_attention
    from tinytorch.core.setup import manual_seed
    from tinytorch.core.tensor import Tensor

    p, seed = float(rng.uniform(0.3, 0.6)), int(rng.integers(1 << 30))
    layer, x = make_layer(rng, 8, 2, p), Tensor(rng.normal(size=(4, 20, 8)))
    calm, kept = layer.eval()(x, x, x, average_attn_weights=False)
    again = layer(x, x, x)[0].data
    expect_close(again, calm.data, "a second answer after eval()", **EXACT, hint="ask self.training")
    manual_seed(seed)
    output, thrown = layer.train()(x, x, x, average_attn_weights=False)
    other = layer(x, x, x, average_attn_weights=False)[1].data
    gone = thrown.data == 0
    # 3,200 throws: the share is normal about p, and six standard deviations are allowed.
    spread = 6 * math.sqrt(p * (1 - p) / gone.size)
    expect_close(gone.mean(), p, f"share of dropped weights with dropout={p:.2f}", atol=spread)
    want = np.where(gone, 0, kept.data / (1 - p))
    expect_close(thrown.data, want, "the weights that stay, over 1 - p", **NEAR)
    expect_true(bool((thrown.data != other).any()), "two throws", "different ones", "the same")
    rows = layer.in_proj_weight.data[16:], layer.in_proj_bias.data[16:]
    values = (x.data @ rows[0].T + rows[1]).reshape(4, 20, 2, 4)
    mixed = np.einsum("nhls,nshd->nlhd", thrown.data, values).reshape(4, 20, 8)
    want = mixed @ layer.out_proj.weight.data.T + layer.out_proj.bias.data
    expect_close(output.data, want, "the output, made with the dropped weights", rtol=1e-4, atol=1e-4)

    # With an identity for values the result is the weights themselves.
    q, k, v = Tensor(np.zeros((50, 1))), Tensor(np.zeros((50, 1))), Tensor(np.eye(50))
    got = scaled_dot_product_attention(q, k, v, None, p).data
    kinds = sorted({round(float(value) * 50 * (1 - p), 4) for value in got.reshape(-1)})
    expect_equal(kinds, [0.0, 1.0], f"attention to the identity with dropout_p={p:.2f}, over 0.02 / (1 - p)")
    spread = 6 * math.sqrt(p * (1 - p) / got.size)
    expect_close((got == 0).mean(), p, "the share of zeros in it", atol=spread)
    got = scaled_dot_product_attention(q, k, v).data
    expect_close(got, np.full((50, 50), 0.02), "the same without dropout_p")
    # A mean of 50 ones, 30 % to 60 % dropped, is 0 once in 1e11 draws: it is the weights that are dropped.
    got = scaled_dot_product_attention(q, k, Tensor(np.ones((50, 9))), dropout_p=p).data
    expect_equal(int((got == 0).sum()), 0, "zeros in attention to ones, with dropout", hint="drop weights")


@checkpoint.check(points=3)
def test_positions(rng):
    """Positions are hands of a clock, added to the words and not trained, or learned"""
    from tinytorch.core.attention import PositionalEncoding, angles, sinusoidal_positions
    from tinytorch.core.tensor import Tensor

    for length, dim in [(int(rng.integers(20, 60)), 10), (3, 2), (1, 8)]:
        pattern = sinusoidal_positions(length, dim)
        want = np.zeros((length, dim))
        for p in range(length):
            for i in range(dim // 2):
                angle = p / 10000 ** (2 * i / dim)
                want[p, 2 * i : 2 * i + 2] = math.sin(angle), math.cos(angle)
        expect_close(pattern.data, want, f"sinusoidal_positions({length}, {dim})", **NEAR)
        expect_equal(str(pattern.dtype), "float32", f"dtype of sinusoidal_positions({length}, {dim})")
    places = rng.normal(size=4) * 50
    want = [[p / 10000 ** (2 * i / 6) for i in range(3)] for p in places]
    expect_close(angles(places, 6), want, "angles at any four places, dim 6", rtol=1e-12)
    expect_close(angles(Tensor([3.0, 5.0]), 2), [[3], [5]], "angles of a Tensor [3, 5], dim 2", rtol=1e-12)
    for name, call in [("angles([1], 7)", angles), ("sinusoidal_positions(1, 7)", sinusoidal_positions)]:
        first = [1] if call is angles else 1
        expect_raises(ValueError, lambda call=call, first=first: call(first, 7), name, says=("7",))

    x = rng.normal(size=(2, 5, 6)).astype(np.float32)
    for learned in (False, True):
        encode = PositionalEncoding(6, max_len=9, learned=learned)
        what = f"PositionalEncoding(6, max_len=9, learned={learned})"
        names = [name for name, _ in encode.named_parameters()], list(encode.state_dict())
        expect_equal(names, (["positions"] if learned else [], ["positions"]), f"parameters, state of {what}")
        expect_equal(encode.positions.shape, (9, 6), f"shape of the positions of {what}")
        given = Tensor(x)
        got = encode(given).data
        expect_close(got, x + encode.positions.data[:5], f"{what}(x)", **NEAR)
        expect_close(given.data, x, f"x after {what}(x)", **EXACT, hint="make a new tensor")
        expect_close(encode(Tensor(x[0])).data, got[0], f"{what} of one sentence", **EXACT)
        long = Tensor(np.zeros((10, 6)))
        expect_raises(ValueError, lambda e=encode, x=long: e(x), f"10 words for {what}", says=("9", "10"))
    single, three = PositionalEncoding(6, max_len=1), Tensor(np.zeros((3, 6)))
    expect_raises(ValueError, lambda: single(three), "3 words with max_len=1", says=("1", "3"))
    fixed = PositionalEncoding(6, max_len=9).positions.data
    expect_close(fixed, sinusoidal_positions(9, 6).data, "positions of PositionalEncoding(6, max_len=9)")
    learned = PositionalEncoding(100, max_len=50, learned=True).positions.data
    # 5,000 normal numbers: their std is off by 1 %, their mean by 0.0003, at one standard deviation.
    expect_close(learned.std(), 0.02, "spread of learned positions at first", rtol=0.06)
    expect_close(learned.mean(), 0, "mean of learned positions at first", atol=0.0018)
    encode, ones = PositionalEncoding(50, 0.4, max_len=70), Tensor(np.full((70, 50), 4.0))
    whole = encode.eval()(ones).data
    expect_close(whole, encode.positions.data + 4, "with dropout, after eval()", **NEAR)
    got = encode.train()(ones).data
    gone = got == 0
    expect_close(got, np.where(gone, 0, whole / 0.6), "with dropout, in training: the numbers that stay")
    expect_close(gone.mean(), 0.4, "with dropout, in training: the share of zeros", atol=0.05)
    expect_equal(PositionalEncoding(2).positions.shape, (5000, 2), "positions by default")


@checkpoint.check(points=2)
def test_rotation(rng):
    """Turned by their positions, queries and keys know their distance and nothing else"""
    from tinytorch.core.attention import rotate
    from tinytorch.core.tensor import Tensor

    dim, places = 2 * int(rng.integers(2, 6)), rng.integers(0, 40, size=4)
    x = rng.normal(size=(2, 3, 4, dim)).astype(np.float32)
    want = np.zeros(x.shape)
    for n in np.ndindex(2, 3, 4):
        for i in range(dim // 2):
            turn = complex(*x[n][2 * i : 2 * i + 2]) * np.exp(1j * places[n[2]] / 10000 ** (2 * i / dim))
            want[n][2 * i : 2 * i + 2] = turn.real, turn.imag
    got = rotate(Tensor(x), places).data
    expect_close(got, want, f"rotate(x, {places.tolist()}) of shape {x.shape}", **NEAR)
    q, k = (Tensor(rng.normal(size=(1, dim))) for _ in range(2))
    far = int(rng.integers(100, 1000))
    scores = [(rotate(q, [a]) @ rotate(k, [b]).T).item() for a, b in [(9, 4), (9 + far, 4 + far)]]
    expect_close(scores[1], scores[0], f"the score at 9 and 4, moved by {far}", rtol=1e-4, atol=1e-4)
    exact = rotate(Tensor(x, dtype=np.float64), places).data
    expect_close(exact, want, "the same in float64", rtol=1e-9, atol=1e-9, hint="sines of x's dtype")
    still = rotate(q, [0]).data
    expect_close(still, q.data, "what position 0 makes of a word", **NEAR)
    odd = Tensor(np.ones((1, 5)))
    expect_raises(ValueError, lambda: rotate(odd, [0]), "words of 5 numbers", says=("5",))


@checkpoint.check(points=3)
def test_door(rng):
    """Every function computes at the door, out of each of its inputs, in their dtype"""
    from tinytorch.core.tensor import recorders

    for dtype in ("float32", "float64"):
        for name, call, sources in operations(rng, dtype):
            expect_recorded(recorders, call, f"{name} for {dtype}", sources)


@checkpoint.check(points=2)
def test_network(rng):
    """In a transformer block order comes from positions alone, and the future stays hidden"""
    from tinytorch.core.activations import GELU
    from tinytorch.core.attention import MultiHeadAttention, PositionalEncoding
    from tinytorch.core.layers import LayerNorm, Linear, Module
    from tinytorch.core.tensor import Tensor, recorders

    class Block(Module):
        def __init__(self):
            super().__init__()
            self.places = PositionalEncoding(12, max_len=16)
            self.attention = MultiHeadAttention(12, 3)
            self.first, self.second = LayerNorm(12), LayerNorm(12)
            self.up, self.bend, self.down = Linear(12, 24), GELU(), Linear(24, 12)

        def forward(self, x, places=True, is_causal=False):
            x = self.places(x) if places else x
            for _ in range(2):
                y = self.first(x)
                x = x + self.attention(y, y, y, is_causal=is_causal)[0]
                x = x + self.down(self.bend(self.up(self.second(x))))
            return x

    block, words = Block(), rng.normal(size=(2, 7, 12)).astype(np.float32)
    x, order = Tensor(words), np.roll(np.arange(7), int(rng.integers(1, 7)))
    mixed = Tensor(words[:, order])
    bag = block(x, places=False).data[:, order]
    # In 500 draws: off by 5e-7 at most without positions, by 0.89 at least with them; after a changed word
    # every causal answer moved by 0.11 at least, and before it none.
    expect_close(block(mixed, places=False).data, bag, "answers to reordered words, no positions", **NEAR)
    moved = np.abs(block(mixed).data - block(x).data[:, order]).max()
    expect_true(bool(moved > 1e-3), "answers to reordered words, with positions", "other ones", "the same")
    place = int(rng.integers(1, 7))
    future = words.copy()
    future[:, place] = rng.normal(size=12)
    changes = np.abs(block(Tensor(future), is_causal=True).data - block(x, is_causal=True).data).max(
        axis=(0, 2)
    )
    seen = [bool(change > 1e-5) for change in changes]
    expect_equal(seen, [i >= place for i in range(7)], f"which causal answers move with word {place}")
    sources = {"x": x, **dict(block.named_parameters())}
    expect_recorded(recorders, lambda: block(x, is_causal=True), "a block", sources)
    layer, x, bias = (
        block.attention,
        *(Tensor(rng.normal(size=s), dtype=np.float64) for s in [(7, 12), (7, 7)]),
    )
    sources = {"x": x, "attn_mask": bias}
    call = lambda: layer(x, x, x, attn_mask=bias)[0]  # noqa: E731
    expect_recorded(recorders, call, "attention of float64", sources)
    expect_recorded(recorders, lambda: layer(x, x, x)[1], "its weights", {"x": x})
    other = Block()
    other.load_state_dict(block.state_dict())
    expect_close(other(mixed).data, block(mixed).data, "another block with the same state", **EXACT)


if __name__ == "__main__":
    checkpoint.main()
