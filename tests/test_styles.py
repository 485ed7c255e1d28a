"""A failed check means that the student can't do it: right solutions of any style pass, stubs don't."""

import ast
import functools
import shutil

import numpy as np
import pytest

from gradebook.build.notebooks import cells_of, notebook_from_text
from gradebook.build.reference import reference_package, write_package
from gradebook.build.source_checks import names_of
from gradebook.course import Course
from gradebook.rehearsal.stubs import STUBS, plant_stub, read_honest, stubbed
from gradebook.rehearsal.styles import Style, plant_style, read_style, read_styles
from gradebook.rehearsal.trial import try_notebook
from gradebook.rehearsal.variants import VariantError
from tests.conftest import REPOSITORY, made_once
from tito.checks import load_checkpoint
from tito.export import exported_text
from tito.table import Module

COURSE = Course(REPOSITORY)
MODULES = COURSE.authored()
STYLES = {module: read_styles(COURSE.styles(module)) for module in MODULES}
# The first module that builds on each.
NEXT = {
    module: next((other for other in MODULES if module in COURSE.table.foundations(other)), None)
    for module in MODULES
}
PAIRS = [(module, style) for module, styles in STYLES.items() for style in styles]


def named(pairs: list[tuple[Module, Style]]) -> dict:
    ids = [f"{module.name}: {style.name}" for module, style in pairs]
    return {"argnames": ("module", "style"), "argvalues": pairs, "ids": ids}


each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Course:
    """A copy of the course's texts, beside which packages of earlier modules may be made."""

    def copy(root):
        shutil.copytree(REPOSITORY / "course", root / "course", ignore=shutil.ignore_patterns("*.ipynb"))

    return Course(made_once(tmp_path_factory, "texts", copy))


@functools.cache
def source_of(module: Module) -> dict:
    """A module's source notebook, solutions included."""
    return notebook_from_text(COURSE.text_source(module).read_text(), module)


def solutions_of(module: Module) -> dict[str, str]:
    """The solution cells of the authored notebook by their ids."""
    return {cell.grade_id: cell.source for cell in cells_of(source_of(module)) if cell.solution}


@pytest.mark.parametrize(**named(PAIRS))
def test_right_solution_in_another_style_scores_full_points(measured, module, style):
    trial = dict(measured(module).right)[style.title]

    assert trial.lost == set(), trial.messages
    assert set(trial.checks.values()) == {"passed"}


# These pass functions of their own through the tensor's door, for which module 09 has no rule.
WITHOUT_RULES = (
    "spatial: algebra",
    "spatial: loops",
    "spatial: own_layout",
    "attention: einsums",
    "attention: loops",
)


@pytest.mark.parametrize(**named([(module, style) for module, style in PAIRS if NEXT[module]]))
def test_next_module_works_on_what_a_style_exports(module, style, tmp_path):
    following = NEXT[module]
    notebooks = {earlier: source_of(earlier) for earlier in COURSE.table.foundations(following)}
    notebooks[module] = plant_style(source_of(module), style)
    exports = {
        owner.export: exported_text(notebook, f"{owner.id}.ipynb") for owner, notebook in notebooks.items()
    }
    write_package(tmp_path, exports)

    trial = try_notebook(source_of(following), tmp_path)

    without_rules = f"{module.name}: {style.name}" in WITHOUT_RULES
    assert trial.failed == ({"untouched"} if without_rules else set()), trial.messages
    assert trial.lost == ({"checkpoint"} if without_rules else set()), trial.messages


@each_module
def test_at_least_three_styles_say_what_they_are_and_solve_every_cell(module):
    styles = STYLES[module]

    assert len(styles) >= 3
    assert all(len(style.about.split()) > 5 for style in styles)
    assert all(set(style.cells) == set(solutions_of(module)) for style in styles)


