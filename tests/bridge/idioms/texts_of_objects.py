"""Texts of objects"""

# %% student with tensors

# %% test
assert repr(Tensor([1.0])) == "Tensor([1.0])"
assert str(Tensor([1.0])) == "Tensor([1.0])"
assert f"{Tensor([1.0])}" == "Tensor([1.0])"
