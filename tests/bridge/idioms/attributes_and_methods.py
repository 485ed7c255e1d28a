"""Attributes and methods"""

# %% student with tensors

# %% test
import numpy as np

x = Tensor([[1, 2], [3, 4]])
assert x.shape == (2, 2)
assert x.data.dtype == np.float32
assert np.allclose(x.T.data, [[1, 3], [2, 4]])
