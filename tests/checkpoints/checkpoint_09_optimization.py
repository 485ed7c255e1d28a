"""Can I optimize a model's parameters?"""

from tito.checks import Checkpoint, expect_close

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=40)
def test_sgd(rng):
    """SGD on a quadratic is a power of a matrix"""
    from tinytorch.core.optimizers import SGD
    from tinytorch.core.tensor import Tensor

    w = Tensor([1.0])
    w.grad = Tensor([1.0])
    SGD([w], lr=0.5).step()
    expect_close(w.data, [0.5], "w")


if __name__ == "__main__":
    checkpoint.main()
