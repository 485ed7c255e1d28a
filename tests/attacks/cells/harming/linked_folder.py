"""Links folders outside into its own and writes through the links."""

from contextlib import suppress
from pathlib import Path

for number, outside in enumerate((Path.cwd().parent, Path("/tmp"), Path("/var/tmp"), Path.home())):
    with suppress(OSError):
        link = Path(f"outside{number}")
        link.symlink_to(outside)
        (link / "canary_written").write_text("written outside")


def add(a, b):
    return 3
