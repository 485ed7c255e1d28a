"""Callbacks"""


# %% student
def f(g, xs):
    return [g(x) for x in xs]


# %% test
heard = []


def g(x):
    heard.append(x)
    return x * 2


assert f(g, [1, 2]) == [2, 4]
assert heard == [1, 2]
