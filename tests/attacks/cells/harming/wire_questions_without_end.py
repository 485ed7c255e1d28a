"""Asks the verifier questions without end instead of answering."""

import gc


def add(a, b):
    peers = [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]
    while True:
        for peer in peers:
            peer.wire.send(["ask", ["op", "len", ["tuple", "abc"], ["tuple"]], {}])
            peer.wire.send(["show", "x" * 1000, {}])
