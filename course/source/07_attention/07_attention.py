# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Attention
#
# *The trophy doesn't fit into the suitcase because it is too big.* What is too big? To understand the word
# "it", a network has to look at another word, and which one depends on what the others say. No layer that
# you own can do that: their weights are fixed before the sentence arrives. In this module the weights are
# computed *from* the sentence.
#
# **You will be able to say:** *I can let a model decide where to look.*
#
# | you build | it gives you |
# |---|---|
# | `scaled_dot_product_attention` | a dictionary lookup that can be trained |
# | `causal_mask`, `padding_mask` | no cheating with the future, no reading of padding |
# | `MultiHeadAttention` | several looks at once, with PyTorch's parameters |
# | `PositionalEncoding`, `rotate` | the order of words, which attention alone can't see |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.

# %%
#| export
import math

import numpy as np

from tinytorch.core.activations import softmax
from tinytorch.core.layers import Buffer, Dropout, Linear, Module, Parameter
from tinytorch.core.layers import normal_, xavier_uniform_
from tinytorch.core.tensor import Tensor, where, zeros
from tinytorch.extend import extend

# %% [markdown]
# ## A sentence is not a row of numbers
#
# Here is a sentence of three words, 64 numbers for each. One `Linear` over all 192 numbers sees every word; so
# does the average of the three. **Predict**: how many weights does the same `Linear` need for a page of 1,000
# words? And can the average tell *dog bites man* from *man bites dog*?

# %%
import tracemalloc

import matplotlib.pyplot as plt

from tinytorch.core.layers import Meter
from tinytorch.core.setup import manual_seed, time_call
from tinytorch.core.tensor import randn
from tinytorch.images import photograph
from tito.checks import expect_close, expect_equal, expect_raises, expect_recorded, expect_true

guesses = [None, None]
manual_seed(1)
dog, bites, man = (randn(64).data for _ in range(3))
flat = Linear(3 * 64, 3 * 64)
print(f"weights for 3 words: {flat.weight.numel():,}; for 1,000: {(1000 * 64) ** 2:,}")
one, other = np.stack([dog, bites, man]), np.stack([man, bites, dog])
print(f"averages differ by {np.abs(one.mean(axis=0) - other.mean(axis=0)).max():.0e}")
answers = [flat(Tensor(words.reshape(-1))).data.reshape(3, 64) for words in (one, other)]
print("dog as word 0:", answers[0][0][:3], "\ndog as word 2:", answers[1][2][:3])
print("you said:", guesses)

# %% [markdown]
# Four billion weights for one page, and a second page of 1,001 words does not fit at all. What it learns about
# "dog" at place 0 is lost at place 2, because other weights stand there. The average takes any length, and
# forgets who bites. Wanted: a sum over *all* words, of any number, whose weights depend on what the words are.
#
# ## 1 · A dictionary that mixes
#
# Python's dictionary compares your **query** with each **key** and returns the **value** of the one that is
# equal. Let it compare by degrees instead: a score for each key, the scores through the softmax of module 03,
# and then a mixture of *all* values. The score is the product of query and key, number by number, summed up:
# large where both point the same way.
#
# The query below comes from "bank", which looks for a word about water (feature 0):
#
# ```
#            key       query · key    softmax      value
#   the      [0  0]        0           0.09       [ 0   0]
#   river    [2  0]        2           0.67       [10   0]
#   bank     [1  1]        1           0.24       [ 0  10]
#
#   query    [1  0]        0.09·[0 0] + 0.67·[10 0] + 0.24·[0 10]  =  [6.65  2.45]
# ```
#
# "Bank" comes out two thirds river. **Write `soft_lookup`** for one query, with tensor operations only: `keys @
# query` works as in NumPy.


# %% nbgrader={"grade": false, "grade_id": "soft-lookup", "locked": false, "schema_version": 3, "solution": true, "task": false}
def soft_lookup(query, keys, values):
    """The mean of the values, each weighted by the softmax of its key's product with the query.

    query: (E,), keys: (S, E), values: (S, V); returns (V,)
    """
    ### BEGIN SOLUTION
    return softmax(keys @ query, dim=0) @ values
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "soft-lookup-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
k, v = Tensor([[0, 0], [2, 0], [1, 1]]), Tensor([[0, 0], [10, 0], [0, 10]])
found = soft_lookup(Tensor([1, 0]), k, v)
expect_close(found.data, [6.652409, 2.447285], "what bank finds")
found = soft_lookup(Tensor([0, 0]), k, v)
expect_close(found.data, [10 / 3, 10 / 3], "what the query [0, 0] finds", hint="equal scores")
found = soft_lookup(Tensor([0, 50]), k, v)
expect_close(found.data, [0, 10], "what the query [0, 50] finds", hint="nearly a hard lookup")
### BEGIN HIDDEN TESTS
wide = soft_lookup(
    Tensor([100.0]), Tensor([[9], [10], [0]]), Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
)
expect_close(wide.data, [4, 5, 6], "scores of 900, 1000 and 0, with values of width 3")
### END HIDDEN TESTS
print("✅ A lookup that mixes")

# %% [markdown]
# How soft is it? Multiply the query by a number. **Predict** from which factor on it is as good as a dictionary.

# %%
guess = None

river_keys = Tensor([[0, 0], [2, 0], [1, 1]])
for factor in (0, 1, 2, 5, 10):
    shares = softmax(river_keys @ Tensor([factor, 0]), dim=0).tolist()
    text = "  ".join(
        f"{word} {share:.4f}" for word, share in zip(["the", "river", "bank"], shares)
    )
    print(f"query × {factor:2}:  {text}")
print("you said:", guess)

# %% [markdown]
# At 10 it is a dictionary to four digits, at 0 the plain average. A dictionary can't be trained, as there is no
# way to be *a little* less equal; this one can, and training decides where between the two it stands.
#
# ## 2 · All words ask at once
#
# Every word has a query, and the products of L queries with S keys are *one* matrix product:
#
# ```
#     query        key, transposed         scores       softmax         value        result
#   (…, L, E)   @    (…, E, S)      →    (…, L, S)   →  each row    @  (…, S, V)  →  (…, L, V)
# ```
#
# Row i of the scores is what word i thinks of each key. The leading axes `…` are batches. But the size of a
# score depends on E. **Predict**: with normal random numbers in queries and keys, how large is a typical
# product for E = 16, and for E = 1024? And how much of all weight does the best of 64 keys get?

# %%
guesses = [None, None]

manual_seed(2)
sizes, spreads, tops = [4, 16, 64, 256, 1024], [], {"as it is": [], "divided by √E": []}
for size in sizes:
    products = randn(300, size) @ randn(64, size).T
    spreads.append(products.data.std())
    for name, divisor in zip(tops, (1, math.sqrt(size))):
        tops[name].append(softmax(products / divisor, dim=-1).amax(dim=-1).mean().item())
    print(
        f"E = {size:4}: spread {spreads[-1]:5.2f}, the largest weight {tops['as it is'][-1]:.2f}"
    )
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
left.loglog(sizes, spreads, "o-", label="measured")
left.loglog(sizes, np.sqrt(sizes), "k--", label="√E")
left.set(title="Spread of query · key", xlabel="E")
for name, top in tops.items():
    right.semilogx(sizes, top, "o-", label=name)
right.set(title="Weight of the best of 64 keys", xlabel="E", ylim=(0, 1))
left.legend(), right.legend()
plt.show()
print("you said:", guesses)

# %% [markdown]
# A sum of E independent products has E times the variance, so $\sqrt E$ times the spread. At 1024 the lookup is
# hard before training has said a word: one random key gets nearly all. And module 03 measured what a
# saturated function passes back. Divide by $\sqrt E$, and the softmax sees the same spread, 1, at any width.
#
# **Write `attention_scores`.** E is the width that query and key share, the *last* axis.


# %% nbgrader={"grade": false, "grade_id": "attention-scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def attention_scores(query, key, scale=None):
    """Every query's product with every key, times `scale`: (…, L, E), (…, S, E) → (…, L, S).

    scale: a number; None means 1 / √E
    Raises ValueError where the widths E differ.
    """
    ### BEGIN SOLUTION
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1])
    return (query * scale) @ key.transpose(-2, -1)
    ### END SOLUTION


# %% [markdown]
# The locked cell below holds what everything in this module must obey: it makes a new tensor, at the door, out
# of all its sources, and leaves them as they were.


# %% nbgrader={"grade": false, "grade_id": "expect-chain", "locked": true, "schema_version": 3, "solution": false, "task": false}
def expect_chain(call, name, **sources):
    """call() is a Tensor made at the door out of each source, of the first one's dtype."""
    from tinytorch.core.tensor import recorders

    expect_recorded(recorders, call, name, sources)


