"""What the class table comes to: by module, by stage, side by side, and who needs attention."""

from typing import TYPE_CHECKING

from gradebook.report.standing import MANY_MISSING, NOT_JUDGED, WORRYING, By, Standing
from tito.table import CapabilityTable

if TYPE_CHECKING:
    import pandas as pd

SUMMARY = ["students", "submitted", "passed", "mean", "median", "needs_review"]


def module_summary(rows: "pd.DataFrame") -> "pd.DataFrame":
    """One row for each released module: who submitted, who passed, and the scores in percent."""
    return _summarise(rows, "module", rows["status"] == Standing.PASSED)


def stage_summary(rows: "pd.DataFrame") -> "pd.DataFrame":
    """One row for each stage with a released module; `students` counts each of them once for every module.

    A stage is a capability: `passed` counts what passed in the student's own package.
    """
    return _summarise(rows, "stage", capable(rows))


def capable(rows: "pd.DataFrame") -> "pd.Series[bool]":
    """Whether the student's own package passes the checkpoint; where it was not read, the notebook alone."""
    package = rows["package_status"]
    return package.where(package != "", rows["status"]) == Standing.PASSED


def _summarise(rows: "pd.DataFrame", key: str, passed: "pd.Series[bool]") -> "pd.DataFrame":
    released = rows[rows["released"]]
    judged = ~released["status"].isin([Standing.MISSING, Standing.REFUSED])
    frame = released.assign(
        is_submitted=judged,
        is_passed=passed[rows["released"]],
        waits=released["needs_review"] > 0,
    )
    grouped = frame.groupby(key, sort=False)
    summary = grouped.agg(
        students=("student", "size"),
        submitted=("is_submitted", "sum"),
        passed=("is_passed", "sum"),
        mean=("percent", "mean"),
        median=("percent", "median"),
        needs_review=("waits", "sum"),
    )
    return summary[SUMMARY]


def wide_table(rows: "pd.DataFrame", by: By, table: CapabilityTable) -> "pd.DataFrame":
    """Students side by side: one row each, and a status, a score and its maximum for each of `by`.

    The columns are pairs of the checkpoint's, module's or stage's id and `status`, `score` or `max`.
    """
    import pandas as pd

    if by == "stage":
        cells = _stage_cells(rows)
        order = [stage.name for stage in table.stages]
    else:
        score, most = ("checkpoint_score", "checkpoint_max") if by == "checkpoint" else ("score", "max_score")
        cells = rows.rename(columns={score: "points", most: "max"})[
            ["student", by, "status", "points", "max"]
        ]
        cells = cells.rename(columns={by: "column"})
        order = [
            table.checkpoint_of(module).id if by == "checkpoint" else module.id for module in table.modules
        ]
        order = sorted(order) if by == "checkpoint" else order
    order = [name for name in order if name in set(cells["column"])]
    wide = cells.rename(columns={"points": "score"}).pivot(
        index="student", columns="column", values=["status", "score", "max"]
    )
    columns = pd.MultiIndex.from_tuples(
        [(name, part) for name in order for part in ("status", "score", "max")]
    )
    return wide.swaplevel(axis="columns").reindex(columns=columns)


def _stage_cells(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Each student's stages: passed with all their checkpoints, also those that are not released yet."""
    import numpy as np

    judged = rows["released"] & ~rows["status"].isin(list(NOT_JUDGED))
    frame = rows.assign(
        is_passed=capable(rows),
        is_judged=judged,
        points=rows["checkpoint_score"].where(judged),
    )
    stages = frame.groupby(["student", "stage"], sort=False).agg(
        passed=("is_passed", "all"),
        judged=("is_judged", "any"),
        released=("released", "any"),
        points=("points", lambda points: points.sum(min_count=1)),
        max=("checkpoint_max", "sum"),
    )
    chosen = [~stages["released"], stages["passed"], ~stages["judged"], stages["points"] > 0]
    words = [Standing.NOT_RELEASED, Standing.PASSED, Standing.MISSING, Standing.PARTIAL]
    stages["status"] = np.select(chosen, [str(word) for word in words], str(Standing.FAILED))
    return stages.reset_index().rename(columns={"stage": "column"})[
        ["student", "column", "status", "points", "max"]
    ]


def differing(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows whose two readings differ: those that stand worse in the student's own package first."""
    rows = rows[rows["differs"]]
    change = rows["package_score"] - rows["checkpoint_score"]
    return rows.loc[change.sort_values(kind="stable").index]


def needing_attention(rows: "pd.DataFrame") -> dict[str, list[str]]:
    """The students a person should look at, most urgent first, each with the reasons."""
    found: dict[str, list[str]] = {}
    released = rows[rows["released"]]
    for row in released[released["status"].isin(list(WORRYING))].itertuples():
        found.setdefault(str(row.student), []).append(
            f"{row.module} {row.status}: {row.explanation}".rstrip(": ")
        )
    missing = released[released["status"] == Standing.MISSING].groupby("student")["module"].agg(list)
    for student, modules in missing.items():
        if len(modules) >= MANY_MISSING:
            found.setdefault(str(student), []).append(f"{len(modules)} missing: {', '.join(modules)}")
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))
