# As few lines as possible: expressions inside expressions, conditions as values, and functions used again.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% soft-lookup
def soft_lookup(query, keys, values):
    """The mean of the values, each weighted by the softmax of its key's product with the query."""
    return (values.T * softmax((query * keys).sum(dim=-1), -1)).sum(dim=-1)


# %% attention-scores
#| export
def attention_scores(query, key, scale=None):
    """Every query's product with every key, times `scale`."""
    return query @ (key * (query.shape[-1] ** -0.5 if scale is None else scale)).transpose(-1, -2)


# %% masks
#| export
def causal_mask(length, keys=None):
    """A bool Tensor (length, keys): True where query i may look at key j, that is j <= i."""
    return Tensor(
        np.greater_equal.outer(range(length), range(length if keys is None else keys)), bool
    )


def padding_mask(lengths, max_length):
    """A bool Tensor (N, max_length): True for the first `lengths[n]` places of sentence n."""
    return Tensor([[i < n for i in range(max_length)] for n in np.asarray(lengths)], bool)


# %% masked-softmax
#| export
def masked_softmax(scores, mask=None):
    """The softmax along the last axis, over the keys that the mask leaves."""
    hidden = mask is not None and mask.dtype == bool
    scores = (
        where(mask, scores, -math.inf) if hidden else scores if mask is None else scores + mask
    )
    seen = np.isfinite(scores.data).any(axis=-1, keepdims=True)
    return softmax(where(seen, scores, 0.0), dim=-1) * Tensor(seen, dtype=scores.dtype)


# %% attention-weights
#| export
def attention_weights(query, key, attn_mask=None, is_causal=False, scale=None):
    """How much each query takes from each key."""
    if is_causal and attn_mask is not None:
        raise ValueError("attn_mask, is_causal: one of them")
    mask = causal_mask(query.shape[-2], key.shape[-2]) if is_causal else attn_mask
    return masked_softmax(attention_scores(query, key, scale), mask)


# %% attention
#| export
def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None
):
    """For each query the mean of the values, weighted by `attention_weights`."""
    return Dropout(dropout_p)(attention_weights(query, key, attn_mask, is_causal, scale)) @ value


# %% heads
#| export
def split_heads(x, num_heads):
    """Give each head its part of every word."""
    if x.shape[-1] / num_heads != x.shape[-1] // num_heads:
        raise ValueError(f"{x.shape[-1]} / {num_heads}")
    return x.reshape(*x.shape[:-1], num_heads, -1).transpose(-2, -3)


def merge_heads(x):
    """Put the heads of every word side by side again."""
    return x.transpose(-2, -3).reshape(*x.shape[:-3], x.shape[-2], x.shape[-3] * x.shape[-1])


# %% multi-head-init
#| export
class MultiHeadAttention(Module):
    """Attention with several heads."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True):
        """Set the settings and the parameters."""
        super().__init__()
        split_heads(zeros(1, embed_dim), num_heads)  # refuses what it can't split
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.in_proj_weight = Parameter(xavier_uniform_(zeros(3 * embed_dim, embed_dim)))
        self.in_proj_bias = Parameter(zeros(3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias)
        self.out_proj.bias = Parameter(zeros(embed_dim)) if bias else None


# %% project
#| export
@extend(MultiHeadAttention)
class Projection:
    """What a word asks, shows and gives."""

    def project(self, query, key, value):
        """The three inputs, each through its third of in_proj."""
        wide = [x.shape[-1] for x in (query, key, value) if x.shape[-1] != self.embed_dim]
        if wide:
            raise ValueError(f"{wide} instead of {self.embed_dim}")
        whole = [x @ self.in_proj_weight.T for x in (query, key, value)]
        whole = whole if self.in_proj_bias is None else [y + self.in_proj_bias for y in whole]
        cuts = [slice(i * self.embed_dim, (i + 1) * self.embed_dim) for i in range(3)]
        return tuple(y[..., cut] for y, cut in zip(whole, cuts))


# %% bias-of
#| export
@extend(MultiHeadAttention)
class Masks:
    """Where not to look."""

    def bias_of(self, attn_mask, key_padding_mask):
        """What to add to the scores."""
        bias = None if attn_mask is None else as_bias(attn_mask)
        if bias is not None and bias.ndim == 3 and bias.shape[0] != self.num_heads:
            bias = bias.reshape(-1, self.num_heads, *bias.shape[-2:])
        if key_padding_mask is None:
            return bias
        padding = as_bias(key_padding_mask)
        return padding.reshape(*padding.shape[:-1], 1, 1, -1) + (0.0 if bias is None else bias)


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
        q, k, v = (split_heads(x, self.num_heads) for x in self.project(query, key, value))
        future = as_bias(~causal_mask(q.shape[-2], k.shape[-2]).data) if is_causal else 0.0
        bias = self.bias_of(attn_mask, key_padding_mask)
        bias = (Tensor([0.0]) if bias is None else bias) + future
        weights = Dropout(self.dropout * self.training)(attention_weights(q, k, bias))
        shown = (
            (weights.mean(dim=-3) if average_attn_weights else weights) if need_weights else None
        )
        return self.out_proj(merge_heads(weights @ v)), shown


# %% sinusoids
#| export
def angles(positions, dim):
    """The angle of each hand at each position."""
    if dim % 2:
        raise ValueError(f"odd: {dim}")
    return np.asarray(positions, np.float64).reshape(-1, 1) * 10000.0 ** -(
        np.arange(dim // 2) * 2 / dim
    )


def sinusoidal_positions(length, dim):
    """A pattern for each position."""
    turned = np.repeat(angles(np.arange(length), dim), 2, axis=1)
    return Tensor(np.where(np.arange(dim) % 2, np.cos(turned), np.sin(turned)))


# %% positional-encoding
#| export
class PositionalEncoding(Module):
    """Adds to each word the pattern of its position, then drops as Dropout does."""

    def __init__(self, dim, dropout=0.0, max_len=5000, learned=False):
        """Set `positions` and `dropout`."""
        super().__init__()
        fixed = None if learned else Buffer(sinusoidal_positions(max_len, dim))
        self.positions = normal_(Parameter(zeros(max_len, dim)), 0, 0.02) if learned else fixed
        self.dropout = Dropout(dropout)

    def forward(self, x):
        """x plus the first L positions, after `dropout`."""
        if x.shape[-2] > self.positions.shape[0]:
            raise ValueError(f"{x.shape[-2]} > {self.positions.shape[0]}")
        return self.dropout(x + self.positions[: x.shape[-2]])


# %% rotate
#| export
def rotate(x, positions):
    """Turn the pairs (2i, 2i + 1) of each word by hand i of its position."""
    turned = angles(positions, x.shape[-1])
    cos, sin = (Tensor(f(turned)[..., None], dtype=x.dtype) for f in (np.cos, np.sin))
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    quarter = pairs[..., [1, 0]] * Tensor([-1, 1], dtype=x.dtype)
    return (pairs * cos + quarter * sin).reshape(*x.shape)