# %% nbgrader={"grade": true, "grade_id": "attention-scores-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
q, k = Tensor([[1, 0, 2, 0], [0, 3, 0, 0]]), Tensor([[2, 0, 0, 1], [0, 2, 4, 0], [1, 1, 1, 1]])
want = np.array([[2, 8, 3], [0, 6, 3]])
hint = "each query's row beside each key's, over √4"
expect_close(attention_scores(q, k).data, want / 2, "attention_scores(q, k)", hint=hint)
expect_close(attention_scores(q, k, scale=3.0).data, want * 3, "the scores with scale=3")
expect_chain(lambda: attention_scores(q, k), "the scores", q=q, k=k)
narrow = Tensor(np.ones((3, 5)))
expect_raises(ValueError, lambda: attention_scores(q, narrow), "queries of 4 numbers, keys of 5")
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(3).normal
q, k = draw(size=(2, 5, 3, 7)), draw(size=(2, 5, 4, 7))
want = np.einsum("abld,absd->abls", q, k) / 7**0.5
got = attention_scores(Tensor(q), Tensor(k)).data
expect_close(got, want, "scores of shape (2, 5, 3, 4)", hint="the last two axes", atol=1e-5)
expect_close(attention_scores(Tensor(q), Tensor(k), 0).data, 0 * want, "the scores with scale=0")
doubles = Tensor(q, dtype=np.float64), Tensor(k, dtype=np.float64)
expect_chain(lambda: attention_scores(*doubles), "float64 scores", q=doubles[0], k=doubles[1])
### END HIDDEN TESTS
print("✅ Everybody asks everybody")

# %% [markdown]
# ## 3 · Where not to look
#
# A model that learns to continue a text must not see the continuation: word i may look at words 0 … i. And in a
# batch short sentences are filled up with padding that nobody may look at. Both are **masks**: tensors of
# `bool`, `True` where looking is allowed, with a row for each query and a column for each key.
#
# ```
#   causal_mask(4)        padding_mask([2, 4], 4)        both, for sentence 0
#     1 0 0 0
#     1 1 0 0                1 1 0 0                        1 0 0 0
#     1 1 1 0                1 1 1 1                        1 1 0 0
#     1 1 1 1                                               1 1 0 0
#                                                           1 1 0 0
# ```
#
# **Write both.** `np.tri` and `np.arange` help; a mask has no gradient, so it may be made by NumPy.


# %% nbgrader={"grade": false, "grade_id": "masks", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def causal_mask(length, keys=None):
    """A bool Tensor (length, keys): True where query i may look at key j, that is j <= i.

    keys: how many keys there are; None means `length`
    """
    ### BEGIN SOLUTION
    return Tensor(np.tri(length, keys), dtype=bool)
    ### END SOLUTION


def padding_mask(lengths, max_length):
    """A bool Tensor (N, max_length): True for the first `lengths[n]` places of sentence n.

    lengths: N whole numbers, in a list, an array or a Tensor
    """
    ### BEGIN SOLUTION
    return Tensor(np.arange(max_length) < np.asarray(lengths)[:, None], dtype=bool)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "masks-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
three = causal_mask(3)
expect_equal(str(three.dtype), "bool", "dtype of causal_mask(3)")
hint = "row i is query i, and i itself may be looked at"
want = [[True, False, False], [True, True, False], [True, True, True]]
expect_equal(three.tolist(), want, "causal_mask(3)", hint=hint)
padded = padding_mask([1, 3], 4)
expect_equal(str(padded.dtype), "bool", "dtype of padding_mask([1, 3], 4)")
want = [[True, False, False, False], [True, True, True, False]]
expect_equal(padded.tolist(), want, "padding_mask([1, 3], 4)")
### BEGIN HIDDEN TESTS
expect_equal(
    causal_mask(2, 4).tolist(), [[True] + [False] * 3, [True] * 2 + [False] * 2], "(2, 4)"
)
expect_equal(causal_mask(3, 2).tolist(), [[True, False], [True, True], [True, True]], "(3, 2)")
three.data[...] = False
hint = "a new mask for each call"
expect_equal(causal_mask(3).data.sum().item(), 6, "another causal_mask(3)", hint=hint)
lengths = Tensor([0, 2], dtype=np.int64)
expect_equal(padding_mask(lengths, 2).tolist(), [[False] * 2, [True] * 2], "lengths in a Tensor")
### END HIDDEN TESTS
print("✅ Who may look where")

# %% [markdown]
# Both conditions together are their product, because `True * False` is `False`. The padding gets an axis for the
# queries, and shapes meet as in module 02: `(4, 4) * (2, 1, 4)` is `(2, 4, 4)`.

# %%
both = causal_mask(4) * padding_mask([2, 4], 4).unsqueeze(1)
print(both.shape, both.dtype)
print(both[0].data.astype(int))

# %% [markdown]
# Where does the mask go? The obvious place is at the end: set the forbidden *weights* to 0. **Predict**: the last
# word's key changes, and the last word is hidden from the first two queries. Do their results change?

# %%
guess = None

manual_seed(3)
q, k, v = randn(3, 8), randn(3, 8), randn(3, 8)
other_k = k + np.array([[0], [0], [3]])
for name, keys in {"before": k, "after": other_k}.items():
    shares = softmax(attention_scores(q, keys), dim=-1) * causal_mask(3)
    found, sums = (shares @ v).data[1], shares.sum(dim=-1).data
    print(f"{name:6} the change: word 1 finds {found[:3]}, its row sums to {sums[1]:.2f}")
print("you said:", guess)

# %% [markdown]
# They do. The forbidden word had already taken its share of the softmax, and that share was thrown away: the
# others' weights tell how much it was. A network that trains on this reads the future from its own row sums.
# Hide a key *before* the softmax, by a score of $-\infty$: then $e^{-\infty} = 0$, and it has no share at all.
#
# PyTorch takes two kinds of masks: of `bool`, `True` for *may look*; or of numbers, which are **added** to the
# scores, so that a trained preference such as "the nearer the better" can be one.
#
# One trap is left. If a whole row is $-\infty$, softmax computes $-\infty - (-\infty)$ = nan, and one empty
# sentence poisons a whole batch in the next layer. **Write `masked_softmax`**; a row with nothing to look
# at becomes a row of zeros. (Which rows those are may be found by NumPy. PyTorch's function answers zeros, too; its
# layer answers nan when it is asked for the weights, and yours won't.)


