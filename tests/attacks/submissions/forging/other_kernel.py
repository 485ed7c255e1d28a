"""Names another kernel, one whose command is its own, and lays it beside the notebook."""

import json
from pathlib import Path

from tests.attack_corpus import lay

ARGV = ["sh", "-c", "touch /tmp/canary_kernel; echo 20.0"]


def make(folder: Path, notebook: dict) -> None:
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ARGV, "display_name": "x", "language": "python"}))
    notebook["metadata"]["kernelspec"] = {
        "name": "../../kernels/python3",
        "display_name": "x",
        "language": "bash",
    }
    lay(folder, notebook)
