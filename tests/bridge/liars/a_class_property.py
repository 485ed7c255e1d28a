"""A __class__ property"""


# %% student
class T:
    pass


class L:
    @property
    def __class__(self):
        return T


def f():
    return L()


# %% test
assert isinstance(f(), T)
