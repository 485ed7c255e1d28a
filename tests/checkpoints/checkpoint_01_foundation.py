"""Can I create ML building blocks?"""

import numpy as np

from tito.checks import Checkpoint, expect_close, expect_equal, expect_raises, expect_true

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=2)
def test_creation(rng):
    """A tensor holds the numbers it was given, in their shape"""
    from tinytorch.core.tensor import Tensor

    numbers = rng.normal(size=(3, 4))
    expect_close(Tensor(numbers).data, numbers, "Tensor(numbers).data")
    expect_close(Tensor(Tensor(numbers)).data, numbers, "Tensor(another tensor).data")
    expect_equal(Tensor([[1, 2], [3, 4]]).data.tolist(), [[1, 2], [3, 4]], "Tensor([[1, 2], [3, 4]])")
    expect_equal(Tensor(7).data.shape, (), "shape of Tensor(7)")


@checkpoint.check(points=2, needs="creation")
def test_ownership(rng):
    """A tensor copies its numbers and is float32 unless asked"""
    from tinytorch.core.tensor import Tensor, arange, ones, randn, zeros

    doubles = rng.normal(size=(3, 4))
    singles = doubles.astype(np.float32)
    before = singles.copy()
    from_doubles, from_singles = Tensor(doubles), Tensor(singles)
    from_tensor = Tensor(from_doubles)
    expect_equal(str(from_doubles.data.dtype), "float32", "dtype of a tensor made from float64 numbers")
    expect_equal(
        str(Tensor([1, 2], dtype=np.int64).data.dtype), "int64", "dtype of Tensor([1, 2], dtype=np.int64)"
    )

    doubles += 1
    singles += 2
    from_tensor.data[:] += 3
    expect_close(
        from_doubles.data, before, "a tensor after its source and a copy of it changed", hint="copy, always"
    )
    expect_close(
        from_singles.data,
        before,
        "a tensor after its float32 source changed",
        hint="copy, even if the dtype fits",
    )
    expect_equal(
        (from_doubles.requires_grad, from_doubles.grad),
        (False, None),
        "requires_grad and grad of a new tensor",
    )
    expect_equal(Tensor(1, requires_grad=True).requires_grad, True, "requires_grad when asked for")
    for name, made, want in [
        ("zeros(2, 3)", zeros(2, 3), np.zeros((2, 3))),
        ("ones((2, 3))", ones((2, 3)), np.ones((2, 3))),
        ("arange(1, 7, 2)", arange(1, 7, 2), [1, 3, 5]),
    ]:
        expect_close(made.data, want, name)
        expect_equal(str(made.data.dtype), "float32", f"dtype of {name}")
    drawn = randn(3, 2).data
    expect_equal((drawn.shape, str(drawn.dtype)), ((3, 2), "float32"), "shape and dtype of randn(3, 2)")


@checkpoint.check(points=2, needs="creation")
def test_description(rng):
    """A tensor knows its shape, dtype, count and bytes"""
    from tinytorch.core.tensor import Tensor

    shape = tuple(int(n) for n in rng.integers(2, 6, size=3))
    x = Tensor(np.zeros(shape), dtype=np.float64)
    expect_equal((x.shape, x.ndim, len(x)), (shape, 3, shape[0]), f"shape, ndim and len for shape {shape}")
    expect_equal(x.numel(), int(np.prod(shape)), f"numel() for shape {shape}")
    expect_equal(x.nbytes, int(np.prod(shape)) * 8, f"nbytes of float64 numbers in shape {shape}")
    expect_equal(Tensor(np.zeros(6), dtype=np.int8).nbytes, 6, "nbytes of six int8")
    expect_equal(Tensor(1.5).numel(), 1, "numel() of a single number")
    expect_equal(str(x.dtype), "float64", "dtype")


@checkpoint.check(points=2, needs="creation")
def test_representation():
    """A tensor reads like the code that makes it"""
    from tinytorch.core.tensor import Tensor

    expect_equal(
        repr(Tensor([[1, 2.5], [3, 4]])), "Tensor([[1. , 2.5],\n        [3. , 4. ]])", "repr of two rows"
    )
    expect_equal(
        repr(Tensor([1, 2], dtype=np.int64)), "Tensor([1, 2], dtype=int64)", "repr of an int64 tensor"
    )
    expect_equal(
        repr(Tensor(1, requires_grad=True)), "Tensor(1., requires_grad=True)", "repr with requires_grad"
    )


