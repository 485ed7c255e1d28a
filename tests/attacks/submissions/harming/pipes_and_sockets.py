"""Hands in pipes, a socket and a locked file beside the notebook."""

import os
import socket
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    os.mkfifo(folder / "data.csv")
    os.mkfifo(folder / "timestamp.fifo")
    with socket.socket(socket.AF_UNIX) as end:
        here = os.open(folder, os.O_RDONLY)
        end.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
