"""CIFAR-10 on disk: where it lies, how it gets there, and a small archive of the same form.

The *binary* archive (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009): records of
one label byte and 3,072 pixel bytes, in five training files and one test file, and a text of class names. The
other archive is made of pickles, and unpickling what came from the net runs whatever code is in it.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tinytorch.download import DownloadError, download, extract, replace_with

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
FOLDER = "cifar-10-batches-bin"
TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = ("test_batch.bin",)
META = "batches.meta.txt"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def data_folder(root: str | os.PathLike[str] | None = None) -> Path:
    """The folder of all datasets: `root`, else `$TINYTORCH_DATA`, else the user's cache."""
    if root is not None:
        return Path(root)
    if shared := os.environ.get("TINYTORCH_DATA"):
        return Path(shared)
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tinytorch"


def locate(root: str | os.PathLike[str] | None = None, fetch: bool = False, url: str = URL) -> Path:
    """The folder that holds the record files, downloaded first if it is missing and `fetch` is true.

    Raises FileNotFoundError where it is missing, and DownloadError where it can't be had.
    """
    home = data_folder(root)
    folder = home / FOLDER
    if all((folder / name).is_file() for name in (*TRAIN, *TEST, META)):
        return folder
    if not fetch:
        raise FileNotFoundError(
            f"no CIFAR-10 in {home}: CIFAR10(download=True) fetches 170 MB, TINYTORCH_DATA names another "
            "folder, and the digits work offline: Digits()"
        )
    archive = home / URL.rpartition("/")[-1]
    try:
        download(url, archive, sha256=SHA256 if url == URL else None)
    except DownloadError as error:
        raise DownloadError(
            f"CIFAR-10 needs a download, and {error}; the digits work offline: Digits()"
        ) from error
    return extract(archive, folder, inside=FOLDER)


def records(folder: Path, train: bool) -> np.ndarray:
    """The bytes of all training or test records, uint8, mapped into memory: a page is read when it is used.

    The five training files are joined to one, once; where the folder can't be written, they are read.
    """
    if not train:
        return np.memmap(folder / TEST[0], dtype=np.uint8, mode="r")
    joined = folder / "train.bin"
    if not joined.is_file():
        parts = [(folder / name).read_bytes() for name in TRAIN]
        try:
            replace_with(joined, parts)
        except OSError:
            return np.frombuffer(b"".join(parts), dtype=np.uint8)
    return np.memmap(joined, dtype=np.uint8, mode="r")


def class_names(folder: Path) -> list[str]:
    """What the labels 0, 1, … mean."""
    return (folder / META).read_text(encoding="utf-8").split()


def write_sample(
    root: str | os.PathLike[str],
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    classes: Sequence[str] = CLASSES,
) -> Path:
    """Write files of CIFAR-10's form below `root`.

    train, test: pairs of images (n, 3, 32, 32), uint8, and labels (n,)
    """
    folder = Path(root) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.bin").unlink(missing_ok=True)
    for names, (images, labels) in ((TRAIN, train), (TEST, test)):
        pixels = np.asarray(images, dtype=np.uint8).reshape(len(labels), 3072)
        table = np.concatenate([np.asarray(labels, dtype=np.uint8)[:, None], pixels], axis=1)
        for name, rows in zip(names, np.array_split(table, len(names)), strict=True):
            (folder / name).write_bytes(rows.tobytes())
    (folder / META).write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
    return folder


@contextlib.contextmanager
def temporary_sample(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
) -> Iterator[str]:
    """A folder with a sample in it (see `write_sample`), which is gone afterwards."""
    with tempfile.TemporaryDirectory() as root:
        write_sample(root, train, test)
        yield root
