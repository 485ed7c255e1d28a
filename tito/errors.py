"""What can go wrong for a user, each with the next command to type."""


class TitoError(Exception):
    """A fault the user can mend: what happened, and what to type next.

    `exit_code` is what the command line ends with: 2 for usage, 3 for a fault of ours.
    """

    exit_code = 2

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class GraderFault(TitoError):  # noqa: N818 - a fault of ours, told apart from users' errors
    """Our own machinery broke; no student pays for it."""

    exit_code = 3


def did_you_mean(word: str, known: list[str]) -> str:
    """A question naming the closest known word, or nothing.

    >>> did_you_mean("tensr", ["tensor", "setup"])
    'Did you mean `tensor`?'
    """
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean `{close[0]}`?" if close else ""
