"""Searches with a regular expression that needs exponential time."""

import re


def add(a, b):
    return re.match(r"(a+)+$", "a" * 60 + "b")
