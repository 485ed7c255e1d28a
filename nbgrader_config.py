"""How this course uses nbgrader: read by `tito course …` and by stock nbgrader alike."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent

c = get_config()  # noqa: F821 - traitlets puts it there

c.CourseDirectory.root = str(ROOT / "course")
c.CourseDirectory.course_id = "tinytorch"
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'course' / 'gradebook.db'}"

# nbgrader hands out whatever lies beside a source notebook: not the authored text, not the planted solutions.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py", "*.toml"]

# One exchange a course by default; a hub sets its shared folder here.
c.Exchange.root = str(ROOT / "exchange")

# Refuses what nbgrader's own collect takes with a warning: forged owners, moments in the future, links.
c.ExchangeFactory.collect = "gradebook.handover.collect.CheckedCollect"

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# A test cell that a student deleted comes back, where a deleted cell used to keep an old score.
c.OverwriteCells.add_missing_cells = True

# The kernel of the machine that grades, whatever kernel the student's notebook names.
c.ExecutePreprocessor.kernel_name = "python3"
c.ExecutePreprocessor.timeout = 30
