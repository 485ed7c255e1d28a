"""What the canaries tell where there are no walls: `python -m tests.attacks.control COURSE ATTACK…`.

Canaries that nothing can trip prove nothing. So attacks are graded once more at the level `open`, by a grader
that is itself kept apart from the machine, and each canary that should trip does. It prints what each
attack tripped, as JSON.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradebook.course import Course
from gradebook.grade.engine import ONE_THREAD, Engine
from gradebook.grade.marking import mark_submission
from gradebook.grade.rubric import read_rubric
from gradebook.grade.submission import find_submissions
from gradebook.sandbox.walls import Level
from tests.attack_corpus import load_attacks
from tests.attacks.apart import run_apart
from tests.attacks.canaries import canaries, left_running
from tests.attacks.classroom import all_outputs, lay_attack, secrets_in, student_of
from tests.tiny_course import read_release, solve

SECONDS = 120
SENTENCES = ("reached by its number", "reached by a descriptor")


def grade_without_walls(root: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """What each attack tripped: the names of canaries, and the sentences and secrets in what it printed.

    Under "engine" stands what the process that students' are forked from tripped while it ran, and under
    "end" what was left after it.
    """
    course = Course(root)
    first, _ = course.table.modules
    rubric = read_rubric(course, first)
    right = solve(read_release(course, first))
    told = {}
    with Engine(rubric.fonts) as engine:
        for attack in load_attacks():
            if attack.name in names:
                student = student_of(attack)
                with canaries(course) as seen:
                    lay_attack(course, first, attack, right)
                    (submission,) = find_submissions(course.folder / "submitted", (first,), student)
                    copy = course.folder / "autograded" / student / first.id
                    mark_submission(engine, rubric, submission, Level.OPEN, copy)
                told[attack.name] = _tripped(seen, all_outputs(course, student), course)
        told["engine"] = left_running(course)
    told["end"] = left_running(course)
    return told


def _tripped(seen: dict[str, Any], text: str, course: Course) -> list[str]:
    named = [name for name, found in seen.items() if found and name != "processes"]
    said = [sentence for sentence in SENTENCES if sentence in text]
    return named + said + sorted(secrets_in(course, text))


def main(root: str, *names: str) -> None:
    """Grade these attacks on a copy of the course in `root`."""
    environment = dict.fromkeys(ONE_THREAD, "1")
    print(
        json.dumps(run_apart(lambda copy: grade_without_walls(copy, names), Path(root), SECONDS, environment))
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
