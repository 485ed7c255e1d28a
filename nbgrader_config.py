"""How this course uses nbgrader: read by `tito course …` and by stock nbgrader alike."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent

c = get_config()  # noqa: F821 - traitlets puts it there

c.CourseDirectory.root = str(ROOT / "course")
c.CourseDirectory.course_id = "tinytorch"
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'course' / 'gradebook.db'}"

# One exchange a course by default; a hub sets its shared folder here.
c.Exchange.root = str(ROOT / "exchange")

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# A test cell that a student deleted comes back, where a deleted cell used to keep an old score.
c.OverwriteCells.add_missing_cells = True

# The kernel of the machine that grades, whatever kernel the student's notebook names.
c.ExecutePreprocessor.kernel_name = "python3"
c.ExecutePreprocessor.timeout = 30
