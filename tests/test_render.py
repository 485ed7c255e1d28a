"""Pictures in the terminal, compared with the files in `tests/golden/`.

To write those anew, and then look at the difference: `TITO_GOLDEN=write pytest -n0 tests/test_render.py`.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.fake_course import TABLE
from tito.journey import Journey, chart
from tito.progress import Progress, with_exported, with_result, with_started
from tito.render.module import list_lines, module_lines, start_lines, unlock_lines
from tito.render.parts import Link, bar, chain, clip, columns, wrap
from tito.render.result import check_lines, failure_lines, passed_lines
from tito.render.status import detail_lines, status_lines
from tito.render.timeline import horizontal_lines, timeline_lines
from tito.results import CheckpointResult, CheckResult, Outcome
from tito.selection import select_checkpoints
from tito.table import CapabilityTable, parse_table
from tito.workspace import Workspace

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 120)

STAGES = [
    ("foundation", "Foundation", "Foundation", "🎯", "I can build mathematical operations and ML primitives"),
    (
        "architecture",
        "Neural Architecture",
        "Architecture",
        "🎯",
        "I can design any neural network architecture",
    ),
    ("training", "Training", "Training", "🎯", "I can train neural networks on real datasets"),
    ("inference", "Inference Deployment", "Inference", "🎯", "I can deploy models for production inference"),
    (
        "language",
        "Language Models",
        "Language Models",
        "🔥",
        "I can build frameworks for vision and language",
    ),
]
MODULES = [
    ("setup", "Setup", "foundation", "environment", 40),
    ("tensor", "Tensors", "foundation", "foundation", 40),
    ("layers", "Layers", "architecture", "components", 40),
    ("dense", "Dense", "architecture", "networks", 40),
    ("spatial", "Spatial", "architecture", "learning", 40),
    ("attention", "Attention", "architecture", "attention", 20),
    ("dataloader", "DataLoader", "training", "stability", 40),
    ("autograd", "Autograd", "training", "differentiation", 40),
    ("optimizers", "Optimizers", "training", "optimization", 40),
    ("training", "Training", "training", "training", 40),
    ("compression", "Compression", "inference", "regularization", 40),
    ("kernels", "Kernels", "inference", "kernels", 40),
    ("benchmarking", "Benchmarking", "inference", "benchmarking", 40),
    ("mlops", "MLOps", "inference", "deployment", 40),
    ("tinygpt", "TinyGPT", "language", "capstone", 40),
]


def sample_table() -> CapabilityTable:
    """A table with the mission's stages; nobody's own `course.toml`, so that no golden file depends on it."""
    text = '[course]\nname = "TinyTorch"\nabout = "Build it"\n'
    for name, title, short, icon, capability in STAGES:
        text += f'[[stage]]\nname = "{name}"\ntitle = "{title}"\nshort = "{short}"\nicon = "{icon}"\n'
        text += f'about = "About it"\ncapability = "{capability}"\nbuilds = ["One thing", "Another thing"]\n'
    for number, (name, title, stage, checkpoint, points) in enumerate(MODULES):
        needs = f'["{MODULES[number - 1][0]}"]' if number else "[]"
        text += (
            f'[[module]]\nnumber = {number + 1}\nname = "{name}"\ntitle = "{title}"\nabout = "All about it"\n'
        )
        text += f'stage = "{stage}"\ncheckpoint = "{checkpoint}"\nexport = "tinytorch.core.{name}"\n'
        text += f"needs = {needs}\npoints = {{ exercises = 50, reflection = 10 }}\nhours = 5.0\n"
        text += f'[[checkpoint]]\nnumber = {number}\nname = "{checkpoint}"\npoints = {points}\n'
        text += f'question = "Can I build {title.lower()}?"\ncapability = "I can build {title.lower()}"\n'
    return parse_table(text)


def result_of(checkpoint: str, passed: int, total: int) -> CheckpointResult:
    """A run in which the first checks passed, the next failed, and the rest was not judged."""
    outcomes = [Outcome.PASSED] * passed + [Outcome.FAILED, *[Outcome.NOT_JUDGED] * total][: total - passed]
    checks = (CheckResult(f"check_{n}", f"Check {n}", outcome, 10) for n, outcome in enumerate(outcomes))
    return CheckpointResult(checkpoint, tuple(checks))


def journey_of(
    table: CapabilityTable, done: dict[str, tuple[int, int]], started: tuple[str, ...] = ()
) -> Journey:
    """A journey in which those checkpoints were run, with so many of their checks passed."""
    progress = Progress()
    for name in started:
        progress = with_started(progress, name, "2026-09-01T08:00:00")
    for name, (passed, total) in done.items():
        checkpoint = table.checkpoint_of(table.module(name))
        progress = with_exported(progress, name, "code", "2026-09-02T09:30:00")
        result = result_of(checkpoint.id, passed, total)
        progress = with_result(progress, checkpoint.name, result, "code", "2026-09-02T09:30:00")
    changed = {"tensor"} if "stale" in started else set()
    handed_out = {name for name, *_ in MODULES[:-1]}
    return chart(
        table,
        progress,
        lambda module: module.name in handed_out,
        lambda module: "new" if module.name in changed else "code",
    )


@pytest.fixture(scope="module")
def under_way() -> Journey:
    """Three modules passed, one stale, one in progress, one failed, the rest ahead."""
    done = {
        "setup": (4, 4),
        "tensor": (4, 4),
        "layers": (4, 4),
        "dense": (4, 4),
        "spatial": (1, 3),
        "autograd": (0, 4),
    }
    return journey_of(sample_table(), done, started=("stale", "spatial"))


def check_golden(name: str, lines: list[str]) -> None:
    path = GOLDEN / f"{name}.txt"
    text = "\n".join(lines) + "\n"
    if os.environ.get("TITO_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


PICTURES: dict[str, Callable[[Journey, Workspace, int], list[str]]] = {
    "status": lambda journey, _, width: status_lines(journey, width),
    "status_detailed": detail_lines,
    "timeline": lambda journey, _, width: timeline_lines(journey, width),
    "timeline_horizontal": lambda journey, _, width: horizontal_lines(journey, width),
    "module_list": lambda journey, _, width: list_lines(journey, width),
    "unlock": lambda journey, _, width: unlock_lines(journey, width),
    "start_without_lab": lambda j, workspace, width: start_lines(
        j, j.step(j.table.module("spatial")), workspace, width, has_lab=False
    ),
    "start": lambda j, workspace, width: start_lines(j, j.step(j.table.module("spatial")), workspace, width),
    "module": lambda j, workspace, width: module_lines(
        j, j.step(j.table.module("spatial")), workspace, width
    ),
    "passed": lambda j, _, width: passed_lines(journey_of(j.table, {}), j, [j.table.module("dense")], width),
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with the files of the first checkpoints, as the working directory."""
    monkeypatch.chdir(tmp_path)
    workspace = Workspace(tmp_path)
    workspace.checkpoints.mkdir(parents=True)
    for checkpoint in sample_table().checkpoints[:10]:
        workspace.checkpoint_file(checkpoint).touch()
    return workspace


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("picture", PICTURES)
def test_pictures_are_as_they_were_agreed(
    under_way: Journey, workspace: Workspace, picture: str, width: int
) -> None:
    check_golden(f"{picture}_{width}", PICTURES[picture](under_way, workspace, width))


