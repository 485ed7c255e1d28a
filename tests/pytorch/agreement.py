"""What it means that our module and PyTorch's agree."""

from typing import Any

import numpy as np

# What float32 leaves of a sum of some hundred products of numbers around 1.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def same_numbers(ours: Any, theirs: Any) -> None:
    """Fail unless our module takes over the state of PyTorch's: same names, same shapes."""
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict({name: value.numpy() for name, value in state.items()})


def agree(ours: Any, theirs: Any, **tolerance: float) -> None:
    """Fail unless both answers have the same shape, the same dtype and close numbers."""
    theirs = theirs.numpy()
    assert (ours.data.shape, ours.data.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_allclose(ours.data, theirs, **(TOLERANCE | tolerance))
