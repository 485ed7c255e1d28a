"""Copies"""

# %% student with tensors

# %% test
import copy

x = Tensor([1])
y = copy.deepcopy(x)
y.data[0] = 5
assert x.data[0] == 1 and type(y) is Tensor
