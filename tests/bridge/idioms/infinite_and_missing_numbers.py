"""Infinite and missing numbers"""


# %% student
def f(x):
    return x


# %% test
import math

assert f(float("inf")) == math.inf
assert math.isnan(f(float("nan")))
