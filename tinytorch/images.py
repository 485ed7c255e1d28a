"""Real images on every machine: the digits and photographs that scikit-learn brings with it.

They are read from its files, for importing scikit-learn takes longer than most cells of a notebook.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1,797 handwritten digits: images (1797, 8, 8), float32 from 0 to 1, and what they show (1797,), int64.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998 (its test set).
    """
    table = np.loadtxt(_bundled("data", "digits.csv.gz"), delimiter=",", dtype=np.float32)
    return table[:, :-1].reshape(-1, 8, 8) / 16, table[:, -1].astype(np.int64)


def photograph(name: str) -> np.ndarray:
    """The photograph "china" or "flower": (427, 640, 3), float32 from 0 to 1.

    Raises ValueError for another name.
    """
    if name not in ("china", "flower"):
        raise ValueError(f'no photograph {name!r}: there are "china" and "flower"')
    with Image.open(_bundled("images", f"{name}.jpg")) as image:
        return np.asarray(image, dtype=np.float32) / 255


def _bundled(*path: str) -> Path:
    """A file that scikit-learn's package holds."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("scikit-learn is missing: `pip install scikit-learn`", name="sklearn")
    return Path(package.origin).parent.joinpath("datasets", *path)
