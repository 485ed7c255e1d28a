"""Prints without end."""


def add(a, b):
    for _ in range(200_000):
        print("x" * 10_000)
    return 3
