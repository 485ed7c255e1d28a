"""Files from the net, whole or not at all: resumed, checked, unpacked safely, shared between processes.

Whatever has its final name is complete: work is done under another name, and a rename ends it. So a process
that is killed at any moment leaves nothing half-written, and the next one goes on where it was.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit

BLOCK = 1 << 18
ATTEMPTS = 4
MOST_BYTES, MOST_FILES = 2 << 30, 10_000

# Called with the bytes that are there and those there will be (None where the server doesn't say).
Progress = Callable[[int, int | None], object]


class DownloadError(OSError):
    """What was wanted from the net can't be had; the text says why."""


class ArchiveError(ValueError):
    """An archive that would write where it must not, or too much; nothing of it was kept."""


def download(
    url: str,
    target: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    md5: str | None = None,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> Path:
    """Fetch `url` to the file `target`, unless that is there, and return its path.

    What a broken connection left (`target.part`) is continued where server and checksum allow it. A second
    process that wants the same file waits for the first.
    Raises DownloadError where the server can't be reached or sends something else than the checksum says.
    """
    target = Path(target)
    digests = {name: value for name, value in (("sha256", sha256), ("md5", md5)) if value}
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target):
        if target.is_file() and not _difference(target, digests):
            return target
        part = Part(target)
        for attempt in range(ATTEMPTS):
            resumed = _fetch(url, part, progress or show_progress, timeout, bool(digests))
            difference = _difference(part.path, digests)
            if not difference:
                break
            part.discard()
            # NOTE: two halves of different files are our doing, and worth another try from the start.
            if not resumed or attempt == ATTEMPTS - 1:
                raise DownloadError(f"{url} is not the file it should be: {difference}")
        part.finish()
    return target


def extract(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    inside: str = "",
    most_bytes: int = MOST_BYTES,
    most_files: int = MOST_FILES,
) -> Path:
    """Unpack a tar archive as `folder`, unless that is there, and return its path.

    inside: unpack what lies below this folder of the archive, and leave the rest
    Raises ArchiveError for paths that lead elsewhere, for links and devices, for too many files or bytes, and
    for a broken archive; then there is no `folder`.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if folder.is_dir():
            return folder
        staging = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            _unpack(Path(archive), staging, inside, most_bytes, most_files)
            staging.rename(folder)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise ArchiveError(f"{archive} can't be unpacked: {error}") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def replace_with(target: Path, parts: Iterable[bytes]) -> None:
    """Write a file from its parts; it appears when it is complete, in place of one that was there."""
    staging = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with staging.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        staging.replace(target)
    finally:
        staging.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Let one process at a time make `target`; the system ends the lock of a process that dies."""
    with target.with_name(f"{target.name}.lock").open("ab") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                file.seek(0)
                with contextlib.suppress(OSError):
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def show_progress(done: int, total: int | None) -> None:
    """A line on stderr that counts megabytes, where a person looks at it: a terminal or a notebook."""
    step = (total or 100_000_000) / 100
    passed = done == total or int(done / step) > int((done - BLOCK) / step)
    if passed and (sys.stderr.isatty() or "ipykernel" in sys.modules):
        of = f" of {total / 1e6:.0f}" if total else ""
        end = "\n" if done == total else ""
        print(f"\r{done / 1e6:8.1f}{of} MB", end=end, file=sys.stderr, flush=True)


class Part:
    """A file on its way: `TARGET.part`, and beside it what the server called its version."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._facts = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """The bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self, url: str) -> str:
        """What the server called the version that was begun from this address, or nothing."""
        try:
            facts = json.loads(self._facts.read_text(encoding="utf-8"))
            return str(facts["version"]) if facts["url"] == url else ""
        except (OSError, ValueError, LookupError, TypeError):
            return ""

    def begin(self, url: str, version: str) -> None:
        """Forget what is there, and note what comes."""
        self.discard()
        self._facts.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def discard(self) -> None:
        """Remove all of it."""
        self.path.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give it its final name."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        self.path.replace(self.target)
        self._facts.unlink(missing_ok=True)


