"""What a student is given, and laying it into a workspace without ever taking anything away."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tito.errors import TitoError
from tito.files import files_in, replacing
from tito.material import scaffold_root
from tito.table import load_table, table_path
from tito.workspace import Workspace


@dataclass(frozen=True)
class Gift:
    """One file of the material and where it belongs. `given` files are ours, and follow the material."""

    source: Path
    target: Path
    given: bool


@dataclass
class Handout:
    """What laying out a workspace did: by workspace file what is new, updated, and left alone.

    `kept` are the student's files that were there already; `replaced` is the folder that holds the old
    text of the updated files, or None.
    """

    workspace: Workspace
    added: list[Path] = field(default_factory=list)
    updated: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    replaced: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.added or self.updated)


def lay_out(root: Path) -> Handout:
    """Make `root` a workspace, or bring one up to date; raises `TitoError` and leaves `root` as it was.

    Notebooks and the files beside them are the student's from the moment they are there. Checkpoints and
    the given parts of the package follow the material; an old text that differs is kept in `.tito/replaced`.
    """
    root = root.expanduser().resolve()
    workspace = Workspace(root)
    handout = Handout(workspace)
    backup = workspace.marker / "replaced" / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    with contextlib.ExitStack() as undo:
        try:
            for gift in list_gifts(workspace):
                _hand_over(gift, handout, backup, undo)
            _make_folder(workspace.marker, undo)
            _make_folder(root / "modules", undo)
        except OSError as error:
            reason = f"{error.strerror or error}: `{error.filename or root}`"
            raise TitoError(
                f"Could not make a workspace in `{root}`. {reason}. Nothing was left behind",
                "choose a folder you may write to: `tito init DIR`",
            ) from error
        undo.pop_all()
    return handout


def list_gifts(workspace: Workspace) -> list[Gift]:
    """Every file a workspace gets: from the course above it, else from the installed one.

    Where the workspace is the course's own checkout, what would be copied onto itself is left out.
    """
    course = table_path(workspace.root).parent
    gifts = []
    for module in load_table(course / "course.toml").modules:
        release, target = course / "release" / module.id, workspace.notebook(module).parent
        if (release / f"{module.id}.ipynb").is_file():
            gifts += [Gift(file, target / file.relative_to(release), False) for file in files_in(release)]
    scaffold = scaffold_root()
    gifts += [Gift(file, workspace.package / file.relative_to(scaffold), True) for file in _scaffold_files()]
    checkpoints = course.parent / "tests" / "checkpoints"
    gifts += [
        Gift(file, workspace.checkpoints / file.name, True)
        for file in sorted(checkpoints.glob("checkpoint_*.py"))
    ]
    return [gift for gift in gifts if gift.source.resolve() != gift.target.resolve()]


def _scaffold_files() -> Iterator[Path]:
    """The package as it is handed out; in a checkout, exported modules lie among its files."""
    from tito.export import is_exported

    for file in files_in(scaffold_root()):
        if not (file.suffix == ".py" and is_exported(file)):
            yield file


def _hand_over(gift: Gift, handout: Handout, backup: Path, undo: contextlib.ExitStack) -> None:
    """Put one file in its place, unless the student's own is there."""
    target = gift.target
    if target.exists() and not gift.given:
        handout.kept.append(target)
        return
    if target.is_file():
        if target.read_bytes() == gift.source.read_bytes():
            return
        old = backup / target.relative_to(handout.workspace.root)
        _make_folder(old.parent, undo)
        shutil.copy2(target, old)
        undo.callback(_put_back, old, target)
        handout.updated.append(target)
        handout.replaced = backup
    else:
        _make_folder(target.parent, undo)
        undo.callback(_quietly, target.unlink)
        handout.added.append(target)
    _copy_atomic(gift.source, target)


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    """Make a folder and its parents, each to be removed again if something fails later."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        undo.callback(_quietly, parent.rmdir)
    if not folder.is_dir():
        raise NotADirectoryError(20, "This is a file where a folder should be", str(folder))


def _copy_atomic(source: Path, target: Path) -> None:
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


def _put_back(old: Path, target: Path) -> None:
    _copy_atomic(old, target)
    old.unlink()


def _quietly(action: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        action()
