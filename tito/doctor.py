"""Looking for the cause when something does not work: each examination is a real attempt, not a guess."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from tito.errors import TitoError
from tito.handout import list_gifts
from tito.notebook import ExportError, code_hash
from tito.progress_file import read_progress
from tito.runner import run_checkpoint_file
from tito.workspace import NoWorkspaceError, Workspace, find_workspace

DISTRIBUTION = "tinytorch-course"
LEAST_SPACE = 200_000_000
TRIAL = '''
from tito.checks import Checkpoint

checkpoint = Checkpoint(__file__)


@checkpoint.check(points=1)
def test_arithmetic(rng):
    """NumPy computes"""
    assert rng.normal(size=3).shape == (3,)
'''


class Health(StrEnum):
    """What an examination found; `OPTIONAL` is something that can be done without."""

    FINE = "fine"
    OPTIONAL = "optional"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to break out of the walls round student code, and what came of it."""

    name: str
    held: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One examination: what was looked at, what was found, and what to type if it isn't fine.

    attempts and notes: what it rests on, and what else a reader should know.
    """

    subject: str
    health: Health
    detail: str
    next_step: str = ""
    attempts: tuple[Attempt, ...] = ()
    notes: tuple[str, ...] = ()


def examine(start: Path) -> Iterator[Finding]:
    """Examine the installation, and the workspace at or above `start`, one finding at a time."""
    yield from _attempt("Python", _python)
    yield from _attempt("Packages", _packages)
    yield from _attempt("Notebooks", _jupyter)
    if _grades_here(start):
        yield from _attempt("Containment", _containment)
    try:
        workspace = find_workspace(start)
    except NoWorkspaceError as error:
        yield Finding("Workspace", Health.WRONG, error.message, error.next_step)
        return
    for subject, examination in (
        ("Workspace", _folder),
        ("Course", _course),
        ("Package", _package),
        ("Checkpoints", _checkpoints),
        ("Test run", _test_run),
        ("Modules", _modules),
        ("Progress", _progress),
    ):
        yield from _attempt(subject, lambda: examination(workspace))  # noqa: B023 - called before the next turn


def _attempt(subject: str, examination: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield examination()
    except TitoError as error:
        yield Finding(subject, Health.WRONG, error.message, error.next_step)


def _python() -> Finding:
    return Finding("Python", Health.FINE, f"{platform.python_version()} at `{sys.executable}`")


def _packages() -> Finding:
    from importlib.metadata import PackageNotFoundError, requires, version

    needed = [text for text in requires(DISTRIBUTION) or [] if "extra ==" not in text]
    names = [
        "".join(letter for letter in text.split(">")[0] if letter.isalnum() or letter in "-_.")
        for text in needed
    ]
    missing = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(
            "Packages", Health.WRONG, f"not installed: {', '.join(missing)}", f"`pip install {DISTRIBUTION}`"
        )
    return Finding(
        "Packages", Health.FINE, f"{DISTRIBUTION} {version(DISTRIBUTION)}, NumPy {version('numpy')}"
    )


def _jupyter() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding(
            "Notebooks", Health.WRONG, "no Python kernel", "`python -m ipykernel install --sys-prefix`"
        )
    if Path(python).is_absolute() and not Path(python).samefile(sys.executable):
        detail = f"the Python kernel of notebooks is `{python}`, which is not the Python of `tito`"
        return Finding("Notebooks", Health.WRONG, detail, "`python -m ipykernel install --sys-prefix`")
    if find_spec("jupyterlab") is None:
        detail = "the Python kernel works here; JupyterLab is not installed"
        return Finding("Notebooks", Health.OPTIONAL, detail, f"`pip install '{DISTRIBUTION}[lab]'`")
    return Finding("Notebooks", Health.FINE, "JupyterLab is here, and its Python is the Python of `tito`")


def _grades_here(start: Path) -> bool:
    """Whether this is a course of someone who grades; nothing of nbgrader's is imported to know it."""
    if find_spec("nbgrader") is None or find_spec("gradebook") is None:
        return False
    from gradebook.course import NoCourseError, find_course

    try:
        find_course(start)
    except NoCourseError:
        return False
    return True


def _containment() -> Finding:
    from gradebook.sandbox.proof import strongest_level
    from gradebook.sandbox.walls import Level

    proof = strongest_level()
    attempts = tuple(Attempt(canary.name, canary.held, canary.detail) for canary in proof.canaries)
    notes = tuple(note for note in (*proof.notes, *proof.reasons) if note)
    if proof.level is Level.OPEN:
        detail = "open: student code can't be contained on this machine, so `tito course grade` refuses"
        step = "grade on Linux, or in a virtual machine that runs it; `docs/grading.md` has the steps"
        return Finding("Containment", Health.WRONG, detail, step, attempts, notes)
    detail = f"{proof.level}: {sum(a.held for a in attempts)} of {len(attempts)} attempts to break out failed"
    return Finding("Containment", Health.FINE, detail, attempts=attempts, notes=notes)


