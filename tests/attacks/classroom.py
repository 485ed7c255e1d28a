"""A class of hostile submissions among honest ones: laid, graded, and read back."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import grade_id_of
from gradebook.course import Course
from gradebook.grade.grading import run_grading
from gradebook.grade.nodes import make_node
from gradebook.grade.planning import open_coursedir, plan_grading
from gradebook.handover.feedback import HideAnswers, write_feedback
from gradebook.records import load_records
from tests.attack_corpus import WRONG, Attack
from tests.attacks.canaries import TOKEN, canaries
from tests.tiny_course import Notebook, read_release, solve, submit
from tito.table import Module

# Short enough for the whole corpus, long enough for honest code on a busy machine.
SETTINGS = """
c.ExecutePreprocessor.timeout = 1.5
c.GradingLimits.check_seconds = 1
c.GradingLimits.notebook_seconds = 10
c.GradingLimits.cpu_seconds = 10
c.GradingLimits.memory_mb = 1024
"""
# The hidden test's numbers, and what only the instructor has.
SECRETS = re.compile(rf"(?<!\d)(?:1234|4321|5555)(?!\d)|{TOKEN}")
HONEST_WRONG = {("add",): "wrong-add", ("add", "total"): "wrong-both"}
TESTS = ("add-check", "total-check", "checkpoint")


def student_of(attack: Attack) -> str:
    """Who hands it in."""
    return f"{attack.category}-{attack.name}".replace("_", "-")


def hide_inputs(root: Path) -> None:
    """Let the checkpoint ask with numbers that are recognised wherever they come out."""
    path = root / "tests" / "checkpoints" / "checkpoint_00_counts.py"
    text = path.read_text().replace("integers(10, 99", "integers(710_000, 719_999")
    assert "710_000" in text
    path.write_text(text)


def grade_class(course: Course, attacks: Sequence[Attack]) -> dict[str, Any]:
    """Lay and grade all submissions; the scores before the resubmissions, and how the canaries are."""
    first, _ = course.table.modules
    right = lay_honest(course, first)
    for attack in attacks:
        if attack.category == "old-grades":
            submit(course, student_of(attack), first, right)
    with canaries(course) as seen:
        before = {graded.student: graded.score for graded in run_grading(course, plan_grading(course), 2)}
        for attack in attacks:
            lay_attack(course, first, attack, right)
        list(run_grading(course, plan_grading(course), 2))
    for attack in attacks:
        if attack.category == "reading":
            list(write_feedback(course, (first,), student_of(attack)))
    return {"first": before, "canaries": seen}


def lay_honest(course: Course, module: Module) -> Notebook:
    """Lay what honest students hand in, right and wrong; the right notebook."""
    right = solve(read_release(course, module))
    submit(course, "honest", module, right)
    submit(course, "wrong-add", module, solve(read_release(course, module), add=WRONG))
    zero = "def total(numbers):\n    return 0\n"
    submit(course, "wrong-both", module, solve(read_release(course, module), add=WRONG, total=zero))
    return right


def lay_attack(course: Course, module: Module, attack: Attack, right: Notebook) -> None:
    """Lay a hostile submission, in place of what the student handed in before."""
    attack.make(course.folder / "submitted" / student_of(attack) / module.id, right)


def read_points(course: Course) -> dict[str, dict[str, float]]:
    """Each student's points, by cell."""
    from nbgrader.api import Gradebook

    coursedir = open_coursedir(course)
    points: dict[str, dict[str, float]] = {}
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for submission in gradebook.assignment_submissions("01_count"):
            own = points.setdefault(submission.student.id, {})
            for notebook in submission.notebooks:
                own |= {grade.cell.name: grade.score or 0.0 for grade in notebook.grades}
    return points


def read_checks(course: Course) -> dict[str, dict[str, str]]:
    """The outcome of each student's checks, by name."""
    records = load_records(open_coursedir(course).db_url)
    return {
        student: {check["name"]: check["outcome"] for check in json.loads(record.checks)["checks"]}
        for (student, _), record in records.items()
        if record.checks
    }


def graded_notebook(course: Course, student: str) -> Any:
    """The student's notebook as it was graded."""
    path = course.folder / "autograded" / student / "01_count" / "01_count.ipynb"
    return json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))


def shown_outputs(course: Course, student: str) -> str:
    """All that the student gets to see of what the cells showed, as one text."""
    visible, _ = HideAnswers().preprocess(make_node(graded_notebook(course, student)), {})
    return json.dumps([cell.outputs for cell in visible.cells if cell.cell_type == "code"])


def all_outputs(course: Course, student: str) -> str:
    """All that the graded copy holds, but for what tests themselves say there, for the instructor."""
    own = [
        output
        for cell in graded_notebook(course, student)["cells"]
        for output in cell.get("outputs", [])
        if not (grade_id_of(cell) in TESTS and output["output_type"] in ("error", "execute_result"))
    ]
    return json.dumps(own)


def secrets_in(course: Course, text: str) -> set[str]:
    """Which secrets of the course a text gives away."""
    seed = (course.folder / ".grading_seed").read_text().strip()
    return {found[0] for found in SECRETS.finditer(text)} | ({seed} if seed in text else set())
