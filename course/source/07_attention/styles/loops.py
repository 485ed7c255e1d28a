# One step at a time: loops over words and heads, a name for each result, if and else written out.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% soft-lookup
def soft_lookup(query, keys, values):
    """The mean of the values, each weighted by the softmax of its key's product with the query."""
    products = keys * query
    scores = products.sum(dim=1)
    shares = softmax(scores, 0)
    mixture = shares[0] * values[0]
    for i in range(1, len(values)):
        mixture = mixture + shares[i] * values[i]
    return mixture


# %% attention-scores
#| export
def attention_scores(query, key, scale=None):
    """Every query's product with every key, times `scale`."""
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"queries of {query.shape[-1]} numbers, keys of {key.shape[-1]}")
    width = query.shape[-1]
    if scale is None:
        scale = width**-0.5
    columns = key.transpose(-1, -2)
    products = query @ columns
    return products * scale


# %% masks
#| export
def causal_mask(length, keys=None):
    """A bool Tensor (length, keys): True where query i may look at key j, that is j <= i."""
    if keys is None:
        keys = length
    mask = np.zeros((length, keys), dtype=bool)
    for i in range(length):
        mask[i, : i + 1] = True
    return Tensor(mask, dtype=bool)


def padding_mask(lengths, max_length):
    """A bool Tensor (N, max_length): True for the first `lengths[n]` places of sentence n."""
    mask = np.zeros((len(lengths), max_length), dtype=bool)
    for n, length in enumerate(np.asarray(lengths)):
        mask[n, : int(length)] = True
    return Tensor(mask, dtype=bool)


# %% masked-softmax
#| export
def masked_softmax(scores, mask=None):
    """The softmax along the last axis, over the keys that the mask leaves."""
    if mask is not None and mask.dtype == bool:
        scores = where(mask, scores, -np.inf)
    elif mask is not None:
        scores = scores + mask
    top = scores.data.max(axis=-1, keepdims=True)
    top[np.isneginf(top)] = 0
    powers = (scores - Tensor(top, dtype=scores.dtype)).exp()
    total = powers.sum(dim=-1, keepdim=True)
    # A row without a key has a total of 0, and 0 / 1 is the row of zeros that is wanted.
    total = total + Tensor(total.data == 0, dtype=scores.dtype)
    return powers / total


# %% attention-weights
#| export
def attention_weights(query, key, attn_mask=None, is_causal=False, scale=None):
    """How much each query takes from each key."""
    if is_causal and attn_mask is not None:
        raise ValueError("either is_causal or attn_mask")
    scores = attention_scores(query, key, scale)
    mask = attn_mask
    if is_causal:
        queries, keys = scores.shape[-2:]
        mask = causal_mask(queries, keys)
    return masked_softmax(scores, mask)


# %% attention
#| export
def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None
):
    """For each query the mean of the values, weighted by `attention_weights`."""
    weights = attention_weights(query, key, attn_mask, is_causal, scale)
    if dropout_p > 0:
        drop = Dropout(dropout_p)
        weights = drop(weights)
    return weights @ value


# %% heads
#| export
def _side_by_side(*arrays):
    return np.concatenate(arrays, axis=-1)


def _on_top(*arrays):
    return np.stack(arrays, axis=-3)


def split_heads(x, num_heads):
    """Give each head its part of every word."""
    from tinytorch.core.tensor import apply

    width = x.shape[-1]
    if width % num_heads != 0:
        raise ValueError(f"{num_heads} heads don't divide {width} numbers")
    part = width // num_heads
    parts = []
    for head in range(num_heads):
        parts.append(x[..., head * part : (head + 1) * part])
    return apply(_on_top, *parts)


def merge_heads(x):
    """Put the heads of every word side by side again."""
    from tinytorch.core.tensor import apply

    heads = [x[..., head, :, :] for head in range(x.shape[-3])]
    return apply(_side_by_side, *heads)


