"""Some of many, where all of them would take too long."""

import math
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def sample(items: Sequence[T], most: int | None) -> Sequence[T]:
    """At most so many of some items, evenly spread; all of them for None."""
    return items if most is None else items[:: max(1, math.ceil(len(items) / most))]
