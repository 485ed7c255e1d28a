"""Feedback pages: what a student gets to see of the graded notebook, and nothing that could do harm there.

nbgrader's own pages show the hidden tests, with the values they use, and run whatever HTML and script a
submission printed. What a student's code printed in a form of its own making can't be recognised.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.notebooknode import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets import List

from gradebook.build.regions import hidden_lines
from gradebook.course import Course
from gradebook.folders import digest
from gradebook.grade.marking import SHOWABLE
from gradebook.grade.nodes import make_node
from gradebook.grade.planning import open_coursedir
from gradebook.grade.submission import Submission, find_submissions
from gradebook.handover.exchange import open_exchange
from gradebook.records import Record, load_records, transaction
from tito.table import Module

TAGS = {
    *bleach.ALLOWED_TAGS,
    *(
        "p",
        "br",
        "hr",
        "div",
        "span",
        "pre",
        "code",
        "kbd",
        "sub",
        "sup",
        "small",
        "del",
        "img",
        "figure",
        "figcaption",
    ),
    *("h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
ATTRIBUTES = {
    "*": ["class", "style", "title"],
    "a": ["href"],
    "img": ["src", "alt"],
    "th": ["scope", "colspan", "rowspan"],
    "td": ["colspan", "rowspan"],
}
SHOWN = ("text/plain", "text/html", "text/markdown", "image/png", "image/jpeg", "image/svg+xml")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
LINE_NUMBER = re.compile(r"^(?:-+>)?\s*\d+ ?")
# A hidden line this long is recognised inside a longer one.
TELLING = 12
FAILED = "a hidden test failed: it asks for what the text above promises, with other values"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One student's page; `state` is `written`, `unchanged` or `skipped`, which has a `reason`."""

    student: str
    module: str
    state: str
    released: bool = False
    reason: str = ""


def clean_html(element: str | bytes) -> str:
    """HTML without anything that runs, loads or reaches beyond its place."""
    text = element.decode(errors="replace") if isinstance(element, bytes) else str(element)
    cleaned: str = bleach.clean(
        text, tags=TAGS, attributes=ATTRIBUTES, css_sanitizer=CSSSanitizer(), strip_comments=True
    )
    return cleaned


class SafeHTMLExporter(HTMLExporter):
    """nbconvert's HTML, with all that comes from a submission cleaned."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call] # nbconvert is partly typed
        self.sanitize_html = True
        self.register_filter("clean_html", clean_html)  # type: ignore[no-untyped-call]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Markdown to HTML; nbgrader's template cleans none of it."""
        return clean_html(super().markdown2html(context, source))


class HideAnswers(NbGraderPreprocessor):  # type: ignore[misc] # nbgrader has no types
    """Take out hidden tests and mark schemes, and what errors and outputs tell of them."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Edit the notebook in place; the graded copy on disk keeps everything."""
        hidden = {line for cell in nb.cells for line in _own_hidden_lines(cell).values() if line}
        for cell in nb.cells:
            own = _own_hidden_lines(cell)
            if cell.cell_type == "code":
                if own and not cell.metadata.get(SHOWABLE):
                    cell.outputs = [_say_failed(output) for output in cell.outputs]
                shown = [_filter_output(output, hidden) for output in cell.outputs]
                cell.outputs = [output for output in shown if output]
            lines = cell.source.split("\n")
            cell.source = "\n".join(line for number, line in enumerate(lines, start=1) if number not in own)
            nbgrader = cell.metadata.get("nbgrader")
            cell.metadata = make_node({"nbgrader": nbgrader} if nbgrader else {})
        nb.metadata.pop("widgets", None)
        return nb, resources


class SafeFeedback(GenerateFeedback):  # type: ignore[misc] # nbgrader has no types
    """Write the feedback page of one submission."""

    preprocessors = List([GetGrades, HideAnswers, CSSHTMLHeaderPreprocessor]).tag(config=True)

    def _exporter_class_default(self) -> type:
        return SafeHTMLExporter

    def init_notebooks(self) -> None:
        """Name the submission's one notebook, instead of searching for files."""
        name = self.coursedir.assignment_id
        source = self._format_source(name, self.coursedir.student_id)
        self.notebooks = [f"{source}/{name}.ipynb"]
        self.assignments = {source: self.notebooks}

    def convert_notebooks(self) -> None:
        """Write it; exceptions go to the caller."""
        module, student = self.coursedir.assignment_id, self.coursedir.student_id
        shutil.rmtree(self._format_dest(module, student), ignore_errors=True)
        self.init_assignment(module, student)
        self.convert_single_notebook(self.notebooks[0])
        self.set_permissions(module, student)


