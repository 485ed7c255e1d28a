import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

from tests.fake_course import make_course
from tito.checks import (
    CheckFailure,
    Checkpoint,
    check_line,
    expect_close,
    expect_equal,
    expect_raises,
    expect_recorded,
    expect_true,
    expect_unrecorded,
    run_checkpoint,
    show,
)
from tito.results import CheckpointResult, CheckResult, Outcome, result_from_json


def checkpoint_of(*functions: Callable[..., object], needs: dict[str, str] | None = None) -> Checkpoint:
    """A checkpoint of those checks, five points each."""
    checkpoint = Checkpoint("checkpoint_99_sample.py")
    for function in functions:
        checkpoint.check(5, needs=(needs or {}).get(function.__name__, ()))(function)
    return checkpoint


def judge(function: Callable[..., object]) -> CheckResult:
    return checkpoint_of(function).run().checks[0]


def failure_of(call: Callable[[], object]) -> CheckFailure:
    with pytest.raises(CheckFailure) as raised:
        call()
    return raised.value


class Agreeable:
    """Equal to everything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


class AgreeableClass(type):
    """Its classes are equal to every other."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(cls, other: object) -> bool:
        return True


class OfAgreeableClass(Agreeable, metaclass=AgreeableClass):
    """Neither it nor its class differs from anything."""


class AgreeableNumber(int):
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


# ── expect_equal


@pytest.mark.parametrize("value", [3, 2.5, "a", None, True, (1, 2), [1, [2]], {"a": [1]}, {1, 2}, np.float32])
def test_equal_plain_data_passes(value: object) -> None:
    expect_equal(value, value, "it")


def test_an_integer_may_stand_for_a_whole_float() -> None:
    expect_equal(4, 4.0, "it")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (np.int64(9), 9),
        (np.uint8(9), 9),
        (np.float64(2.5), 2.5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        ((np.int64(2), np.int32(3)), (2, 3)),
        ({"n": [np.int64(2)]}, {"n": [2]}),
    ],
)
def test_a_numpy_number_counts_as_pythons_of_its_kind(actual: object, expected: object) -> None:
    expect_equal(actual, expected, "it")


