"""Asks the verifier to call builtin types and functions for it."""

import gc
from contextlib import suppress

NAMES = ["type", "object", "eval", "exec", "open", "__import__", "getattr", "sum", "sorted", "map", "super"]


def add(a, b):
    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        for name in NAMES:
            question = ["call", ["global", "builtins", name], ["tuple", "canary"], ["tuple"]]
            with suppress(Exception):
                peer._send("ask", peer._begin(), question, None)
                print(name, peer._listen(None))
    return 3
