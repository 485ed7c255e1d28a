"""A reflected comparison"""


# %% student
class L:
    def __eq__(self, o):
        return True


def f():
    return L()


# %% test
assert 3 == f()
