"""Returns iterators and sequences that never end."""

import itertools


class Endless:
    def __getitem__(self, index):
        return self

    def __len__(self):
        return 1 << 60


def add(a, b):
    return itertools.repeat(3)


# %% total
def total(numbers):
    return Endless()
