"""Exceptions with their type"""


# %% student
def f(x):
    raise ValueError(f"bad {x}")


# %% test
try:
    f(3)
except ValueError as error:
    assert str(error) == "bad 3"
else:
    raise AssertionError
