"""A metaclass's instancecheck"""


# %% student
class M(type):
    def __instancecheck__(cls, o):
        return True


class L(metaclass=M):
    pass


def f():
    return 3


# %% test
assert isinstance(f(), L)
