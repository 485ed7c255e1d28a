"""The class as a table: one row for each student and module, from one query, and what follows from it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gradebook.course import Course
from gradebook.grade.outcome import Status
from gradebook.records import transaction
from tito.results import Outcome

if TYPE_CHECKING:
    import pandas as pd

By = Literal["checkpoint", "module", "stage"]
MANY_MISSING = 2


class Standing(StrEnum):
    """Where a student stands with a module's checkpoint; the word is what people read."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NEEDS_REVIEW = "needs review"
    NOT_GRADED = "not graded"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"
    NO_NOTEBOOK = "no notebook"
    FAULT = "grader fault"
    REFUSED = "refused"
    MISSING = "missing"
    NOT_RELEASED = "not released"


# How a run that went wrong stands; what is not in here stands by its points.
BY_STATUS = {
    Status.TIMEOUT: Standing.TIMEOUT,
    Status.CRASHED: Standing.CRASHED,
    Status.UNREADABLE: Standing.UNREADABLE,
    Status.MISSING: Standing.NO_NOTEBOOK,
}
# A person should look at these students.
WORRYING = {*BY_STATUS.values(), Standing.FAULT, Standing.REFUSED}
# There is nothing of the student's to judge.
NOT_JUDGED = {Standing.MISSING, Standing.NOT_RELEASED, Standing.REFUSED, Standing.NOT_GRADED, Standing.FAULT}

COLUMNS = {
    "student": "string",
    "first_name": "string",
    "last_name": "string",
    "email": "string",
    "module": "string",
    "checkpoint": "string",
    "stage": "string",
    "released": "bool",
    "submitted": "datetime64[us]",
    "late": "bool",
    "status": "string",
    "explanation": "string",
    "checkpoint_score": "float64",
    "checkpoint_max": "float64",
    "score": "float64",
    "max_score": "float64",
    "percent": "float64",
    "needs_review": "int64",
    "checks": "string",
    "package_status": "string",
    "package_score": "float64",
    "package_explanation": "string",
    "package_checks": "string",
    "differs": "bool",
}


NO_PACKAGE = {
    "package_status": "",
    "package_score": None,
    "package_explanation": "",
    "package_checks": "",
}


