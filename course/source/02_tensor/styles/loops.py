# Explicit loops over axes, indices and nested lists; NumPy only stores the numbers and does what the text names.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% tensor-init
#| export
class Tensor:
    """A block of numbers with a shape, all of one dtype."""

    def __init__(self, data, dtype=None, requires_grad=False):
        """Copy `data` into an array of `dtype`."""
        self.grad = None
        self.requires_grad = requires_grad
        if dtype is None:
            dtype = np.float32
        source = data.data if isinstance(data, Tensor) else np.asarray(data)
        self.data = np.zeros(source.shape, dtype=dtype)
        for place in np.ndindex(source.shape):
            self.data[place] = source[place]


# %% tensor-size
#| export
@extend(Tensor)
class Size:
    """How much there is."""

    def numel(self):
        """How many numbers there are."""
        count = 0
        for _ in self.data.flat:
            count += 1
        return count

    @property
    def nbytes(self):
        """How many bytes the numbers take."""
        total = 0
        for _ in range(self.numel()):
            total += self.data.itemsize
        return total


# %% tensor-repr
#| export
@extend(Tensor)
class Text:
    """How a tensor reads."""

    def __repr__(self):
        """The tensor as code."""
        text = "Tensor("
        text += np.array2string(self.data, separator=", ", prefix=text)
        if str(self.data.dtype) != "float32":
            text += ", dtype=" + str(self.data.dtype)
        if self.requires_grad:
            text += ", requires_grad=True"
        return text + ")"


# %% from-numpy
#| export
def from_numpy(array):
    """A Tensor on the same memory as `array`, keeping its dtype."""
    if not isinstance(array, np.ndarray):
        array = np.array(array)
    made = Tensor([])
    made.data = array
    return made


# %% apply
#| export
def apply(function, *inputs, **settings):
    """Run a NumPy function on the inputs' arrays; return its result as a new Tensor."""
    arrays = []
    wide = False
    for value in inputs:
        if isinstance(value, Tensor):
            arrays.append(value.data)
            if value.data.dtype == np.float64:
                wide = True
        else:
            arrays.append(value)
    result = function(*arrays, **settings)
    if not isinstance(result, np.ndarray):
        result = np.array(result)
    if result.dtype == np.float64 and not wide:
        result = result.astype(np.float32)
    output = from_numpy(result)
    for i in range(len(recorders)):
        recorders[i].record(function, inputs, settings, output)
    return output


# %% broadcast-shapes
#| export
def broadcast_shapes(*shapes):
    """The shape in which arrays of these shapes meet, as a tuple."""
    longest = 0
    for shape in shapes:
        if len(shape) > longest:
            longest = len(shape)
    result = [1] * longest
    for shape in shapes:
        for i in range(len(shape)):
            place = longest - len(shape) + i
            if shape[i] == 1 or shape[i] == result[place]:
                continue
            if result[place] != 1:
                axis = place - longest
                raise ValueError(
                    f"axis {axis}: {result[place]} and {shape[i]} don't go together in {list(shapes)}"
                )
            result[place] = shape[i]
    return tuple(result)


# %% arithmetic
#| export
@extend(Tensor)
class Arithmetic:
    """Where the order of the sides matters."""

    def __sub__(self, other):
        """`x - other`."""
        return elementwise(np.subtract, self, other)

    def __rsub__(self, other):
        """`other - x`."""
        left = Tensor(other)
        return left - self

    def __truediv__(self, other):
        """`x / other`."""
        return elementwise(np.true_divide, self, other)

    def __rtruediv__(self, other):
        """`other / x`."""
        left = Tensor(other)
        return left / self


# %% matmul-loops
def matmul_loops(a, b):
    """The matrix product of two NumPy arrays, one multiplication at a time."""
    rows = []
    for i in range(len(a)):
        row = []
        for j in range(len(b[0])):
            total = 0.0
            for k in range(len(b)):
                total = total + a[i][k] * b[k][j]
            row.append(total)
        rows.append(row)
    return np.array(rows, dtype=np.float32)


# %% matmul
#| export
@extend(Tensor)
class MatrixProduct:
    """Rows times columns."""

    def __matmul__(self, other):
        """The matrix product `x @ other`."""
        if not isinstance(other, Tensor):
            other = Tensor(other)
        if self.ndim > 1 and other.ndim > 1:
            inner, wrong = self.shape[self.ndim - 1], other.shape[other.ndim - 2]
            if inner != wrong:
                wanted = list(other.shape)
                wanted[-2] = inner
                message = f"{self.shape} @ {other.shape}: {inner} and {wrong} should be equal. "
                message += f"On the right {tuple(wanted)} would do."
                raise ValueError(message)
        return apply(np.matmul, self, other)


