"""A class to try the course with: submissions made by real edits of the real release."""

import copy
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradebook.course import Course
from gradebook.rehearsal.variants import Variant, VariantError, cell_by_id, plant, read_variants
from tito.table import Module

Notebook = dict[str, Any]

DEMO_SETTINGS = """
# The demo class only: one account plays all students, and a cell that never ends is stopped sooner.
c.ExchangeCollect.check_owner = False
c.ExecutePreprocessor.timeout = 5
"""


@dataclass(frozen=True)
class DemoStudent:
    """One student of `course/demo.toml`: what they submit and how it differs from the solution."""

    id: str
    about: str
    modules: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    solutions: dict[str, str] = field(default_factory=dict)
    before: str = ""
    delete: tuple[str, ...] = ()
    truncate: tuple[str, ...] = ()


def read_class(path: Path) -> tuple[DemoStudent, ...]:
    """The students of a `demo.toml`."""
    students: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["student"]
    for student in students:
        student.update({key: tuple(value) for key, value in student.items() if isinstance(value, list)})
    return tuple(DemoStudent(**student) for student in students)


def submission_text(course: Course, student: DemoStudent, module: Module) -> str | None:
    """The notebook file the student submits for a module; None where they submit nothing."""
    if student.modules and module.name not in student.modules:
        return None
    release = json.loads(course.release(module).read_text(encoding="utf-8"))
    planted = _with_variants(_read(course.source(module)), student, course, module)
    notebook = _edited(release, planted, student)
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    return text[: len(text) // 2] if module.name in student.truncate else text


def _read(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def _with_variants(source: Notebook, student: DemoStudent, course: Course, module: Module) -> Notebook:
    """The source notebook with the student's planted solutions of this module."""
    path = course.text_source(module).with_name("variants.toml")
    known: dict[str, Variant] = {variant.name: variant for variant in read_variants(path)}
    for name in student.variants:
        if name in known:
            source = plant(source, known[name])
    return source


def _edited(release: Notebook, solved: Notebook, student: DemoStudent) -> Notebook:
    """The release with the student's work filled in."""
    notebook = copy.deepcopy(release)
    for cell in notebook["cells"]:
        name = _grade_id(cell)
        if (
            not cell["metadata"].get("nbgrader", {}).get("solution")
            or "*" in student.blank
            or name in student.blank
        ):
            continue
        cell["source"] = student.solutions.get(name) or _without_markers(cell_by_id(solved, name)["source"])
    if student.before:
        first: dict[str, Any] = {"cell_type": "code", "id": "before", "metadata": {}, "outputs": []}
        notebook["cells"].insert(0, {**first, "execution_count": None, "source": student.before})
    notebook["cells"] = [cell for cell in notebook["cells"] if _grade_id(cell) not in student.delete]
    return notebook


def _grade_id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _without_markers(source: str) -> str:
    lines = source.splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION"))


def check_class(course: Course, students: tuple[DemoStudent, ...]) -> None:
    """Fail where a student names a variant that no module has."""
    known = {
        variant.name
        for module in course.authored()
        for variant in read_variants(course.text_source(module).with_name("variants.toml"))
    }
    for student in students:
        for name in student.variants:
            if name not in known:
                message = f"{student.id} uses the unknown variant “{name}”"
                raise VariantError(message, "mend `course/demo.toml`")


def make_demo_course(target: Path, origin: Path) -> Course:
    """A copy of `origin`'s course for the demo class, in which one account may play everybody."""
    from gradebook.course_folder import make_course_folder

    make_course_folder(target, origin)
    with (target / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(DEMO_SETTINGS)
    return Course(target)


def submit_all(course: Course, students: tuple[DemoStudent, ...]) -> int:
    """Have every student submit through nbgrader's exchange; how many notebooks were submitted."""
    count = 0
    for student in students:
        for module in course.authored():
            text = submission_text(course, student, module)
            if text is not None:
                _submit(course, student, module, text)
                count += 1
    return count


def _submit(course: Course, student: DemoStudent, module: Module, text: str) -> None:
    """What `nbgrader submit` does, as the student."""
    import logging

    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange.default import ExchangeSubmit

    desk = course.root / "students" / student.id
    notebook = desk / module.id / f"{module.id}.ipynb"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.write_text(text, encoding="utf-8")
    config = course.nbgrader_config()
    coursedir = CourseDirectory(config=config, assignment_id=module.id, student_id=student.id)
    quiet = logging.Logger("nbgrader", logging.ERROR)
    ExchangeSubmit(
        coursedir=coursedir,
        authenticator=Authenticator(config=config),
        config=config,
        log=quiet,
        assignment_dir=str(desk),
        cache=str(desk / ".cache"),
    ).start()