@pytest.mark.parametrize("picture", PICTURES)
def test_pictures_fit_every_terminal(under_way: Journey, workspace: Workspace, picture: str) -> None:
    for width in range(60, 201):
        lines = PICTURES[picture](under_way, workspace, width)
        assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize(
    "picture", ["status", "status_detailed", "timeline", "timeline_horizontal", "module_list"]
)
def test_every_state_has_its_word(under_way: Journey, workspace: Workspace, picture: str) -> None:
    text = "\n".join(PICTURES[picture](under_way, workspace, 80))
    for glyph, word in (
        ("✅", "passed"),
        ("🕒", "stale"),
        ("🔄", "in progress"),
        ("❌", "failed"),
        ("⏳", "not started"),
    ):
        assert (glyph in text) <= (word in text)
    if picture != "timeline_horizontal":
        assert all(glyph in text for glyph in "✅🕒🔄❌⏳")


# ── the mission's own pictures


def test_a_stage_is_drawn_as_the_mission_draws_it() -> None:
    table = sample_table()
    journey = journey_of(table, {"layers": (4, 4), "dense": (4, 4), "spatial": (1, 3)})
    lines = status_lines(journey, 80)
    start = next(n for n, line in enumerate(lines) if "Neural Architecture" in line)
    assert lines[start : start + 5] == [
        "🎯 Neural Architecture ████████▓▓▓▓ 66%",
        "   ✅ Layers ──── ✅ Dense ──── 🔄 Spatial ──── ⏳ Attention",
        "     │              │             │               │",
        "   100%           100%           33%             0%",
        "   passed         passed        in progress     not started",
    ]


def test_capabilities_are_listed_as_the_mission_lists_them() -> None:
    table = sample_table()
    foundation = {name: (4, 4) for name, _, stage, *_ in MODULES if stage == "foundation"}
    lines = status_lines(journey_of(table, foundation, started=("layers",)), 80)
    assert [line for line in lines if '"I can' in line] == [
        '✅ "I can build mathematical operations and ML primitives" · passed',
        '🔄 "I can design any neural network architecture" · in progress',
        '⏳ "I can train neural networks on real datasets" · not started',
        '⏳ "I can deploy models for production inference" · not started',
        '🔥 "I can build frameworks for vision and language" · not started',
    ]


def test_the_way_through_the_course_is_one_line() -> None:
    journey = journey_of(sample_table(), {})
    way = "Foundation → Architecture → Training → Inference → Language Models"
    assert timeline_lines(journey, 80)[0] == f"TinyTorch · {way}"
    assert horizontal_lines(journey, 80)[0] == way


