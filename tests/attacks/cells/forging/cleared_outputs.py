"""Clears the outputs of the graded cell and updates the display of an earlier one with points."""

import atexit

from IPython.display import clear_output, display, update_display

display("0 points", display_id="points")
atexit.register(clear_output)


def add(a, b):
    clear_output(wait=True)
    update_display("20 points", display_id="points")
    return 3
