"""Identity"""

# %% student
kept = []


def f():
    return kept


# %% test
assert f() is f()
