"""Named tuples, dataclasses and enums"""

# %% student
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum

P = namedtuple("P", "x y")


@dataclass
class D:
    a: int
    b: str = "z"


class C(Enum):
    RED = 1


# %% test
p = P(1, 2)
assert p.x == 1 and tuple(p) == (1, 2) and p == (1, 2)
assert D(1).a == 1 and D(1, "q").b == "q"
assert C.RED.value == 1 and C(1) is C.RED
