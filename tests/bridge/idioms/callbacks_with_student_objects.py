"""Callbacks with student objects"""

# %% student with tensors

# %% test
x = Tensor([1, 2]).apply_(lambda data: data * 3)
assert x.data.tolist() == [3, 6]
