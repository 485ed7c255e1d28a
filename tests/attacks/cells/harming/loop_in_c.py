"""Computes for years inside one C function, which no interrupt reaches."""


def add(a, b):
    return pow(7, 10**9) % 10**9
