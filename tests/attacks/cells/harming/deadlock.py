"""Waits for a lock that it holds, and for a thread that waits for it."""

import threading

lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire, daemon=False).start()


def add(a, b):
    lock.acquire()
    return 3
