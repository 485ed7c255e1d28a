"""Starts thousands of threads."""

import threading
import time


def add(a, b):
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
    return 3