class NumpyNumber(np.int64):
    """Equal to everything, and whatever number it is asked for."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def item(self) -> int:
        return 9


@pytest.mark.parametrize(
    ("actual", "expected", "texts"),
    [
        (np.float64(9.0), 9, ("9 (int)", "9.0 (numpy.float64)")),
        (np.int64(4), 4.0, ("4.0 (float)", "4 (numpy.int64)")),
        (np.float32(0.1), 0.1, ("0.1 (float)", "0.1 (numpy.float32)")),
        (np.array(9), 9, ("9 (int)", "9 (numpy.ndarray)")),
        (9, np.int64(9), ("9 (numpy.int64)", "9 (int)")),
        (AgreeableNumber(9), 9, ("9 (int)", f"9 ({__name__}.AgreeableNumber)")),
        (9.00000001, 9.0, ("9.0 (float)", "9.00000001 (float)")),
    ],
)
def test_values_that_print_alike_and_are_not_equal_are_told_apart(
    actual: object, expected: object, texts: tuple[str, str]
) -> None:
    failure = failure_of(lambda: expect_equal(actual, expected, "it"))
    assert (failure.expected, failure.actual) == texts


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (NumpyNumber(8), 9),
        (np.bool_(True), 1),
        (np.int64(1), True),
        (np.int64(8), 9),
        (np.timedelta64(9, "ns"), 9),
        ((np.float64(2.0),), (2,)),
    ],
)
def test_a_numpy_value_of_another_kind_fails(actual: object, expected: object) -> None:
    failure_of(lambda: expect_equal(actual, expected, "it"))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (True, 1),
        (1, True),
        ((1, 2), [1, 2]),
        ([1, 2], [1, 2, 3]),
        ({"a": 1}, {"b": 1}),
        ("3", 3),
        (None, False),
    ],
)
def test_data_of_another_type_or_shape_fails(actual: object, expected: object) -> None:
    failure = failure_of(lambda: expect_equal(actual, expected, "it", hint="look"))
    assert (failure.expected, failure.actual, failure.hint) == (repr(expected), repr(actual), "look")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (Agreeable(), 42),
        (AgreeableNumber(7), 42),
        (OfAgreeableClass(), 42),
        ([Agreeable()], [42]),
        ((1, Agreeable()), (1, 2)),
        ({"a": Agreeable()}, {"a": 1}),
        ([[AgreeableNumber(7)]], [[42]]),
    ],
)
def test_an_object_that_equals_everything_equals_nothing(actual: object, expected: object) -> None:
    failure_of(lambda: expect_equal(actual, expected, "it"))


# ── expect_close


def test_arrays_within_the_tolerance_pass() -> None:
    expect_close(np.float32([1.0, 2.0]), [1.0 + 5e-6, 2.0], "it")
    expect_close(np.array([np.nan, np.inf]), [np.nan, np.inf], "it")
    expect_close(2, 2.0, "it")


def test_a_wrong_value_is_named_with_its_place_and_how_many_there_are() -> None:
    failure = failure_of(lambda: expect_close(np.array([[1.0, 2.0], [9.0, 8.0]]), [[1, 2], [3, 4]], "a @ b"))
    assert failure.what == "a @ b at [1, 0] (2 of 4 values differ)"
    assert (failure.expected, failure.actual) == ("3", "9")


def test_a_wrong_shape_is_named_before_any_value() -> None:
    failure = failure_of(lambda: expect_close(np.zeros((5, 3)), np.zeros((3, 5)), "it"))
    assert (failure.what, failure.expected, failure.actual) == ("shape of it", "(3, 5)", "(5, 3)")


@pytest.mark.parametrize(
    "value", [None, "1.0", [1.0], Agreeable(), np.array(["1.0"]), np.array([1.0], dtype=object)]
)
def test_what_is_no_array_of_numbers_is_not_close(value: object) -> None:
    failure_of(lambda: expect_close(value, [1.0], "it"))


def test_a_missing_nan_is_not_close() -> None:
    failure_of(lambda: expect_close(np.array([0.0]), [np.nan], "it"))


# ── expect_true, expect_raises, show


def test_only_true_is_true() -> None:
    expect_true(True, "it", "yes", "no")
    expect_true(np.bool_(True), "it", "yes", "no")
    for value in (1, "yes", [0], Agreeable(), np.bool_(False), None):
        failure_of(lambda value=value: expect_true(value, "it", "yes", value))


def test_the_right_error_with_the_right_words_passes() -> None:
    expect_raises(ValueError, lambda: int("x"), "int('x')", says=("invalid literal",))


@pytest.mark.parametrize(
    ("call", "actual"),
    [
        (lambda: 5, "no error but 5"),
        (lambda: {}["a"], "KeyError: 'a'"),
        (lambda: int("x"), "invalid literal"),
    ],
)
def test_no_error_another_error_and_other_words_fail(call: Callable[[], object], actual: str) -> None:
    failure = failure_of(lambda: expect_raises(ValueError, call, "it", says=("shapes",)))
    assert actual in failure.actual


class Recorded:
    """A number whose additions are recorded, as a student's framework does."""

    recorders: ClassVar[list] = []

    def __init__(self, data: object) -> None:
        self.data = np.asarray(data)
        self.dtype = self.data.dtype

    def __add__(self, other: "Recorded") -> "Recorded":
        output = Recorded(self.data + other.data)
        for recorder in self.recorders:
            recorder.record(function=np.add, inputs=(self, other), settings={}, output=output)
        return output


def spoil(x: Recorded, y: Recorded) -> Recorded:
    output = x + y
    x.data += 1
    return output


@pytest.mark.parametrize(
    ("call", "failure"),
    [
        (lambda x, y: x + y, None),
        (lambda x, y: (x + x) + y, None),
        (lambda x, y: x + x, "answer: expected a Tensor made from y, got 'a Recorded made without it'"),
        (lambda x, y: Recorded(x.data + y.data), "a Tensor made from x"),
        (lambda x, y: Recorded((x + y).data), "a Tensor made from x"),
        (lambda x, y: (x + y).data, "a ndarray made without it"),
        (spoil, "x after answer"),
        (lambda x, y: x + y + Recorded(np.float32(1)), "dtype of answer"),
    ],
)
def test_an_answer_must_be_recorded_out_of_all_its_sources(call: Callable, failure: str | None) -> None:
    x, y = Recorded(np.float16([1, 2])), Recorded(np.float16([3, 4]))

    def check() -> None:
        expect_recorded(Recorded.recorders, lambda: call(x, y), "answer", {"x": x, "y": y})

    if failure is None:
        check()
    else:
        with pytest.raises(CheckFailure, match=failure):
            check()
    assert Recorded.recorders == []


def test_what_must_not_be_recorded_fails_when_it_is() -> None:
    x = Recorded([1.0])

    expect_unrecorded(Recorded.recorders, lambda: x.data + 1, "quiet")
    with pytest.raises(CheckFailure, match="operations at the door in loud: expected 0, got 2"):
        expect_unrecorded(Recorded.recorders, lambda: x + x + x, "loud")
    assert Recorded.recorders == []


