"""Hands in a tar with paths outside, links, devices and a file of a terabyte."""

import tarfile
from pathlib import Path

from tests.attack_corpus import lay

MEMBERS = [("../../../canary", tarfile.AREGTYPE), ("/tmp/canary", tarfile.LNKTYPE), ("a", tarfile.SYMTYPE)]


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    with tarfile.open(folder / "data.tar.gz", "w:gz") as archive:
        for name, kind in [*MEMBERS, ("pipe", tarfile.FIFOTYPE), ("device", tarfile.CHRTYPE)]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/shadow"
            archive.addfile(member)
        large = tarfile.TarInfo("large")
        large.size = 1 << 40
        archive.fileobj.write(large.tobuf())
