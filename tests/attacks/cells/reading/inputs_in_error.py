"""Raises the inputs in the text, the name, the notes and the cause of an exception."""


def add(a, b):
    error = type(f"Seen_{a}_{b}", (ValueError,), {"seen": (a, b)})(f"seen {a} and {b}")
    error.add_note(f"seen {a} {b}")
    raise error from RuntimeError(a, b)


# %% total
def total(numbers):
    raise KeyError(numbers, "seen")
