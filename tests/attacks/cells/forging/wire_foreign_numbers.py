"""Answers with object numbers that are the verifier's own, negative or of another kind."""

import gc
import os
from contextlib import suppress

VALUES = [["yours", 1], ["yours", -1], ["mine", 1, -1], ["class", -2], ["shared", 1], ["view", 1, 0]]
VALUES += [["mine", "1", None], ["yours", True], ["yours", 1 << 70], ["yours", 1.5], ["error", 1, "int"]]
turn = iter(VALUES * 9)


def add(a, b):
    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        with suppress(Exception):
            peer.wire.send(["answer", VALUES[os.getpid() % len(VALUES)], {}])
            peer.wire.send(["answer", next(turn), {}])
    return 3
