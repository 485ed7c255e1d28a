"""An __ne__"""


# %% student
class L:
    def __ne__(self, o):
        return False


def f():
    return L()


# %% test
assert not (f() != 3)
