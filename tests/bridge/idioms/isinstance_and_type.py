"""Isinstance and type"""

# %% student with tensors

# %% test
x = Tensor([1])
assert isinstance(x, Tensor) and type(x) is Tensor
assert type(x).__name__ == "Tensor"
assert isinstance(Linear(1, 1), Module) and issubclass(Linear, Module)
assert not isinstance(1, Tensor)
