"""A view shares memory, a copy does not"""


# %% student with tensors
def view(a):
    return a[1:]


def copy(a):
    return a[1:].copy()


# %% test
import numpy as np

a = np.arange(4)
assert np.shares_memory(view(a), a) and not np.shares_memory(copy(a), a)
view(a)[0] = 7
assert a[1] == 7
x = Tensor([[1, 2], [3, 4]])
assert np.shares_memory(x.T.data, x.data)
