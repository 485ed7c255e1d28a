"""Raises exceptions whose class has the name of another, or no usable class at all."""


class Meta(type):
    def __instancecheck__(cls, other):
        return True

    __subclasscheck__ = __instancecheck__


class Passed(BaseException, metaclass=Meta):
    __module__ = "builtins"
    args = property(lambda self: 1 / 0)

    def __str__(self):
        raise self


Passed.__name__ = Passed.__qualname__ = "Ended"


def add(a, b):
    raise Passed


# %% total
def total(numbers):
    raise BaseExceptionGroup("", [AssertionError(), SystemExit(0)])
