"""Modules and their names"""

# %% student
import math
import numpy as np

# %% test
assert math.sqrt(4) == 2
assert np.ones(2).sum() == 2
