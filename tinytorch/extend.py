"""Growing a class over several notebook cells."""

from collections.abc import Callable
from typing import TypeVar

Method = TypeVar("Method", bound=Callable[..., object] | property)


def extend(cls: type) -> Callable[[Method], Method]:
    """Add the decorated function or property to `cls` under its own name, and return it.

    >>> class Point:
    ...     x = 3
    >>> @extend(Point)
    ... def double(self):
    ...     return 2 * self.x
    >>> Point().double()
    6
    """

    def add(method: Method) -> Method:
        function = method.fget if isinstance(method, property) else method
        setattr(cls, function.__name__, method)  # type: ignore[union-attr]
        return method

    return add