@checkpoint.check(points=3, needs="creation")
def test_memory(rng):
    """from_numpy and numpy share memory, and data is always an array"""
    from tinytorch.core.tensor import Tensor, from_numpy

    array = rng.integers(0, 9, size=5)
    x = from_numpy(array)
    array[0] = 77
    expect_equal(
        x.tolist(), array.tolist(), "from_numpy(array) after the array changed", hint="no copy on this path"
    )
    expect_equal(str(x.dtype), "int64", "dtype of from_numpy(int64 array)")
    expect_true(x.numpy() is x.data, "x.numpy()", "the array itself", "another array")
    expect_equal(
        type(from_numpy(np.float32(3)).data).__name__, "ndarray", "type of from_numpy(np.float32(3)).data"
    )
    expect_equal(
        (from_numpy(array).requires_grad, from_numpy(array).grad), (False, None), "the drawers of from_numpy"
    )
    expect_close(np.asarray(Tensor([1, 2])), [1, 2], "np.asarray(tensor)")
    for name, same in [("x.detach()", x.detach().data), ("np.asarray(x)", np.asarray(x))]:
        expect_true(np.shares_memory(same, x.data), name, "the same memory", "a copy")
    expect_equal(Tensor([2.5]).item(), 2.5, "Tensor([2.5]).item()")


@checkpoint.check(points=4, needs="creation")
def test_arithmetic(rng):
    """Arithmetic works from both sides and stays float32"""
    from tinytorch.core.tensor import Tensor

    a, b = rng.normal(size=(2, 3, 4)) + np.array([[[3.0]], [[-3.0]]])
    x, y = Tensor(a), Tensor(b)
    for sign, got, want in [
        ("x + y", x + y, a + b),
        ("x - y", x - y, a - b),
        ("x * y", x * y, a * b),
        ("x / y", x / y, a / b),
        ("x ** 2", x**2, a**2),
        ("-x", -x, -a),
        ("2 + x", 2 + x, 2 + a),
        ("2 - x", 2 - x, 2 - a),
        ("2 * x", 2 * x, 2 * a),
        ("2 / x", 2 / x, 2 / a),
        ("array - x", b - x, b - a),
        ("x + list", x + b.tolist(), a + b),
        ("x * np.int64(3)", x * np.int64(3), a * 3),
        ("x * np.sqrt(2)", x * np.sqrt(2), a * np.sqrt(2)),
        ("x.exp()", x.exp(), np.exp(a)),
        ("x.abs().log()", x.abs().log(), np.log(np.abs(a))),
        ("x.abs().sqrt()", x.abs().sqrt(), np.sqrt(np.abs(a))),
        ("x.tanh()", x.tanh(), np.tanh(a)),
    ]:
        expect_true(isinstance(got, Tensor), f"type of {sign}", "Tensor", type(got).__name__)
        expect_close(got.data, want, sign, rtol=1e-4)
        expect_equal(str(got.dtype), "float32", f"dtype of {sign}")
    whole = Tensor([3, 5], dtype=np.int64)
    expect_equal(str((whole + 1).dtype), "int64", "dtype of int64 + 1")
    expect_equal(str((whole / 2).dtype), "float32", "dtype of int64 / 2")
    expect_equal(str((Tensor([1.0], dtype=np.float64) + 1).dtype), "float64", "dtype of float64 + 1")
    expect_raises(TypeError, lambda: x + "1", 'x + "1"', says=("str",))
    expect_close(x.data, a, "x after all of this", hint="operations make new tensors")


