"""Notebooks that can't be exported: where they are wrong, what to do next, and that nothing is lost."""

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_notebooks import code, markdown, notebook_of, save
from tito.errors import TitoError
from tito.export import ExportError, export_notebook, exported_text

BIN = Path(sys.executable).parent


@pytest.fixture
def notebook(tmp_path):
    """A notebook that exports."""
    return save(tmp_path / "02_tensor.ipynb", markdown("# Tensors"), code("#| export\nx = 1", "first"))


# ── What is refused, and where ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "line", "message", "shown"),
    [
        ("#| export\n\ndef f(:\n    return 1", 3, "invalid syntax", "    def f(:\n          ^"),
        ("# mine\n#| export\nx = 'a", 3, "unterminated string literal", "    x = 'a\n        ^"),
        ("#| export\nif 1:\n\tx = )", 3, "unmatched ')'", "    \tx = )\n    \t    ^"),
        ("#| export\nreturn 1", 2, "'return' outside function", "    return 1\n    ^"),
        ("#| export\nx = 1\n%matplotlib inline", 3, "a notebook command", "    %matplotlib inline"),
        ("#| export\n!pip install torch", 2, "a notebook command", "    !pip install torch"),
        ("#| export\nfiles = !ls", 2, "a notebook command", "    files = !ls"),
        ("#| export\nnp.sum?", 2, "a notebook command", "    np.sum?"),
        ("#| export\nx = 1\0", 2, "null bytes", "    x = 1�"),
        ("#| export\nx = '\ud800'", 2, "not readable as Python", "    x = '�'"),
        ("#| export\nx = " + "-" * 100_000 + "1", 2, "nested too deeply", "    x = ---"),
        (
            "#| export\n\n# late\nfrom __future__ import annotations",
            4,
            "must occur at the beginning",
            "    from __future__",
        ),
    ],
)
def test_wrong_code_is_shown_at_its_cell_and_line(source, line, message, shown):
    cells = notebook_of(markdown("text"), code("#| export\nx = 1", "first"), code(source, "tensor-add"))

    with pytest.raises(ExportError) as error:
        exported_text(cells, "02_tensor.ipynb")

    assert error.value.message.startswith(f"02_tensor.ipynb, cell 3 (tensor-add), line {line}: ")
    assert message in error.value.message
    assert shown in error.value.message
    assert error.value.next_step.endswith("`tito export 02_tensor`")
    error.value.message.encode()


def test_percent_signs_and_question_marks_of_python_are_no_notebook_commands():
    source = "#| export\nx = '''\n%matplotlib inline\n!ls\n'''\ny = (7\n     % 4)\nz = y \\\n    != 3  # why?"

    assert source.split("\n", 1)[1] in exported_text(notebook_of(code(source)), "n.ipynb")


@pytest.mark.parametrize(
    ("content", "message", "step"),
    [
        ("", "is empty", "tito init"),
        ("  \n", "is empty", "tito init"),
        ('{"cells": [', "no JSON at line 1, column 12", "tito init"),
        ('{"cells": [\n<<<<<<< HEAD\n]}', "merge conflict", "tito init"),
        ("[" * 100_000, "nested too deeply", "tito init"),
        ("[]", "its JSON is a list", "tito init"),
        ('"text"', "its JSON is a str", "tito init"),
        ('{"nbformat": 4}', "no list of `cells`", "tito init"),
        ('{"nbformat": "4", "cells": []}', "no `nbformat` number", "tito init"),
        ('{"nbformat": 4, "cells": [3]}', "damaged in cell 1", "tito init"),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}',
            "damaged in cell 1",
            "tito init",
        ),
        ('{"nbformat": 4, "cells": [{"source": ""}]}', "damaged in cell 1", "tito init"),
        (
            '{"nbformat": 3, "worksheets": []}',
            "a notebook of format 3",
            "jupyter nbconvert --to notebook --inplace",
        ),
        ('{"nbformat": 4, "cells": []}', "is marked for export", "tito export 01_setup"),
    ],
)
def test_damaged_notebook_gets_its_own_message_and_next_step(tmp_path, content, message, step):
    path = tmp_path / "01_setup.ipynb"
    path.write_text(content)
    target = tmp_path / "setup.py"

    with pytest.raises(ExportError) as error:
        export_notebook(path, target)

    assert message in error.value.message
    assert step in error.value.next_step
    assert not target.exists()


anything = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_damage_anywhere_is_refused_or_does_no_harm(data):
    notebook = notebook_of(markdown("text"), code("#| export\nx = 1", "first"))
    place = notebook
    while True:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(anything)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "n.ipynb"
        path.write_text(json.dumps(notebook))
        with contextlib.suppress(ExportError):
            assert "x = 1" in export_notebook(path, Path(folder) / "n.py").target.read_text()


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "n.ipynb").write_bytes(b"{\xff}")

    with pytest.raises(ExportError, match=r"byte 1 is no UTF-8 text"):
        export_notebook(tmp_path / "n.ipynb", tmp_path / "n.py")


