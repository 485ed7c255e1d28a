"""Exporting a notebook: what is written, whose file it is, and how a change is told."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_notebooks import code, markdown, notebook_of, save
from tito.export import ExportError, code_hash, export_notebook, exported_text, is_exported, origin

BIN = Path(sys.executable).parent


@pytest.fixture
def notebook(tmp_path):
    """A notebook with two exported cells among others."""
    return save(
        tmp_path / "02_tensor.ipynb",
        markdown("# Tensors"),
        code("#| export\nimport numpy as np", "imports"),
        code("print('not exported')", "shown"),
        code("# | export\ndef add(a, b):\n    return a + b\n", "tensor-add"),
    )


# ── What is written ──────────────────────────────────────────────────────────────────────────────────


def test_module_holds_the_exported_cells_each_under_its_origin(notebook, tmp_path):
    export = export_notebook(notebook, tmp_path / "tensor.py")

    assert export.target.read_text() == (
        "# Exported from 02_tensor.ipynb: edit the notebook, not this file. "
        "`tito export 02_tensor` writes it again\n"
        "\n"
        "# 02_tensor.ipynb, cell 2 (imports)\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "# 02_tensor.ipynb, cell 4 (tensor-add)\n"
        "def add(a, b):\n"
        "    return a + b\n"
        "\n"
        "\n"
        "__all__ = [\n"
        '    "add",\n'
        "]\n"
    )
    assert (export.cells, export.lines, export.changed) == (2, 14, True)


def test_exporting_again_changes_nothing(notebook, tmp_path):
    target = tmp_path / "core" / "tensor.py"
    export_notebook(notebook, target)
    written = target.stat().st_mtime_ns

    assert export_notebook(notebook, target).changed is False
    assert target.stat().st_mtime_ns == written


def test_nbconvert_command_writes_the_same_file(notebook, tmp_path):
    target = tmp_path / "exported" / "tensor.py"
    export_notebook(notebook, target)

    command = [str(BIN / "jupyter-nbconvert"), "--to", "tinytorch", notebook.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "02_tensor.py").read_text() == target.read_text()


def test_nbconvert_command_fails_at_a_syntax_error_and_writes_nothing(tmp_path):
    save(tmp_path / "broken.ipynb", code("#| export\nx = (", "open"))

    command = [str(BIN / "jupyter-nbconvert"), "--to", "tinytorch", "broken.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode != 0
    assert "broken.ipynb, cell 1 (open), line 2: '(' was never closed" in done.stderr
    assert not (tmp_path / "broken.py").exists()


@pytest.mark.parametrize("marker", ["#| export", "# | export", "#|export", "# Copyright me\n\n#| export"])
def test_marker_stands_above_the_code_however_it_is_spaced(marker):
    text = exported_text(notebook_of(code(f"{marker}\nx = 1")), "n.ipynb")

    assert "x = 1" in text
    assert "| export\n" not in text and "|export\n" not in text


@pytest.mark.parametrize(
    "source", ["x = 1\n#| export", "#| exporter\nx = 1", "'''\n#| export\n'''", "#| eval: false"]
)
def test_cell_without_the_marker_on_top_stays_in_the_notebook(source):
    with pytest.raises(ExportError, match=r"No cell of `n\.ipynb` is marked for export"):
        exported_text(notebook_of(code(source)), "n.ipynb")


def test_public_names_are_what_cells_define_not_what_they_import_or_extend():
    cells = (
        "#| export\nimport os\nfrom math import pi\nclass Tensor: pass\n",
        "#| export\n@extend(Tensor)\nclass Arithmetic: pass\nzero, (one, _two) = 0, (1, 2)\nlimit: int = 3\n",
        "#| export\ndef _hidden(): pass\nasync def fetch(): pass\nlater: int\n",
        "#| export\nscratch = 1\ndel scratch\nTensor.name = 'x'\n",
    )

    text = exported_text(notebook_of(*map(code, cells)), "n.ipynb")

    names = text.split("__all__ = [\n")[1].replace("]", "").split()
    assert names == ['"Tensor",', '"zero",', '"one",', '"limit",', '"fetch",']


def test_public_names_chosen_in_a_cell_are_left_alone():
    text = exported_text(notebook_of(code("#| export\n__all__ = ['x']\nx = y = 1")), "n.ipynb")

    assert text.count("__all__") == 1


def test_docstring_and_future_import_of_the_first_cell_keep_their_place(tmp_path):
    path = save(
        tmp_path / "n.ipynb",
        code('#| export\n"""What it is."""\nfrom __future__ import annotations\ndef f(x: X): pass'),
    )

    export_notebook(path, tmp_path / "made.py")

    shown = subprocess.run(
        [sys.executable, "-c", "import made; print(made.__doc__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert shown.stdout == "What it is.\n"


def test_missing_and_impossible_cell_ids_are_left_out_the_same_way_every_time(tmp_path):
    path = save(tmp_path / "n.ipynb", code("#| export\nx = 1"), code("#| export\ny = 1", "two\nimport os"))

    texts = set()
    for number in range(2):
        export_notebook(path, tmp_path / f"{number}.py")
        texts.add((tmp_path / f"{number}.py").read_text())

    assert len(texts) == 1
    assert "# n.ipynb, cell 1\nx = 1" in texts.pop()


def test_windows_line_ends_and_lists_of_lines_read_as_the_same_code():
    as_text = exported_text(notebook_of(code("#| export\r\nif 1:\r\n    x = 1\r\n")), "n.ipynb")
    as_list = exported_text(notebook_of(code(["#| export\n", "if 1:\n", "    x = 1\n"])), "n.ipynb")

    assert as_text == as_list


def test_replaced_module_is_dated_later_so_that_python_drops_its_bytecode(notebook, tmp_path):
    target = tmp_path / "tensor.py"
    export_notebook(notebook, target)
    ahead = int(time.time()) + 100
    os.utime(target, (ahead, ahead))
    save(notebook, code("#| export\nx = 2"))

    export_notebook(notebook, target)

    assert int(target.stat().st_mtime) > ahead


EXPORT_AND_IMPORT = """
import subprocess, sys
from pathlib import Path
from tito.export import export_notebook
notebook = Path("n.ipynb")
blank = notebook.read_text()
for value in "123":
    notebook.write_text(blank.replace("VALUE", value))
    export_notebook(notebook, Path("made.py"))
    subprocess.run([sys.executable, "-c", "import made; print(made.x)"], check=True)
