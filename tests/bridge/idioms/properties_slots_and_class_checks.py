"""Properties, slots and class checks"""


# %% student
class A:
    __slots__ = ("x",)

    def __init__(self):
        self.x = 1

    @property
    def y(self):
        return self.x + 1


# %% test
a = A()
a.x = 4
assert a.y == 5