@checkpoint.check(points=5, needs="creation")
def test_broadcasting(rng):
    """Shapes broadcast as in NumPy, and the error says which axis disagrees"""
    from tinytorch.core.tensor import Tensor, broadcast_shapes

    for left, right in [
        ((4, 1), (3,)),
        ((3,), (2, 3)),
        ((2, 1, 5), (4, 1)),
        ((), (2, 2)),
        ((1,), (0, 3)),
        ((1, 3), (1, 1)),
    ]:
        want = np.broadcast_shapes(left, right)
        expect_equal(broadcast_shapes(left, right), want, f"broadcast_shapes({left}, {right})")
        a, b = rng.normal(size=left), rng.normal(size=right)
        expect_close((Tensor(a) + Tensor(b)).data, a + b, f"{left} + {right}", rtol=1e-4, atol=1e-5)
    expect_equal(broadcast_shapes((7, 1), (5, 1, 2), (1,)), (5, 7, 2), "three shapes at once")
    expect_equal(broadcast_shapes(), (), "broadcast_shapes()")
    for left, right, says in [
        ((4, 3), (4,), ("(4, 3)", "(4,)", "axis -1", "3 and 4")),
        ((2, 5, 3), (4, 3), ("(2, 5, 3)", "(4, 3)", "axis -2", "5 and 4")),
        ((0,), (2,), ("axis -1", "0 and 2")),
    ]:
        x, y = Tensor(np.zeros(left)), Tensor(np.zeros(right))
        expect_raises(ValueError, lambda x=x, y=y: x * y, f"{left} * {right}", says=says)


@checkpoint.check(points=5, needs="creation")
def test_matmul(rng):
    """Matrix products are right, and the error says what would fit"""
    from tinytorch.core.tensor import Tensor

    for left, right in [
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 2)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((3,), (3, 2)),
    ]:
        a, b = rng.normal(size=left), rng.normal(size=right)
        got = Tensor(a) @ Tensor(b)
        expect_close(got.data, a @ b, f"{left} @ {right}", rtol=1e-4, atol=1e-5)
        expect_equal(str(got.dtype), "float32", f"dtype of {left} @ {right}")
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))
    for name, got, want in [
        ("tensor @ array", Tensor(a) @ b, a @ b),
        ("tensor @ list", Tensor(a) @ b.tolist(), a @ b),
        ("array @ tensor", b @ Tensor(a), b @ a),
    ]:
        expect_close(got.data, want, name, rtol=1e-4, atol=1e-5)
        expect_equal(str(got.dtype), "float32", f"dtype of {name}")
    whole = Tensor([[1, 2], [3, 4]], dtype=np.int64)
    expect_equal(str((whole @ whole).dtype), "int64", "dtype of int64 @ int64")
    for left, right, says in [
        ((2, 3), (2, 5), ("(2, 3)", "(2, 5)", "3 and 2", "(3, 5)")),
        ((6, 2, 3), (6, 4, 5), ("(6, 2, 3)", "(6, 4, 5)", "3 and 4", "(6, 3, 5)")),
    ]:
        x, y = Tensor(np.zeros(left)), Tensor(np.zeros(right))
        expect_raises(ValueError, lambda x=x, y=y: x @ y, f"{left} @ {right}", says=says)


@checkpoint.check(points=4, needs="creation")
def test_reductions(rng):
    """Sums, means, variances and maxima along any axis"""
    from tinytorch.core.tensor import Tensor

    a = rng.normal(size=(2, 3, 4))
    x = Tensor(a)
    for dim in (None, 0, 1, -1, (0, 2)):
        for keepdim in (False, True):
            where = f"(dim={dim}, keepdim={keepdim})"
            expect_close(
                x.sum(dim, keepdim).data,
                a.sum(axis=dim, keepdims=keepdim),
                f"x.sum{where}",
                rtol=1e-4,
                atol=1e-5,
            )
            expect_close(
                x.mean(dim, keepdim).data,
                a.mean(axis=dim, keepdims=keepdim),
                f"x.mean{where}",
                rtol=1e-4,
                atol=1e-5,
            )
            expect_close(x.amax(dim, keepdim).data, a.max(axis=dim, keepdims=keepdim), f"x.amax{where}")
            variance = a.var(axis=dim, ddof=1, keepdims=keepdim)
            expect_close(x.var(dim, keepdim=keepdim).data, variance, f"x.var{where}", rtol=1e-3, atol=1e-5)
    expect_close(x.var(1, 0).data, a.var(axis=1), "x.var(dim=1, correction=0)", rtol=1e-3, atol=1e-5)
    for name, got in [("sum", x.sum(1)), ("mean", x.mean(1)), ("amax", x.amax(1)), ("argmax", x.argmax(1))]:
        expect_equal(got.shape, (2, 4), f"shape of x.{name}(1)", hint="without keepdim the axis disappears")
    expect_equal(x.sum().shape, (), "shape of x.sum()", hint="without keepdim the axes disappear")
    expect_equal(x.argmax(1, True).shape, (2, 1, 4), "shape of x.argmax(1, True)")
    expect_close(x.max().data, a.max(), "x.max()")
    values, indices = x.max(dim=1)
    expect_close(values.data, a.max(axis=1), "values of x.max(dim=1)")
    expect_equal(indices.tolist(), a.argmax(axis=1).tolist(), "indices of x.max(dim=1)")


