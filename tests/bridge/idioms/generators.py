"""Generators"""


# %% student
def f(n):
    for i in range(n):
        yield i * i


# %% test
assert list(f(3)) == [0, 1, 4]
assert sum(f(4)) == 14
assert next(f(2)) == 0
assert dict(zip("ab", f(2))) == {"a": 0, "b": 1}