# %% reductions
#| export
def _reduce(array, axis, keepdims, start, combine):
    """Walk all numbers, and combine each with what is at its place in the result."""
    if axis is None:
        axis = tuple(range(array.ndim))
    elif isinstance(axis, int):
        axis = (axis,)
    gone = [i % array.ndim for i in axis]
    kept = [1 if i in gone else array.shape[i] for i in range(array.ndim)]
    result = np.full(kept, start, dtype=array.dtype)
    for place in np.ndindex(array.shape):
        target = tuple(0 if i in gone else place[i] for i in range(array.ndim))
        result[target] = combine(result[target], array[place])
    if not keepdims:
        result = result.reshape([kept[i] for i in range(array.ndim) if i not in gone])
    return result


def _add_up(array, axis, keepdims):
    return _reduce(array, axis, keepdims, 0, lambda total, number: total + number)


def _average(array, axis, keepdims):
    total = _add_up(array, axis, keepdims)
    return total / (array.size / total.size)


def _find_largest(array, axis, keepdims):
    return _reduce(array, axis, keepdims, -np.inf, lambda best, number: max(best, number))


@extend(Tensor)
class Reductions:
    """Fewer numbers out of many."""

    def sum(self, dim=None, keepdim=False):
        """The sum over axis `dim`."""
        return apply(_add_up, self, axis=dim, keepdims=keepdim)

    def mean(self, dim=None, keepdim=False):
        """The mean over axis `dim`."""
        return apply(_average, self, axis=dim, keepdims=keepdim)

    def amax(self, dim=None, keepdim=False):
        """The largest number along axis `dim`."""
        return apply(_find_largest, self, axis=dim, keepdims=keepdim)


# %% variance
#| export
@extend(Tensor)
class Spread:
    """How far the numbers lie apart."""

    def var(self, dim=None, correction=1, keepdim=False):
        """The variance along axis `dim`."""
        if dim is None:
            dims = tuple(range(self.ndim))
        elif isinstance(dim, int):
            dims = (dim,)
        else:
            dims = dim
        n = 1
        for axis in dims:
            n *= self.shape[axis]
        away = self - self.mean(dim, True)
        return (away * away).sum(dim, keepdim) / (n - correction)


# %% reshape
#| export
@extend(Tensor)
class Shapes:
    """The same numbers in another shape."""

    def reshape(self, *shape):
        """The same numbers, walked in the same order, in a new shape."""
        shape = _as_shape(shape)
        count = self.numel()
        known, open_axes = 1, 0
        for length in shape:
            if length == -1:
                open_axes += 1
            else:
                known *= length
        fits = known == count
        if open_axes == 1:
            fits = known != 0 and count % known == 0
        if open_axes > 1:
            fits = False
        if not fits:
            raise ValueError(f"{count} numbers don't fit into the shape {shape}")
        return apply(np.reshape, self, shape=shape)

    def transpose(self, dim0, dim1):
        """The tensor with two of its axes swapped."""
        return apply(np.swapaxes, self, axis1=dim0, axis2=dim1)


# %% indexing
#| export
@extend(Tensor)
class Indexing:
    """Picking parts."""

    def __getitem__(self, key):
        """The part of the tensor that `key` picks."""
        parts = []
        for part in key if isinstance(key, tuple) else [key]:
            if isinstance(part, Tensor):
                if part.data.dtype in (np.float16, np.float32, np.float64):
                    raise TypeError("a tensor of floats picks nothing: make it an int64 tensor")
                part = part.data
            parts.append(part)
        if isinstance(key, tuple):
            return apply(take, self, key=tuple(parts))
        return apply(take, self, key=parts[0])


# %% comparison
#| export
@extend(Tensor)
class MoreComparisons:
    """The rest of the questions, and one answer."""

    def __le__(self, other):
        """`x <= other`, number by number."""
        return elementwise(np.less_equal, self, other)

    def __gt__(self, other):
        """`x > other`, number by number."""
        return elementwise(np.greater, self, other)

    def __bool__(self):
        """Whether the only number is not zero."""
        numbers = []
        for number in self.data.flat:
            numbers.append(number)
        if len(numbers) != 1:
            raise ValueError("one number is true or false, but not shape " + str(self.shape))
        return bool(numbers[0] != 0)
