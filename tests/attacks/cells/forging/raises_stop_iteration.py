"""Raises what ends a loop or a `map` of asserts without a failure."""


def add(a, b):
    raise StopIteration("12")


# %% total
def total(numbers):
    raise StopAsyncIteration