"""


def test_edited_module_is_imported_anew_within_the_same_second(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    save(tmp_path / "n.ipynb", code("#| export\nx = VALUE"))

    command = [sys.executable, "-c", EXPORT_AND_IMPORT]
    shown = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert shown.stdout.split() == ["1", "2", "3"], shown.stderr


# ── Whose file it is ─────────────────────────────────────────────────────────────────────────────────


def test_exported_file_names_its_notebook(notebook, tmp_path):
    export_notebook(notebook, tmp_path / "tensor.py")

    assert origin(tmp_path / "tensor.py") == "02_tensor.ipynb"
    assert is_exported(tmp_path / "tensor.py")


@pytest.mark.parametrize("content", [b"", b"import numpy\n", b"\xff\xfe\x00", b"# Exported from nowhere\n"])
def test_other_files_are_not_taken_for_exported_ones(tmp_path, content):
    (tmp_path / "mine.py").write_bytes(content)

    assert not is_exported(tmp_path / "mine.py")
    assert not is_exported(tmp_path / "missing.py")


def test_handwritten_file_is_not_overwritten(notebook, tmp_path):
    target = tmp_path / "tensor.py"
    target.write_text("precious = 1\n")

    with pytest.raises(ExportError, match="was not exported from a notebook") as error:
        export_notebook(notebook, target)

    assert target.read_text() == "precious = 1\n"
    assert f"mv {target}" in error.value.next_step


# ── Fingerprint ──────────────────────────────────────────────────────────────────────────────────────

lines = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=20)
other_cells = st.one_of(lines.map(markdown), lines.map(lambda text: code(f"x = 1\n{text}")))
exported = lines.map(lambda text: code(f"#| export\nx = 1\n{text}"))
notebooks = st.lists(st.one_of(exported, other_cells), max_size=6)


def fingerprint(cells):
    with tempfile.TemporaryDirectory() as folder:
        return code_hash(save(Path(folder) / "n.ipynb", *cells))


@given(notebooks, st.integers(0, 6), other_cells, st.integers(1, 99))
def test_fingerprint_ignores_outputs_counts_metadata_and_cells_that_stay(cells, where, extra, count):
    before = fingerprint(cells)
    stream = {"output_type": "stream", "name": "stdout", "text": str(count)}
    for cell in cells:
        cell["metadata"] = {"seen": count}
        if cell["cell_type"] == "code":
            cell.update(outputs=[stream], execution_count=count)

    assert fingerprint([*cells[:where], extra, *cells[where:]]) == before


@given(notebooks, exported, st.integers(0, 6), st.characters(categories=["L"]))
def test_fingerprint_changes_with_every_exported_character(cells, cell, where, letter):
    before = fingerprint([*cells[:where], cell, *cells[where:]])
    cell["source"] += f"\n{letter}"

    assert fingerprint([*cells[:where], cell, *cells[where:]]) != before


@given(exported, exported)
def test_fingerprint_tells_the_order_and_borders_of_cells(first, second):
    joined = code(first["source"] + second["source"].removeprefix("#| export"))

    assert fingerprint([first, second]) != fingerprint([joined])
    assert first["source"].strip() == second["source"].strip() or fingerprint([first, second]) != fingerprint(
        [second, first]
    )


def test_fingerprint_and_header_need_no_heavy_library(notebook):
    program = (
        "import sys; from pathlib import Path; from tito.export import code_hash, is_exported\n"
        "code_hash(Path(sys.argv[1])); is_exported(Path(sys.argv[1]))\n"
        "heavy = {'nbformat', 'nbconvert', 'jsonschema', 'traitlets', 'numpy', 'jupytext', 'nbgrader'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    shown = subprocess.run([sys.executable, "-c", program, str(notebook)], capture_output=True, text=True)

    assert shown.stdout == "[]\n", shown.stderr


def test_export_builds_no_iri_grammar(notebook, tmp_path):
    program = (
        "import sys; from pathlib import Path; from tito.export import export_notebook\n"
        "export_notebook(Path(sys.argv[1]), Path(sys.argv[2])); print('rfc3987_syntax' in sys.modules)"
    )

    command = [sys.executable, "-c", program, str(notebook), str(tmp_path / "tensor.py")]
    shown = subprocess.run(command, capture_output=True, text=True)

    assert shown.stdout == "False\n", shown.stderr
