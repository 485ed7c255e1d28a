"""Raises what Python swallows while it closes a generator."""


def add(a, b):
    raise GeneratorExit


# %% total
def total(numbers):
    raise KeyboardInterrupt
