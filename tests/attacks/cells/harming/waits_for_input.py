"""Waits for input that never comes."""

import sys


def add(a, b):
    sys.stdin.read()
    return input("how much is it? ")