def _folder(workspace: Workspace) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=workspace.marker) as file:
            file.write(b"x" * 4096)
        free = shutil.disk_usage(workspace.root).free
    except OSError as error:
        detail = f"`{workspace.root}` can't be written to: {error.strerror}"
        return Finding(
            "Workspace", Health.WRONG, detail, f"`ls -ld {workspace.marker}; df -h {workspace.root}`"
        )
    if free < LEAST_SPACE:
        detail = f"only {free // 1_000_000} MB are free on the disk of `{workspace.root}`"
        return Finding("Workspace", Health.WRONG, detail, f"free some space: `df -h {workspace.root}`")
    return Finding("Workspace", Health.FINE, f"`{workspace.root}`, {free // 1_000_000_000} GB free")


def _course(workspace: Workspace) -> Finding:
    table = workspace.table
    counts = f"{len(table.stages)} stages, {len(table.modules)} modules, {len(table.checkpoints)} checkpoints"
    return Finding("Course", Health.FINE, f"{table.name}: {counts}")


def _package(workspace: Workspace) -> Finding:
    home = os.environ.get("TINYTORCH_HOME")
    if home and Path(home).resolve() != workspace.root:
        detail = f"`TINYTORCH_HOME` makes notebooks import the package of `{home}`"
        return Finding("Package", Health.WRONG, detail, "`unset TINYTORCH_HOME`")
    exported = [module for module in workspace.table.modules if workspace.exported(module).is_file()]
    for module in exported:
        file = workspace.exported(module)
        try:
            compile(file.read_bytes(), file, "exec")
        except (SyntaxError, ValueError) as error:
            detail = f"`{workspace.name(file)}` is not Python: {error}"
            return Finding("Package", Health.WRONG, detail, f"`tito export {module.name}`")
    if not (workspace.package / "core").is_dir():
        detail = f"`{workspace.name(workspace.package)}` is not there"
        return Finding("Package", Health.WRONG, detail, "`tito init`")
    return Finding("Package", Health.FINE, f"`{workspace.package}`, {len(exported)} exported")


def _checkpoints(workspace: Workspace) -> Finding:
    given = [gift for gift in list_gifts(workspace) if gift.given]
    missing = [gift.target for gift in given if not gift.target.is_file()]
    other = [g.target for g in given if g.target.is_file() and g.target.read_bytes() != g.source.read_bytes()]
    for what, files in (("missing", missing), ("not as the course has them", other)):
        if files:
            names = ", ".join(workspace.name(file) for file in files)
            return Finding("Checkpoints", Health.WRONG, f"{what}: {names}", "`tito init`")
    count = sum(workspace.checkpoint_file(checkpoint).is_file() for checkpoint in workspace.table.checkpoints)
    return Finding("Checkpoints", Health.FINE, f"{count} of {len(workspace.table.checkpoints)} handed out")


def _test_run(workspace: Workspace) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial.py"
        file.write_text(TRIAL, encoding="utf-8")
        result = run_checkpoint_file(workspace, file)
    if not result.passed:
        failure = result.first_failure
        detail = failure.message if failure else "no verdict"
        return Finding("Test run", Health.WRONG, detail, "`pip install --force-reinstall numpy`")
    return Finding("Test run", Health.FINE, f"a checkpoint runs, and NumPy computes ({result.seconds:.2f} s)")


def _modules(workspace: Workspace) -> Finding:
    notebooks = [path for module in workspace.table.modules if (path := workspace.notebook(module)).is_file()]
    for notebook in notebooks:
        try:
            code_hash(notebook)
        except ExportError as error:
            return Finding("Modules", Health.WRONG, error.message, error.next_step)
    if not notebooks:
        return Finding("Modules", Health.WRONG, "no notebook in `modules`", "`tito init`")
    return Finding("Modules", Health.FINE, f"{len(notebooks)} notebooks can be read")


def _progress(workspace: Workspace) -> Finding:
    messages: list[str] = []
    read_progress(workspace.progress, messages.append)
    if messages:
        return Finding("Progress", Health.WRONG, messages[0], "`tito checkpoint status`")
    return Finding("Progress", Health.FINE, f"`{workspace.name(workspace.progress)}` can be read")
