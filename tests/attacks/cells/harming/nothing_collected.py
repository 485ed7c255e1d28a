"""Turns the collector off and makes everything that crosses stay."""

import gc

gc.disable()
gc.freeze()
kept = []


def add(a, b):
    kept.append([object() for _ in range(100_000)])
    return kept
