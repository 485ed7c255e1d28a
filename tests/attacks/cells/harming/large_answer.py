"""Returns two gigabytes."""


def add(a, b):
    return b"x" * (2 << 30)


# %% total
def total(numbers):
    import numpy as np

    return np.zeros(1 << 28)
