"""Measure the course's checks and write what came: `python -m gradebook.validity [MODULE]…`."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from gradebook.course import Course, find_course
from gradebook.grade.pool import default_workers
from gradebook.validity.graded import grade_whole
from gradebook.validity.measure import SEEDS, Laboratory
from gradebook.validity.page import write_page
from gradebook.validity.record import fingerprint, read_record, write_record
from gradebook.validity.tables import ModuleRow, failures, failures_in_engine, to_json


def main() -> int:
    """Measure modules, renew the record and the page, and say what misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m gradebook.validity", description=main.__doc__)
    parser.add_argument("module", nargs="*", help="names or numbers; by default those that have changed")
    parser.add_argument("--all", action="store_true", help="also modules that have not changed")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each solution (%(default)s)")
    options = parser.parse_args()
    course = find_course()
    record = read_record(course)
    modules = [course.table.module(word) for word in options.module] or list(course.authored())
    chosen = [
        module
        for module in modules
        if options.all or options.module or record.get(module.id, {}).get("of") != fingerprint(course, module)
    ]
    with Laboratory(course) as laboratory:
        for module in chosen:
            start = time.monotonic()
            data = to_json(laboratory.measure(module, options.seeds))
            data["graded"] = grade_whole(course, module, default_workers())
            record[module.id] = {"of": fingerprint(course, module), **data}
            record = {one.id: record[one.id] for one in course.table.modules if one.id in record}
            write_record(course, record)
            _say(module.id, data, time.monotonic() - start)
    _write_page(course, record)
    missed = list(failures([ModuleRow(**one["module"]) for one in record.values()]))
    missed += failures_in_engine({name: one["graded"] for name, one in record.items()})
    for line in missed:
        print(f"❌ {line}", file=sys.stderr)
    return 1 if missed else 0


def _say(module: str, data: dict[str, Any], seconds: float) -> None:
    row = data["module"]
    mistakes = row["mutants"] - row["equivalent"]
    print(
        f"{module}: {row['found']} of {mistakes} mistakes found, {row['by_checkpoint']} by the checkpoint;"
        f" {row['flakes']} of {row['runs']} runs flaky · {seconds:.0f} s"
    )
    for change in data["survivors"]:
        print(f"  not found, in `{change['cell']}`:\n    - {change['was']}\n    + {change['now']}")


def _write_page(course: Course, record: dict[str, Any]) -> None:
    Path(course.root, "docs", "validity.md").write_text(write_page(list(record.values())), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