def read_class(course: Course) -> "pd.DataFrame":
    """Every student's standing with every module of the course, in the columns of `COLUMNS`.

    `submitted` is in UTC. `needs_review` counts the cells that wait for a person. `checks` is JSON: how each
    check of the checkpoint ended. Scores are missing where nothing was graded. The columns from `status` on
    are the isolated reading: the notebook with the course's own earlier modules. Those with `package_` are
    the cumulative one: the same checkpoint in the package that all of the student's notebooks make up;
    `package_status` is empty where there is none. `differs` says that the two readings do.
    """
    import pandas as pd

    from gradebook.course_folder import prepare_course
    from gradebook.grade.planning import open_coursedir
    from gradebook.handover.exchange import released_modules
    from gradebook.report.class_query import class_query

    prepare_course(course)
    coursedir = open_coursedir(course)
    with transaction(coursedir.db_url) as connection:
        found = {
            (row["student"], row["module"]): dict(row) for row in connection.execute(class_query()).mappings()
        }
    collected = _collected(Path(coursedir.root, coursedir.submitted_directory))
    people: dict[str, dict[str, Any]] = {student: {"student": student} for student, _ in collected}
    people |= {student: row for (student, _), row in found.items()}
    released = released_modules(course) | {module for _, module in collected}
    released |= {module for (_, module), row in found.items() if row["submitted"] is not None}
    rows = [
        _row(
            course,
            module,
            found.get((student, module.id), _name(person)),
            module.id in released,
            (student, module.id) in collected,
        )
        for student, person in sorted(people.items())
        for module in course.table.modules
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _collected(submitted: Path) -> set[tuple[str, str]]:
    """The students and modules that have been collected; the gradebook learns of them when grading."""
    if not submitted.is_dir():
        return set()
    folders = [
        folder for folder in submitted.iterdir() if folder.is_dir() and not folder.name.startswith(".")
    ]
    return {
        (folder.name, module.name)
        for folder in folders
        for module in folder.iterdir()
        if not module.name.startswith(".")
    }


def _name(person: Mapping[str, Any]) -> dict[str, Any]:
    """Who a row is about, and nothing of any module."""
    return {name: person.get(name) for name in ("student", "first_name", "last_name", "email")}


def _row(
    course: Course, module: Any, found: Mapping[str, Any], released: bool, collected: bool
) -> dict[str, Any]:
    """One student and module, in the columns of `COLUMNS`."""
    checkpoint = course.table.checkpoint_of(module)
    graded = found.get("submission") is not None
    checkpoint_max = float(found.get("checkpoint_max") or checkpoint.points)
    max_score = float(found.get("max_score") or course.table.total_points(module))
    status = _standing(found, checkpoint_max, released, collected)
    judged = graded and status not in NOT_JUDGED
    score = max(0.0, float(found.get("score") or 0.0) - float(found.get("penalty") or 0.0))
    checkpoint_result = json.loads(found.get("checks") or "{}")
    checks = checkpoint_result.get("checks", [])
    package = _package(found) if judged else {}
    return {
        "student": found["student"],
        "first_name": found.get("first_name") or "",
        "last_name": found.get("last_name") or "",
        "email": found.get("email") or "",
        "module": module.id,
        "checkpoint": checkpoint.id,
        "stage": module.stage,
        "released": released,
        "submitted": found.get("submitted"),
        "late": _is_late(found),
        "status": str(status),
        "explanation": _explain(found, status, checks),
        "checkpoint_score": float(found.get("checkpoint_score") or 0.0) if judged else None,
        "checkpoint_max": checkpoint_max,
        "score": score if judged else None,
        "max_score": max_score,
        "percent": 100 * score / max_score if judged and max_score else None,
        "needs_review": int(found.get("needs_review") or 0) if graded else 0,
        "checks": _outcomes(checks),
        **NO_PACKAGE,
        **package,
        "differs": bool(package) and package["package_score"] != float(checkpoint_result.get("earned", 0)),
    }


def _package(found: Mapping[str, Any]) -> dict[str, Any]:
    """The cumulative reading; nothing where there is none."""
    earned = found.get("package_score")
    if earned is None:
        return {}
    status = Standing.PARTIAL if earned > 0 else Standing.FAILED
    checks = json.loads(found["package_checks"] or "{}").get("checks", [])
    return {
        "package_status": str(Standing.PASSED if earned >= found["package_max"] > 0 else status),
        "package_score": earned,
        "package_explanation": found["package_explanation"],
        "package_checks": _outcomes(checks),
    }


def _outcomes(checks: list[dict[str, Any]]) -> str:
    return json.dumps({check["name"]: check["outcome"] for check in checks}) if checks else ""


def _standing(found: Mapping[str, Any], checkpoint_max: float, released: bool, collected: bool) -> Standing:
    if found.get("refused") and (not found.get("submitted") or found["refused"] > found["submitted"]):
        return Standing.REFUSED
    if found.get("submission") is None or found.get("status") == Status.INTERRUPTED:
        if collected:
            return Standing.NOT_GRADED
        return Standing.MISSING if released else Standing.NOT_RELEASED
    if found.get("status") == Status.FAULT:
        return Standing.FAULT
    if found.get("checkpoint_waiting"):
        return Standing.NEEDS_REVIEW
    points = float(found.get("checkpoint_score") or 0.0)
    if checkpoint_max and points >= checkpoint_max:
        return Standing.PASSED
    if found.get("status") in BY_STATUS:
        return BY_STATUS[Status(found["status"])]
    return Standing.PARTIAL if points > 0 else Standing.FAILED


def _explain(found: Mapping[str, Any], status: Standing, checks: list[dict[str, Any]]) -> str:
    """Why a student stands there: what happened to the submission, else the first check that failed."""
    if status is Standing.REFUSED:
        return str(found["refusal"])
    if found.get("explanation"):
        return str(found["explanation"])
    failed = next((check for check in checks if check["outcome"] == Outcome.FAILED), None)
    return f"{failed['title']}: {failed['message']}" if failed else ""


def _is_late(found: Mapping[str, Any]) -> bool:
    if not found.get("duedate") or not found.get("submitted"):
        return False
    due = found["duedate"] + found["extension"] if found.get("extension") else found["duedate"]
    return bool(found["submitted"] > due)
