"""Random numbers of the test's"""


# %% student
def f(rng):
    return rng.normal(size=3)


# %% test
import numpy as np

a, b = np.random.default_rng(1), np.random.default_rng(1)
assert f(a).tolist() == b.normal(size=3).tolist()
