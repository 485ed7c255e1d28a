"""Indexing and assignment"""

# %% student with tensors

# %% test
x = Tensor([[1, 2], [3, 4]])
assert x[0].data.tolist() == [1, 2]
assert x[:, 1].data.tolist() == [2, 4]
x[0, 0] = 9
assert x.data[0, 0] == 9
