"""A class of the small course: every way to be right, to fail and to cheat has its student."""

import json

from gradebook.build.notebooks import grade_id_of
from gradebook.course import Course
from tests.tiny_course import cell_of, read_release, solve, submit

FORGED_CHECKPOINT = """
import os
os.makedirs("tests/checkpoints", exist_ok=True)
with open("tests/checkpoints/checkpoint_00_counts.py", "w") as file:
    file.write('''
from tito.checks import Checkpoint
checkpoint = Checkpoint(__file__)
@checkpoint.check(points=20)
def test_nothing():
    "Nothing is asked"
''')
def add(a, b):
    return 3
"""
WRONG = "def add(a, b):\n    return 3\n"
# Each takes the place of the exercise's solution and would get points it has not earned.
CHEATS = {
    "displayhook": """
import sys
def add(a, b):
    sys.displayhook(20.0)
    return 3
""",
    "transformer": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Expr(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
""",
    "patch": """
import tito.checks
tito.checks.run_checkpoint = lambda *_: 20.0
""",
    "module": """
import sys, types
fake = types.ModuleType("tito.checks")
fake.run_checkpoint, fake.expect_equal = lambda *_: 20.0, lambda *_: None
sys.modules["tito.checks"] = fake
""",
    "inside": """
def add(a, b):
    import tito.checks
    tito.checks.expect_equal = lambda *_: None
    return 3
""",
    "file": FORGED_CHECKPOINT,
}
LOUD = """
import sys, warnings
def add(a, b):
    print("!", file=sys.stderr)
    warnings.warn("hm")
    return a + b
"""


def make_submissions(course: Course) -> None:
    """Everybody's notebook of the first module, and one of the second."""
    first, second = course.table.modules

    def right(**solutions: str):
        return solve(read_release(course, first), **solutions)

    def without(*names: str):
        notebook = right()
        notebook["cells"] = [cell for cell in notebook["cells"] if grade_id_of(cell) not in names]
        return notebook

    def edited(change):
        notebook = right()
        change(notebook)
        return notebook

    def lock_pick(notebook):
        meta = cell_of(notebook, "add-check")["metadata"]["nbgrader"]
        meta |= {"schema_version": 99, "solution": True, "points": 600}
        cell_of(notebook, "add-check")["source"] = "pass"
        cell_of(notebook, "checkpoint")["source"] = "20.0"
        cell_of(notebook, "checkpoint")["metadata"]["tags"] = ["skip-execution"]

    def forget_names(notebook):
        for cell in notebook["cells"]:
            cell["metadata"].clear()

    everybody = {
        "right": right(),
        "blank": read_release(course, first),
        "partly": right(total="def total(numbers):\n    return 0\n"),
        "loud": right(add=LOUD),
        "exits": right(total="import os\ndef total(numbers):\n    os._exit(0)\n"),
        "loops": right(total="def total(numbers):\n    while True:\n        pass\n"),
        "corrupt": json.dumps(right())[:900],
        "deleted": without("add-check", "total-check", "checkpoint", "reflection-1"),
        "emptied": without("add", "add-check"),
        "copied": edited(lambda notebook: notebook["cells"].extend([*notebook["cells"]])),
        "lockpick": edited(lock_pick),
        "nameless": edited(forget_names),
        "renamed": right(),
        "shadow": right(total="def total(numbers):\n    return 6\n\ndef sum(numbers):\n    return 6\n"),
        "worse": right(),
        **{name: right(add=text if "def add" in text else text + WRONG) for name, text in CHEATS.items()},
    }
    for student, notebook in everybody.items():
        submit(course, student, first, notebook)
    folder = course.folder / "submitted" / "renamed" / first.id
    (folder / f"{first.id}.ipynb").rename(folder / "homework.ipynb")
    linked = submit(course, "linked", first, right())
    (linked / "notes.txt").symlink_to("/etc/hostname")
    submit(course, "right", second, solve(read_release(course, second)))
