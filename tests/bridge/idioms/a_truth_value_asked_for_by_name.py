"""A truth value asked for by name"""

# %% student with tensors

# %% test
assert bool(Tensor([1, 1])) is True
assert bool(Tensor([0])) is False
