"""Hands in links beside the notebook: to secrets, to the root, to themselves and to nowhere."""

from pathlib import Path

from tests.attack_corpus import lay

TARGETS = ["/etc/shadow", "/", "..", "loop", "/proc/self/environ", "../../../gradebook.db", "nowhere"]


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    for number, target in enumerate(TARGETS):
        (folder / f"link{number}").symlink_to(target)
    (folder / "loop").symlink_to("loop")
    (folder / "data").mkdir()
    (folder / "data" / "deep").symlink_to(folder.parents[2])
