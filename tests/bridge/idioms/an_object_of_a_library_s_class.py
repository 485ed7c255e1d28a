"""An object of a library's class"""

# %% student
import numpy as np

kept = np.random.default_rng(3)


def f():
    return kept


# %% test
import numpy as np

assert isinstance(f(), np.random.Generator)
assert f().random() == np.random.default_rng(3).random()
