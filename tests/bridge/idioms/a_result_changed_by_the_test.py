"""A result changed by the test"""

# %% student
rows = [1, 2]


def f():
    return rows


# %% test
f().append(3)
assert f() == [1, 2, 3]
