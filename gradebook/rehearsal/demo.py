"""A class to try the course with: submissions made by real edits of the real release."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import grade_id_of, plain_notebook
from gradebook.build.regions import Kind
from gradebook.course import Course
from gradebook.rehearsal.variants import VariantError, cell_by_id, plant, read_variants
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


@dataclass(frozen=True)
class DemoClass:
    """A class in the middle of the course. `handed_out`: the names of the modules it has got so far."""

    handed_out: tuple[str, ...]
    students: tuple[DemoStudent, ...]


def read_demo(path: Path) -> DemoClass:
    """The class of a `demo.toml`."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    students: list[dict[str, Any]] = data["student"]
    for student in students:
        student.update({key: tuple(value) for key, value in student.items() if isinstance(value, list)})
    return DemoClass(tuple(data["handed_out"]), tuple(DemoStudent(**student) for student in students))


def submission_text(course: Course, student: DemoStudent, module: Module) -> str | None:
    """The notebook file the student submits for a module; None where they submit nothing."""
    if student.modules and module.name not in student.modules:
        return None
    planted = _with_variants(plain_notebook(course.source(module)), student, course, module)
    notebook = _edited(plain_notebook(course.release(module)), planted, student)
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    return text[: len(text) // 2] if module.name in student.truncate else text


def _with_variants(source: Notebook, student: DemoStudent, course: Course, module: Module) -> Notebook:
    """The source notebook with the student's planted solutions of this module."""
    known = {variant.name: variant for variant in read_variants(course.variants(module))}
    for name in student.variants:
        if name in known:
            source = plant(source, known[name])
    return source


def _edited(release: Notebook, solved: Notebook, student: DemoStudent) -> Notebook:
    """The release with the student's work filled in, in place."""
    for cell in release["cells"]:
        name = grade_id_of(cell)
        if (
            not cell["metadata"].get("nbgrader", {}).get("solution")
            or "*" in student.blank
            or name in student.blank
        ):
            continue
        cell["source"] = student.solutions.get(name) or _without_markers(cell_by_id(solved, name)["source"])
    if student.before:
        first: dict[str, Any] = {"cell_type": "code", "id": "before", "metadata": {}, "outputs": []}
        release["cells"].insert(0, {**first, "execution_count": None, "source": student.before})
    release["cells"] = [cell for cell in release["cells"] if grade_id_of(cell) not in student.delete]
    return release


def _without_markers(source: str) -> str:
    return "".join(line for line in source.splitlines(keepends=True) if not Kind.SOLUTION.marks(line))


def check_demo(course: Course, demo: DemoClass) -> None:
    """Fail where a student names a variant that no module has."""
    known = {
        variant.name for module in course.authored() for variant in read_variants(course.variants(module))
    }
    for student in demo.students:
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


def submit_all(course: Course, demo: DemoClass) -> int:
    """Have every student submit through nbgrader's exchange; how many notebooks were submitted."""
    count = 0
    for student in demo.students:
        for module in map(course.table.module, demo.handed_out):
            text = submission_text(course, student, module)
            if text is not None:
                _submit(course, student, module, text)
                count += 1
    return count


def _submit(course: Course, student: DemoStudent, module: Module, text: str) -> None:
    """What `nbgrader submit` does, as the student."""
    from gradebook.handover.exchange import open_exchange

    desk = course.root / "students" / student.id
    notebook = desk / module.id / f"{module.id}.ipynb"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.write_text(text, encoding="utf-8")
    with open_exchange(course, module, "Submit", student.id) as exchange:
        exchange.assignment_dir, exchange.cache = str(desk), str(desk / ".cache")
        exchange.start()