def _fetch(url: str, part: Part, progress: Progress, timeout: float, checked: bool) -> bool:
    """Bring the part to its full length, over as many connections as that takes; whether an old one was used.

    checked: a checksum will tell whether old and new bytes are of one file, so that no version is needed
    """
    resumed = False
    for attempt in range(ATTEMPTS):
        try:
            with _open(url, part, timeout, checked) as response:
                if response is None:
                    return True
                resumed |= response.status == 206
                _append(response, part, progress)
                return resumed
        except urllib.error.HTTPError as error:
            raise DownloadError(f"{urlsplit(url).hostname} answers {error.code} {error.reason}") from error
        except (OSError, HTTPException) as error:
            if attempt == ATTEMPTS - 1:
                reason = getattr(error, "reason", error)
                raise DownloadError(f"{urlsplit(url).hostname} can't be reached ({reason})") from error
            time.sleep(0.2 * attempt)
    raise AssertionError("unreachable")


@contextlib.contextmanager
def _open(url: str, part: Part, timeout: float, checked: bool) -> Iterator[HTTPResponse | None]:
    """The server's answer from where the part ends; None where the part is complete as it is."""
    version, have = part.version(url), part.size
    headers = {"User-Agent": "tinytorch", "Accept-Encoding": "identity"}
    if have and (version or checked):
        headers["Range"] = f"bytes={have}-"
        if version:
            headers["If-Range"] = version
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != 416 or "Range" not in headers:
            raise
        # What is there is all there is, or belongs to another file.
        if error.headers.get("Content-Range") == f"bytes */{have}":
            yield None
            return
        part.discard()
        response = urllib.request.urlopen(urllib.request.Request(url), timeout=timeout)
    with response:
        starts = f"bytes {have}-"
        if response.status != 206 or not response.headers.get("Content-Range", "").startswith(starts):
            if response.status == 206:
                part.discard()
                raise OSError("the server sends another part than was asked for")
            etag = response.headers.get("ETag", "")
            # A weak tag names what looks alike, not the same bytes: RFC 9110 forbids it here.
            strong = etag if not etag.startswith("W/") else ""
            part.begin(url, strong or response.headers.get("Last-Modified", ""))
        yield response


def _append(response: HTTPResponse, part: Part, progress: Progress) -> None:
    """Write what comes behind the part. Raises OSError where the connection ends too early."""
    length = response.headers.get("Content-Length")
    total = part.size + int(length) if length and length.isdigit() else None
    with part.path.open("ab") as file:
        while block := response.read(BLOCK):
            file.write(block)
            progress(file.tell(), total)
    if total is not None and part.size != total:
        raise OSError(f"the connection ended after {part.size} of {total} bytes")


def _difference(path: Path, digests: dict[str, str]) -> str:
    """How a file differs from its checksums, in words; nothing where it has them all."""
    for name, expected in digests.items():
        with path.open("rb") as file:
            found = hashlib.file_digest(file, name).hexdigest()
        if found != expected.lower():
            return f"{name} is {found} instead of {expected}"
    return ""


def _unpack(archive: Path, folder: Path, inside: str, most_bytes: int, most_files: int) -> None:
    """Write the files of an archive into an empty folder, each looked at before."""
    room = most_bytes
    with tarfile.open(archive) as tar:
        for count, member in enumerate(tar, start=1):
            if count > most_files:
                raise ArchiveError(f"{archive} holds more than {most_files} files")
            path = _path_of(member)
            if inside:
                if not path.is_relative_to(inside):
                    continue
                path = path.relative_to(inside)
            target = folder / path
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            room -= member.size
            if room < 0:
                raise ArchiveError(f"{archive} unpacks to more than {most_bytes / 1e6:.0f} MB")
            _copy(tar, member, target)


def _path_of(member: tarfile.TarInfo) -> PurePosixPath:
    """Where a member wants to be, which has to be below the folder it is unpacked in."""
    name, path = member.name, PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive or "\\" in name:
        raise ArchiveError(f"{name!r} leads out of the archive's folder")
    if not (member.isfile() or member.isdir()):
        raise ArchiveError(f"{name!r} is neither a file nor a folder")
    return path


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one file, whose size has been allowed for, with none of the rights its author asked for."""
    # Python's own judgement too, where it has one (3.11.4): it knows of tricks that we may not.
    if hasattr(tarfile, "data_filter"):
        tarfile.data_filter(member, str(target.parent))
    source = tar.extractfile(member)
    if source is None:
        raise ArchiveError(f"{member.name!r} has no content")
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())
