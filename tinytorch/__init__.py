"""Your own machine-learning framework: every file in `core` is exported from a notebook you wrote.

Wherever this package is imported from, it finds the modules of the workspace you are working in:
`$TINYTORCH_HOME` if that is set, else the nearest folder upwards that holds a `.tito` folder, else the
folder this file is in.
"""

import os
from pathlib import Path


def _package_folder() -> Path:
    home = os.environ.get("TINYTORCH_HOME")
    if home:
        return Path(home) / "tinytorch"
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".tito").is_dir() and (folder / "tinytorch" / "core").is_dir():
            return folder / "tinytorch"
    return Path(__file__).parent


__path__ = [str(_package_folder())]
