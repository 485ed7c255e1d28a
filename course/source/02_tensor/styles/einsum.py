# Functional, with einsum and reduce: expressions of what is given, and hardly a name on the way.
# ruff: noqa: F821, E731 - other cells of the notebook define the names, and the lambdas are the style.

# %% tensor-init
#| export
from functools import reduce
from itertools import zip_longest
from math import prod


class Tensor:
    """A block of numbers with a shape, all of one dtype."""

    def __init__(self, data, dtype=None, requires_grad=False):
        """Copy `data` into an array of `dtype`."""
        vars(self).update(
            data=np.array(data.data if isinstance(data, Tensor) else data).astype(
                np.float32 if dtype is None else dtype
            ),
            requires_grad=requires_grad,
            grad=None,
        )


# %% tensor-size
#| export
@extend(Tensor)
class Size:
    """How much there is."""

    def numel(self):
        """How many numbers there are."""
        return prod(self.shape)

    nbytes = property(lambda self: self.data.nbytes, doc="How many bytes the numbers take.")


# %% tensor-repr
#| export
@extend(Tensor)
class Text:
    """How a tensor reads."""

    def __repr__(self):
        """The tensor as code."""
        return (
            f"Tensor({np.array2string(self.data, separator=', ', prefix='Tensor(')}"
            f"{'' if self.dtype == np.float32 else f', dtype={self.dtype}'}"
            f"{', requires_grad=True' if self.requires_grad else ''})"
        )


# %% from-numpy
#| export
def from_numpy(array):
    """A Tensor on the same memory as `array`, keeping its dtype."""
    tensor = object.__new__(Tensor)
    vars(tensor).update(data=np.asarray(array), requires_grad=False, grad=None)
    return tensor


# %% apply
#| export
def apply(function, *inputs, **settings):
    """Run a NumPy function on the inputs' arrays; return its result as a new Tensor."""
    return _announce(
        from_numpy(
            _no_wider(
                {value.dtype for value in inputs if isinstance(value, Tensor)},
                np.asarray(function(*map(_array, inputs), **settings)),
            )
        ),
        function,
        inputs,
        settings,
    )


def _array(value):
    return value.data if isinstance(value, Tensor) else value


def _no_wider(dtypes, result):
    wider = result.dtype == np.float64 and np.dtype(np.float64) not in dtypes
    return result.astype(np.float32) if wider else result


def _announce(output, *heard):
    for recorder in recorders:
        recorder.record(*heard, output)
    return output


# %% broadcast-shapes
#| export
def broadcast_shapes(*shapes):
    """The shape in which arrays of these shapes meet, as a tuple."""
    return tuple(
        reduce(lambda one, other: _meet(one, other, -back, shapes), lengths)
        for back, lengths in enumerate(
            zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1), start=1
        )
    )[::-1]


def _meet(one, other, axis, shapes):
    if 1 not in (one, other) and one != other:
        raise ValueError(
            f"{' with '.join(map(repr, shapes))}: {one} and {other} do not broadcast on axis {axis}"
        )
    return one if other == 1 else other


# %% arithmetic
#| export
@extend(Tensor)
class Arithmetic:
    """Where the order of the sides matters."""

    __sub__ = lambda self, other: elementwise(np.subtract, self, other)
    __rsub__ = lambda self, other: elementwise(np.subtract, other, self)
    __truediv__ = lambda self, other: elementwise(np.true_divide, self, other)
    __rtruediv__ = lambda self, other: elementwise(np.true_divide, other, self)


# %% matmul-loops
def matmul_loops(a, b):
    """The matrix product of two NumPy arrays, one multiplication at a time."""
    return np.einsum("ik,kj->ij", a, b, dtype=np.float32)


# %% matmul
#| export
@extend(Tensor)
class MatrixProduct:
    """Rows times columns."""

    def __matmul__(self, other):
        """The matrix product `x @ other`."""
        return apply(
            np.matmul, self, _fitting(self, other if isinstance(other, Tensor) else Tensor(other))
        )


def _fitting(left, right):
    match left.shape, right.shape:
        case (*_, _, inner), (*batch, wrong, columns) if inner != wrong:
            raise ValueError(
                f"{left.shape} @ {right.shape} has the inner sizes {inner} and {wrong}: "
                f"{(*batch, inner, columns)} would fit"
            )
    return right


# %% reductions
#| export
@extend(Tensor)
class Reductions:
    """Fewer numbers out of many."""

    def sum(self, dim=None, keepdim=False):
        """The sum over axis `dim`."""
        return apply(np.add.reduce, self, axis=dim, keepdims=keepdim)

    def mean(self, dim=None, keepdim=False):
        """The mean over axis `dim`."""
        return apply(np.average, self, axis=dim, keepdims=keepdim)

    def amax(self, dim=None, keepdim=False):
        """The largest number along axis `dim`."""
        return apply(np.maximum.reduce, self, axis=dim, keepdims=keepdim)


# %% variance
#| export
@extend(Tensor)
class Spread:
    """How far the numbers lie apart."""

    def var(self, dim=None, correction=1, keepdim=False):
        """The variance along axis `dim`."""
        return (((self - self.mean(dim, True)) ** 2).mean(dim, keepdim)) * (
            1 / (1 - correction * self.mean(dim).numel() / self.numel())
        )


# %% reshape
#| export
@extend(Tensor)
class Shapes:
    """The same numbers in another shape."""

    def reshape(self, *shape):
        """The same numbers, walked in the same order, in a new shape."""
        shape = _as_shape(shape)
        try:
            return apply(np.reshape, self, shape=shape)
        except ValueError as error:
            raise ValueError(f"{self.numel()} numbers don't fill {shape}") from error

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
        return apply(
            take, self, key=tuple(map(_index, key)) if isinstance(key, tuple) else _index(key)
        )


def _index(part):
    if isinstance(part, Tensor) and part.dtype.kind not in "iub":
        raise TypeError(f"{part.dtype} numbers are no places; int64 ones are")
    return _array(part)


# %% comparison
#| export
@extend(Tensor)
class MoreComparisons:
    """The rest of the questions, and one answer."""

    __le__ = lambda self, other: elementwise(np.less_equal, self, other)
    __gt__ = lambda self, other: elementwise(np.greater, self, other)

    def __bool__(self):
        """Whether the only number is not zero."""
        try:
            (number,) = self.data.ravel()
        except ValueError:
            raise ValueError(f"shape {self.shape} holds more or less than one truth") from None
        return bool(number)
