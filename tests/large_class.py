"""A gradebook of a whole class, written straight into nbgrader's tables."""

import random
from datetime import datetime, timedelta
from uuid import uuid4

from gradebook.course import Course
from gradebook.course_folder import prepare_course
from gradebook.grade.planning import open_coursedir
from gradebook.grade.verdict import CHECKPOINT
from gradebook.records import record_tables, transaction

START = datetime(2026, 9, 1, 12)
EXERCISES = 10


def fill_gradebook(course: Course, students: int, handed_out: int, seed: int = 1) -> None:
    """Enter students who submitted most of the first `handed_out` modules, some of them in trouble."""
    from nbgrader import api

    prepare_course(course)
    rng = random.Random(seed)
    rows: dict[str, list[dict]] = {
        name: [] for name in ("student", "notebook", "base_cell", "grade_cells", "task_cells")
    }
    rows |= {
        name: []
        for name in ("assignment", "submitted_assignment", "submitted_notebook", "grade", "tito_record")
    }
    modules = course.table.modules[:handed_out]
    people = [f"s{number:04d}" for number in range(students)]
    for number, student in enumerate(people):
        name = {"first_name": FIRST[number % len(FIRST)], "last_name": f"{LAST[number // 7 % len(LAST)]}"}
        rows["student"].append({"id": student, "email": f"{student}@example.org", **name})
    for module in modules:
        assignment, notebook = uuid4().hex, uuid4().hex
        rows["assignment"].append(
            {"id": assignment, "name": module.id, "course_id": "tinytorch", "duedate": START}
        )
        rows["notebook"].append({"id": notebook, "name": module.id, "assignment_id": assignment})
        cells = [(uuid4().hex, f"exercise-{n}", 5.0, "GradeCell") for n in range(EXERCISES)]
        cells += [(uuid4().hex, f"reflection-{n}", 5.0, "TaskCell") for n in (1, 2)]
        cells.append((uuid4().hex, CHECKPOINT, 40.0, "GradeCell"))
        for cell, name, points, kind in cells:
            rows["base_cell"].append({"id": cell, "name": name, "notebook_id": notebook, "type": kind})
            table, text = ("grade_cells", "code") if kind == "GradeCell" else ("task_cells", "markdown")
            rows[table].append({"id": cell, "max_score": points, "cell_type": text})
        for student in people:
            if rng.random() < 0.1:
                continue
            submission, part = uuid4().hex, uuid4().hex
            when = START + timedelta(hours=rng.uniform(-48, 4))
            submitted = {
                "id": submission,
                "assignment_id": assignment,
                "student_id": student,
                "timestamp": when,
            }
            rows["submitted_assignment"].append(submitted)
            rows["submitted_notebook"].append(
                {"id": part, "assignment_id": submission, "notebook_id": notebook}
            )
            status = rng.choices(["graded", "crashed", "timeout"], [95, 2, 3])[0]
            skill = rng.random() ** 0.4 if status == "graded" else 0.0
            for cell, name, points, kind in cells:
                waits = kind == "TaskCell" and rng.random() < 0.5
                auto = None if kind == "TaskCell" else float(round(points * (skill > rng.random() * 0.9)))
                if name == CHECKPOINT:
                    auto = 40.0 if skill > 0.7 else float(8 * int(5 * skill))
                manual = 4.0 if kind == "TaskCell" and not waits else None
                row = {
                    "id": uuid4().hex,
                    "notebook_id": part,
                    "cell_id": cell,
                    "auto_score": auto,
                    "manual_score": manual,
                }
                rows["grade"].append({**row, "needs_manual_grade": waits})
            why = {
                "crashed": "the kernel died in `exercise-3`",
                "timeout": "`exercise-5` did not finish within 30 s",
            }
            record = {
                "student": student,
                "module": module.id,
                "key": "",
                "status": status,
                "checks": "",
                "seconds": 1.0,
                "level": "sealed",
            }
            rows["tito_record"].append({**record, "explanation": why.get(status, "")})
    tables = {**api.Base.metadata.tables, "tito_record": record_tables()[0]}
    known = {module.id for module in course.authored()}
    with transaction(open_coursedir(course).db_url) as connection:
        connection.execute(tables["assignment"].delete().where(tables["assignment"].c.name.in_(known)))
        for name in ("student", "assignment", "notebook", "base_cell", "grade_cells", "task_cells"):
            connection.execute(tables[name].insert(), rows[name])
        for name in ("submitted_assignment", "submitted_notebook", "grade", "tito_record"):
            if rows[name]:
                connection.execute(tables[name].insert(), rows[name])


FIRST = ("First", "Given", "Vorname", "Prénom", "名", "Имя", "Nome")
LAST = ("Last", "Family", "Nachname", "Nom", "Ł-name")
