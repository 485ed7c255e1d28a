"""Hands in files whose names hold newlines, control characters, quotes and bytes that are no text."""

import os
from pathlib import Path

from tests.attack_corpus import lay

NAMES = [
    "new\nline",
    "\x1b[2J",
    "-rf",
    "--help",
    "'; drop table",
    "$(id)",
    "`id`",
    "..\\x",
    "\u202etxt.exe",
    "a" * 255,
]


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    for name in [
        *NAMES,
        os.fsdecode(b"\xff\xfe"),
        "<img src=x onerror=alert(1)>",
        "%00",
        " ",
        "~",
        "CON",
        ".git",
    ]:
        (folder / name).write_text("canary")
