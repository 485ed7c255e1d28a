"""An argument changed in place"""


# %% student
def f(x):
    x.append(3)


def g(x):
    x[0] = 9


def h(x):
    x["a"] = 1


# %% test
import numpy as np

a = [1]
f(a)
assert a == [1, 3]
b = np.zeros(2)
g(b)
assert b.tolist() == [9, 0]
c = {}
h(c)
assert c == {"a": 1}
