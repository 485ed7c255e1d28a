"""Closures and functions returned"""


# %% student
def f(n):
    return lambda x: x + n


# %% test
g = f(3)
assert g(4) == 7
assert callable(g)
