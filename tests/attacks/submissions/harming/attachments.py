"""Hands in attachments and outputs that unpack to much more than they are."""

import base64
import zlib
from pathlib import Path

from tests.attack_corpus import lay

# A PNG's size is in its header: 60,000 x 60,000 points of nothing.
SIZE = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x06\x00\x00\x00"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + SIZE + zlib.crc32(SIZE).to_bytes(4, "big")
ENTITIES = "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)


def make(folder: Path, notebook: dict) -> None:
    files = {"image/png": base64.b64encode(PNG).decode(), "image/svg+xml": f"{ENTITIES}]><svg>&j;</svg>"}
    markdown = {"cell_type": "markdown", "metadata": {}, "source": "![](attachment:a.png)"}
    notebook["cells"] += [markdown | {"attachments": {f"{n}.png": files for n in ["a", *range(2000)]}}]
    lay(folder, notebook)
