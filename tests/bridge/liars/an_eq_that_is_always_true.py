"""An __eq__ that is always true"""


# %% student
class L:
    def __eq__(self, o):
        return True


def f():
    return L()


# %% test
assert f() == 3
