"""Keyword and star arguments"""


# %% student
def f(*args, **named):
    return args, named


# %% test
assert f(1, 2, a=3) == ((1, 2), {"a": 3})
assert f(*[1], **{"b": 2}) == ((1,), {"b": 2})
