"""Attributes set by the test"""

# %% student with tensors

# %% test
layer = Linear(2, 1)
layer.weight.data = layer.weight.data * 3
assert layer(Tensor([[1, 1]])).data.tolist() == [[6]]
layer.extra = 5
assert layer.extra == 5 and hasattr(layer, "extra") and not hasattr(layer, "other")
