"""The measurements as a page of the documentation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradebook.validity.graded import BLANK

HEAD = """# What a passed checkpoint is worth

Made by `make validity`; don't edit. Each solution of the course is changed in one place at a time, the
way students go wrong: an operator, an axis, a sign, a constant, a statement left out, a copy not made.
Such a *mutant* has to lose points. What is listed as *equivalent* was read by a person and changes
nothing that the contract promises.

- **found**: mistakes that lose points in a graded cell or in the checkpoint.
- **by the checkpoint**: mistakes that lose points in the checkpoint alone.
- **wrong**: planted wrong solutions that lose points. **right**: other right solutions that lose none, single
  cells and whole notebooks in another style.
- **flaky**: runs of the course's own solution, each with another seed, that lose points.
- **in the engine**: whole right notebooks to which the grading engine, which keeps student code in a process
  of its own, gives all of a machine's points; and what a blank one gets.
"""
CHECKS = """
How many mistakes fail each check: **mutants** of this module, **planted** wrong solutions of it, and
**inherited** ones, planted in earlier modules of the package (at most 200, spread over all). **Alone** are
those of all three that fail no other check. **Difficulty** is the part of the mutants that fails it.
**Discrimination** is the correlation of passing it with passing the others; it is below 0 where checks ask
about different things, since a mutant holds one mistake. **Margin** is the largest part of its tolerance
that the course's own solution uses up with any seed.
"""
MODULE = (
    "module",
    "mutants",
    "equivalent",
    "found",
    "by the checkpoint",
    "wrong",
    "right",
    "flaky",
    "in the engine",
)
CHECK = ("check", "mutants", "planted", "inherited", "alone", "difficulty", "discrimination", "margin")


def write_page(found: Sequence[Mapping[str, Any]]) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield HEAD
    yield from _table(MODULE, [_module(one) for one in found])
    if len(found) > 1:
        mistakes = sum(one["module"]["mutants"] - one["module"]["equivalent"] for one in found)
        every = sum(one["module"]["found"] for one in found)
        yield f"\nAll modules: {every} of {mistakes} mistakes are found ({every / mistakes:.1%})."
    for one in found:
        yield f"\n## {one['module']['module']}\n"
        yield from _table(CHECK, [_check(row) for row in one["checks"]])
        yield from _changes("Not found", one["survivors"])
        yield from _changes("Equivalent", one["equivalents"])
        yield "\n<details><summary>What each planted mistake is told</summary>\n"
        rows = [[row["wrong"], row["fails"], row["says"]] for row in one["planted"]]
        yield from _table(["mistake", "fails", "says"], rows)
        yield "\n</details>"
    yield CHECKS


def _module(found: Mapping[str, Any]) -> list[str]:
    row, graded = found["module"], dict(found["graded"])
    blank, whole = graded.pop(BLANK), list(graded.values())
    mistakes = row["mutants"] - row["equivalent"]
    return [
        row["module"],
        str(row["mutants"]),
        str(row["equivalent"]),
        f"{row['found']} of {mistakes} ({row['found'] / mistakes:.1%})",
        f"{row['by_checkpoint']} ({row['by_checkpoint'] / mistakes:.1%})",
        f"{row['wrong_found']} of {row['wrong']}",
        f"{row['right_accepted']} of {row['right']}",
        f"{row['flakes']} of {row['runs']}",
        f"{whole.count(1)} of {len(whole)}, blank {blank:.0%}",
    ]


def _check(row: Mapping[str, Any]) -> list[str]:
    discrimination = row["discrimination"]
    return [
        row["check"],
        *(str(row[kind]) for kind in ("found", "planted", "inherited", "alone")),
        f"{row['difficulty']:.2f}",
        "—" if discrimination is None else f"{discrimination:.2f}",
        f"{row['margin']:.2f}",
    ]


def _changes(title: str, changes: Sequence[Mapping[str, str]]) -> Iterator[str]:
    if not changes:
        return
    yield f"\n<details><summary>{title}: {len(changes)}</summary>\n"
    for change in changes:
        was, now = change["was"].split("\n"), change["now"].split("\n")
        diff = [f"- {line}" for line in was] + [f"+ {line}" for line in now]
        reason = f": {change['reason']}" if "reason" in change else ""
        yield "\n".join([f"`{change['cell']}`{reason}\n", "```diff", *diff, "```\n"])
    yield "</details>"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"


def _cell(text: str) -> str:
    """A text that stays in its cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