@each_module
def test_styles_differ_in_most_cells_from_the_solution_and_from_each_other(module):
    ways = [solutions_of(module), *(style.cells for style in STYLES[module])]
    code = [{name: code_of(source) for name, source in way.items()} for way in ways]

    for position, one in enumerate(code):
        for other in code[:position]:
            alike = [name for name in one if one[name] == other[name]]
            assert len(alike) <= len(one) // 4, alike


@each_module
def test_no_later_cell_of_the_course_takes_a_name_that_a_style_uses(module):
    cells = [cell for cell in cells_of(source_of(module)) if cell.type == "code"]
    positions = {cell.grade_id: cell.position for cell in cells}
    taken = [(cell, names_of(cell.source).binds) for cell in cells if not cell.solution]

    for style in STYLES[module]:
        for name, source in style.cells.items():
            own = names_of(source).binds
            later = [(cell.place, own & names) for cell, names in taken if cell.position > positions[name]]
            assert [(place, names) for place, names in later if names] == [], f"{style.name}: {name}"


def code_of(source: str) -> str:
    """What a cell does, without comments, layout and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)


@each_module
@pytest.mark.parametrize("stub", STUBS)
def test_stub_scores_exactly_what_it_honestly_meets(course, module, stub):
    honest = read_honest(course.stubs(module))[stub]
    checkpoint = course.table.checkpoint_of(module)

    trial = try_notebook(plant_stub(source_of(module), stub), reference_package(course, before=module))

    judged = load_checkpoint(REPOSITORY / "tests" / "checkpoints" / checkpoint.filename).checks
    assert set(trial.checks) == set(judged)
    assert {name for name, outcome in trial.checks.items() if outcome == "passed"} == set(honest.checks)
    full = {cell for cell in trial.scores if cell not in trial.lost}
    assert full == set(honest.cells)
    assert {cell for cell, score in trial.scores.items() if score} - full <= {"checkpoint"}
    assert trial.scores["checkpoint"] == sum(judged[name].points for name in honest.checks)
    assert all([*honest.cells.values(), *honest.checks.values()])


def test_stub_answers_in_place_of_each_solution_and_leaves_constructors():
    source = """
class Thing:
    def __init__(self, size):
        ### BEGIN SOLUTION
        self.size = size
        ### END SOLUTION

    def grown(self, by, times=1):
        \"\"\"A larger thing, such as "12".\"\"\"
        ### BEGIN SOLUTION
        def once(size):
            return size + by
        return once(self.size)
        ### END SOLUTION

    def total(self, dim=None):
        ### BEGIN SOLUTION
        return self.size
        ### END SOLUTION
"""
    made = {}
    for stub, answer in STUBS.items():
        space = {"np": np}
        exec(stubbed(source, answer), space)
        thing = space["Thing"](7)
        made[stub] = (thing.size, thing.grown([3, 4]), thing.total() is thing)

    assert made["input"] == (7, [3, 4], True)
    assert made["zeros"][1].tolist() == [0, 0]
    assert made["example"] == (7, "12", False)
    assert [size for size, _, _ in made.values()] == [7, 7, 7]


def test_solution_outside_any_function_makes_no_stub():
    with pytest.raises(VariantError, match="in no function"):
        stubbed("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", STUBS["input"])


def test_style_with_a_missing_a_strange_or_a_double_section_is_refused(tmp_path):
    module = MODULES[0]
    cells = solutions_of(module)
    missing = next(iter(cells))
    too_few = {name: source for name, source in cells.items() if name != missing}

    with pytest.raises(VariantError, match=missing):
        plant_style(source_of(module), Style("too few", "", too_few))
    with pytest.raises(VariantError, match="strange"):
        plant_style(source_of(module), Style("too many", "", {**cells, "strange": ""}))

    twice = tmp_path / "twice.py"
    twice.write_text("# Twice the same.\n\n# %% one\nx = 1\n\n# %% one\nx = 2\n")
    with pytest.raises(VariantError, match="two sections"):
        read_style(twice)