# %% multi-head-init
#| export
class MultiHeadAttention(Module):
    """Attention with several heads."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True):
        """Set the settings and the parameters."""
        super().__init__()
        remainder = embed_dim % num_heads
        if remainder != 0:
            raise ValueError(
                f"embed_dim={embed_dim}, num_heads={num_heads}: {remainder} are left over"
            )
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.in_proj_weight = Parameter(zeros(3 * embed_dim, embed_dim))
        xavier_uniform_(self.in_proj_weight)
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias)
        if bias:
            self.in_proj_bias = Parameter(zeros(3 * embed_dim))
            for i in range(embed_dim):
                self.out_proj.bias.data[i] = 0
        else:
            self.in_proj_bias = None


# %% project
#| export
@extend(MultiHeadAttention)
class Projection:
    """What a word asks, shows and gives."""

    def project(self, query, key, value):
        """The three inputs, each through its third of in_proj."""
        width = self.embed_dim
        results = []
        start = 0
        for x in [query, key, value]:
            if x.shape[-1] != width:
                raise ValueError(f"wanted {width} numbers, got {x.shape[-1]}")
            weight = self.in_proj_weight[start : start + width]
            y = x @ weight.transpose(0, 1)
            if self.in_proj_bias is not None:
                y = y + self.in_proj_bias[start : start + width]
            results.append(y)
            start += width
        return results[0], results[1], results[2]


# %% bias-of
#| export
@extend(MultiHeadAttention)
class Masks:
    """Where not to look."""

    def bias_of(self, attn_mask, key_padding_mask):
        """What to add to the scores."""
        total = None
        if attn_mask is not None:
            total = as_bias(attn_mask)
            if total.ndim == 3:
                count, queries, keys = total.shape
                if count > self.num_heads:
                    total = total.reshape(count // self.num_heads, self.num_heads, queries, keys)
        if key_padding_mask is not None:
            padding = as_bias(key_padding_mask)
            if padding.ndim == 1:
                padding = padding.reshape(1, 1, len(padding))
            else:
                padding = padding.reshape(padding.shape[0], 1, 1, padding.shape[1])
            total = padding if total is None else total + padding
        return total


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
        query, key, value = self.project(query, key, value)
        query = split_heads(query, self.num_heads)
        key = split_heads(key, self.num_heads)
        value = split_heads(value, self.num_heads)
        bias = self.bias_of(attn_mask, key_padding_mask)
        if is_causal:
            allowed = causal_mask(query.shape[-2], key.shape[-2])
            future = as_bias(Tensor(~allowed.data, dtype=bool))
            bias = future if bias is None else bias + future
        weights = attention_weights(query, key, attn_mask=bias)
        if self.training and self.dropout > 0:
            drop = Dropout(self.dropout)
            weights = drop(weights)
        mixture = weights @ value
        output = self.out_proj(merge_heads(mixture))
        if not need_weights:
            return output, None
        if average_attn_weights:
            weights = weights.mean(dim=-3)
        return output, weights


# %% sinusoids
#| export
def angles(positions, dim):
    """The angle of each hand at each position."""
    if dim % 2 == 1:
        raise ValueError(f"dim={dim} is odd")
    table = np.zeros((len(positions), dim // 2))
    places = np.asarray(positions)
    for row in range(len(places)):
        for i in range(dim // 2):
            table[row, i] = places[row] / 10000 ** (2 * i / dim)
    return table


def sinusoidal_positions(length, dim):
    """A pattern for each position."""
    table = angles(np.arange(length), dim)
    pattern = np.zeros((length, dim), dtype=np.float32)
    for i in range(dim // 2):
        pattern[:, 2 * i] = np.sin(table[:, i])
        pattern[:, 2 * i + 1] = np.cos(table[:, i])
    return Tensor(pattern)


# %% positional-encoding
#| export
class PositionalEncoding(Module):
    """Adds to each word the pattern of its position, then drops as Dropout does."""

    def __init__(self, dim, dropout=0.0, max_len=5000, learned=False):
        """Set `positions` and `dropout`."""
        super().__init__()
        self.max_len = max_len
        if learned:
            self.positions = Parameter(zeros(max_len, dim))
            normal_(self.positions, 0.0, 0.02)
        else:
            places = np.arange(max_len)[:, None] / 10000.0 ** (np.arange(0, dim, 2) / dim)
            pattern = np.zeros((max_len, dim))
            pattern[:, 0::2], pattern[:, 1::2] = np.sin(places), np.cos(places)
            self.positions = Buffer(pattern)
        self.dropout = Dropout(dropout)

    def forward(self, x):
        """x plus the first L positions, after `dropout`."""
        length = x.shape[-2]
        if length > self.max_len:
            raise ValueError(f"{length} is more than {self.max_len}")
        pattern = self.positions[0:length]
        moved = x + pattern
        return self.dropout(moved)


# %% rotate
#| export
def rotate(x, positions):
    """Turn the pairs (2i, 2i + 1) of each word by hand i of its position."""
    from tinytorch.core.tensor import apply

    table = angles(positions, x.shape[-1])
    columns = []
    for i in range(x.shape[-1] // 2):
        cos = Tensor(np.cos(table[:, i]), dtype=x.dtype)
        sin = Tensor(np.sin(table[:, i]), dtype=x.dtype)
        even, odd = x[..., 2 * i], x[..., 2 * i + 1]
        columns.append((even * cos - odd * sin).unsqueeze(-1))
        columns.append((odd * cos + even * sin).unsqueeze(-1))
    return apply(_side_by_side, *columns)
