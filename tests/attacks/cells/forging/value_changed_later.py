"""Returns a list and goes on changing it from a thread and at every later call."""

import threading
import time

given = []


def add(a, b):
    def change():
        while True:
            given[:] = [3] if not given else []
            time.sleep(0.001)

    threading.Thread(target=change, daemon=True).start()
    return given


# %% total
def total(numbers):
    given.append(numbers)
    return given
