"""Returns an integer of ten million digits, and a list of ten million items."""


def add(a, b):
    return 1 << 30_000_000


# %% total
def total(numbers):
    return [0] * 10_000_000
