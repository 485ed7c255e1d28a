"""What the grading engine gives to right solutions and to blank releases, all the way into a gradebook."""

from gradebook.build.modules import build_course
from gradebook.course import Course
from gradebook.course_folder import make_course_folder
from gradebook.folders import staging_folder
from gradebook.grade.grading import run_grading
from gradebook.grade.outcome import Graded
from gradebook.grade.planning import plan_grading
from gradebook.rehearsal.demo import DemoStudent, submission_text
from gradebook.rehearsal.styles import read_styles
from tito.table import Module

BLANK = "blank"


def grade_whole(course: Course, module: Module, workers: int = 1) -> dict[str, float]:
    """The part of a machine's points that each whole notebook gets: `BLANK`, and each style by its name.

    They are submissions to a course of their own. Raises `GraderFault` where the course's own solution,
    which is graded first, loses a point.
    """
    styles = {style.name: style.cells for style in read_styles(course.styles(module))}
    students = [DemoStudent(BLANK, "hands in what was handed out", blank=("*",))]
    students += [DemoStudent(name, "another style", solutions=dict(cells)) for name, cells in styles.items()]
    with staging_folder(course.cache / "validity") as folder:
        make_course_folder(folder / "course", course.root)
        own = Course(folder / "course")
        build_course(own, [module])
        for student in students:
            notebook = own.folder / "submitted" / student.id / module.id / f"{module.id}.ipynb"
            notebook.parent.mkdir(parents=True)
            notebook.write_text(submission_text(own, student, module) or "", encoding="utf-8")
        points = module.points.exercises + own.table.checkpoint_of(module).points
        results = list(run_grading(own, plan_grading(own), workers))
    return {one.student: one.score / points for one in results if isinstance(one, Graded)}