@checkpoint.check(points=3, needs="creation")
def test_reshaping(rng):
    """New shapes keep the walk, transposes change it, and neither copies"""
    from tinytorch.core.tensor import Tensor

    a = rng.normal(size=(2, 3, 4)).astype(np.float32)
    x = Tensor(a)
    for name, got, want in [
        ("x.reshape(4, 6)", x.reshape(4, 6), a.reshape(4, 6)),
        ("x.reshape((6, -1))", x.reshape((6, -1)), a.reshape(6, 4)),
        ("x.reshape(8, -1)", x.reshape(8, -1), a.reshape(8, 3)),
        ("x.reshape(-1)", x.reshape(-1), a.reshape(-1)),
        ("x.transpose(0, 2)", x.transpose(0, 2), a.transpose(2, 1, 0)),
        ("x.transpose(-1, 1)", x.transpose(-1, 1), a.transpose(0, 2, 1)),
        ("x.permute(2, 0, 1)", x.permute(2, 0, 1), a.transpose(2, 0, 1)),
        ("x.T", x.T, a.T),
        ("x.unsqueeze(1)", x.unsqueeze(1), a[:, None]),
        ("x.flatten()", x.flatten(), a.reshape(24)),
        ("x.flatten(1)", x.flatten(1), a.reshape(2, 12)),
        ("x.flatten(0, 1)", x.flatten(0, 1), a.reshape(6, 4)),
    ]:
        expect_close(got.data, want, name)
        expect_true(np.shares_memory(got.data, x.data), name, "a view on the same memory", "a copy")
    for shape in [(5, 5), (2, 6), (-1, 5), (-1, -1), (25,)]:
        expect_raises(
            ValueError,
            lambda shape=shape: x.reshape(*shape),
            f"24 numbers into {shape}",
            says=("24", str(shape)),
        )
    empty = Tensor(np.zeros((0, 3)))
    expect_raises(ValueError, lambda: empty.reshape(0, -1), "0 numbers into (0, -1)", says=("0", "(0, -1)"))


@checkpoint.check(points=2, needs="creation")
def test_indexing(rng):
    """Ints, slices, masks and tensors pick the parts they name"""
    from tinytorch.core.tensor import Tensor

    a = rng.normal(size=(4, 5)).astype(np.float32)
    x = Tensor(a)
    rows = np.array([3, 0, 3])
    picked = Tensor(rows, dtype=np.int64)
    for name, got, want in [
        ("x[1]", x[1], a[1]),
        ("x[-1, 2]", x[-1, 2], a[-1, 2]),
        ("x[:, 1:4:2]", x[:, 1:4:2], a[:, 1:4:2]),
        ("x[..., None]", x[..., None], a[..., None]),
        ("x[int64 tensor]", x[picked], a[rows]),
        ("x[:, int64 tensor]", x[:, picked], a[:, rows]),
        ("x[bool tensor]", x[Tensor(a > 0, dtype=bool)], a[a > 0]),
    ]:
        expect_close(got.data, want, name)
    expect_raises(TypeError, lambda: x[Tensor([1.0])], "x[a float32 tensor]", says=("int64",))
    expect_raises(TypeError, lambda: x[0, Tensor([1.0])], "x[0, a float32 tensor]", says=("int64",))


