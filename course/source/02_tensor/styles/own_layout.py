# Its own layout: slots and properties behind `data`, a class for the door, methods made from functions.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% tensor-init
#| export
class Tensor:
    """A block of numbers with a shape, all of one dtype."""

    __slots__ = ("__weakref__", "_array", "_drawers")

    DEFAULT = np.dtype(np.float32)

    def __init__(self, data, dtype=None, requires_grad=False):
        """Copy `data` into an array of `dtype`."""
        self._array = np.array(self.unwrap(data), dtype=self.DEFAULT if dtype is None else dtype)
        self._drawers = {"requires_grad": requires_grad, "grad": None}

    @staticmethod
    def unwrap(value):
        """The array of a tensor, and everything else as it is."""
        return value._array if isinstance(value, Tensor) else value

    @classmethod
    def around(cls, array):
        """A tensor on this very array."""
        tensor = cls.__new__(cls)
        tensor._array, tensor._drawers = array, {"requires_grad": False, "grad": None}
        return tensor

    @property
    def data(self):
        """The numbers."""
        return self._array

    @data.setter
    def data(self, array):
        self._array = array

    @property
    def requires_grad(self):
        """Whether a gradient is wanted."""
        return self._drawers["requires_grad"]

    @requires_grad.setter
    def requires_grad(self, wanted):
        self._drawers["requires_grad"] = wanted

    @property
    def grad(self):
        """The gradient, once there is one."""
        return self._drawers["grad"]

    @grad.setter
    def grad(self, gradient):
        self._drawers["grad"] = gradient


# %% tensor-size
#| export
@extend(Tensor)
class Size:
    """How much there is."""

    def numel(self):
        """How many numbers there are."""
        return self._array.size

    @property
    def nbytes(self):
        """How many bytes the numbers take."""
        return self.numel() * self._array.itemsize


# %% tensor-repr
#| export
@extend(Tensor)
class Text:
    """How a tensor reads."""

    def __repr__(self):
        """The tensor as code."""
        options = {"dtype": self._array.dtype, "requires_grad": self.requires_grad}
        usual = {"dtype": self.DEFAULT, "requires_grad": False}
        told = [f", {name}={value}" for name, value in options.items() if value != usual[name]]
        layout = np.array2string(self._array, separator=", ", prefix="Tensor(")
        return "".join(["Tensor(", layout, *told, ")"])


# %% from-numpy
#| export
def from_numpy(array):
    """A Tensor on the same memory as `array`, keeping its dtype."""
    return Tensor.around(array if isinstance(array, np.ndarray) else np.asarray(array))


# %% apply
#| export
class Door:
    """One operation on its way: what goes in, and what comes out."""

    def __init__(self, function, inputs, settings):
        self.function, self.inputs, self.settings = function, inputs, settings

    def arrays(self):
        """What NumPy gets."""
        return [Tensor.unwrap(value) for value in self.inputs]

    def allowed(self, dtype):
        """The dtype that a result of `dtype` may have: float64 only where somebody brought it."""
        brought = [array.dtype for array in self.arrays() if isinstance(array, np.ndarray)]
        return dtype if dtype != np.float64 or np.float64 in brought else Tensor.DEFAULT

    def output(self):
        """The result, as a tensor that every recorder has heard of."""
        result = np.asarray(self.function(*self.arrays(), **self.settings))
        tensor = from_numpy(result.astype(self.allowed(result.dtype), copy=False))
        for recorder in recorders:
            recorder.record(self.function, self.inputs, self.settings, tensor)
        return tensor


def apply(function, *inputs, **settings):
    """Run a NumPy function on the inputs' arrays; return its result as a new Tensor."""
    return Door(function, inputs, settings).output()


# %% broadcast-shapes
#| export
class ShapeClash(ValueError):
    """Two lengths of one axis that don't go together."""

    def __init__(self, shapes, axis, lengths):
        left, right = lengths
        told = ", ".join(str(tuple(shape)) for shape in shapes)
        super().__init__(f"shapes {told} clash on axis {axis}: {left} and {right}")


