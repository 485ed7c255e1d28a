"""NumPy's functions on an object"""

# %% student with tensors

# %% test
import numpy as np

assert np.allclose(Tensor([1, 2]), [1, 2])
assert np.asarray(Tensor([1])).tolist() == [1]
assert float(Tensor(2.5)) == 2.5
