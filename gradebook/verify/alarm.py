"""A limit on the test itself: what student code returns can keep a loop of the test going for ever."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tito.expect import StudentCodeStopped

# The student's code has a limit of its own, which tells more where it is reached first.
MARGIN = 1.0


class OverdueTest(StudentCodeStopped):
    """A test does not come to an end."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `OverdueTest` after `seconds`; inside another limit, that one's clock stands still meanwhile."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OverdueTest("the test did not finish with what your code returned")

    before = signal.signal(signal.SIGALRM, stop)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds + MARGIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, outer)
        signal.signal(signal.SIGALRM, before)
