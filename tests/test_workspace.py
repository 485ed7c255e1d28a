import os
import shutil
from pathlib import Path

import pytest

from tests.fake_course import RELEASED, SOLVED, make_course, solve, write_notebook
from tito import handout
from tito.errors import TitoError
from tito.handout import lay_out
from tito.material import material_root, scaffold_root
from tito.workspace import NotebookMissingError, NoWorkspaceError, Workspace, find_workspace


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return make_course(tmp_path)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {
        str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()
    }


def notebook(root: Path, name: str) -> Path:
    return root / "modules" / name / f"{name}.ipynb"


# ── finding


def test_a_workspace_is_found_from_any_folder_inside_it(course: Path) -> None:
    root = lay_out(course / "ws").workspace.root
    assert find_workspace(root / "modules" / "01_counting") == Workspace(root)
    assert find_workspace(root) == Workspace(root)


def test_outside_a_workspace_the_next_step_is_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoWorkspaceError) as raised:
        find_workspace(tmp_path)
    assert str(tmp_path) in raised.value.message and "`tito init`" in raised.value.next_step


def test_a_notebook_that_is_gone_is_an_error_with_a_next_step(course: Path) -> None:
    workspace = lay_out(course / "ws").workspace
    module = workspace.table.module("counting")
    workspace.notebook(module).unlink()
    with pytest.raises(NotebookMissingError) as raised:
        workspace.existing_notebook(module)
    assert "01_counting.ipynb" in raised.value.message and "`tito init`" in raised.value.next_step


def test_a_module_is_exported_to_the_file_the_table_names(course: Path) -> None:
    workspace = Workspace(course)
    assert workspace.exported(workspace.table.module("shapes")) == course / "tinytorch" / "core" / "shapes.py"


# ── making


def test_a_new_workspace_has_notebooks_package_checkpoints_and_marker(course: Path) -> None:
    done = lay_out(course / "ws")
    root = course / "ws"
    for name in RELEASED:
        release = course / "course" / "release" / name / f"{name}.ipynb"
        assert notebook(root, name).read_bytes() == release.read_bytes()
    assert (root / "tinytorch" / "extend.py").read_bytes() == (scaffold_root() / "extend.py").read_bytes()
    assert tree(root / "tests" / "checkpoints") == tree(course / "tests" / "checkpoints")
    assert (root / ".tito").is_dir()
    assert not list(root.rglob("*.tmp")) and not list(root.rglob("__pycache__"))
    assert {path.relative_to(root).parts[0] for path in done.added} == {"modules", "tinytorch", "tests"}


def test_the_installed_course_is_handed_out_where_no_other_lies_above(tmp_path: Path) -> None:
    lay_out(tmp_path / "ws")
    given = {file.name for file in (material_root() / "tests" / "checkpoints").glob("checkpoint_*.py")}
    assert given and given == set(tree(tmp_path / "ws" / "tests" / "checkpoints"))


