"""Makes folders so deep that no path can name them, for whoever cleans up."""

import os
from contextlib import suppress
from pathlib import Path

start = Path.cwd()
with suppress(OSError):
    for _ in range(2000):
        Path("canary_folder").mkdir()
        os.chdir("canary_folder")
os.chdir(start)


def add(a, b):
    return 3
