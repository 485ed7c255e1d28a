"""An array function"""

# %% student
import numpy as np


class L:
    def __array_function__(self, *a):
        return True

    def __array__(self, dtype=None, copy=None):
        return np.zeros(3)


def f():
    return L()


# %% test
import numpy as np

assert np.allclose(f(), 1)
