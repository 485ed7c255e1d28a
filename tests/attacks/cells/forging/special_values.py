"""Returns the values that Python's operators and frameworks treat specially."""


def add(a, b):
    return NotImplemented


# %% total
def total(numbers):
    return ...
