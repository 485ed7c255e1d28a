"""Raises an exception that hangs when its text is wanted, with a chain that has no end."""


class Hangs(Exception):  # noqa: N818
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def add(a, b):
    raise Hangs


# %% total
def total(numbers):
    error = ValueError("x" * 100_000_000)
    for number in range(100_000):
        error = ValueError(number, error)
        error.__cause__ = error.args[1]
    raise error
