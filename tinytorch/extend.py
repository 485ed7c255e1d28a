"""Growing a class over several notebook cells."""

from collections.abc import Callable
from types import FunctionType

# What every class body holds without its author writing it.
_AUTOMATIC = {*vars(type("_", (), {})), "__static_attributes__", "__firstlineno__", "__annotations__"}


def extend(cls: type) -> Callable[[type], type]:
    """Move what the decorated class body defines into `cls`, and return `cls`.

    The body's own name is a heading for the reader. Its methods become methods of `cls` itself, so
    there is no inheritance and `super()` has no meaning in them.

    >>> class Point:
    ...     x = 3
    >>> @extend(Point)
    ... class Arithmetic:
    ...     def double(self):
    ...         return 2 * self.x
    >>> Point().double()
    6
    """

    def move(body: type) -> type:
        for name, member in vars(body).items():
            # NOTE: Python sets `__hash__ = None` in a body that defines `__eq__`; nobody asked for it here.
            if name in _AUTOMATIC or (name == "__hash__" and member is None):
                continue
            for function in (member, getattr(member, "fget", None)):
                if isinstance(function, FunctionType):
                    function.__qualname__ = f"{cls.__qualname__}.{name}"
            setattr(cls, name, member)
        return cls

    return move
