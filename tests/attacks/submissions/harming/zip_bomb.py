"""Hands in a zip of zips beside the notebook: kilobytes that unpack to gigabytes."""

import io
import zipfile
from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    content = bytes(10_000_000)
    for _ in range(4):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"../../{number}.zip", content)
        content = packed.getvalue()
    (folder / "data.zip").write_bytes(content)
