"""What a Python process reads besides its own files: the interpreter, libraries, fonts, a shell's tools."""

import os
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

# Never a whole /usr, /etc or /usr/local: courses, configuration and tokens live there too.
SYSTEM = (
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/zoneinfo",
    "/usr/share/terminfo",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@lru_cache(maxsize=1)
def python_needs() -> tuple[Path, ...]:
    """The paths that every student's process may read, as they are on this machine."""
    prefixes = (Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix))
    parts = [prefix / part for prefix in prefixes for part in ("bin", "lib", "lib64", "pyvenv.cfg")]
    packages = [Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    standard = Path(os.__file__).parent
    return with_targets([*map(Path, SYSTEM), *parts, *packages, standard, Path(sys.executable)])


def with_targets(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Those of `paths` that exist, and what they lead to through links, without what lies in another one."""
    found: dict[Path, None] = {}
    for path in paths:
        if os.access(path, os.F_OK):
            found.update(dict.fromkeys((Path(os.path.abspath(path)), path.resolve())))  # noqa: PTH100 - keeps links
    return tuple(path for path in found if found.keys().isdisjoint(path.parents))


def out_of_reach(paths: Iterable[Path], with_parents: bool) -> bool:
    """Whether file modes keep an account that owns nothing from one of `paths`.

    with_parents: or from a folder on the way to it.
    """
    for path in paths:
        mode = path.stat().st_mode
        if not mode & 0o004 or (path.is_dir() and not mode & 0o001):
            return True
        if with_parents and any(not parent.stat().st_mode & 0o001 for parent in path.parents):
            return True
    return False
