"""Arrays of every kind"""


# %% student
def f(x):
    return x


# %% test
import numpy as np

for v in [
    np.arange(3),
    np.ones((2, 0)),
    np.array(5.0),
    np.array(["a"]),
    np.array([True]),
    np.arange(6).reshape(2, 3).T,
    np.arange(8)[::2],
]:
    got = f(v)
    assert type(got) is np.ndarray and got.dtype == v.dtype and got.tolist() == v.tolist()
