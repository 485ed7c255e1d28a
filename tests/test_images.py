"""The given images are scikit-learn's own."""

import numpy as np
import pytest
from sklearn import datasets

from tinytorch.images import digits, photograph


def test_digits_are_those_of_scikit_learn():
    images, labels = digits()

    bundle = datasets.load_digits()
    np.testing.assert_array_equal(images * 16, bundle.images)
    np.testing.assert_array_equal(labels, bundle.target)
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)


@pytest.mark.parametrize("name", ["china", "flower"])
def test_photographs_are_those_of_scikit_learn(name):
    image = photograph(name)

    np.testing.assert_array_equal(np.rint(image * 255), datasets.load_sample_image(f"{name}.jpg"))
    assert (image.shape, image.dtype) == ((427, 640, 3), np.float32)


def test_unknown_photograph_names_those_there_are():
    with pytest.raises(ValueError, match="china"):
        photograph("cat")
