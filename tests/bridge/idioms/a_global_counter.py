"""A global counter"""

# %% student
n = 0


def f():
    global n
    n += 1
    return n


# %% test
assert [f(), f()] == [1, 2]
