"""An exception of the test's passes through"""


# %% student
def f(g):
    try:
        return g()
    except KeyError:
        return "caught"


# %% test
class Own(Exception):
    pass


def missing():
    raise KeyError


def own():
    raise Own("x")


assert f(missing) == "caught"
try:
    f(own)
except Own as error:
    assert error.args == ("x",)
else:
    raise AssertionError
