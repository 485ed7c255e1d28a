# Functions of its own at the door: sums of products by NumPy's `einsum`, and moved axes, instead of methods.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% soft-lookup
def soft_lookup(query, keys, values):
    """The mean of the values, each weighted by the softmax of its key's product with the query."""
    from tinytorch.core.tensor import apply

    def product(array, other, pattern):
        return np.einsum(pattern, array, other)

    scores = apply(product, keys, query, pattern="se,e->s")
    return apply(product, softmax(scores, dim=-1), values, pattern="s,sv->v")


# %% attention-scores
#| export
def _products(array, other, pattern):
    return np.einsum(pattern, array, other)


def _through_the_door(pattern, a, b):
    from tinytorch.core.tensor import apply

    return apply(_products, a, b, pattern=pattern)


def attention_scores(query, key, scale=None):
    """Every query's product with every key, times `scale`."""
    factor = scale if scale is not None else 1 / np.sqrt(query.shape[-1])
    return _through_the_door("...le,...se->...ls", query, key * float(factor))


# %% masks
#| export
def causal_mask(length, keys=None):
    """A bool Tensor (length, keys): True where query i may look at key j, that is j <= i."""
    ones = np.ones((length, length if keys is None else keys), dtype=bool)
    return Tensor(np.tril(ones), dtype=bool)


def padding_mask(lengths, max_length):
    """A bool Tensor (N, max_length): True for the first `lengths[n]` places of sentence n."""
    places = np.arange(1, max_length + 1)
    return Tensor(np.less_equal.outer(places, np.asarray(lengths)).T, dtype=bool)


# %% masked-softmax
#| export
def masked_softmax(scores, mask=None):
    """The softmax along the last axis, over the keys that the mask leaves."""
    if mask is None:
        mask = Tensor(0.0, dtype=scores.dtype)
    elif mask.dtype == bool:
        mask = Tensor(np.where(np.asarray(mask), 0.0, -np.inf), dtype=scores.dtype)
    scores = scores + mask
    seen = ~np.isneginf(scores.data)
    some = Tensor(seen.any(axis=-1, keepdims=True), dtype=bool)
    rescued = where(some, scores, np.zeros(scores.shape))
    return where(some, softmax(rescued, -1), rescued)


# %% attention-weights
#| export
def attention_weights(query, key, attn_mask=None, is_causal=False, scale=None):
    """How much each query takes from each key."""
    match (attn_mask is None, bool(is_causal)):
        case (True, False):
            mask = None
        case (True, True):
            mask = causal_mask(query.shape[-2], keys=key.shape[-2])
        case (False, False):
            mask = attn_mask
        case _:
            raise ValueError("attn_mask beside is_causal")
    return masked_softmax(attention_scores(query, key, scale=scale), mask)


# %% attention
#| export
def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None
):
    """For each query the mean of the values, weighted by `attention_weights`."""
    share = attention_weights(query, key, attn_mask=attn_mask, is_causal=is_causal, scale=scale)
    share = Dropout(dropout_p)(share) if dropout_p else share
    return _through_the_door("...ls,...sv->...lv", share, value)


# %% heads
#| export
def split_heads(x, num_heads):
    """Give each head its part of every word."""
    from tinytorch.core.tensor import apply

    part, rest = divmod(x.shape[-1], num_heads)
    if rest:
        raise ValueError(f"{x.shape[-1]} and {num_heads}")
    parted = x.reshape((*x.shape[:-1], num_heads, part))
    return apply(np.moveaxis, parted, source=-2, destination=-3)


def merge_heads(x):
    """Put the heads of every word side by side again."""
    from tinytorch.core.tensor import apply

    words_first = apply(np.moveaxis, x, source=-3, destination=-2)
    return words_first.reshape((*words_first.shape[:-2], -1))


