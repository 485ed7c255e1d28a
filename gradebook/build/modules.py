"""Building a course: authored text → source notebook → nbgrader → the notebook students get.

Each step is skipped while its inputs and its output are what they were, told by content. A module with
problems keeps the release it had.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradebook.build.assignment import count_submissions, generate_release, recorded_cells
from gradebook.build.cache import Stamp, only_builder, tool_versions
from gradebook.build.notebooks import BuildError, notebook_from_text, notebook_text
from gradebook.build.reference import reference_package
from gradebook.build.release_checks import check_file, check_release
from gradebook.build.source_checks import Finding, check_source
from gradebook.course import Course
from gradebook.folders import digest, digest_folder, install_folder, staging_folder
from tito.files import files_in, write_atomic
from tito.notebook import read_notebook
from tito.table import Module

__all__ = [
    "BuiltModule",
    "Problem",
    "build_course",
    "build_release",
    "build_source",
    "check_module",
    "reference_package",
]

# Our own code that decides what a release looks like and which one is refused.
RULES = (
    *("assignment.py", "notebooks.py", "pacing.py"),
    *("regions.py", "release_checks.py", "source_checks.py"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend before a module can be handed out; `cell` is empty for the whole file."""

    file: Path
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class BuiltModule:
    """What building one module did.

    `changed`: the students' version is new. `regrade`: how many students' work the gradebook holds that
    was graded against other cells than it has now. `log`: what nbgrader said, where it refused.
    """

    module: Module
    changed: bool = False
    problems: tuple[Problem, ...] = ()
    regrade: int = 0
    log: str = ""

    @property
    def ok(self) -> bool:
        """Whether the module can be handed out."""
        return not self.problems


def build_course(
    course: Course,
    modules: Iterable[Module] | None = None,
    started: Callable[[Module], object] = lambda _: None,
) -> list[BuiltModule]:
    """Build modules (default: all that are written), calling `started` before each.

    What is wrong with one is in its result; the others are built all the same.
    """
    built = []
    for module in course.authored() if modules is None else modules:
        started(module)
        try:
            with only_builder(course):
                build_source(course, module)
                built.append(build_release(course, module))
        except BuildError as error:
            problem = Problem(course.text_source(module), "", f"{error.message}: {error.next_step}")
            built.append(BuiltModule(module, problems=(problem,), log=error.log))
    return built


def build_source(course: Course, module: Module) -> bool:
    """Make the source notebook from the authored text; whether it changed."""
    text = _authored_text(course, module)
    target = course.source(module)
    inputs = digest(text, module.name, tool_versions("jupytext", "nbformat"))
    stamp = Stamp(course.cache / "build" / f"{module.id}.source.json")
    if stamp.matches({"inputs": inputs, "output": digest_folder(target)}):
        return False
    changed = write_atomic(target, notebook_text(notebook_from_text(text, module)))
    stamp.write({"inputs": inputs, "output": digest_folder(target)})
    return changed


def build_release(course: Course, module: Module) -> BuiltModule:
    """Make the students' version of a source notebook, and enter its cells and points into the gradebook.

    nbgrader runs twice: first beside the gradebook, so that what the checks refuse is never recorded.
    """
    if not course.source(module).is_file():
        raise BuildError(
            f"There is no `{course.source(module)}`", f"build it: `tito course build {module.id}`"
        )
    release = course.release(module).parent
    known = recorded_cells(course, module)
    inputs = _release_inputs(course, module)
    stamp = Stamp(course.cache / "build" / f"{module.id}.release.json")
    if known and stamp.matches({"inputs": inputs, "output": digest_folder(release), "gradebook": known}):
        return BuiltModule(module)
    source, text_file = read_notebook(course.source(module)), course.text_source(module)
    problems = _problems(text_file, check_source(course.table, module, source))
    if problems:
        return BuiltModule(module, problems=tuple(problems))
    with staging_folder(course.cache) as folder:
        trial = generate_release(course, module, folder / "trial", record=False)
        problems = _release_problems(module, source, trial, text_file)
        if problems:
            return BuiltModule(module, problems=tuple(problems))
        made = generate_release(course, module, folder / "release", record=True)
        changed = install_folder(made, release)
    recorded = recorded_cells(course, module)
    stamp.write({"inputs": inputs, "output": digest_folder(release), "gradebook": recorded})
    regrade = count_submissions(course, module) if known and known != recorded else 0
    return BuiltModule(module, changed, regrade=regrade)


def check_module(course: Course, module: Module) -> list[Problem]:
    """What is wrong with a module as it is on disk: its authored text, and its release beside it."""
    source = notebook_from_text(_authored_text(course, module), module)
    problems = _problems(course.text_source(module), check_source(course.table, module, source))
    release = course.release(module)
    if not release.is_file():
        return [*problems, Problem(release, "", f"is not built yet: `tito course build {module.id}`")]
    return problems or _release_problems(module, source, release.parent, release)


def _release_problems(module: Module, source: dict[str, Any], folder: Path, file: Path) -> list[Problem]:
    """The problems of a folder of handed-out files; those of the notebook are put down to `file`."""
    notebook = folder / f"{module.id}.ipynb"
    problems = _problems(file, check_release(module.id, source, read_notebook(notebook)))
    for other in files_in(folder):
        if other != notebook:
            problems += _problems(other, check_file(other))
    return problems


def _problems(file: Path, findings: Iterable[Finding]) -> list[Problem]:
    return [Problem(file, cell.place if cell else "", message) for cell, message in findings]


def _authored_text(course: Course, module: Module) -> str:
    path = course.text_source(module)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BuildError(f"`{module.id}` is not written yet", f"write it: `{path}`") from None
    except UnicodeDecodeError as error:
        raise BuildError(f"`{path}` is not UTF-8 text at byte {error.start}", "save it as UTF-8") from error


def _release_inputs(course: Course, module: Module) -> str:
    """A fingerprint of everything a release is made of and checked against."""
    return digest(
        digest_folder(course.source(module).parent, skip={".py", ".toml"}),
        (course.root / "nbgrader_config.py").read_text(encoding="utf-8"),
        repr((module, course.table.checkpoint_of(module))),
        tool_versions("nbgrader", "nbconvert", "nbformat"),
        *((Path(__file__).parent / name).read_text(encoding="utf-8") for name in RULES),
    )
