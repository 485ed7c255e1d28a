"""The kept measurements, `docs/validity.json`, and what each of them was measured on."""

import json
from typing import Any

from gradebook.course import Course
from gradebook.folders import digest, digest_folder
from tito.files import write_atomic
from tito.table import Module


def fingerprint(course: Course, module: Module) -> str:
    """Stands for all that a module's measurement depends on, but for the tools."""
    checkpoint = course.checkpoints / course.table.checkpoint_of(module).filename
    earlier = [course.text_source(other) for other in course.table.foundations(module)]
    return digest(
        digest_folder(course.text_source(module).parent, skip={".ipynb"}), *map(_text, (checkpoint, *earlier))
    )


def _text(path: Any) -> str:
    return str(path.read_text(encoding="utf-8"))


def read_record(course: Course) -> dict[str, Any]:
    """What was measured last, by module id."""
    path = course.root / "docs" / "validity.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def write_record(course: Course, record: dict[str, Any]) -> None:
    """Keep it."""
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    write_atomic(course.root / "docs" / "validity.json", text)