# %% multi-head-init
#| export
class MultiHeadAttention(Module):
    """Attention with several heads."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True):
        """Set the settings and the parameters."""
        Module.__init__(self)
        if num_heads * (embed_dim // num_heads) != embed_dim:
            raise ValueError(f"num_heads={num_heads} must divide embed_dim={embed_dim}")
        vars(self).update(embed_dim=embed_dim, num_heads=num_heads, dropout=dropout)
        bound = math.sqrt(6 / (4 * embed_dim))
        from tinytorch.core.setup import generator

        self.in_proj_weight = Parameter(
            generator().uniform(-bound, bound, (3 * embed_dim, embed_dim))
        )
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data *= 0


# %% project
#| export
@extend(MultiHeadAttention)
class Projection:
    """What a word asks, shows and gives."""

    def project(self, query, key, value):
        """The three inputs, each through its third of in_proj."""
        width = self.embed_dim
        for name, x in {"query": query, "key": key, "value": value}.items():
            if x.shape[-1] != width:
                raise ValueError(f"{name} has {x.shape[-1]} numbers a word instead of {width}")
        matrix = self.in_proj_weight.reshape(3, width, width)
        shift = None if self.in_proj_bias is None else self.in_proj_bias.reshape(3, width)

        def one(i, x):
            y = _through_the_door("...e,oe->...o", x, matrix[i])
            return y if shift is None else shift[i] + y

        return one(0, query), one(1, key), one(2, value)


# %% bias-of
#| export
@extend(MultiHeadAttention)
class Masks:
    """Where not to look."""

    def bias_of(self, attn_mask, key_padding_mask):
        """What to add to the scores."""
        looks, padding = attn_mask, key_padding_mask
        if looks is not None:
            looks = as_bias(looks)
            heads = self.num_heads
            if looks.ndim == 3 and looks.shape[0] // heads != 1:
                looks = looks.reshape(-1, heads, looks.shape[-2], looks.shape[-1])
        if padding is not None:
            padding = as_bias(padding)[..., None, None, :]
        if looks is None or padding is None:
            return padding if looks is None else looks
        return looks + padding


# %% multi-head-forward
#| export
@extend(MultiHeadAttention)
class MultiHeadForward:
    """What the layer computes."""

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True,
        attn_mask=None, average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        """Project, split, attend, merge, mix."""
        asked, shown, given = [
            split_heads(x, self.num_heads) for x in self.project(query, key, value)
        ]
        scores = attention_scores(asked, shown)
        bias = self.bias_of(attn_mask, key_padding_mask)
        if bias is not None:
            scores = scores + bias
        share = masked_softmax(scores, causal_mask(*scores.shape[-2:]) if is_causal else None)
        if self.training:
            share = Dropout(self.dropout)(share)
        found = merge_heads(_through_the_door("...ls,...sv->...lv", share, given))
        seen = share.sum(dim=-3) / self.num_heads if average_attn_weights else share
        return self.out_proj(found), (seen if need_weights else None)


# %% sinusoids
#| export
def angles(positions, dim):
    """The angle of each hand at each position."""
    half, odd = divmod(dim, 2)
    if odd:
        raise ValueError(f"an even width is wanted, not {dim}")
    slowness = np.power(10000.0, 2 * np.arange(half) / dim)
    return np.asarray(positions, dtype=float)[:, None] / slowness


def sinusoidal_positions(length, dim):
    """A pattern for each position."""
    turns = np.exp(1j * angles(np.arange(length), dim))
    return Tensor(np.stack([turns.imag, turns.real], axis=2).reshape(length, -1))


# %% positional-encoding
#| export
class PositionalEncoding(Module):
    """Adds to each word the pattern of its position, then drops as Dropout does."""

    def __init__(self, dim, dropout=0.0, max_len=5000, learned=False):
        """Set `positions` and `dropout`."""
        super().__init__()
        start = zeros(max_len, dim) if learned else sinusoidal_positions(max_len, dim)
        self.positions = (Parameter if learned else Buffer)(start)
        if learned:
            normal_(self.positions, mean=0.0, std=0.02)
        self.dropout = Dropout(p=dropout)

    def forward(self, x):
        """x plus the first L positions, after `dropout`."""
        most, length = self.positions.shape[0], x.shape[-2]
        if most < length:
            raise ValueError(f"no more than {most}, not {length}")
        return self.dropout(self.positions[np.arange(length)] + x)


# %% rotate
#| export
def rotate(x, positions):
    """Turn the pairs (2i, 2i + 1) of each word by hand i of its position."""
    turned, (*leading, length, dim) = angles(positions, x.shape[-1]), x.shape
    cos, sin = np.cos(turned), np.sin(turned)
    turns = Tensor(np.stack([np.stack([cos, sin]), np.stack([-sin, cos])]), dtype=x.dtype)
    pairs = x.reshape(*leading, length, dim // 2, 2)
    return _through_the_door("...lia,abli->...lib", pairs, turns).reshape(*x.shape)
