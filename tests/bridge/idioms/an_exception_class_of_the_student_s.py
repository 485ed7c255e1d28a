"""An exception class of the student's"""


# %% student
class ShapeError(ValueError):
    pass


def f():
    raise ShapeError("no")


# %% test
try:
    f()
except ShapeError as error:
    assert isinstance(error, ValueError) and str(error) == "no"
else:
    raise AssertionError
assert issubclass(ShapeError, ValueError)
