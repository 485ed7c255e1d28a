"""Warns, logs and traces with the inputs in the text."""

import logging
import sys
import warnings


def add(a, b):
    warnings.warn(f"seen {a} {b}", stacklevel=2)
    logging.getLogger().error("seen %s %s", a, b)
    sys.unraisablehook = sys.excepthook = lambda *_: print("seen", a, b)
    sys.audit(f"seen {a} {b}")
    return 3
