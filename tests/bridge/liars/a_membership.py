"""A membership"""


# %% student
class L:
    def __contains__(self, o):
        return True


def f():
    return L()


# %% test
assert 3 in f()
