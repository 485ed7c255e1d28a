"""Keeps a thread and a process that print the inputs while later cells run."""

import os
import threading
import time


def add(a, b):
    def tell():
        for _ in range(50):
            time.sleep(0.1)
            print("seen", a, b, flush=True)

    threading.Thread(target=tell, daemon=True).start()
    if os.fork() == 0:
        os.setsid()
        tell()
        os._exit(0)
    return 3


# %% last
time.sleep(1)
