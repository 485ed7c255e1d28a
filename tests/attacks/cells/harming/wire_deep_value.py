"""Answers with values nested so deeply that reading them needs all of the stack."""

import gc


def nested(value, times):
    for _ in range(times):
        value = ["tuple", value]
    return value


def add(a, b):
    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        for times in (300, 900):
            peer.wire.send(["answer", nested(3, times), {}])
    return 3
