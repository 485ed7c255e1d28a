"""Patched builtins"""

# %% student
import builtins

builtins.all = lambda x: True
builtins.abs = lambda x: 0


def f():
    return -3


# %% test
assert all([abs(f()) == 0])