@checkpoint.check(points=2, needs="creation")
def test_comparison(rng):
    """Comparisons answer for every number, truth only for one"""
    from tinytorch.core.tensor import Tensor, maximum, minimum, where

    a = rng.integers(-2, 3, size=8)
    b = rng.permutation(a)
    x, y = Tensor(a), Tensor(b)
    for sign, got, want in [
        ("x == y", x == y, a == b),
        ("x != y", x != y, a != b),
        ("x < y", x < y, a < b),
        ("x <= y", x <= y, a <= b),
        ("x > y", x > y, a > b),
        ("x >= 0", x >= 0, a >= 0),
    ]:
        expect_equal(got.tolist(), want.tolist(), sign)
        expect_equal(str(got.dtype), "bool", f"dtype of {sign}")
    expect_close(where(x > y, x, y).data, np.maximum(a, b), "where(x > y, x, y)")
    expect_close(maximum(x, y).data, np.maximum(a, b), "maximum(x, y)")
    expect_close(minimum(x, y).data, np.minimum(a, b), "minimum(x, y)")
    expect_equal(
        (bool(Tensor([[0.0]])), bool(Tensor(-1))), (False, True), "truth of Tensor([[0.]]) and Tensor(-1)"
    )
    for ambiguous in (x, Tensor(np.zeros((0, 3)))):
        expect_raises(
            ValueError,
            lambda t=ambiguous: bool(t),
            f"truth of shape {ambiguous.data.shape}",
            says=(str(ambiguous.data.shape),),
        )
    expect_equal(len({x, y, x}), 2, "how many tensors are in the set {x, y, x}")


@checkpoint.check(points=4, needs="creation")
def test_one_door(rng):
    """Every operation passes the one door, with its inputs and output"""
    from tinytorch.core import tensor as module
    from tinytorch.core.tensor import Tensor, apply

    class Listener:
        def __init__(self):
            self.heard = []

        def record(self, function, inputs, settings, output):
            self.heard.append((function, inputs, settings, output))

        def backward(self, output, gradient):
            self.asked = (output, gradient)

    class Kind(Tensor):
        """A class made from Tensor, as module 04 will make one."""

    x, listener = Tensor(rng.normal(size=(2, 3))), Listener()
    for name, kind, plain in [
        ("Kind(x) - x", lambda: Kind(x) - x, x - x),
        ("x @ Kind(x).T", lambda: x @ Kind(x).T, x @ x.T),
        ("Kind(x).sum(0)", lambda: Kind(x).sum(0), x.sum(0)),
        ("Tensor(Kind(x))", lambda: Tensor(Kind(x)), x),
    ]:
        hint = "ask isinstance(value, Tensor), which holds for every kind of Tensor"
        expect_close(kind().data, plain.data, f"{name} for a Kind(Tensor)", hint=hint)
    module.recorders.append(listener)
    try:
        for name, operation in [
            ("x + 1", lambda: x + 1),
            ("1 - x", lambda: 1 - x),
            ("x / x", lambda: x / x),
            ("x @ x.T", lambda: x @ x.data.T),
            ("x.sum(0)", lambda: x.sum(0)),
            ("x.mean()", lambda: x.mean()),
            ("x.amax(1)", lambda: x.amax(1)),
            ("x.reshape(6)", lambda: x.reshape(6)),
            ("x.transpose(0, 1)", lambda: x.transpose(0, 1)),
            ("x[0]", lambda: x[0]),
            ("x > 0", lambda: x > 0),
            ("x.exp()", lambda: x.exp()),
        ]:
            listener.heard.clear()
            output = operation()
            heard, hint = list(listener.heard), "compute through `apply`"
            expect_true(len(heard) > 0, f"operations heard during {name}", "at least one", 0, hint)
            for function, *_ in heard:
                expect_true(callable(function), f"the function heard during {name}", "a function", function)
            inputs = heard[0][1]
            from_x = any(value is x for value in inputs)
            expect_true(from_x, f"the first inputs heard during {name}", "x among them", inputs, hint)
            last = heard[-1][3]
            what = f"the last output heard during {name}"
            expect_true(last is output, what, "what the operation returned", last, hint)
        apply(np.sum, x, axis=0)
        expect_equal(listener.heard[-1][2], {"axis": 0}, "the settings heard during apply(np.sum, x, axis=0)")
        x.backward("slopes")
        asked = listener.asked[0] is x and listener.asked[1] == "slopes"
        expect_true(asked, 'what x.backward("slopes") asks the recorder', '(x, "slopes")', listener.asked)
    finally:
        module.recorders.remove(listener)
    expect_raises(
        RuntimeError, lambda: x.sum().backward(), "backward without a recorder", says=("09_autograd",)
    )


if __name__ == "__main__":
    checkpoint.main()
