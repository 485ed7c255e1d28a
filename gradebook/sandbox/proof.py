"""Proof that walls stand: attempts to break out of a real enclosure, all of which must fail."""

import contextlib
import json
import os
import pickle
import select
import shutil
import signal
import socket
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from gradebook.sandbox.canaries import CANARIES, Target
from gradebook.sandbox.cgroup import describe_groups
from gradebook.sandbox.enclose import enclose
from gradebook.sandbox.interpreter import python_needs
from gradebook.sandbox.walls import ContainmentError, Layer, Level, Limits, Walls

# Small, so that reaching them is quick. The address space must hold the caller's, which is copied.
PROOF_LIMITS = Limits(processes=8, file_bytes=256 << 10, disk_bytes=1 << 20)
PATIENCE = 10.0
SECRET = "not for students"
END = b"end\n"


@dataclass(frozen=True)
class Canary:
    """One attempt to break out: whether the walls held, and what they answered or what it got."""

    name: str
    held: bool
    detail: str


@dataclass(frozen=True)
class Proof:
    """What was tried at a level, and what came of it.

    reasons: why the level could not be built, or, for the open level, why no other could.
    notes: what else a reader should know, such as which limits there are on whole trees.
    """

    level: Level
    canaries: tuple[Canary, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether the level is what it says: it was built, and every canary met a wall."""
        return bool(self.canaries) and not self.reasons and all(canary.held for canary in self.canaries)


def strongest_level(without: Collection[Layer] = frozenset()) -> Proof:
    """The strongest level that this machine and this account allow, proven; open, with reasons, if none.

    It takes some tenths of a second: ask once. without: layers to treat as missing.
    """
    reasons: list[str] = []
    for level in (Level.SEALED, Level.CONFINED):
        proof = prove(level, without)
        if proof.held:
            return Proof(level, proof.canaries, notes=(*proof.notes, *reasons))
        leaks = [f"{canary.name}: {canary.detail}" for canary in proof.canaries if not canary.held]
        reasons += [f"not {level}: {reason}" for reason in (*proof.reasons, *leaks)]
    return Proof(Level.OPEN, reasons=tuple(reasons))


def prove(level: Level, without: Collection[Layer] = frozenset()) -> Proof:
    """Build the walls of a level and try to break out. The open level has none, so nothing is tried."""
    if level is Level.OPEN:
        return Proof(level, reasons=("the open level has no walls",))
    if not hasattr(os, "fork"):
        return Proof(level, reasons=("this system can't fork a process",))
    reading, writing = os.pipe()
    # The warden plays the grader: a process with one thread, whatever the caller has.
    warden = os.fork()
    if warden == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as answer:
                pickle.dump(_prove_as_warden(level, without), answer)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    os.waitpid(warden, 0)
    if not text:
        return Proof(level, reasons=("the process that was to prove it died",))
    proof: Proof = pickle.loads(text)  # the warden's, in which no student code ran
    return proof


def _prove_as_warden(level: Level, without: Collection[Layer]) -> Proof:
    folder = Path(tempfile.mkdtemp(prefix="tito-proof-"))
    try:
        with _set_out(folder) as (target, daemon):
            canaries = _try_to_break_out(level, without, target, daemon)
    except ContainmentError as error:
        return Proof(level, reasons=(str(error),))
    except OSError as error:
        return Proof(level, reasons=(f"the proof itself failed: {error}",))
    finally:
        shutil.rmtree(folder)
    return Proof(level, canaries, notes=(describe_groups(),))


@contextlib.contextmanager
def _set_out(folder: Path) -> Iterator[tuple[Target, int]]:
    """Set out what is to be attacked; with it, the end that tells when the last process inside is gone."""
    folder.chmod(0o777)
    (folder / "secret.txt").write_text(SECRET)
    (folder / "secret.txt").chmod(0o644)
    home, shown = _find_home(folder)
    gone, daemon = os.pipe()
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as with_path,
    ):
        udp.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{folder.name}")
        with_path.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        for server in (abstract, with_path):
            server.listen()
        target = Target(
            warden=os.getpid(),
            folder=folder,
            home=home,
            shown=shown,
            tcp=tcp.getsockname()[1],
            udp=udp.getsockname()[1],
            abstract=folder.name,
            limits=PROOF_LIMITS,
            daemon=daemon,
        )
        yield target, gone


def _find_home(otherwise: Path) -> tuple[Path, frozenset[str]]:
    """The grader's home, and the names in it that lead to what Python needs; else `otherwise`."""
    try:
        home = Path.home()
        if home == Path("/") or not any(home.iterdir()):
            return otherwise, frozenset()
    except (OSError, RuntimeError):  # not to be listed, or an account without one
        return otherwise, frozenset()
    needed = (path.relative_to(home).parts for path in python_needs() if path.is_relative_to(home))
    return home, frozenset(parts[0] for parts in needed if parts)


def _try_to_break_out(
    level: Level, without: Collection[Layer], target: Target, gone: int
) -> tuple[Canary, ...]:
    reading, writing = os.pipe()
    enclosed = enclose(Walls(level, PROOF_LIMITS), keep={writing, target.daemon}, without=without)
    if enclosed is None:
        _run_canaries(level, target, writing)
    os.close(writing)
    os.close(target.daemon)
    try:
        lines = _read_lines(reading)
    finally:
        enclosed.kill()
    found = {name: Canary(name, held, detail) for name, held, detail in map(json.loads, lines)}
    if "leave_daemon" in found and not select.select([gone], [], [], 1.0)[0]:
        found["leave_daemon"] = Canary("leave_daemon", False, "it lives on")
    if "change_mode" in found and target.secret.stat().st_mode & 0o777 != 0o644:
        found["change_mode"] = Canary("change_mode", False, "the mode was changed")
    wanted = [name for name in CANARIES if name != "fill_disk" or level is Level.SEALED]
    return tuple(found.get(name, Canary(name, False, "it did not come back")) for name in wanted)


def _run_canaries(level: Level, target: Target, answers: int) -> NoReturn:
    """In the enclosure: try each, write what came of it, and wait to be killed."""
    for name, canary in CANARIES.items():
        if name == "fill_disk" and level is not Level.SEALED:
            continue
        try:
            got = canary(target)
            held, detail = not got, got or "held"
        except (OSError, MemoryError) as error:
            held, detail = True, str(error) or type(error).__name__
        os.write(answers, (json.dumps([name, held, detail]) + "\n").encode())
    os.write(answers, END)
    while True:
        signal.pause()


def _read_lines(descriptor: int) -> list[str]:
    """All lines until END; the daemon holds the other end too, so its closing may not come."""
    text = b""
    while not text.endswith(END) and select.select([descriptor], [], [], PATIENCE)[0]:
        part = os.read(descriptor, 65536)
        if not part:
            break
        text += part
    return text.removesuffix(END).decode().splitlines()
