"""A nested argument changed in place"""


# %% student
def f(x):
    x["rows"][0].append(1)


# %% test
a = {"rows": [[]]}
f(a)
assert a == {"rows": [[1]]}