def broadcast_shapes(*shapes):
    """The shape in which arrays of these shapes meet, as a tuple."""
    ndim = max(map(len, shapes), default=0)
    lengths = np.ones((len(shapes), ndim), dtype=int)
    for row, shape in zip(lengths, shapes):
        row[ndim - len(shape) :] = shape
    met = []
    for axis in range(-ndim, 0):
        column = lengths[:, axis]
        stretched = column[column != 1].tolist()
        clashing = [length for length in stretched if length != stretched[0]]
        if clashing:
            raise ShapeClash(shapes, axis, (stretched[0], clashing[0]))
        met.append(stretched[0] if stretched else 1)
    return tuple(met)


# %% arithmetic
#| export
def _method(function, *, swapped=False):
    """A method that runs a NumPy function on the tensor and another value, or the other way round."""

    def method(self, other):
        return elementwise(function, *((other, self) if swapped else (self, other)))

    return method


@extend(Tensor)
class Arithmetic:
    """Where the order of the sides matters."""

    __sub__ = _method(np.subtract)
    __rsub__ = _method(np.subtract, swapped=True)
    __truediv__ = _method(np.true_divide)
    __rtruediv__ = _method(np.true_divide, swapped=True)


# %% matmul-loops
def matmul_loops(a, b):
    """The matrix product of two NumPy arrays, one multiplication at a time."""
    # The k loop is the outermost: each step adds a column of a times a row of b.
    product = np.zeros((a.shape[0], b.shape[1]))
    for column, row in zip(a.T, b):
        product += np.multiply.outer(column, row)
    return product.astype(np.float32)


# %% matmul
#| export
@extend(Tensor)
class MatrixProduct:
    """Rows times columns."""

    def __matmul__(self, other):
        """The matrix product `x @ other`."""
        other = Tensor(other) if type(other) is not Tensor else other
        self._check_inner_size(other)
        return apply(np.matmul, self, other)

    def _check_inner_size(self, other):
        """Raise where the columns on the left are not as many as the rows on the right."""
        if min(self.ndim, other.ndim) < 2:
            return
        *_, columns = self.shape
        *batch, rows, width = other.shape
        if columns == rows:
            return
        raise ValueError(
            f"{self.shape} @ {other.shape}: {columns} and {rows} differ. "
            f"Try {(*batch, columns, width)} on the right."
        )


# %% reductions
#| export
def _reduction(function):
    """A method that runs a NumPy reduction."""

    def method(self, dim=None, keepdim=False):
        return apply(function, self, axis=dim, keepdims=keepdim)

    return method


@extend(Tensor)
class Reductions:
    """Fewer numbers out of many."""

    sum = _reduction(np.sum)
    mean = _reduction(np.mean)
    amax = _reduction(np.amax)


# %% variance
#| export
@extend(Tensor)
class Spread:
    """How far the numbers lie apart."""

    def var(self, dim=None, correction=1, keepdim=False):
        """The variance along axis `dim`."""
        n = self.numel() // self.amax(dim).numel()
        deviations = self - self.mean(dim, keepdim=True)
        return (deviations**2 / (n - correction)).sum(dim, keepdim)


# %% reshape
#| export
@extend(Tensor)
class Shapes:
    """The same numbers in another shape."""

    def reshape(self, *shape):
        """The same numbers, walked in the same order, in a new shape."""
        shape = _as_shape(shape)
        if not self._fills(shape):
            raise ValueError(f"cannot fill {shape} with {self.numel()} numbers")
        return apply(np.reshape, self, shape=shape)

    def _fills(self, shape):
        """Whether the numbers fill a shape that may leave one length open."""
        known = [length for length in shape if length != -1]
        product = int(np.prod(known))
        match len(shape) - len(known):
            case 0:
                return product == self.numel()
            case 1:
                return product > 0 and self.numel() % product == 0
        return False

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
        if isinstance(key, tuple):
            return apply(take, self, key=tuple(self._as_index(part) for part in key))
        return apply(take, self, key=self._as_index(key))

    @staticmethod
    def _as_index(part):
        """What NumPy may index with."""
        index = Tensor.unwrap(part)
        if index is not part and np.issubdtype(index.dtype, np.inexact):
            raise TypeError("index with a tensor of dtype int64 (or bool), not of floats")
        return index


# %% comparison
#| export
@extend(Tensor)
class MoreComparisons:
    """The rest of the questions, and one answer."""

    __le__ = _method(np.less_equal)
    __gt__ = _method(np.greater)

    def __bool__(self):
        """Whether the only number is not zero."""
        if self._array.size == 1:
            return self.item() != 0
        raise ValueError(
            f"the truth of {self.numel()} numbers of shape {self.shape} is not one answer"
        )
