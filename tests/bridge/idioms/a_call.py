"""A call"""


# %% student
def f(a, b=2):
    return a * b


# %% test
assert f(3) == 6
assert f(3, b=4) == 12
