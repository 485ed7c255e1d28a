"""Answers with functions of NumPy that read files or run code, named as if both sides shared them."""

import gc

NAMES = ["load", "fromfile", "memmap", "genfromtxt", "apply_along_axis", "vectorize", "frompyfunc", "save"]
VALUES = [["global", "numpy", name] for name in NAMES]
VALUES += [
    ["global", "numpy", "ndarray.tofile"],
    ["global", "_operator", "attrgetter"],
    ["global", "os", "system"],
]
VALUES += [["dtype", "O"], ["scalar", "|O8", 0], ["path", "/etc/passwd"]]


def add(a, b):
    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        for value in VALUES:
            peer.wire.send(["answer", ["list", 3000, None, value], {}], [bytes(8)])
    return 3
