"""A truth value"""


# %% student
class L:
    def __bool__(self):
        return True


def f():
    return L()


# %% test
assert f()
