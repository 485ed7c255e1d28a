"""Computes without end before anything is checked, and ignores every exception on the way."""


def add(a, b):
    return 3


while True:
    try:
        while True:
            pass
    except BaseException:  # noqa: BLE001 - that is the attack
        continue
