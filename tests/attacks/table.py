"""`docs/attacks.md`, written from `docs/attacks.json` and what `kinds.toml` says of each kind of attack."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attack_corpus import ATTACKS, CATEGORIES, Attack

RESULTS = Path(__file__).parents[2] / "docs" / "attacks.json"
DOCUMENT = RESULTS.with_suffix(".md")
FAMILIES = dict(zip(CATEGORIES, ("forging points", "reading", "harming", "keeping old grades"), strict=True))

Results = Mapping[str, Any]

INTRODUCTION = """\
# Attacks, and what holds

The corpus in `tests/attacks/` has {count} hostile submissions of one small module. `tests/test_attacks.py`
grades all of them with this course's engine, among honest ones: none gains a point, shows a secret, keeps an
old grade, or reaches anything outside. {tried} of them were also graded by stock `nbgrader autograde`
{nbgrader}, with this course's `nbgrader_config.py`. This page says what holds, not how an attack is made.

- **points**: attacks that end with more points than an honest student who solved as much.
- **secrets**: attacks that show a hidden test's numbers, a token or the seed in an output of student code.
- **not graded**: attacks that leave the submission without a grade, or let grading hang for two minutes.
"""
METHOD = """\
## How it was measured

```
python -m benchmarks.attacks_beside_nbgrader
```

It writes this page and `docs/attacks.json`, which has the result of each attack. Both graders get the same
course and the same files, and give the same points to honest submissions. Points are compared cell by cell.

Each run of stock nbgrader has a copy of the course, and is kept apart from the machine: no other process,
network or file is in reach. So its numbers are lower bounds. What its graded cells themselves say is not
counted, as its feedback shows hidden tests anyway; here, all that a student is shown counts. Attacks on the
bridge aim at parts of this engine that nbgrader does not have.
"""
COLUMNS = "attacks | tried with both | nbgrader: points | nbgrader: secrets | here: points | here: secrets"


@dataclass(frozen=True)
class Kind:
    """Attacks that meet the same wall: `holds` says which."""

    family: str
    name: str
    holds: str
    attacks: frozenset[str]


@dataclass(frozen=True)
class Table:
    """The kinds, and of each attack that is not run beside nbgrader, why."""

    kinds: tuple[Kind, ...]
    left_out: Mapping[str, str]


def key_of(attack: Attack) -> str:
    """Its name in the table and the results."""
    return f"{attack.category}/{attack.name}"


def load_table() -> Table:
    """What `kinds.toml` says."""
    text = (ATTACKS / "kinds.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    kinds = tuple(
        Kind(kind["family"], kind["name"], kind["holds"], frozenset(_keys(kind["family"], kind["attacks"])))
        for kind in told["kind"]
    )
    return Table(kinds, {key: group["why"] for group in told["left_out"] for key in group["attacks"].split()})


def _keys(family: str, names: str) -> Iterator[str]:
    return (f"{family}/{name}" for name in names.split())


def render(results: Results, table: Table) -> str:
    """The page."""
    tried = results["attacks"]
    count = sum(len(kind.attacks) for kind in table.kinds)
    parts = [
        INTRODUCTION.format(count=count, tried=len(tried), nbgrader=results["versions"]["nbgrader"]),
        "\n".join(_families(tried, table)) + "\n",
        *("\n".join(_family(family, tried, table)) + "\n" for family in FAMILIES),
        "\n".join(_left_out(table)) + "\n",
        METHOD,
    ]
    return "\n".join(parts)


def _families(tried: Results, table: Table) -> Iterator[str]:
    yield f"| family | {COLUMNS} | nbgrader: not graded |"
    yield "|---|---|---|---|---|---|---|---|"
    everything = frozenset().union(*(kind.attacks for kind in table.kinds))
    for family, title in FAMILIES.items():
        yield _row(title, {key for key in everything if key.startswith(f"{family}/")}, tried)
    yield _row("all", everything, tried)


def _row(title: str, attacks: Collection[str], tried: Results) -> str:
    stock = [tried[key]["stock"] for key in attacks if key in tried]
    not_graded = sum(not told.get("graded", True) for told in stock)
    return f"| {title} | {_counts(attacks, tried)} | {not_graded} |"


def _family(family: str, tried: Results, table: Table) -> Iterator[str]:
    yield f"## {FAMILIES[family].capitalize()}"
    yield ""
    yield f"| attempt | what holds here | {COLUMNS} |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind in table.kinds:
        if kind.family == family:
            yield f"| {kind.name} | {kind.holds} | {_counts(kind.attacks, tried)} |"


def _counts(attacks: Collection[str], tried: Results) -> str:
    found = [tried[key] for key in attacks if key in tried]
    counts = [len(attacks), len(found)]
    for side in ("stock", "here"):
        counts += [
            sum(told[side]["gained"] > 0 for told in found),
            sum(told[side]["shows"] for told in found),
        ]
    return " | ".join(map(str, counts))


def _left_out(table: Table) -> Iterator[str]:
    yield "## What was not tried with nbgrader"
    yield ""
    yield (
        f"{len(table.left_out)} attacks would harm the machine that runs a grader without walls. "
        "This engine meets them in the tests."
    )
    yield ""
    yield "| why | attacks |"
    yield "|---|---|"
    reasons = dict.fromkeys(table.left_out.values())
    for why in reasons:
        names = [key for key, reason in table.left_out.items() if reason == why]
        yield f"| {why} | {', '.join(f'`{name}`' for name in names)} |"
