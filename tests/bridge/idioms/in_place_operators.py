"""In-place operators"""

# %% student with tensors

# %% test
x = Tensor([1, 2])
y = x
x += 1
assert y is x and y.data.tolist() == [2, 3]
