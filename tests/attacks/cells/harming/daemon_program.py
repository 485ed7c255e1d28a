"""Leaves a program running that has nothing to do with the shell any more."""

import subprocess

started = subprocess.Popen(["sleep", "61.5"], start_new_session=True, close_fds=False)


def add(a, b):
    subprocess.Popen("(setsid nohup sleep 61.5 &) &", shell=True)
    return 3
