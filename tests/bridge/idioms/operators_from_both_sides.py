"""Operators from both sides"""

# %% student with tensors

# %% test
x = Tensor([1, 2])
assert (x + 1).data.tolist() == [2, 3]
assert (1 + x).data.tolist() == [2, 3]
assert (-x).data.tolist() == [-1, -2]