def test_a_shown_value_is_one_short_line() -> None:
    assert show(np.arange(1000).reshape(10, 100)).count("\n") == 0
    assert show("x" * 1000) == "'" + "x" * 198 + "…"
    assert show(np.float32(1) / 3) == "0.3333333"


# ── a checkpoint


def test_results_carry_title_points_and_what_was_expected() -> None:
    def test_sum() -> None:
        """Adding two numbers

        More for the reader of the file.
        """
        expect_equal(2 + 2, 5, "2 + 2", hint="count your fingers")

    result = judge(test_sum)
    assert (result.name, result.title, result.outcome) == ("sum", "Adding two numbers", Outcome.FAILED)
    assert (result.points, result.earned) == (5, 0)
    assert (result.message, result.expected, result.actual) == ("2 + 2: expected 5, got 4", "5", "4")
    assert result.hint == "count your fingers"
    assert "in test_sum: expect_equal(2 + 2, 5" in result.where


def test_what_builds_on_a_failed_check_is_not_judged_and_the_rest_is() -> None:
    def test_root() -> None:
        """Root"""
        raise NotImplementedError

    def test_leaf() -> None:
        """Leaf"""

    def test_leaf_of_leaf() -> None:
        """Leaf of leaf"""

    def test_other() -> None:
        """Other"""

    needs = {"test_leaf": "root", "test_leaf_of_leaf": "leaf"}
    result = checkpoint_of(test_root, test_leaf, test_leaf_of_leaf, test_other, needs=needs).run()
    assert [check.outcome.value for check in result.checks] == [
        "failed",
        "not judged",
        "not judged",
        "passed",
    ]
    assert (result.earned, result.points, result.passed) == (5, 20, False)
    assert "“Root”" in result.checks[1].message
    assert result.checks[0].message == "not written yet"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SystemExit(0), "your code called `exit(0)` instead of returning"),
        (NotImplementedError("soon"), "not written yet: soon"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(), "StopIteration"),
    ],
)
def test_whatever_is_raised_is_a_failure(error: BaseException, message: str) -> None:
    def test_it() -> None:
        """It"""
        raise error

    result = judge(test_it)
    assert (result.outcome, result.message) == (Outcome.FAILED, message)


def test_an_exception_that_cannot_be_shown_is_still_a_failure() -> None:
    class ShyError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def test_it() -> None:
        """It"""
        raise ShyError

    assert judge(test_it).message == "ShyError"


def test_the_line_to_blame_is_not_inside_a_library() -> None:
    def test_it() -> None:
        """It"""
        np.linalg.inv(np.zeros((2, 3)))

    where = judge(test_it).where
    assert where.startswith(f"{__file__}:")
    assert where.endswith("in test_it: np.linalg.inv(np.zeros((2, 3)))")


def test_what_is_printed_is_kept_up_to_a_limit() -> None:
    def test_it() -> None:
        """It"""
        for _ in range(1000):
            print("x" * 100)

    result = judge(test_it)
    assert result.outcome is Outcome.PASSED
    assert result.output.startswith("x" * 100 + "\n") and len(result.output) == 10_000


def test_inputs_depend_on_the_seed_and_the_check_alone() -> None:
    drawn: dict[str, list[float]] = {"first": [], "second": []}

    def test_first(rng: np.random.Generator) -> None:
        """First"""
        drawn["first"].append(rng.normal())

    def test_second(rng: np.random.Generator) -> None:
        """Second"""
        drawn["second"].append(rng.normal())

    both, alone = checkpoint_of(test_first, test_second), checkpoint_of(test_second)
    for seed in (1, 1, 2):
        both.run(seed)
    alone.run(1)
    assert drawn["first"][0] == drawn["first"][1] != drawn["first"][2]
    assert drawn["first"][0] != drawn["second"][0] == drawn["second"][3]


def test_a_checkpoint_that_is_written_wrongly_is_refused() -> None:
    def test_it() -> None:
        """It"""

    def untitled() -> None:
        pass

    checkpoint = checkpoint_of(test_it)
    for function, needs in ((test_it, ()), (untitled, ()), (lambda: None, "nothing")):
        with pytest.raises(ValueError, match="duplicate name, no docstring, or needs unknown checks"):
            checkpoint.check(5, needs=needs)(function)


def test_a_checkpoint_without_checks_proves_nothing() -> None:
    assert not CheckpointResult("checkpoint_99_sample", ()).passed


def test_a_result_survives_json() -> None:
    def test_it() -> None:
        """It"""
        expect_equal(1, 2, "it")

    result = checkpoint_of(test_it).run(seed=7)
    assert result_from_json(result.to_json()) == result