# %% nbgrader={"grade": false, "grade_id": "masked-softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def masked_softmax(scores, mask=None):
    """The softmax along the last axis, over the keys that the mask leaves; broadcasts.

    scores: (…, L, S)
    mask: None, or a Tensor or array that broadcasts with the scores. Of bool: True where looking is
    allowed. Of numbers: added to the scores, also -inf; where it is a Tensor, at the door.
    Hidden keys get 0. A row in which every key is hidden is all zeros, and never nan.
    """
    ### BEGIN SOLUTION
    if mask is not None:
        scores = where(mask, scores, -math.inf) if mask.dtype == bool else scores + mask
    blank = np.isneginf(scores.data).all(axis=-1, keepdims=True)
    return where(blank, 0.0, softmax(where(blank, 0.0, scores), dim=-1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "masked-softmax-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[2, 1, 0], [2, 1, 0]])
row = [0.6652409, 0.2447285, 0.0900306]
expect_close(masked_softmax(x).data, [row, row], "without a mask")
got = masked_softmax(x, Tensor([[True, True, False], [True, False, True]], dtype=bool))
want = [[0.7310586, 0.2689414, 0], [0.8807971, 0, 0.1192029]]
expect_close(
    got.data, want, "with a bool mask", hint="True may be looked at; hide before softmax"
)
bias = Tensor([[0, 1, 2], [-np.inf, 0, 1]])
want = [[1 / 3] * 3, [0, 0.5, 0.5]]
expect_close(masked_softmax(x, bias).data, want, "with numbers, which are added")
nothing = np.array([[True, True, True], [False, False, False]])
got, hint = masked_softmax(x, nothing), "a row of nothing but -inf"
expect_close(got.data, [row, [0, 0, 0]], "with a row that may look nowhere", hint=hint)
expect_chain(lambda: masked_softmax(x, bias), "masked_softmax(x, bias)", x=x, bias=bias)
### BEGIN HIDDEN TESTS
far, some = Tensor([[1e4, -1e4, -2e4]], dtype=np.float64), np.array([False, True, True])
expect_close(masked_softmax(far, some).data, [[0, 1, 0]], "scores of 1e4, -1e4 and -2e4")
expect_chain(lambda: masked_softmax(far, some), "masked_softmax(a float64 tensor, a mask)", x=far)
got = masked_softmax(Tensor(np.zeros((2, 3))), Tensor(np.full((2, 3), -np.inf)))
expect_close(got.data, np.zeros((2, 3)), "a mask of -inf alone")
four = masked_softmax(Tensor(np.zeros((2, 1, 3, 4))), padding_mask([1, 2], 4).data[:, None, None])
expect_close(four.data[:, 0, 2], [[1, 0, 0, 0], [0.5, 0.5, 0, 0]], "a mask of (2, 1, 1, 4)")
### END HIDDEN TESTS
print("✅ Hidden before the softmax, and no nan")

# %% [markdown]
# ## 4 · Scaled dot-product attention
#
# Scores, mask, softmax, mixture: the parts are there, and together they are the most used function of today's
# networks, with PyTorch's name and arguments. The weights get a function of their own, because you will want to
# look at them.
#
# **Write both.** In training, `dropout_p` of the weights are dropped, so that no word relies on a single other
# one. `Dropout(p)(x)` of module 04 does it; a fresh one is in training mode. (PyTorch's function, too, drops
# whenever it is told a `dropout_p`: it is no module, and nobody tells it about `eval()`.)


# %% nbgrader={"grade": false, "grade_id": "attention-weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def attention_weights(query, key, attn_mask=None, is_causal=False, scale=None):
    """How much each query takes from each key: (…, L, E), (…, S, E) → (…, L, S).

    attn_mask: as `mask` of `masked_softmax`; is_causal: use `causal_mask(L, S)`
    Raises ValueError where both are given; the message mentions both names.
    """
    ### BEGIN SOLUTION
    if is_causal:
        if attn_mask is not None:
            raise ValueError("give attn_mask or is_causal, not both")
        attn_mask = causal_mask(query.shape[-2], key.shape[-2])
    return masked_softmax(attention_scores(query, key, scale), attn_mask)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention-weights-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
q, k = Tensor([[1, 0, 2, 0], [0, 3, 0, 0]]), Tensor([[2, 0, 0, 1], [0, 2, 4, 0], [1, 1, 1, 1]])
want = np.exp([[1, 4, 1.5], [0, 3, 1.5]])
want = want / want.sum(axis=1, keepdims=True)
expect_close(attention_weights(q, k).data, want, "attention_weights(q, k)")
causal = attention_weights(q, k, is_causal=True).data
expect_close(causal, [[1, 0, 0], [0.0474259, 0.9525741, 0]], "the weights with is_causal=True")
hide = Tensor([[True, False, True], [True, False, False]], dtype=bool)
got = attention_weights(q, k, hide, scale=2.0).data
expect_close(got, [[0.1192029, 0, 0.8807971], [1, 0, 0]], "the weights with a mask and scale=2")
says = ("attn_mask", "is_causal")
expect_raises(ValueError, lambda: attention_weights(q, k, hide, True), "both masks", says=says)
expect_chain(lambda: attention_weights(q, k, is_causal=True), "the weights", q=q, k=k)
### BEGIN HIDDEN TESTS
tall = attention_weights(Tensor(np.zeros((2, 4, 3))), Tensor(np.zeros((2, 2, 3))), is_causal=True)
expect_close(tall.data[1], [[1, 0], *[[0.5, 0.5]] * 3], "4 causal queries of 2 keys")
### END HIDDEN TESTS
print("✅ How much of whom")


# %% nbgrader={"grade": false, "grade_id": "attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None
):
    """For each query the mean of the values, weighted by `attention_weights`.

    (…, L, E), (…, S, E), (…, S, V) → (…, L, V); a query that may look nowhere gets zeros
    dropout_p: the chance that a weight is dropped, as `Dropout` does, whenever it is above 0
    """
    ### BEGIN SOLUTION
    weights = attention_weights(query, key, attn_mask, is_causal, scale)
    return Dropout(dropout_p)(weights) @ value
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
k, v = Tensor([[0, 0], [2, 0], [1, 1]]), Tensor([[0, 0], [10, 0], [0, 10]])
got = scaled_dot_product_attention(Tensor([[1, 0]]), k, v, scale=1.0)
expect_close(got.data, [[6.652409, 2.447285]], "what bank finds")
q = Tensor(np.ones((5, 2)))
got = scaled_dot_product_attention(q, k, v, np.eye(5, 3, dtype=bool))
expect_close(got.data, [[0, 0], [10, 0], [0, 10], [0, 0], [0, 0]], "each its own key, two none")
got = scaled_dot_product_attention(q[:2], k, v, is_causal=True)
expect_close(
    got.data, [[0, 0], [8.044296, 0]], "two causal queries", hint="√2 divides the scores"
)
one = Tensor(np.ones((1, 5, 2)))
expect_chain(lambda: scaled_dot_product_attention(q, one, one), "attention", q=q, k=one)
### BEGIN HIDDEN TESTS
expect_chain(lambda: scaled_dot_product_attention(one, one, q), "attention", x=one, v=q)
manual_seed(0)
same, high = Tensor(np.zeros((1, 400, 1))), Tensor(np.ones((1, 400, 1)))
got = scaled_dot_product_attention(same, same, high, None, 0.5).data
hint = "drop weights, so that each sum of 400 is nearly whole"
near = bool((np.abs(got - 1) < 0.35).all() and got.std() > 0.01)
expect_true(near, "means of ones with dropout_p=0.5", "about 1, not all equal", got, hint)
### END HIDDEN TESTS
print("✅ A lookup that can be trained")

# %% [markdown]
# ### See it: what a photograph has in common with itself
#
# Nothing here is about words. Take a noisy photograph, and cut it into small patches, 5 × 5 numbers around each
# pixel: those are queries *and* keys. The value is the pixel in the middle. Attention then replaces each pixel
# by a mean over the pixels whose surroundings look alike, wherever they are.
#
# "Alike" should mean a small distance, and attention offers products. Multiply out: $-\tfrac12\|q-k\|^2 =
# q\cdot k - \tfrac12\|k\|^2 - \tfrac12\|q\|^2$. The last term is the same for all keys and changes no softmax;
# the middle one is a mask of numbers, one for each key. **Predict** the order, from worst to best: the noisy
# picture, a mean over the nearest 3 × 3 pixels, attention over all 3,600.

# %%
guess = None

clean = photograph("china").mean(axis=2)[66:130, 200:264]
noisy = clean + 0.1 * np.random.default_rng(0).normal(size=clean.shape)
patches = np.lib.stride_tricks.sliding_window_view(noisy, (5, 5)).reshape(-1, 25)
inner, pixels = slice(2, -2), Tensor(patches[:, 12:13])


def look(queries, temperature=0.1):
    """How much each patch in `queries` takes from each of the 3,600."""
    bias = Tensor(-(patches**2).sum(axis=1) / 2 / temperature)
    return attention_weights(queries, Tensor(patches), bias, scale=1 / temperature)


def decibels(picture):
    """How close to the clean picture: 10 more is a tenth of the squared error."""
    return -10 * np.log10(np.square(picture - clean[inner, inner]).mean())


# %%
box = np.lib.stride_tricks.sliding_window_view(noisy, (3, 3)).mean(axis=(2, 3))[1:-1, 1:-1]
found = (look(Tensor(patches)) @ pixels).data.reshape(60, 60)
where_to, pixel = look(Tensor(patches[1815:1816])), divmod(1815, 60)
fig, axes = plt.subplots(1, 5, figsize=(15, 3.4))
pictures = {"clean": clean[inner, inner], "noisy": noisy[inner, inner], "3 × 3": box}
for axis, (name, picture) in zip(axes, {**pictures, "attention": found}.items()):
    quality = "" if name == "clean" else f", {decibels(picture):.1f} dB"
    axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
    axis.set(title=name + quality, xticks=[], yticks=[])
axes[4].imshow(clean[inner, inner], cmap="gray", vmin=0, vmax=1)
weights = where_to.data.reshape(60, 60)
rows, columns = np.nonzero(weights > 1e-4)
axes[4].scatter(columns, rows, c="C3", s=4000 * weights[rows, columns] + 1)
axes[4].plot(*pixel[::-1], "+", color="C0", markersize=16, markeredgewidth=3)
axes[4].set(title="where one pixel (+) looks", xticks=[], yticks=[])
plt.show()
print("you said:", guess)

# %% [markdown]
# The mean over neighbours is *worse* than doing nothing: it looks nearby, whatever is there, and smears the tiles.
# Attention looks at the same spot of the other tiles. (As a method for photographs this is known as non-local
# means.) Nobody trained anything here; a trained layer finds out by itself which features to compare.
#
# ## 5 · Several looks at once
#
# A word may need its verb *and* its adjective. One softmax makes one mixture; for two, run attention twice, with
# half of the numbers each. These runs are the **heads**. Nothing is computed in a loop: an axis is split, and the
# heads become one more axis of the batch.
#
# ```
#   one word, E = 6, 2 heads:    [ 0 1 2 | 3 4 5 ]
#
#   (…, L, E)   reshape →  (…, L, H, E/H)   transpose →  (…, H, L, E/H)
#   attention for all heads at once, and then all the way back
# ```
#
# **Write both directions.** `split_heads` and `merge_heads` undo each other; the message of the error holds both
# numbers.


# %% nbgrader={"grade": false, "grade_id": "heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def split_heads(x, num_heads):
    """Give each head its part of every word: (…, L, E) → (…, num_heads, L, E / num_heads).

    Head 0 gets the first E / num_heads numbers of each word, and so on.
    Raises ValueError where num_heads doesn't divide E; the message holds both numbers.
    """
    ### BEGIN SOLUTION
    *leading, width = x.shape
    if width % num_heads:
        raise ValueError(f"{width} numbers can't be split evenly among {num_heads} heads")
    return x.reshape(*leading, num_heads, width // num_heads).transpose(-3, -2)
    ### END SOLUTION


def merge_heads(x):
    """Put the heads of every word side by side again: (…, H, L, D) → (…, L, H · D)."""
    ### BEGIN SOLUTION
    return x.transpose(-3, -2).flatten(-2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "heads-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]])
parts, hint = split_heads(x, 2), "split the last axis, then exchange two axes"
want = [[[0, 1, 2], [10, 11, 12]], [[3, 4, 5], [13, 14, 15]]]
expect_close(parts.data, want, "split_heads(x, 2)", hint=hint)
expect_equal(split_heads(x, 3).shape, (3, 2, 2), "shape of split_heads(x, 3)")
heads = Tensor(want)
merged = merge_heads(heads)
expect_close(merged.data, x.data, "merge_heads of these two", hint="exchange first, then join")
batch = Tensor(np.arange(72.0).reshape(2, 3, 12))
back = merge_heads(split_heads(batch, 4))
expect_close(back.data, batch.data, "a batch, split and merged")
expect_equal(split_heads(batch, 4).shape, (2, 4, 3, 3), "shape of a batch, split")
expect_raises(ValueError, lambda: split_heads(x, 4), "6 numbers, 4 heads", says=("6", "4"))
expect_chain(lambda: split_heads(x, 2), "split_heads(x, 2)", x=x)
expect_chain(lambda: merge_heads(heads), "merge_heads(heads)", heads=heads)
### BEGIN HIDDEN TESTS
parts = split_heads(batch, 4).data
expect_close(parts[1, 2], batch.data[1, :, 6:9], "head 2 of sentence 1")
### END HIDDEN TESTS
print("✅ A part of every word for each head")

# %% [markdown]
# ### Break it
#
# The shape `(H, L, E/H)` is also what one `reshape` gives. **Predict** what head 0 calls "word 1" then.

# %%
guess = None

words = Tensor(np.add.outer(100 * np.arange(3), np.arange(4)))
print("the words:\n", words.data.astype(int))
print("split, then exchanged:\n", split_heads(words, 2)[0].data.astype(int))
print("one reshape:\n", words.reshape(2, 3, 2)[0].data.astype(int))
print("you said:", guess)

# %% [markdown]
# "Word 1" of head 0 would be the second half of word 0, and "word 2" the first half of word 1. No error, all
# shapes fit, and the network even learns a little. It is among the longest-lived mistakes in transformers written
# by hand.
#
# ## 6 · The layer
#
# What *is* the query of a word? A weighted sum of its numbers: a `Linear`. So are key and value, and a fourth
# mixes what the heads bring home. PyTorch keeps the first three in one matrix, and so shall you, so that states
# can be exchanged:
#
# ```
#   in_proj_weight  (3E, E)     rows 0…E-1 make the query, the next E the key, the last E the value
#   in_proj_bias    (3E,)       zeros at first
#   out_proj        Linear(E, E), its bias zeros at first
# ```
#
# PyTorch draws `in_proj_weight` by Xavier's rule with even numbers, and leaves `out_proj.weight` as `Linear`
# made it. (Its class is written `MultiheadAttention`, and yours works like it with `batch_first=True`.)
# **Write `__init__`.**


# %% nbgrader={"grade": false, "grade_id": "multi-head-init", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class MultiHeadAttention(Module):
    """Attention with several heads, and the weights to learn what to ask, show and bring home."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True):
        """Set `embed_dim`, `num_heads`, `dropout` (as given) and the parameters above.

        With bias=False, `in_proj_bias` and the bias of `out_proj` are None.
        Raises ValueError where num_heads doesn't divide embed_dim; the message holds both.
        """
        super().__init__()
        ### BEGIN SOLUTION
        if embed_dim % num_heads:
            raise ValueError(f"embed_dim {embed_dim} is no multiple of num_heads {num_heads}")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.in_proj_weight = xavier_uniform_(Parameter(zeros(3 * embed_dim, embed_dim)))
        self.in_proj_bias = Parameter(zeros(3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias)
        if bias:
            self.out_proj.bias.data[...] = 0
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "multi-head-init-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
layer = MultiHeadAttention(60, 4)
shapes = {name: parameter.shape for name, parameter in layer.named_parameters()}
want = {"in_proj_weight": (180, 60), "in_proj_bias": (180,)}
want = {**want, "out_proj.weight": (60, 60), "out_proj.bias": (60,)}
expect_equal(dict(sorted(shapes.items())), dict(sorted(want.items())), "the parameters' shapes")
largest = np.abs(layer.in_proj_weight.data).max()
expect_close(largest, (6 / 240) ** 0.5, "largest in_proj_weight", rtol=0.01, hint="√(6 / 4E)")
biases = np.concatenate([layer.in_proj_bias.data, layer.out_proj.bias.data])
expect_close(biases, np.zeros(240), "the biases")
bare = [name for name, _ in MultiHeadAttention(4, 2, bias=False).named_parameters()]
expect_equal(sorted(bare), ["in_proj_weight", "out_proj.weight"], "parameters with bias=False")
says = ("10", "4")
expect_raises(ValueError, lambda: MultiHeadAttention(10, 4), "10 numbers, 4 heads", says=says)
### BEGIN HIDDEN TESTS
settings = (layer.embed_dim, layer.num_heads, layer.dropout)
expect_equal(settings, (60, 4, 0.0), "embed_dim, num_heads, dropout")
expect_close(np.abs(layer.out_proj.weight.data).max(), 60**-0.5, "out_proj.weight", rtol=0.02)
expect_close(layer.in_proj_weight.data.std(), (2 / 240) ** 0.5, "the spread", rtol=0.05)
expect_equal(MultiHeadAttention(4, 1, 0.25).dropout, 0.25, "the dropout of another layer")
### END HIDDEN TESTS
print("✅ All parameters in PyTorch's places")

# %% [markdown]
# Query, key and value come as three arguments. In **self-attention** all three are the same sentence; in
# **cross-attention** the queries come from one place and keys and values from another: a translation asks the
# original. Each of the three passes its own third of the matrix. **Write `project`.**


# %% nbgrader={"grade": false, "grade_id": "project", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(MultiHeadAttention)
class Projection:
    """What a word asks, shows and gives."""

    def project(self, query, key, value):
        """The three inputs, each through its third of in_proj: three Tensors of the same shapes.

        Raises ValueError, as `@` does, where a last axis isn't embed_dim; it says both numbers.
        """
        ### BEGIN SOLUTION
        projected = []
        for i, x in enumerate((query, key, value)):
            rows = slice(i * self.embed_dim, (i + 1) * self.embed_dim)
            y = x @ self.in_proj_weight[rows].T
            projected.append(y if self.in_proj_bias is None else y + self.in_proj_bias[rows])
        return projected
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "project-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
layer = MultiHeadAttention(2, 1)
layer.in_proj_weight.data[...] = [[1, 0], [0, 1], [2, 0], [0, 3], [0, 1], [1, 1]]
layer.in_proj_bias.data[...] = [0, 0, 10, 20, 100, 200]
a, b, c = Tensor([[1, 2], [3, 4], [5, 6]]), Tensor([[1, 1]]), Tensor([[5, 7]])
q, k, v = layer.project(a, b, c)
expect_close(q.data, a.data, "the queries", hint="the first E rows")
expect_close(k.data, [[12, 23]], "the keys", hint="the next E rows, and their biases")
expect_close(v.data, [[107, 212]], "the values", hint="the last E rows; x @ weight.T")
matrix, bias = layer.in_proj_weight, layer.in_proj_bias
expect_chain(lambda: layer.project(a, b, c)[2], "the values", c=c, weight=matrix, bias=bias)
wide = Tensor(np.ones((1, 5)))
expect_raises(ValueError, lambda: layer.project(a, wide, c), "a key of 5", says=("2", "5"))
### BEGIN HIDDEN TESTS
for trio, name in (((wide, b, c), "query"), ((a, b, wide), "value")):
    expect_raises(
        ValueError, lambda trio=trio: layer.project(*trio), f"a {name} of 5", says=("2", "5")
    )
bare, batch = MultiHeadAttention(4, 2, bias=False), randn(2, 3, 4)
thirds = bare.in_proj_weight.data.reshape(3, 4, 4)
for i, name in enumerate(("queries", "keys", "values")):
    got = bare.project(batch, batch, batch)[i].data
    expect_close(got, batch.data @ thirds[i].T, f"a batch's {name}, bias=False", atol=1e-5)
### END HIDDEN TESTS
print("✅ One matrix, three roles")

# %% [markdown]
# ### The same word, the other meaning
#
# Now the masks, and PyTorch's best-known trap. In `scaled_dot_product_attention`, `True` means *may look*. In
# `MultiheadAttention`, `True` means **ignore**, for `attn_mask` and for `key_padding_mask`, which says which keys
# are padding. **Predict** what a query of the causal mask sees if it is handed over as it is.

# %%
guess = None

mask = causal_mask(4).data
print("looks at, if True means ignore:\n", (~mask).astype(int), "\nyou said:", guess)

# %% [markdown]
# The future, and only that; the last word sees nothing at all. Your layer keeps PyTorch's meaning, and turns all
# masks into one thing that can be added: $-\infty$ where something is ignored, else 0. A mask of numbers is one
# already. `as_bias` does that and is given.
#
# ```
#   attn_mask          (L, S), or (N·H, L, S): one for each head of each sentence
#   key_padding_mask   (N, S), or (S,) without a batch
#   the scores         (N, H, L, S), or (H, L, S)
# ```
#
# **Write `bias_of`**, which adds up whichever are there, so that the sum broadcasts with the scores. In
# `attn_mask` of three axes, the sentence changes slowest: the first H belong to sentence 0. Does the first
# axis hold H alone, it fits as it is.


# %%
#| export
def as_bias(mask):
    """-inf where a bool mask says ignore, else 0; a mask of numbers as it is. A Tensor."""
    if mask.dtype == bool:
        mask = np.where(mask, -np.inf, 0)
    return mask if isinstance(mask, Tensor) else Tensor(mask)


# %% nbgrader={"grade": false, "grade_id": "bias-of", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(MultiHeadAttention)
class Masks:
    """Where not to look."""

    def bias_of(self, attn_mask, key_padding_mask):
        """What to add to the scores (…, num_heads, L, S), as above: a Tensor; None without masks."""
        ### BEGIN SOLUTION
        biases = []
        if attn_mask is not None:
            bias = as_bias(attn_mask)
            if bias.ndim == 3 and len(bias) != self.num_heads:
                bias = bias.reshape(-1, self.num_heads, *bias.shape[1:])
            biases.append(bias)
        if key_padding_mask is not None:
            biases.append(as_bias(key_padding_mask).unsqueeze(-2).unsqueeze(-2))
        return sum(biases) if biases else None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bias-of-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
layer, inf = MultiHeadAttention(4, 2), np.inf
expect_true(layer.bias_of(None, None) is None, "bias_of(None, None)", "None", "something else")
future = Tensor([[False, True], [False, False]], dtype=bool)
got = layer.bias_of(future, None).data + np.zeros((1, 2, 2, 2))
expect_close(got[0, 1], [[0, -inf], [0, 0]], "the bias of a bool mask", hint="True is ignored")
padding = Tensor([[False, False], [False, True], [True, False]], dtype=bool)
got = layer.bias_of(None, padding).data + np.zeros((3, 2, 2, 2))
expect_close(got[1, 0], [[0, -inf], [0, -inf]], "sentence 1, whose key 1 is padding")
expect_close(got[2, 1], [[-inf, 0], [-inf, 0]], "sentence 2, whose key 0 is padding")
got = layer.bias_of(Tensor([[1, 2], [3, 4]]), padding).data + np.zeros((3, 2, 2, 2))
expect_close(got[1, 0], [[1, -inf], [3, -inf]], "sentence 1 with numbers for a mask, and padding")
### BEGIN HIDDEN TESTS
each = Tensor(np.arange(24.0).reshape(6, 2, 2))
got = layer.bias_of(each, None).data
expect_close(got, each.data.reshape(3, 2, 2, 2), "a mask for each head of 3 sentences")
two = Tensor(np.arange(8.0).reshape(2, 2, 2))
got = layer.bias_of(two, padding[1]).data + np.zeros((2, 2, 2))
want = two.data + np.array([0, -inf])
expect_close(got, want, "masks of two heads and (S,) of padding, without a batch")
expect_chain(lambda: layer.bias_of(each, padding), "the bias", mask=each)
### END HIDDEN TESTS
print("✅ Whatever the mask, something to add")

# %% [markdown]
# And the whole: project, split, attend, merge, mix. **Predict** the shape of the weights for a batch of 2
# sentences of 5 words, 4 heads, before the heads are averaged.
#
# **Write `forward`.** Dropout falls on the weights, and only in training. What is returned as weights is what
# was used, so dropped ones are 0 there too. `is_causal` is PyTorch's promise that `attn_mask` is the causal one;
# yours hides the future by itself (`causal_mask` says who *may* look).


# %% nbgrader={"grade": false, "grade_id": "multi-head-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(MultiHeadAttention)
class MultiHeadForward:
    """What the layer computes."""

    def forward(self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
                average_attn_weights=True, is_causal=False):  # fmt: skip
        """(N, L, E), (N, S, E), (N, S, E), or all without N → the pair (N, L, E), weights.

        Masks as for `bias_of`; is_causal hides the future, besides them. In training each weight
        is dropped by the chance `dropout`. weights: (N, L, S), the mean over the heads;
        (N, num_heads, L, S) with average_attn_weights=False; None with need_weights=False.
        """
        ### BEGIN SOLUTION
        heads = [split_heads(x, self.num_heads) for x in self.project(query, key, value)]
        scores = attention_scores(heads[0], heads[1])
        if is_causal:
            scores = where(causal_mask(*scores.shape[-2:]), scores, -math.inf)
        weights = masked_softmax(scores, self.bias_of(attn_mask, key_padding_mask))
        weights = Dropout(self.dropout if self.training else 0.0)(weights)
        output = self.out_proj(merge_heads(weights @ heads[2]))
        weights = weights.mean(-3) if average_attn_weights else weights
        return output, weights if need_weights else None
        ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "attend-by-hand", "locked": true, "schema_version": 3, "solution": false, "task": false}
def attend_by_hand(layer, query, key, value):
    """One sentence through a MultiHeadAttention, head by head in NumPy: (output, weights of all heads)."""
    width = layer.embed_dim // layer.num_heads
    thirds = layer.in_proj_weight.data.reshape(3, layer.embed_dim, layer.embed_dim)
    biases = layer.in_proj_bias.data.reshape(3, layer.embed_dim)
    q, k, v = (x @ w.T + b for x, w, b in zip((query, key, value), thirds, biases))
    outputs, weights = [], []
    for head in range(layer.num_heads):
        part = slice(head * width, (head + 1) * width)
        powers = np.exp(q[:, part] @ k[:, part].T / np.sqrt(width))
        weights.append(powers / powers.sum(axis=1, keepdims=True))
        outputs.append(weights[-1] @ v[:, part])
    mixed = np.concatenate(outputs, axis=1) @ layer.out_proj.weight.data.T
    return mixed + layer.out_proj.bias.data, np.stack(weights)


# %% nbgrader={"grade": true, "grade_id": "multi-head-forward-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
manual_seed(4)
layer, x, other = MultiHeadAttention(8, 2), randn(2, 3, 8), randn(2, 5, 8)
layer.in_proj_bias.data[...], layer.out_proj.bias.data[...] = np.arange(24) / 10, np.arange(8)
y, w = layer(x, other, other)
want, each = attend_by_hand(layer, x.data[1], other.data[1], other.data[1])
expect_close(y.data[1], want, "3 words that look at 5", atol=1e-5, hint="√4 divides the scores")
expect_close(w.data[1], each.mean(axis=0), "their weights", hint="the mean over the heads")
y, w = layer(x[1], other[1], other[1], average_attn_weights=False)
expect_close(y.data, want, "the same without a batch", atol=1e-5)
expect_close(w.data, each, "the weights of each head")
none = layer(x, x, x, need_weights=False)[1]
expect_true(none is None, "weights with need_weights=False", "None", "something else")
sources = {name.replace(".", "_"): p for name, p in layer.named_parameters()}
expect_chain(lambda: layer(x, x, x)[0], "the output", x=x, **sources)
expect_chain(lambda: layer(x, x, x)[1], "the weights", x=x)
### BEGIN HIDDEN TESTS
y = layer(x, other, Tensor(2 * other.data))[0]
want, _ = attend_by_hand(layer, x.data[0], other.data[0], 2 * other.data[0])
expect_close(y.data[0], want, "with values of their own", atol=1e-5)
### END HIDDEN TESTS
print("✅ A layer that decides where to look")


# %% nbgrader={"grade": true, "grade_id": "multi-head-masks-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
layer, x = MultiHeadAttention(8, 2, dropout=0.5), randn(2, 3, 8)
causal = layer.eval()(x, x, x, is_causal=True)[1].data
expect_close(np.triu(causal, 1), np.zeros((2, 3, 3)), "causal weights above the diagonal")
expect_close(causal.sum(axis=-1), np.ones((2, 3)), "the sums of their rows")
padding = Tensor([[False, False, False], [False, True, True]], dtype=bool)
w = layer(x, x, x, key_padding_mask=padding)[1].data
expect_close(
    w[1], [[1, 0, 0]] * 3, "weights where keys 1 and 2 are padding", hint="keys, not queries"
)
future = Tensor(~causal_mask(3).data, dtype=bool)
w = layer(x, x, x, attn_mask=future)[1].data
expect_close(w, causal, "the weights where attn_mask ignores the future")
thrown = [layer.train()(x, x, x)[1].data for _ in range(2)]
differ = bool((thrown[0] != thrown[1]).any())
expect_true(differ, "weights in training with dropout=0.5", "another throw each", "equal ones")
### BEGIN HIDDEN TESTS
both = layer.eval()(x, x, x, padding, is_causal=True)[1].data
expect_close(both[0], causal[0], "causal weights without padding")
expect_close(both[1], [[1, 0, 0]] * 3, "causal weights with padding")
layer.out_proj.bias.data[...] = np.arange(8)
y = layer(x, x, x, Tensor(np.ones((2, 3)), dtype=bool))[0].data
expect_close(y, np.zeros((2, 3, 8)) + np.arange(8), "all is padding: the bias, no nan")
### END HIDDEN TESTS
print("✅ It looks where it may, and doubts only in training")

# %% [markdown]
# ## 7 · Who came first?
#
# Here is self-attention of five words, and of the same five in another order. **Predict** what changes in the
# answer to each word.

# %%
guess = None

manual_seed(5)
layer, words, order = MultiHeadAttention(16, 4), randn(5, 16), [3, 0, 4, 1, 2]
before, after = layer(words, words, words)[0], layer(words[order], words[order], words[order])[0]
print("largest change in the answer to a word:", np.abs(before[order].data - after.data).max())
print("you said:", guess)

# %% [markdown]
# Nothing, up to rounding: the answers move along with their words. Attention is **permutation equivariant**; a
# sentence is a bag of words to it, and *dog bites man* is *man bites dog* once more. So the order has to come
# with the words: a pattern for each position, added to the word at that position.
#
# The pattern should say "here" for any position and be comparable. Think of the hands of a clock: a fast one
# tells neighbours apart, a slow one tells morning from evening. Each hand is a pair of numbers, sine and cosine
# of its angle, and hand i of a pattern of width `dim` turns by $10000^{-2i/dim}$ radians a step:
#
# ```
#   dim = 4        angles            sin    cos    sin    cos
#   position 0     0     0           0      1      0      1
#   position 1     1     0.01        0.841  0.540  0.010  1.000
#   position 2     2     0.02        0.909 -0.416  0.020  1.000
# ```
#
# **Write both functions.**


# %% nbgrader={"grade": false, "grade_id": "sinusoids", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def angles(positions, dim):
    """The angle of each hand at each position, as a float64 array: (L,) → (L, dim / 2).

    positions: L numbers in a list, an array or a Tensor; hand i is at position / 10000^(2i / dim)
    Raises ValueError for an odd dim; the message holds it.
    """
    ### BEGIN SOLUTION
    if dim % 2:
        raise ValueError(f"a hand needs two numbers, and {dim} is odd")
    speeds = 10000.0 ** (-np.arange(0, dim, 2) / dim)
    return np.multiply.outer(np.asarray(positions), speeds)
    ### END SOLUTION


def sinusoidal_positions(length, dim):
    """A pattern for each position 0 … length - 1, as a float32 Tensor (length, dim).

    Columns 2i and 2i + 1 hold the sine and the cosine of hand i.
    """
    ### BEGIN SOLUTION
    turned = angles(range(length), dim)
    return Tensor(np.stack([np.sin(turned), np.cos(turned)], axis=-1).reshape(length, dim))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sinusoids-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
got = angles([0, 1, 2.5], 4)
expect_close(got, [[0, 0], [1, 0.01], [2.5, 0.025]], "angles([0, 1, 2.5], 4)")
pattern = sinusoidal_positions(3, 4).data
want = [[0, 1, 0, 1], [0.8414710, 0.5403023, 0.0099998, 0.9999500]]
expect_close(pattern[:2], want, "sinusoidal_positions(3, 4)", hint="sin, cos, sin, cos")
expect_equal(sinusoidal_positions(7, 10).shape, (7, 10), "shape of sinusoidal_positions(7, 10)")
expect_raises(ValueError, lambda: angles([0], 5), "angles([0], 5)", says=("5",))
### BEGIN HIDDEN TESTS
expect_equal(str(sinusoidal_positions(2, 2).dtype), "float32", "dtype of the pattern")
expect_equal(str(angles([1], 2).dtype), "float64", "dtype of angles([1], 2)")
turned = angles(Tensor([100.0]), 8)
expect_close(turned, [[100, 10, 1, 0.1]], "angles at 100, dim 8", hint="2i / dim")
late = sinusoidal_positions(101, 8).data[100, 4:]
expect_close(late, [0.841471, 0.540302, 0.0998334, 0.9950042], "position 100, columns 4 to 7")
### END HIDDEN TESTS
print("✅ A clock with many hands")

# %% [markdown]
# The pattern as a picture, and the product of each pattern with that of position 50. **Predict** the second one:
# where is it largest, and does it fall off evenly?

# %%
pattern = sinusoidal_positions(101, 64)
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.4))
left.imshow(pattern.data.T, aspect="auto", cmap="RdBu", vmin=-1, vmax=1)
left.set(title="One column for each position", xlabel="position", ylabel="number in the pattern")
for centre in (20, 50, 80):
    right.plot(np.arange(101), (pattern @ pattern[centre]).data, label=f"with position {centre}")
right.set(title="Products of patterns", xlabel="position")
right.legend()
plt.show()

# %% [markdown]
# The three curves are one curve, shifted: the product depends on the *distance* alone, since for each hand
# $\sin a \sin b + \cos a \cos b = \cos(a - b)$. "The word before me" is thus the same question everywhere.
#
# **Write `PositionalEncoding`.** The patterns are a `Buffer`, saved and not trained; or, with `learned=True`, a
# `Parameter` of normal numbers with standard deviation 0.02, as in GPT-2.


# %% nbgrader={"grade": false, "grade_id": "positional-encoding", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class PositionalEncoding(Module):
    """Adds to each word the pattern of its position, then drops as Dropout does."""

    def __init__(self, dim, dropout=0.0, max_len=5000, learned=False):
        """Set `positions`, (max_len, dim), a Buffer or a Parameter, and `dropout`, a Dropout."""
        super().__init__()
        ### BEGIN SOLUTION
        self.dropout = Dropout(dropout)
        start = zeros(max_len, dim) if learned else sinusoidal_positions(max_len, dim)
        self.positions = normal_(Parameter(start), std=0.02) if learned else Buffer(start)
        ### END SOLUTION

    def forward(self, x):
        """x (…, L, dim) plus the first L positions, after `dropout`.

        Raises ValueError for L above max_len; the message holds both.
        """
        ### BEGIN SOLUTION
        length = x.shape[-2]
        if length > len(self.positions):
            raise ValueError(f"{length} words, and {len(self.positions)} positions")
        return self.dropout(x + self.positions[:length])
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "positional-encoding-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
encode, x = PositionalEncoding(4, max_len=6), Tensor(np.full((2, 3, 4), 10.0))
want = 10 + np.stack([sinusoidal_positions(3, 4).data] * 2)
expect_close(
    encode(x).data, want, "encode(x)", hint="the first L patterns, the same for each sentence"
)
expect_chain(lambda: encode(x), "encode(x)", x=x)
kinds = (len(list(encode.parameters())), [name for name, _ in encode.named_buffers()])
expect_equal(kinds, (0, ["positions"]), "how many parameters; the buffers")
long = Tensor(np.zeros((7, 4)))
expect_raises(ValueError, lambda: encode(long), "7 words, max_len=6", says=("6", "7"))
manual_seed(0)
learned = PositionalEncoding(8, max_len=500, learned=True)
names = [name for name, _ in learned.named_parameters()]
expect_equal(names, ["positions"], "parameters with learned=True")
expect_close(learned.positions.data.std(), 0.02, "their spread", rtol=0.1)
one = randn(2, 8)
expect_close(learned(one).data, one.data + learned.positions.data[:2], "with learned ones")
### BEGIN HIDDEN TESTS
expect_chain(lambda: learned(one), "with learned ones", x=one, positions=learned.positions)
half = PositionalEncoding(4, dropout=0.5)
expect_true(bool((half(x).data == 0).any()), "dropout=0.5 in training", "some zeros", "none")
expect_close(half.eval()(x).data, want, "dropout=0.5 after eval()")
### END HIDDEN TESTS
print("✅ Every word knows where it stands")

# %% [markdown]
# The shuffled sentence again, now with positions. **Predict** whether any answer stays as it was.

# %%
guess = None

encode = PositionalEncoding(16)
one, other = encode(words), encode(words[order])
moved = layer(one, one, one)[0][order].data - layer(other, other, other)[0].data
print("changes in the answers to the five words:", np.abs(moved).max(axis=1), "you said:", guess)

# %% [markdown]
# ### Challenge: turn instead of add
#
# Adding mixes what a word says with where it stands. Most of today's language models *turn* queries and keys
# instead: the numbers 2i and 2i + 1 of a word are the coordinates of a point, and the point is turned by the
# angle of hand i at the word's position.
#
# ```
#   even, odd   →   even · cos a − odd · sin a ,   odd · cos a + even · sin a
# ```
#
# A product of two points depends on the angle *between* them. Turn one by 7 steps, the other by 4, and 3 steps
# remain: the score knows the distance and nothing else, not even whether both stand at 7 or at 70,000.
#
# **Write `rotate`** with tensor operations only. In one line of picking, `x[..., [1, 0, 3, 2]]` gives each number
# its partner.


# %% nbgrader={"grade": false, "grade_id": "rotate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def rotate(x, positions):
    """Turn the pairs (2i, 2i + 1) of each word by hand i of its position; x's shape and dtype.

    x: (…, L, D); positions: L numbers, as for `angles`; raises ValueError for an odd D
    Sines and cosines have x's dtype, so that float64 is turned as accurately.
    """
    ### BEGIN SOLUTION
    places = np.arange(x.shape[-1])
    turned = np.repeat(angles(positions, x.shape[-1]), 2, axis=1)
    sines = np.where(places % 2, np.sin(turned), -np.sin(turned))
    partner = x[..., places ^ 1]
    return x * Tensor(np.cos(turned), dtype=x.dtype) + partner * Tensor(sines, dtype=x.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rotate-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = Tensor([[1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1]])
want = [[1, 0, 1, 0], [0.5403023, 0.8414710, 0.9999500, 0.0099998]]
want = [*want, [-0.9092974, -0.4161468, -0.0199987, 0.9998000]]
expect_close(rotate(x, [0, 1, 2]).data, want, "rotate(x, [0, 1, 2])")
manual_seed(1)
q, k = randn(1, 8), randn(1, 8)
near = (rotate(q, [7]) @ rotate(k, [4]).T).data
far = (rotate(q, [1007]) @ rotate(k, [1004]).T).data
expect_close(far, near, "the score at 1007 and 1004, beside 7 and 4", atol=1e-5)
expect_chain(lambda: rotate(x, [0, 1, 2]), "rotate(x, …)", x=x)
expect_raises(ValueError, lambda: rotate(Tensor(np.ones((1, 3))), [0]), "3 numbers", says=("3",))
### BEGIN HIDDEN TESTS
batch = randn(2, 3, 5, 6)
turned = rotate(batch, np.arange(5))
expect_close((turned.data**2).sum(-1), (batch.data**2).sum(-1), "squared lengths", atol=1e-5)
expect_close(rotate(turned, -np.arange(5)).data, batch.data, "turned and turned back", atol=1e-5)
doubles = Tensor(x.data, dtype=np.float64)
expect_chain(lambda: rotate(doubles, [0, 1, 2]), "rotate(a float64 tensor, …)", x=doubles)
### END HIDDEN TESTS
print("✅ Scores that know distances only")

# %% [markdown]
# One query and one key, both at all kinds of places. **Predict** how the three curves differ.

# %%
manual_seed(2)
base = randn(1, 64)
q, k = base + 0.5 * randn(1, 64), base + 0.5 * randn(1, 64)
places = np.arange(2000)
plt.figure(figsize=(9, 3))
for place, style in [(100, "-"), (1000, "--"), (1800, ":")]:
    keys = rotate(k + zeros(2000, 64), places)
    scores = (rotate(q, [place]) @ keys.T).data[0]
    near = np.abs(places - place) <= 80
    plt.plot(places[near] - place, scores[near], style, linewidth=3, label=f"query at {place}")
plt.gca().set(title="The score by the distance of the key", xlabel="key's place - query's place")
plt.legend()
plt.show()

# %% [markdown]
# They lie on each other. And there is a bonus: where query and key mean the same, the score falls with the distance,
# because hands that turn at different speeds get out of step. "Near" needs no training.
#
# ## 8 · Two layers that continue a text
#
# Weights that nobody trained, chosen by thinking, as with XOR in module 03; and a network that continues texts it
# has never seen. The idea: *find the place where the last two words occurred before, and say what came next.*
#
# - **Layer 1** has two heads. One brings to each word the word before it, the other the one before that.
# - **Layer 2** has one head. A query asks: "my word, and the one before" and each key says "the word before me, and
#   the one before that". Where they agree, a word stands that came *after* the same two words. It is the value.
#
# A word is a row of 64 numbers in four blocks of 16: which word it is (a 1 at its place), its position, and two
# empty ones for the words that layer 1 finds. How does one ask for "the position before mine"? Is there a matrix
# that turns the pattern of *every* position into that of the one before? **Predict**, then ask least squares:

# %%
guess = None

pattern = sinusoidal_positions(200, 16).data.astype(np.float64)
back, *_ = np.linalg.lstsq(pattern[1:], pattern[:-1], rcond=None)
print(f"largest error of pattern @ back: {np.abs(pattern[1:] @ back - pattern[:-1]).max():.0e}")
print(
    f"for two steps, back @ back:      {np.abs(pattern[2:] @ back @ back - pattern[:-2]).max():.0e}"
)
print("you said:", guess)

# %% [markdown]
# There is: to go one step back is to turn each hand back, by the same angle everywhere, and to turn is to
# multiply by a matrix. So "the word before" is a matter of `in_proj_weight`, at any position of any text:


# %%
WORD, PLACE, BEFORE, EARLIER = (slice(16 * i, 16 * i + 16) for i in range(4))


def looking_back(sharpness=200.0):
    """Layer 1: head 0 brings the word before into BEFORE, head 1 the one before that into EARLIER."""
    layer = MultiHeadAttention(64, 2, bias=False)
    query, key, value = layer.in_proj_weight.data.reshape(3, 2, 32, 64)  # views: role, head, row
    layer.in_proj_weight.data[...] = layer.out_proj.weight.data[...] = 0
    for head, (steps, target) in enumerate([(1, BEFORE), (2, EARLIER)]):
        query[head, :16, PLACE] = sharpness * np.linalg.matrix_power(back, steps).T
        key[head, :16, PLACE] = value[head, :16, WORD] = np.eye(16)
        layer.out_proj.weight.data[target, 32 * head : 32 * head + 16] = np.eye(16)
    return layer


def looking_alike(sharpness=100.0):
    """Layer 2: brings the word that followed the same two words, into WORD."""
    layer = MultiHeadAttention(64, 1, bias=False)
    query, key, value = layer.in_proj_weight.data.reshape(3, 64, 64)
    layer.in_proj_weight.data[...] = layer.out_proj.weight.data[...] = 0
    query[WORD, WORD] = query[PLACE, BEFORE] = sharpness * np.eye(16)
    key[WORD, BEFORE] = key[PLACE, EARLIER] = value[WORD, WORD] = np.eye(16)
    layer.out_proj.weight.data[WORD, WORD] = np.eye(16)
    return layer


# %% [markdown]
# Two texts. The first has "the" four times, with three different words after it, so that one word back is not
# enough. In the second, no word means anything. **Predict** the next word of each.


# %%
first, second, maps = looking_back(), looking_alike(), {}


def next_word(text):
    """What the two layers say comes after the text."""
    words = text.split()
    names = sorted(set(words))
    x = np.zeros((len(words), 64), dtype=np.float32)
    x[range(len(words)), [names.index(word) for word in words]] = 1
    x[:, PLACE] = sinusoidal_positions(len(words), 16).data
    x = Tensor(x)
    brought, maps["layer 1"] = first(x, x, x, is_causal=True, average_attn_weights=False)
    x = x + brought
    answer, maps["layer 2"] = second(x, x, x, is_causal=True)
    return names[answer.data[-1, WORD].argmax()]


guess = None
for text in ("the cat sat on the mat and the dog lay on the", "zum bel tor lig zum bel"):
    print(text, "→", next_word(text))
text = "one two three four five one two"
for _ in range(6):
    text += " " + next_word(text)
print(text, "\nyou said:", guess)

# %%
text = "the cat sat on the mat and the dog lay on the"
next_word(text)
pictures = {"one word back": maps["layer 1"][0], "two words back": maps["layer 1"][1]}
pictures["layer 2: after the same two words"] = maps["layer 2"]
fig, axes = plt.subplots(1, 3, figsize=(14, 4.6), sharey=True)
for axis, (name, picture) in zip(axes, pictures.items()):
    axis.imshow(picture.data, cmap="Blues", vmin=0, vmax=1)
    axis.set(title=name, xlabel="looks at")
    axis.set_xticks(range(12), text.split(), rotation=90)
    axis.set_yticks(range(12), text.split())
plt.show()

# %% [markdown]
# Read the last row of each map: "the" looks at "on", then at "lay", and in layer 2 at "mat", the only word that
# came after "on the". Trained language models are found to grow pairs of heads like these, called *induction
# heads*, by themselves. Rows without a match spread over everything, and guess.
#
# ### Break it
#
# Attention without $-\infty$ in the right places is the most flattering mistake there is: in training it looks
# brilliant. So test causality the direct way: change one word, here word 4 of 0 … 5, and see which answers move.
# **Predict**: which of these four masks leak, and what is wrong with the others?

# %%
guess = None

manual_seed(6)
layer, words = MultiHeadAttention(16, 4), randn(6, 16)
changed = Tensor(words.data.copy())
changed.data[4] += 1  # word 4 of 0 … 5
future = ~causal_mask(6).data
for name, mask in {
    "ignore j > i": future,
    "ignore j > i + 1": np.triu(future, 2),
    "ignore j >= i": ~np.tri(6, k=-1, dtype=bool),
    "True = may look": ~future,
}.items():
    a, b = (layer(x, x, x, attn_mask=mask)[0].data for x in (words, changed))
    print(f"{name:17} answers that move: {np.flatnonzero(np.abs(a - b).max(axis=1) > 1e-6)}")
print("you said:", guess)

# %% [markdown]
# Only answers 4 and 5 may move. The second mask leaks by one word, and one is enough to copy the next word instead
# of foreseeing it. The fourth is PyTorch's trap from above. The third passes, and is wrong all the same: no word
# sees itself, and word 0 sees nothing. A test for leaks finds leaks, not blindness.
#
# ## 9 · Measure it
#
# A text twice as long, and a `Linear` has twice as much to do. Attention? The `Meter` of module 04 counts the bytes
# that pass the door; `tracemalloc`, Python's own, sees how much memory is in use at the worst moment. **Predict**
# the factor from 256 to 1,024 words, for both.


# %%
def costs(call):
    """Megabytes written, megabytes in use at most, milliseconds by the median of ten."""
    with Meter() as meter:
        call()
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return meter.bytes / 1e6, peak / 1e6, time_call(call, 10) * 1e3


# %%
guess = None

lengths = [32, 64, 128, 256, 512, 1024]
attend, straight, table = (
    MultiHeadAttention(64, 2),
    Linear(64, 64),
    {"attention": [], "Linear": []},
)
for length in lengths:
    x = randn(length, 64)
    table["attention"].append(costs(lambda x=x: attend(x, x, x, need_weights=False)))
    table["Linear"].append(costs(lambda x=x: straight(x)))
fig, axes = plt.subplots(1, 3, figsize=(13, 3.4))
titles = ["MB written at the door", "MB in use at most", "milliseconds"]
for column, (axis, title) in enumerate(zip(axes, titles)):
    for name, rows in table.items():
        axis.loglog(lengths, [row[column] for row in rows], "o-", base=2, label=name)
    axis.set(title=title, xlabel="words")
    growth = [table[name][5][column] / table[name][3][column] for name in table]
    print(f"{title:23} from 256 to 1,024 words: {growth[0]:5.1f} ×, Linear {growth[1]:5.1f} ×")
axes[0].legend()
plt.show()
print("you said:", guess)

# %% [markdown]
# Four times the words, nearly sixteen times the memory: every word has a number for every word. At 1,024 words a tensor
# of scores of 2 heads takes 8 MB, and your function makes several of them, one for each small step. Is that worth
# it? Count the operations: the four projections take $8LE^2$, scores and mixture $4L^2E$. They are equal at
# $L = 2E$. **Predict** what a model of width E = 512 spends on each at 256 words, and at 16,384.

# %%
guess = None

width = 512
for length in (256, 1024, 4096, 16_384, 131_072):
    projections, attention = 8 * length * width**2, 4 * length**2 * width
    share, size = attention / (projections + attention), 8 * length**2 * 4
    print(
        f"{length:>7,} words: {share:6.1%} of the work; weights of 8 heads: {size / 1e6:>9,.0f} MB"
    )
print("you said:", guess)

# %% [markdown]
# For a page, attention is cheap. For a book it is all there is, and 550 GB of weights per layer are out of the
# question. The remedy computes the same result in blocks of queries and never keeps the whole table, which is
# what a "flash attention" kernel does. The *work* stays quadratic.

# %%
q, k, v = (randn(2048, 32) for _ in range(3))
whole = costs(lambda: scaled_dot_product_attention(q, k, v))
pieces = [slice(start, start + 128) for start in range(0, 2048, 128)]
blocks = costs(lambda: [scaled_dot_product_attention(q[rows], k, v) for rows in pieces])
for name, (written, peak, milliseconds) in {"at once": whole, "in 16 blocks": blocks}.items():
    print(f"{name:13} {written:6.1f} MB written, {peak:5.1f} MB at most, {milliseconds:5.1f} ms")

# %% [markdown]
# As many bytes are written, and a fifteenth is in use at a time. On most machines it is not even slower: a block of
# 1 MB stays in the cache, where 17 MB do not fit.
#
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number that you measured where it helps:
# double-click the cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** A colleague computes `softmax(scores) * causal_mask`, and her language model is suspiciously good.
# Through which numbers does the future reach the past? Name two tests of this module that would have found it.
# She mends it by dividing each row by its sum. Is her attention right now? What can still go wrong that doesn't
# with $-\infty$ before the softmax?
#
# ### BEGIN MARK SCHEME
# 1 point: the hidden keys take part in the softmax's sum, so every visible weight depends on them.
# 2 points: rows that don't sum to 1; changing a later word moves an earlier answer (one point each).
# 1 point: yes in exact arithmetic: the visible weights keep their ratios, and dividing makes them sum to 1.
# 1 point: where a hidden score is far larger, the visible weights underflow to 0 and the row becomes 0 / 0 = nan (or loses
# its digits); also fine: rows that may look nowhere are 0 / 0.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** A model with 16 heads in each layer is to read 32,768 words instead of 2,048. By what factor do the
# parameters of a `MultiHeadAttention`, the weights' memory and the time of a layer grow? How many bytes do the
# weights of one layer take in float32? What do blocks of queries save, and what not? Support one of your answers by
# a measurement of this notebook.
#
# ### BEGIN MARK SCHEME
# 1 point: parameters don't grow. 1 point: memory of the weights grows 256 times, time between 16 and 256 times (towards 256
# as L passes 2E).
# 1 point: 16 · 32,768² · 4 bytes = 69 GB.
# 1 point: blocks save memory in use at most, not operations and not bytes written.
# 1 point: a number of their own, such as the factor of 16 from 256 to 1,024 words.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# A batch must be a rectangle. Eight sentences that arrived in any order are padded to the longest of them.
# **Predict** how many of the scores that are computed belong to two real words:

# %%
guess = None

lengths = np.array([5, 9, 12, 7, 6, 11, 8, 120])
mask = padding_mask(lengths, lengths.max()).unsqueeze(1)
useful = (mask * mask.transpose(1, 2)).data.mean()
print(f"{useful:.1%} of {8 * 120**2:,} scores; you said: {guess}")
print(f"in two batches, seven and one: {(lengths**2).sum() / (7 * 12**2 + 120**2):.1%}")

# %% [markdown]
# One long sentence makes seven short ones expensive: which examples meet in a batch, in what order, at what size,
# decides what training costs. Module **08 · DataLoader** makes batches that deserve the layers you have built.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_06_attention` against this notebook. When it is green, type `tito module
# complete attention` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("attention")
