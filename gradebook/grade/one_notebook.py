"""What the converters for grading and for feedback share: each works on one notebook of one student."""

from typing import Any


class OneNotebook:
    """Replaces an nbgrader converter's search for files, which skips what it can't find."""

    coursedir: Any
    _format_source: Any

    def init_notebooks(self) -> None:
        """Name the submission's one notebook, whether or not its file can be read."""
        name = self.coursedir.assignment_id
        source = self._format_source(name, self.coursedir.student_id)
        self.notebooks = [f"{source}/{name}.ipynb"]
        self.assignments = {source: self.notebooks}
