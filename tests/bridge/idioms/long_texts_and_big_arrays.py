"""Long texts and big arrays"""


# %% student
def f(x):
    return x + x


# %% test
import numpy as np

assert f("é" * 100_000) == "é" * 200_000
big = np.ones(500_000)
assert f(big).sum() == 1_000_000