def test_only_all_of_a_stage_is_100_percent() -> None:
    table = sample_table()
    almost = journey_of(table, {"setup": (4, 4), "tensor": (199, 200)})
    assert status_lines(almost, 80)[2] == "🎯 Foundation ███████████▓ 99%"
    assert (
        status_lines(journey_of(table, {"setup": (1, 1), "tensor": (1, 1)}), 80)[2]
        == "🎯 Foundation ████████████ 100%"
    )


# ── a failure


def test_a_failure_shows_the_first_thing_to_mend_in_full(workspace: Workspace) -> None:
    table = parse_table(TABLE)
    module = table.module("counting")
    (workspace.root / "course").mkdir()
    (workspace.root / "course" / "course.toml").write_text(TABLE)
    exported = workspace.exported(module)
    exported.parent.mkdir(parents=True)
    exported.write_text("# 01_counting.ipynb, cell 3 (abc)\ndef halve(n):\n    return n / 0\n")
    first = CheckResult(
        "halve",
        "Halving a number",
        Outcome.FAILED,
        4,
        message="halve(8): expected 4, got 16",
        expected="4",
        actual="16",
        hint="Which way does it go?",
        where=f"{exported}:3 in halve: return n / 0",
    )
    result = replace(result_of("checkpoint_00_numbers", 1, 4), checks=())
    result = replace(result, checks=(first, *result_of("checkpoint_00_numbers", 1, 3).checks))
    lines = [*check_lines(result, workspace, 80), "", *failure_lines(result, module, workspace, 80)]
    check_golden("failure_80", lines)


# ── the pieces


@given(st.floats(0, 1), st.integers(1, 60))
def test_a_bar_has_its_length_and_is_full_only_when_all_is_done(fraction: float, cells: int) -> None:
    drawn = bar(fraction, cells)
    assert len(drawn) == cells and set(drawn) <= {"█", "▓"}
    assert ("▓" not in drawn) == (fraction > 1 - 1e-9)


words = st.text(st.sampled_from("ab ✅🔄│…`"), max_size=60)


@given(words, st.integers(12, 40))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width, "→ ", "  ")
    assert " ".join(line[2:] for line in lines).split() == text.split()
    longest = max((cell_len(word) for word in text.split()), default=0)
    assert all(cell_len(line) <= max(width, longest + 2) for line in lines)


def test_a_command_stays_on_one_line_where_it_fits_on_one() -> None:
    assert wrap("Mend it, then `tito module complete x`", 26, "→ ") == [
        "→ Mend it, then",
        "  `tito module complete x`",
    ]


@given(words, st.integers(1, 40))
def test_clipped_text_fits_and_says_that_it_was_clipped(text: str, cells: int) -> None:
    clipped = clip(text, cells)
    assert cell_len(clipped) <= cells
    assert clipped == text or clipped.endswith("…")


titles = st.sampled_from(["✅ A", "🔄 Spatial", "⏳ Benchmarking", "❌ 注意"])
links = st.builds(
    Link, titles, st.sampled_from(["0%", "33%", "100%"]), st.sampled_from(["passed", "not started"])
)


@given(st.lists(links, min_size=1, max_size=7), st.integers(40, 120))
def test_in_a_chain_every_stem_hangs_from_its_module(chained: list[Link], width: int) -> None:
    lines = chain(chained, width)
    assert max(map(cell_len, lines)) <= width
    found = 0
    for titles, stems, percents, words in zip(*(lines[n::4] for n in range(4)), strict=True):
        for link in chained[found : found + stems.count("│")]:
            before = titles.partition(link.title)[0]
            assert cell_len(before) < cell_len(titles)
        cells = [column for column, letter in enumerate(stems) if letter == "│"]
        for column, link in zip(cells, chained[found:], strict=False):
            assert percents[column - len(link.percent) // 2 :].startswith(link.percent)
            assert words[column - 2 :].startswith(link.word)
        found += len(cells)
    assert found == len(chained)


def test_columns_that_do_not_fit_go_in_the_order_given() -> None:
    rows = [("one", "second", "third"), ("1", "2", "3")]
    assert columns(rows, 40, optional=(2, 1)) == ["one  second  third", "1    2       3"]
    assert columns(rows, 13, optional=(2, 1)) == ["one  second", "1    2"]
    assert columns(rows, 4, optional=(2, 1)) == ["one", "1"]


@pytest.mark.parametrize(
    ("which", "numbers"),
    [("00", [0]), ("01,0,01", [1, 0]), ("00-02", [0, 1, 2]), ("1 , 2", [1, 2]), ("numbers-1,eye", [0, 1, 2])],
)
def test_checkpoints_are_selected_by_list_and_range(which: str, numbers: list[int]) -> None:
    assert [checkpoint.number for checkpoint in select_checkpoints(parse_table(TABLE), which)] == numbers
