"""A hash"""


# %% student
class L:
    def __hash__(self):
        return hash(3)

    def __eq__(self, o):
        return True


def f():
    return L()


# %% test
assert f() in {3}
