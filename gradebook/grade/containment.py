"""Choosing how student code is contained: as strongly as the machine proves it can, or not at all."""

from collections.abc import Collection

from gradebook.sandbox.proof import strongest_level
from gradebook.sandbox.walls import Layer, Level
from tito.errors import GraderFault


def choose_level(*, unsafe: bool = False, without: Collection[Layer] = frozenset()) -> Level:
    """The strongest level whose every canary held just now; `unsafe` allows that it is none.

    without: layers to treat as missing from this machine. Raises `GraderFault` where only `OPEN` is left.
    """
    proof = strongest_level(without)
    if proof.level is not Level.OPEN or unsafe:
        return proof.level
    reasons = "; ".join(str(reason) for reason in proof.reasons) or "no way to contain it is known here"
    raise GraderFault(
        f"Student code can't be contained on this machine, so nothing was graded: {reasons}",
        "grade on Linux, or in a virtual machine that runs it; `tito system doctor` shows what is missing. "
        "If you trust every submission: `tito course grade --unsafe`",
    )
