"""Iteration, length and unpacking"""

# %% student with tensors

# %% test
x = Tensor([[1, 2], [3, 4]])
assert len(x) == 2
a, b = x
assert b.data.tolist() == [3, 4]
assert [r.data.sum() for r in x] == [3, 7]
