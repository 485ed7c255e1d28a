"""An argument that must not change"""


# %% student
def f(x):
    return sorted(x)


# %% test
a = [3, 1]
assert f(a) == [1, 3]
assert a == [3, 1]