def test_exported_modules_of_the_scaffold_do_not_travel(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaffold = tmp_path / "scaffold" / "tinytorch"
    shutil.copytree(scaffold_root(), scaffold, ignore=shutil.ignore_patterns("__pycache__"))
    header = (
        "# Exported from 01_counting.ipynb: edit the notebook, not this file. `tito export` writes it again\n"
    )
    (scaffold / "core" / "counting.py").write_text(header)
    monkeypatch.setattr(handout, "scaffold_root", lambda: scaffold)
    lay_out(course / "ws")
    assert (course / "ws" / "tinytorch" / "core" / "__init__.py").is_file()
    assert not (course / "ws" / "tinytorch" / "core" / "counting.py").exists()


def test_making_it_twice_changes_nothing(course: Path) -> None:
    lay_out(course / "ws")
    before = tree(course / "ws")
    again = lay_out(course / "ws")
    assert tree(course / "ws") == before
    assert not again.changed
    assert [path.name for path in again.kept] == ["01_counting.ipynb", "02_shapes.ipynb"]


def test_making_it_again_never_touches_a_students_notebook(course: Path) -> None:
    lay_out(course / "ws")
    solve(course / "ws", "01_counting")
    mine = notebook(course / "ws", "01_counting").read_bytes()
    write_notebook(course / "course" / "release" / "01_counting" / "01_counting.ipynb", ["# a new release"])
    lay_out(course / "ws")
    assert notebook(course / "ws", "01_counting").read_bytes() == mine


def test_making_it_again_brings_modules_handed_out_since(course: Path) -> None:
    lay_out(course / "ws")
    write_notebook(course / "course" / "release" / "03_seeing" / "03_seeing.ipynb", SOLVED["03_seeing"])
    (course / "course" / "release" / "03_seeing" / "picture.bin").write_bytes(b"\x00\xff")
    added = lay_out(course / "ws").added
    assert [path.name for path in added] == ["03_seeing.ipynb", "picture.bin"]
    assert (course / "ws" / "modules" / "03_seeing" / "picture.bin").read_bytes() == b"\x00\xff"


def test_a_checkpoint_follows_the_course_and_its_old_text_is_kept(course: Path) -> None:
    lay_out(course / "ws")
    mine = course / "ws" / "tests" / "checkpoints" / "checkpoint_00_numbers.py"
    mine.write_text(mine.read_text() + "# my own remarks\n")
    own = course / "ws" / "tests" / "checkpoints" / "checkpoint_mine.py"
    own.write_text("# my own checkpoint\n")
    done = lay_out(course / "ws")
    assert mine.read_bytes() == (course / "tests" / "checkpoints" / mine.name).read_bytes()
    assert done.updated == [mine] and done.replaced
    kept = done.replaced / "tests" / "checkpoints" / mine.name
    assert kept.read_text().endswith("# my own remarks\n")
    assert own.read_text() == "# my own checkpoint\n"


def test_the_courses_own_folder_becomes_a_workspace_without_copying_onto_itself(course: Path) -> None:
    before = tree(course)
    lay_out(course)
    after = tree(course)
    assert {name: after[name] for name in before} == before
    assert notebook(course, "01_counting").is_file() and (course / ".tito").is_dir()


# ── failing


def test_a_failure_leaves_the_folder_as_it_was(course: Path) -> None:
    root = course / "ws"
    (root / "modules").mkdir(parents=True)
    (root / "modules" / "my-notes.txt").write_text("mine")
    (root / "tests").write_text("a file where a folder should be")
    before = tree(root)
    with pytest.raises(TitoError) as raised:
        lay_out(root)
    assert tree(root) == before
    assert list(tree(root / "modules")) == ["my-notes.txt"]
    assert not (root / ".tito").exists()
    assert "Nothing was left behind" in raised.value.message and "`tito init DIR`" in raised.value.next_step


def test_a_failure_puts_updated_files_back(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = course / "ws"
    lay_out(root)
    (root / "tinytorch" / "extend.py").write_text("# changed by the student\n")
    (root / "tests" / "checkpoints" / "checkpoint_02_eye.py").unlink()
    (root / "tests" / "checkpoints" / "checkpoint_02_eye.py").mkdir()
    before = tree(root)
    with pytest.raises(TitoError):
        lay_out(root)
    assert tree(root) == before


def test_an_interrupt_leaves_the_folder_as_it_was(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[Path] = []

    def interrupted(source: Path, target: Path) -> None:
        if len(copied) == 3:
            raise KeyboardInterrupt
        copied.append(target)
        shutil.copyfile(source, target)

    monkeypatch.setattr(handout, "_copy_atomic", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lay_out(course / "ws")
    assert len(copied) == 3 and not (course / "ws").exists()


def test_a_file_is_no_place_for_a_workspace(course: Path) -> None:
    (course / "ws").write_text("mine")
    with pytest.raises(TitoError):
        lay_out(course / "ws")
    assert (course / "ws").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions don't stop root")
def test_a_folder_that_cannot_be_written_to_is_an_error(course: Path) -> None:
    (course / "ws").mkdir(mode=0o555)
    with pytest.raises(TitoError) as raised:
        lay_out(course / "ws")
    assert "Permission denied" in raised.value.message
