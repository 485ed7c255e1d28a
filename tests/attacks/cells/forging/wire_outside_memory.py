"""Answers with an array whose shape, strides and offset reach beyond its memory."""

import gc

FORMS = [
    ["<i8", [1 << 40], [8], 0, True],
    ["<i8", [4], [-8], 0, True],
    ["<i8", [4], [0], -4096, True],
    ["|O", [1], [8], 0, True],
    ["<i8", [1 << 62, 1 << 62], [0, 0], 0, True],
]


def add(a, b):
    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        for number, form in enumerate(FORMS):
            peer.wire.send(["answer", ["array", [2 * number + 2000, 0], 0, *form], {}], [bytes(8)])
    return 3