def test_a_line_says_glyph_and_word() -> None:
    failed = CheckResult("a", "Adding", Outcome.FAILED, 5, message="expected 5, got 4", hint="count")
    skipped = CheckResult("a", "Adding", Outcome.NOT_JUDGED, 5, message="it builds on “Counting”")
    assert check_line(failed) == "❌ Adding · failed: expected 5, got 4\n   Hint: count"
    assert check_line(skipped) == "⏭️ Adding · not judged: it builds on “Counting”"


def test_the_picture_in_a_notebook_runs_nothing_of_the_students() -> None:
    check = CheckResult(
        "a",
        "Adding",
        Outcome.FAILED,
        5,
        "<script>alert(1)</script>",
        "<b>5</b>",
        "4 & 3",
        '<img onerror="x">',
    )
    html = CheckpointResult("checkpoint_99_sample", (check,))._repr_html_()
    assert "<script" not in html and "<b>" not in html and "<img" not in html
    assert "&lt;b&gt;5&lt;/b&gt;" in html and "4 &amp; 3" in html
    assert "❌ failed" in html and "0/5" in html


def test_the_text_of_a_result_is_its_score() -> None:
    check = CheckResult("a", "Adding", Outcome.PASSED, 5)
    assert repr(CheckpointResult("checkpoint_99_sample", (check, check))) == "10.0"


# ── one file, four uses


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The small course with its own package, as the working directory; `tinytorch` is imported anew."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "tinytorch"}
    make_course(tmp_path)
    (tmp_path / ".tito").mkdir()
    (tmp_path / "tinytorch" / "core").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "tinytorch"]:
        del sys.modules[name]
    sys.modules.update(kept)


def run(course: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=course, capture_output=True, text=True, timeout=60)


NUMBERS = "tests/checkpoints/checkpoint_00_numbers.py"
RIGHT = "def double(n):\n    return 2 * n\n\ndef halve(n):\n    return n // 2\n"


def test_as_a_script_a_right_module_gets_the_trophy_and_exit_code_0(course: Path) -> None:
    (course / "tinytorch/core/counting.py").write_text(RIGHT)
    done = run(course, NUMBERS)
    assert done.stdout.splitlines() == [
        "✅ Doubling a number",
        "✅ Doubling twice",
        "✅ Halving a number",
        "🏆 Numbers checkpoint PASSED (10/10 points)",
    ]
    assert done.returncode == 0


def test_as_a_script_a_wrong_module_is_explained_with_exit_code_1(course: Path) -> None:
    (course / "tinytorch/core/counting.py").write_text(RIGHT.replace("2 * n", "n"))
    done = run(course, NUMBERS)
    assert "❌ Doubling a number · failed: double(21): expected 42, got 21" in done.stdout
    assert "   Hint: Twice is once and once again" in done.stdout
    assert "❌ Numbers checkpoint failed (2/10 points)" in done.stdout
    assert done.returncode == 1


def test_a_module_that_is_not_exported_leads_to_the_command_that_exports_it(course: Path) -> None:
    done = run(course, NUMBERS)
    assert "No module named 'tinytorch.core.counting'" in done.stdout
    assert "Hint: `tito module complete 01_counting` exports what its notebook holds" in done.stdout


def test_under_pytest_each_check_is_a_test(course: Path) -> None:
    (course / "tinytorch/core/counting.py").write_text(RIGHT.replace("2 * n", "n"))
    done = run(course, "-m", "pytest", "-p", "no:cacheprovider", "-rs", NUMBERS)
    assert "1 failed, 1 passed, 1 skipped" in done.stdout
    assert "double(21): expected 42, got 21" in done.stdout
    assert "not judged: it builds on “Doubling a number”" in done.stdout


def test_in_a_notebook_the_cells_above_are_the_module(course: Path) -> None:
    (course / "tinytorch/core/counting.py").write_text(
        "raise RuntimeError('the exported module was imported')"
    )
    notebook = ModuleType("__main__")
    exec(RIGHT, vars(notebook))
    assert repr(run_checkpoint("numbers", notebook)) == "10.0"
    exec("def halve(n): return None", vars(notebook))
    assert repr(run_checkpoint("numbers", notebook)) == "8.0"


def test_after_a_notebook_checkpoint_imports_find_what_they_found_before(course: Path) -> None:
    name = "tinytorch.core.counting"
    run_checkpoint("numbers", ModuleType("__main__"))
    assert name not in sys.modules
    before = sys.modules[name] = ModuleType(name)
    try:
        run_checkpoint("numbers", ModuleType("__main__"))
        assert sys.modules[name] is before
    finally:
        del sys.modules[name]