def write_feedback(
    course: Course, modules: tuple[Module, ...] = (), student: str = "", release: bool = False
) -> Iterator[Feedback]:
    """Write the pages that are new or have changed, and with `release` put them into the exchange.

    A page has changed when the graded notebook, a score or a comment has.
    """
    coursedir = open_coursedir(course)
    records = load_records(coursedir.db_url)
    graded = Path(coursedir.root, coursedir.autograded_directory)
    for submission in find_submissions(graded, modules or course.authored(), student):
        yield _write_page(
            course, submission, records.get((submission.student, submission.module.id)), release
        )


def _own_hidden_lines(cell: NotebookNode) -> dict[int, str]:
    return hidden_lines(cell.source) if cell.metadata.get("nbgrader") else {}


def _say_failed(output: NotebookNode) -> NotebookNode:
    """An error that came while hidden lines ran, without a word of the student's: it would tell of them."""
    if output.output_type == "error":
        output.ename, output.evalue, output.traceback = "HiddenTest", FAILED, [f"HiddenTest: {FAILED}"]
    return output


def _filter_output(output: NotebookNode, hidden: set[str]) -> NotebookNode | None:
    if output.output_type == "error":
        return _filter_error(output, hidden)
    if output.output_type == "stream":
        output.text = _filter_text(output.text, hidden)
        return output if output.text else None
    data = {kind: value for kind, value in output.data.items() if kind in SHOWN and isinstance(value, str)}
    output.data = make_node(
        {
            kind: text if kind.startswith("image/") else _filter_text(text, hidden)
            for kind, text in data.items()
        }
    )
    output.metadata = make_node({})
    return output


def _filter_error(output: NotebookNode, hidden: set[str]) -> NotebookNode:
    output.evalue = _filter_text(output.evalue, hidden)
    output.traceback = [_filter_text(part, hidden) for part in output.traceback]
    return output


def _filter_text(text: str, hidden: set[str]) -> str:
    """A text without the lines that repeat a hidden one."""
    if not hidden:
        return text
    telling = [line for line in hidden if len(line) >= TELLING]
    kept = []
    for line in text.split("\n"):
        plain = ANSI.sub("", line)
        bare = LINE_NUMBER.sub("", plain).strip()
        if not (
            (bare and bare in hidden and bare != plain.strip()) or any(secret in plain for secret in telling)
        ):
            kept.append(line)
    return "\n".join(kept)


def _write_page(course: Course, submission: Submission, record: Record | None, release: bool) -> Feedback:
    page = Feedback(submission.student, submission.module.id, "unchanged")
    if record is not None and not record.finished:
        return replace(page, state="skipped", reason=record.explanation)
    if not submission.notebook.is_file():
        return replace(page, state="skipped", reason="there is no graded notebook")
    coursedir = open_coursedir(course, submission)
    folder = Path(
        coursedir.format_path(coursedir.feedback_directory, submission.student, submission.module.id)
    )
    stamp = folder / ".key"
    key = digest(submission.content, _marks(coursedir.db_url, submission), _own_text())
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != key:
        SafeFeedback(coursedir=coursedir, config=course.nbgrader_config()).start()
        stamp.write_text(key, encoding="utf-8")
        page = replace(page, state="written")
    if not release:
        return page
    if not (folder / "submission_secret.txt").is_file():
        return replace(page, reason="it did not come through the exchange, which has no place for its page")
    with open_exchange(course, submission.module, "ReleaseFeedback", submission.student) as exchange:
        exchange.start()
    return replace(page, released=True)


def _marks(db_url: str, submission: Submission) -> str:
    """A fingerprint of the scores and comments that a submission has in the gradebook."""
    from nbgrader.api import Assignment, Comment, Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    def rows(table: Any, *columns: str) -> Sequence[Any]:
        query = (
            select(table.c.cell_id, *(table.c[column] for column in columns))
            .join(SubmittedNotebook.__table__, SubmittedNotebook.id == table.c.notebook_id)
            .join(SubmittedAssignment.__table__, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment.__table__, Assignment.id == SubmittedAssignment.assignment_id)
            .where(
                Assignment.name == submission.module.id, SubmittedAssignment.student_id == submission.student
            )
            .order_by(table.c.cell_id)
        )
        return [tuple(row) for row in connection.execute(query)]

    with transaction(db_url) as connection:
        grades = rows(Grade.__table__, "auto_score", "manual_score", "extra_credit")
        comments = rows(Comment.__table__, "auto_comment", "manual_comment")
    return repr((grades, comments))


@lru_cache
def _own_text() -> str:
    """This file: pages are written anew when it changes."""
    return Path(__file__).read_text(encoding="utf-8")