def test_missing_notebook_and_folder_in_its_place_are_told_apart(tmp_path):
    (tmp_path / "folder.ipynb").mkdir()

    with pytest.raises(ExportError, match="There is no notebook"):
        export_notebook(tmp_path / "gone.ipynb", tmp_path / "n.py")
    with pytest.raises(ExportError, match="Is a directory"):
        export_notebook(tmp_path / "folder.ipynb", tmp_path / "n.py")


def test_damaged_notebook_can_come_back_from_the_copy_that_jupyter_keeps(tmp_path):
    path, copy = tmp_path / "n.ipynb", tmp_path / ".ipynb_checkpoints" / "n-checkpoint.ipynb"
    copy.parent.mkdir()
    save(copy, code("#| export\nx = 1"))
    path.write_text("")

    with pytest.raises(ExportError) as error:
        export_notebook(path, tmp_path / "n.py")

    subprocess.run(error.value.next_step.split("`")[1], shell=True, check=True)
    assert export_notebook(path, tmp_path / "n.py").cells == 1


def test_notebook_of_format_3_exports_after_the_step_that_is_named(tmp_path):
    path = tmp_path / "old.ipynb"
    cell = {
        "cell_type": "code",
        "input": "#| export\nx = 1",
        "language": "python",
        "metadata": {},
        "outputs": [],
    }
    worksheets = [{"cells": [cell], "metadata": {}}]
    path.write_text(
        json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": worksheets})
    )
    with pytest.raises(ExportError) as error:
        export_notebook(path, tmp_path / "old.py")

    command = error.value.next_step.split("`")[1].split()
    subprocess.run([str(BIN / command[0]), *command[1:]], check=True, capture_output=True)

    assert export_notebook(path, tmp_path / "old.py").cells == 1


# ── Nothing is lost ──────────────────────────────────────────────────────────────────────────────────

EXPORT = """
import resource, signal, sys
from pathlib import Path
from tito.errors import TitoError
from tito.export import export_notebook
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    export_notebook(Path(sys.argv[1]), Path(sys.argv[2]))
except TitoError as error:
    print(error.message, "→", error.next_step)
    raise SystemExit(7)
"""


@pytest.fixture
def long_notebook(tmp_path):
    return save(
        tmp_path / "long.ipynb", code("#| export\n" + "".join(f"x{n} = {n}\n" for n in range(20_000)))
    )


def test_export_that_the_disk_has_no_room_for_leaves_the_old_module(notebook, long_notebook, tmp_path):
    target = tmp_path / "core" / "tensor.py"
    export_notebook(notebook, target)
    before = target.read_bytes()

    command = [sys.executable, "-c", EXPORT, str(long_notebook), str(target), "50000"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 7, done.stderr
    assert "Could not write" in done.stdout and "df -h" in done.stdout
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["tensor.py"]


def can_mount():
    probe = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]
    try:
        return subprocess.run(probe, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount a small disk")
@pytest.mark.parametrize(
    ("disk", "reason"),
    [("size=64k", "No space left on device"), ("size=4m -o remount,ro", "Read-only file system")],
)
def test_export_to_a_full_or_read_only_disk_leaves_the_old_module(
    notebook, long_notebook, tmp_path, disk, reason
):
    disk_folder = tmp_path / "disk"
    disk_folder.mkdir()
    old = export_notebook(notebook, tmp_path / "tensor.py").target
    size, *remount = disk.split(" -o ")
    script = f"mount -t tmpfs -o {size} none {disk_folder} && cp {old} {disk_folder}/tensor.py\n"
    script += "".join(f"mount -o {option} {disk_folder}\n" for option in remount)
    script += f'"$0" -c "$1" {long_notebook} {disk_folder}/tensor.py; code=$?\n'
    script += f"cmp {old} {disk_folder}/tensor.py && ls -A {disk_folder}\nexit $code"

    command = ["unshare", "--mount", "sh", "-c", script, sys.executable, EXPORT]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 7, done.stderr
    assert reason in done.stdout
    assert done.stdout.splitlines()[-1] == "tensor.py"


def test_syntax_error_leaves_the_old_module(notebook, tmp_path):
    target = tmp_path / "tensor.py"
    export_notebook(notebook, target)
    before = target.read_bytes()
    save(notebook, code("#| export\nx = ("))

    with pytest.raises(TitoError):
        export_notebook(notebook, target)

    assert target.read_bytes() == before
