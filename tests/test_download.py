"""Files from the net come whole or not at all, and archives stay where they are unpacked."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from tinytorch import cifar
from tinytorch.download import ArchiveError, DownloadError, download, extract

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Shelf(ThreadingHTTPServer):
    """A web server with one file, whose habits a test may change.

    cut: send so many bytes of an answer's body, then hang up, once for each number; etag: what it calls the
    version; ranges: whether it answers a Range; asked: the headers of all requests; slow: seconds a block
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content, self.etag, self.ranges, self.slow = CONTENT, '"one"', True, 0.0
        self.cut: list[int] = []
        self.asked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Answer(BaseHTTPRequestHandler):
    """One request to a `Shelf`."""

    server: Shelf

    def do_GET(self) -> None:
        shelf = self.server
        shelf.asked.append(dict(self.headers))
        start, size = self._start(), len(shelf.content)
        if start is not None and start >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = shelf.content[start or 0 :]
        self.send_response(200 if start is None else 206)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(len(body)))
        if shelf.etag:
            self.send_header("ETag", shelf.etag)
        self.end_headers()
        body = body[: shelf.cut.pop(0)] if shelf.cut else body
        for at in range(0, len(body), 1 << 16):
            time.sleep(shelf.slow)
            self.wfile.write(body[at : at + (1 << 16)])

    def _start(self) -> int | None:
        wanted, version = self.headers.get("Range"), self.headers.get("If-Range")
        if not self.server.ranges or not wanted or (version and version != self.server.etag):
            return None
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    server = Shelf()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "file.bin"


def left_over(target: Path) -> set[str]:
    """The files beside a target, but for its lock, which is empty and stays."""
    return {path.name for path in target.parent.iterdir()} - {target.name, f"{target.name}.lock"}


def test_a_file_comes_whole_with_its_progress_told(shelf, target):
    told = []

    assert download(shelf.url, target, sha256=SHA256, progress=lambda *counts: told.append(counts)) == target

    assert target.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert left_over(target) == set()


