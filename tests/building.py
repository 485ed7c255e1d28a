"""What tests of the build do to a small course, and how they read what came of it."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from gradebook.build.modules import BuiltModule, Problem, build_course
from gradebook.course import Course


def edit_text(course: Course, old: str, new: str, count: int = 1) -> None:
    """Replace something in the authored text of the first module."""
    path = course.text_source(course.table.modules[0])
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def edit_release(course: Course, change: Callable[[dict[str, Any]], object]) -> None:
    """Edit the notebook that students get of the first module, as a hand would."""
    path = course.release(course.table.modules[0])
    notebook = json.loads(path.read_text())
    change(notebook)
    path.write_text(json.dumps(notebook))


def build_first(course: Course) -> BuiltModule:
    """Build the first module."""
    (result,) = build_course(course, course.table.modules[:1])
    return result


def messages(problems: Iterable[Problem]) -> list[str]:
    """Problems in words."""
    return [f"{problem.cell}: {problem.message}" if problem.cell else problem.message for problem in problems]


def built_notebooks(course: Course) -> dict[str, bytes]:
    """Every built notebook and its bytes."""
    folders = [course.folder / "source", course.folder / "release"]
    files = [path for folder in folders for path in sorted(folder.rglob("*.ipynb"))]
    return {str(path.relative_to(course.root)): path.read_bytes() for path in files}
