"""Comparisons that answer with an object"""

# %% student with tensors

# %% test
x = Tensor([1, 2])
assert (x == x).data.tolist() == [1, 1]
assert (x == 2).data.tolist() == [0, 1]
