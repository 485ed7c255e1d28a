"""Pytest.raises"""


# %% student
def f():
    return {}["a"]


# %% test
import pytest

with pytest.raises(KeyError, match="a"):
    f()
