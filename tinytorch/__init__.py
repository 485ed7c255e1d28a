"""Your own machine-learning framework: every file in `core` is exported from a notebook you wrote.

Wherever this package is imported from, it finds the modules of the workspace you are working in:
`$TINYTORCH_HOME` if that is set, else the nearest folder upwards that holds a `.tito` folder, else the
folder this file is in.
"""

import ctypes
import os
import sys
from pathlib import Path


def _keep_freed_memory() -> None:
    """Let the C library keep the memory of large arrays for the next ones (glibc; elsewhere nothing changes).

    By default it hands each block back to the system and asks for a new one, whose every page the processor
    then has to be given anew: half the time of a training step with convolutions. See mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        trim_threshold, mmap_threshold, never = -1, -3, -1
        mallopt(trim_threshold, never)
        # Some versions refuse more than 32 MB.
        mallopt(mmap_threshold, 1 << 30) or mallopt(mmap_threshold, 1 << 25)


def _package_folder() -> Path:
    home = os.environ.get("TINYTORCH_HOME")
    if home:
        return Path(home) / "tinytorch"
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".tito").is_dir() and (folder / "tinytorch" / "core").is_dir():
            return folder / "tinytorch"
    return Path(__file__).parent


_keep_freed_memory()
__path__ = [str(_package_folder())]