def test_a_person_at_a_terminal_or_a_notebook_sees_the_megabytes(shelf, target, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    download(shelf.url, target)
    shown = capsys.readouterr().err

    assert shown.endswith("1.0 of 1 MB\n")
    monkeypatch.delitem(sys.modules, "ipykernel")
    download(shelf.url, target.with_name("another"))
    assert capsys.readouterr().err == ""


def test_a_file_that_is_there_is_not_asked_for(shelf, target):
    download(shelf.url, target, sha256=SHA256)
    download(shelf.url, target, sha256=SHA256)

    assert len(shelf.asked) == 1


def test_a_damaged_file_is_fetched_again(shelf, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT[:-1])

    download(shelf.url, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT


def test_a_broken_connection_is_taken_up_where_it_broke(shelf, target):
    shelf.cut = [300_000, 200_000]

    download(shelf.url, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    starts = [asked.get("Range") for asked in shelf.asked]
    assert starts == [None, "bytes=300000-", "bytes=500000-"]


def test_what_an_earlier_run_left_is_continued(shelf, target):
    shelf.cut = [100_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="can't be reached"):
        download(shelf.url, target, sha256=SHA256)
    assert not target.exists()

    download(shelf.url, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    assert shelf.asked[-1]["Range"] == "bytes=100000-"


def test_a_server_that_ignores_ranges_begins_anew(shelf, target):
    shelf.cut, shelf.ranges = [300_000], False

    download(shelf.url, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("etag", ['"one"', ""])
def test_a_file_that_changed_meanwhile_is_not_glued_to_its_old_half(shelf, target, etag):
    shelf.cut, shelf.etag = [300_000, 0, 0, 0], etag
    with pytest.raises(DownloadError):
        download(shelf.url, target)
    shelf.content = CONTENT[::-1]
    shelf.etag = '"two"' if etag else ""

    download(shelf.url, target)

    assert target.read_bytes() == CONTENT[::-1]


def test_without_a_version_the_checksum_finds_two_glued_halves_and_begins_anew(shelf, target):
    shelf.cut, shelf.etag = [300_000, 0, 0, 0], ""
    changed = CONTENT[::-1]
    wanted = hashlib.sha256(changed).hexdigest()
    with pytest.raises(DownloadError):
        download(shelf.url, target, sha256=wanted)
    shelf.content = changed

    download(shelf.url, target, sha256=wanted)

    assert target.read_bytes() == changed


@pytest.mark.parametrize("rest", [b"", b"more than there is"])
def test_a_part_as_long_as_the_file_or_longer_is_no_trouble(shelf, target, rest):
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(CONTENT + rest)

    download(shelf.url, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    assert left_over(target) == set()


@pytest.mark.parametrize("name", ["sha256", "md5"])
def test_another_file_than_the_checksum_says_is_refused_and_removed(shelf, target, name):
    wrong = hashlib.new(name, b"something else").hexdigest()

    with pytest.raises(DownloadError, match=wrong):
        download(shelf.url, target, **{name: wrong})

    assert not target.exists()
    assert left_over(target) == set()


def test_an_error_of_the_server_is_told_at_once(shelf, target):
    with pytest.raises(DownloadError, match="answers 501"):
        Answer.do_GET, kept = lambda self: self.send_error(501), Answer.do_GET
        try:
            download(shelf.url, target)
        finally:
            Answer.do_GET = kept


def test_without_a_network_the_host_and_the_offline_way_are_named(tmp_path):
    with pytest.raises(
        DownloadError, match=r"needs a download, and no\.invalid can't be reached.*Digits\(\)"
    ):
        cifar.locate(tmp_path, fetch=True, url="http://no.invalid/cifar-10-binary.tar.gz")


def python(code: str, *arguments: object) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TINYTORCH_HOME": str(REPOSITORY)}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], env=environment)


FETCH = """
import sys
from tinytorch.download import download

download(sys.argv[1], sys.argv[2], sha256=sys.argv[3])
"""


def test_two_processes_fetch_a_shared_file_once(shelf, target):
    shelf.slow = 0.02
    target.parent.mkdir()

    both = [python(FETCH, shelf.url, target, SHA256) for _ in range(2)]

    assert [process.wait(30) for process in both] == [0, 0]
    assert target.read_bytes() == CONTENT
    assert len(shelf.asked) == 1


def test_a_killed_process_leaves_nothing_that_looks_whole_and_is_continued(shelf, target):
    shelf.slow = 0.05
    process = python(FETCH, shelf.url, target, SHA256)
    part = target.with_name("file.bin.part")
    until(lambda: part.is_file() and part.stat().st_size > 200_000)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert not target.exists()
    kept = part.stat().st_size

    shelf.slow = 0
    download(shelf.url, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    assert shelf.asked[-1]["Range"] == f"bytes={kept}-"


def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


# ── Archives ──────────────────────────────────────────────────────────────────────────────────────


def archive_of(path: Path, *members: tuple[tarfile.TarInfo | str, bytes]) -> Path:
    """A .tar.gz of files, or of whatever a TarInfo says."""
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            if info.isfile() and not info.size:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def odd(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_an_archive_is_unpacked_below_the_folder_of_its_name(tmp_path):
    archive = archive_of(
        tmp_path / "a.tar.gz", ("top/one.bin", b"1"), ("top/deep/two.bin", b"22"), ("other", b"3")
    )

    folder = extract(archive, tmp_path / "data" / "top", inside="top")

    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"one.bin": b"1", "deep/two.bin": b"22"}
    assert left_over(folder) == set()


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("/tmp/evil"),
        tarfile.TarInfo("../evil"),
        tarfile.TarInfo("top/../../evil"),
        tarfile.TarInfo("C:/evil"),
        tarfile.TarInfo("..\\evil"),
        odd("link", tarfile.SYMTYPE, "/etc/passwd"),
        odd("hard", tarfile.LNKTYPE, "/etc/passwd"),
        odd("device", tarfile.CHRTYPE),
        odd("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda member: member.name,
)
def test_an_archive_that_leads_elsewhere_leaves_nothing(tmp_path, member):
    archive = archive_of(tmp_path / "a.tar.gz", ("good", b"1"), (member, b""))

    with pytest.raises(ArchiveError):
        extract(archive, tmp_path / "data" / "out")

    assert left_over(tmp_path / "data" / "out") == set()
    assert not (tmp_path / "data" / "out").exists()


def test_an_archive_of_too_many_bytes_or_files_is_refused(tmp_path):
    bomb = archive_of(tmp_path / "bomb.tar.gz", ("zeros", bytes(5_000_000)))
    many = archive_of(tmp_path / "many.tar.gz", *((f"file{i}", b"") for i in range(50)))
    assert bomb.stat().st_size < 10_000

    with pytest.raises(ArchiveError, match="4 MB"):
        extract(bomb, tmp_path / "out", most_bytes=4_000_000)
    with pytest.raises(ArchiveError, match="40 files"):
        extract(many, tmp_path / "out", most_files=40)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_a_truncated_archive_is_refused(tmp_path, keep):
    noise = np.random.default_rng(0).bytes(100_000)
    archive = archive_of(tmp_path / "a.tar.gz", ("noise", noise), ("more", noise))
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * keep)])

    with pytest.raises(ArchiveError, match="can't be unpacked"):
        extract(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_a_killed_process_had_begun_to_unpack_is_begun_anew(tmp_path):
    archive = archive_of(tmp_path / "a.tar.gz", ("one", b"1"))
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "half").write_bytes(b"")

    folder = extract(archive, tmp_path / "out")

    assert [path.name for path in folder.iterdir()] == ["one"]


# ── CIFAR-10 ──────────────────────────────────────────────────────────────────────────────────────


def sample(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(256, size=(count, 3, 32, 32)).astype(np.uint8), rng.integers(10, size=count)


def test_cifar_is_fetched_unpacked_and_mapped_once(shelf, tmp_path):
    written = cifar.write_sample(tmp_path / "made", sample(23, 0), sample(7, 1))
    with tarfile.open(tmp_path / "sample.tar.gz", "w:gz") as tar:
        tar.add(written, cifar.FOLDER)
    shelf.content = (tmp_path / "sample.tar.gz").read_bytes()
    home = tmp_path / "home"
    with pytest.raises(FileNotFoundError, match=r"Digits\(\)"):
        cifar.locate(home)

    folder = cifar.locate(home, fetch=True, url=shelf.url)
    first = cifar.records(folder, train=True)
    again = cifar.records(cifar.locate(home), train=True)

    (images, labels), (tests, _) = sample(23, 0), sample(7, 1)
    expected = np.concatenate([labels[:, None].astype(np.uint8), images.reshape(23, 3072)], axis=1)
    np.testing.assert_array_equal(first.reshape(23, 3073), expected)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(
        cifar.records(folder, train=False).reshape(7, 3073)[:, 1:], tests.reshape(7, 3072)
    )
    assert cifar.class_names(folder) == list(cifar.CLASSES)
    assert len(shelf.asked) == 1


def test_a_folder_that_cant_be_written_is_read_all_the_same(tmp_path, monkeypatch):
    folder = cifar.write_sample(tmp_path, sample(12, 2), sample(3, 3))

    def refuse(*_: object) -> None:
        raise PermissionError("a shared folder")

    monkeypatch.setattr(cifar, "replace_with", refuse)

    assert len(cifar.records(folder, train=True)) == 12 * 3073


def test_data_lie_where_root_or_the_environment_or_the_users_cache_says(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path / "shared"))
    assert cifar.data_folder() == tmp_path / "shared"
    assert cifar.data_folder(tmp_path) == tmp_path

    monkeypatch.delenv("TINYTORCH_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cifar.data_folder() == tmp_path / "cache" / "tinytorch"
