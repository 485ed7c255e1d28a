"""The class report as files: CSV, Parquet, JSON and Excel."""

import contextlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradebook.report.summary import module_summary, stage_summary, wide_table
from tito.errors import TitoError
from tito.table import CapabilityTable

if TYPE_CHECKING:
    import pandas as pd

JSON_VERSION = 1
# A spreadsheet runs a text that starts like this; a student chooses what an error message says.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: "pd.DataFrame") -> str:
    """The rows as CSV, safe to open in a spreadsheet."""
    return str(_without_formulas(rows).to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ"))


def json_data(rows: "pd.DataFrame", table: CapabilityTable) -> dict[str, Any]:
    """The rows and both summaries as plain data; what is missing is `null`."""
    records = json.loads(rows.to_json(orient="records", date_format="iso", date_unit="s"))
    for record in records:
        for name in ("checks", "package_checks"):
            record[name] = json.loads(record[name]) if record[name] else {}
    return {
        "version": JSON_VERSION,
        "course": table.name,
        "written": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "rows": records,
        "modules": json.loads(module_summary(rows).reset_index().to_json(orient="records")),
        "stages": json.loads(stage_summary(rows).reset_index().to_json(orient="records")),
    }


def write_csv(rows: "pd.DataFrame", path: Path, _: CapabilityTable) -> None:
    """Write the rows as CSV."""
    _write(path, lambda file: file.write_text(csv_text(rows), encoding="utf-8"))


def write_parquet(rows: "pd.DataFrame", path: Path, _: CapabilityTable) -> None:
    """Write the rows as Parquet, types and all."""
    _write(path, lambda file: rows.to_parquet(file, index=False))


def write_json(rows: "pd.DataFrame", path: Path, table: CapabilityTable) -> None:
    """Write the rows and both summaries as JSON."""
    text = json.dumps(json_data(rows, table), ensure_ascii=False, indent=2) + "\n"
    _write(path, lambda file: file.write_text(text, encoding="utf-8"))


def write_excel(rows: "pd.DataFrame", path: Path, table: CapabilityTable) -> None:
    """Write a workbook: students side by side, the rows, and both summaries."""
    import pandas as pd

    wide = wide_table(rows, "checkpoint", table)
    wide.columns = pd.Index([" ".join(name) for name in wide.columns.to_flat_index()])
    sheets = {
        "Class": _names(rows).join(wide).reset_index(),
        "Rows": rows,
        "Modules": module_summary(rows).reset_index(),
        "Stages": stage_summary(rows).reset_index(),
    }

    def write(file: Path) -> None:
        with pd.ExcelWriter(file, engine="openpyxl") as workbook:
            for name, frame in sheets.items():
                _without_formulas(frame).to_excel(workbook, sheet_name=name, index=False, freeze_panes=(1, 1))

    _write(path, write)


WRITERS = {"csv": write_csv, "parquet": write_parquet, "json": write_json, "excel": write_excel}


def _names(rows: "pd.DataFrame") -> "pd.DataFrame":
    return rows.drop_duplicates("student").set_index("student")[["first_name", "last_name", "email"]]


def _without_formulas(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with an apostrophe before every text that a spreadsheet would run."""
    safe = frame.copy()
    for name in safe.select_dtypes(include=["string", "object"]).columns:
        safe[name] = safe[name].map(
            lambda value: f"'{value}" if str(value).startswith(FORMULA) else value, na_action="ignore"
        )
    return safe


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all. The name keeps its ending, by which pandas may choose a format."""
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise TitoError(
            f"Could not write `{path}`: {error.strerror or error}",
            f"check the folder: `ls -ld {path.parent}`",
        ) from error
