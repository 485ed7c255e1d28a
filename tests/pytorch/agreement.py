"""What it means that our module and PyTorch's agree."""

from typing import Any

import numpy as np
import pytest

# What float32 leaves of a sum of some hundred products of numbers around 1.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def same_numbers(ours: Any, theirs: Any) -> None:
    """Fail unless our module takes over the state of PyTorch's: same names, same shapes."""
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict({name: value.numpy() for name, value in state.items()})


def begin_alike(ours: Any, theirs: Any, tolerance: float) -> None:
    """Fail unless both layers begin with weights and biases of one shape, one dtype, one range and spread.

    tolerance: how far apart, relatively, the largest number and the standard deviation may be.
    """
    for name in ("weight", "bias"):
        here, there = getattr(ours, name).data, getattr(theirs, name).numpy()
        assert (here.shape, here.dtype) == (there.shape, there.dtype)
        for measure in (np.max, np.std):
            assert measure(here) == pytest.approx(measure(there), rel=tolerance)


def agree(ours: Any, theirs: Any, **tolerance: float) -> None:
    """Fail unless both answers have the same shape, the same dtype and close numbers."""
    theirs = theirs.numpy()
    assert (ours.data.shape, ours.data.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_allclose(ours.data, theirs, **(TOLERANCE | tolerance))
