"""Returns an object that hangs when its text is wanted, and one whose text is a gigabyte."""


class Hangs:
    def __repr__(self):
        while True:
            pass

    __str__ = __format__ = __repr__


class Long:
    def __repr__(self):
        return "x" * (1 << 30)


def add(a, b):
    return Hangs()


# %% total
def total(numbers):
    return Long()
