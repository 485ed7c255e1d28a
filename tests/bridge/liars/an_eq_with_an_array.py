"""An __eq__ with an array"""

# %% student
import numpy as np


class L:
    def __eq__(self, o):
        return np.ones(3, bool)


def f():
    return L()


# %% test
assert (f() == 3).all()
