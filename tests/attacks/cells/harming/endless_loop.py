"""Computes without end."""


def add(a, b):
    while True:
        pass
