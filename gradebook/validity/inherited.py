"""Mistakes of earlier modules: packages in which one of them holds a planted wrong solution."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from gradebook.build.notebooks import Cell, notebook_from_text, with_texts
from gradebook.build.reference import write_package
from gradebook.course import Course
from gradebook.grade.proving import RUN
from gradebook.grade.verdict import CHECKPOINT
from gradebook.rehearsal.trial import Trial
from gradebook.rehearsal.variants import plant, read_variants
from gradebook.validity.sampling import sample
from gradebook.validity.walk import run_once
from tito.export import exported_text
from tito.table import Module


def mistaken_packages(course: Course, module: Module, most: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Planted mistakes of earlier modules: the name of each, and the texts of a package that has it.

    most: at most so many of them, evenly spread.
    """
    modules = [*course.table.foundations(module), module]
    texts = {other: course.text_source(other).read_text(encoding="utf-8") for other in modules}
    notebooks = {other: with_texts(notebook_from_text(texts[other], other)) for other in modules}
    right = {other.export: exported_text(notebooks[other], f"{other.id}.ipynb") for other in modules}
    planted = [
        (other, variant) for other in modules[:-1] for variant in read_variants(course.variants(other))
    ]
    wrong = [(other, variant) for other, variant in planted if not variant.right]
    for other, variant in sample(wrong, most):
        text = exported_text(plant(notebooks[other], variant), f"{other.id}.ipynb")
        yield f"{other.id}: {variant.name}", right | {other.export: text}


def prove_package(texts: dict[str, str], filename: str, folder: Path) -> Trial:
    """What a checkpoint finds in a package, which is laid out in `folder` meanwhile."""
    meta = {"grade_id": CHECKPOINT, "grade": True, "points": 1}
    cell = Cell(1, CHECKPOINT, "code", RUN.format(filename), {"nbgrader": meta}, meta)
    folder.mkdir()
    write_package(folder, texts)
    try:
        return run_once([cell], folder, seed=1)
    finally:
        shutil.rmtree(folder)
