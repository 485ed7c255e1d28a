"""An __lt__"""


# %% student
class L:
    def __lt__(self, o):
        return True

    __gt__ = __lt__


def f():
    return L()


# %% test
assert f() < 3
