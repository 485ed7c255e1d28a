import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.errors import TitoError
from tito.progress import (
    Fingerprint,
    Progress,
    progress_from_json,
    progress_to_json,
    with_completed,
    with_exported,
    with_fingerprint,
    with_result,
    with_started,
)
from tito.progress_file import NewerProgressError, read_progress, update_progress
from tito.results import CheckpointResult, CheckResult, Outcome


def result_of(*outcomes: Outcome) -> CheckpointResult:
    checks = (CheckResult(f"check_{n}", f"Check {n}", outcome, 5) for n, outcome in enumerate(outcomes))
    return CheckpointResult("checkpoint_00_numbers", tuple(checks), seed=3)


PASS, FAIL = result_of(Outcome.PASSED, Outcome.PASSED), result_of(Outcome.PASSED, Outcome.FAILED)

texts = st.text(max_size=8)
results = st.lists(st.sampled_from(list(Outcome)), max_size=3).map(lambda outcomes: result_of(*outcomes))
changes = st.one_of(
    st.builds(lambda m, t: lambda p: with_started(p, m, t), texts, texts),
    st.builds(lambda m, c, t: lambda p: with_exported(p, m, c, t), texts, texts, texts),
    st.builds(lambda m, t: lambda p: with_completed(p, m, t), texts, texts),
    st.builds(lambda n, r, c, t: lambda p: with_result(p, n, r, c, t), texts, results, texts, texts),
    st.builds(
        lambda m, a, c: lambda p: with_fingerprint(p, m, Fingerprint(a, a, c)), texts, st.integers(0), texts
    ),
)


# ── the value


@given(st.lists(changes, max_size=6))
def test_what_is_recorded_survives_json(steps: list) -> None:
    progress = Progress()
    for change in steps:
        progress = change(progress)
    assert progress_from_json(json.loads(json.dumps(progress_to_json(progress)))) == progress


def test_a_change_leaves_the_value_it_started_from_alone() -> None:
    before = with_started(Progress(), "counting", "monday")
    with_result(with_completed(before, "counting", "friday"), "numbers", PASS, "abc", "friday")
    assert before == with_started(Progress(), "counting", "monday")


def test_the_first_start_and_the_last_export_count() -> None:
    progress = with_started(with_started(Progress(), "counting", "monday"), "counting", "tuesday")
    progress = with_exported(
        with_exported(progress, "counting", "a", "wednesday"), "counting", "b", "thursday"
    )
    record = progress.module("counting")
    assert (record.started, record.exported, record.code) == ("monday", "thursday", "b")


def test_the_last_result_and_the_first_pass_count() -> None:
    progress = Progress()
    for result, when in ((FAIL, "monday"), (PASS, "tuesday"), (PASS, "wednesday"), (FAIL, "thursday")):
        progress = with_result(progress, "numbers", result, when, when)
    record = progress.checkpoints["numbers"]
    assert (record.result, record.when, record.first_passed) == (FAIL, "thursday", "tuesday")


# ── the file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress.json"


def test_no_file_is_no_progress_and_reading_makes_none(path: Path) -> None:
    assert read_progress(path, pytest.fail) == Progress()
    assert not list(path.parent.iterdir())


def test_an_update_is_read_back(path: Path) -> None:
    update_progress(path, lambda p: with_result(p, "numbers", PASS, "abc", "monday"), pytest.fail)
    assert read_progress(path, pytest.fail).checkpoints["numbers"].result == PASS
    assert json.loads(path.read_text())["version"] == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"version": 1}',
        b'{"version": "one", "modules": {}, "checkpoints": {}}',
        b'{"version": 1, "modules": {"a": 3}, "checkpoints": {}}',
        b'{"version": 1, "modules": {}, "checkpoints": {"a": {"result": {}, "when": "", "code": ""}}}',
        b'{"version": 1, "modules": {}, "checkpoints": [1]}',
    ],
)
def test_a_damaged_file_is_moved_aside_and_said_so(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    told: list[str] = []
    assert read_progress(path, told.append) == Progress()
    assert path.with_name("progress.json.corrupt-1").read_bytes() == damage
    assert (
        len(told) == 1 and "progress.json.corrupt-1" in told[0] and "`tito module complete MODULE`" in told[0]
    )
    path.write_bytes(damage)
    update_progress(path, lambda p: with_started(p, "counting", "monday"), told.append)
    assert path.with_name("progress.json.corrupt-2").read_bytes() == damage
    assert read_progress(path, pytest.fail).module("counting").started == "monday"


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    text = '{"version": 2, "everything": "else"}'
    path.write_text(text)
    for attempt in (
        lambda: read_progress(path, pytest.fail),
        lambda: update_progress(path, lambda p: with_started(p, "counting", "monday"), pytest.fail),
    ):
        with pytest.raises(NewerProgressError) as raised:
            attempt()
        assert "pip install --upgrade" in raised.value.next_step
    assert path.read_text() == text


def test_a_folder_where_the_file_should_be_is_an_error_with_a_next_step(path: Path) -> None:
    path.mkdir()
    with pytest.raises(TitoError) as raised:
        read_progress(path, pytest.fail)
    assert str(path) in raised.value.message and "`ls -l" in raised.value.next_step


def test_a_file_where_the_folder_should_be_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    (tmp_path / ".tito").write_text("")
    with pytest.raises(TitoError) as raised:
        update_progress(tmp_path / ".tito" / "progress.json", lambda p: p, pytest.fail)
    assert "Nothing was changed" in raised.value.message and "`ls -ld" in raised.value.next_step


def test_an_update_that_fails_to_be_written_keeps_the_old_record(path: Path) -> None:
    update_progress(path, lambda p: with_started(p, "counting", "monday"), pytest.fail)
    before = path.read_bytes()
    full_disk = """
import resource, sys
from pathlib import Path
from tito.errors import TitoError
from tito.progress import with_started
from tito.progress_file import update_progress

resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    update_progress(Path(sys.argv[1]), lambda p: with_started(p, "shapes", "tuesday"), print)
except TitoError as error:
    print(error.message, error.next_step)
"""
    done = subprocess.run([sys.executable, "-c", full_disk, path], capture_output=True, text=True, timeout=60)
    assert "Could not write" in done.stdout and "df -h" in done.stdout
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} == {"progress.json", "progress.lock"}


WRITER = """
import sys
from pathlib import Path
from tito.progress import with_started
from tito.progress_file import update_progress

path, writer, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(count):
    update_progress(path, lambda p: with_started(p, f"{writer}-{number:04d}", "now" * 200), print)
    print(number, flush=True)
"""


def test_writers_at_the_same_time_lose_nothing(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(w), "25"], stdout=subprocess.DEVNULL)
        for w in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    expected = {f"{writer}-{number:04d}" for writer in range(4) for number in range(25)}
    assert set(read_progress(path, pytest.fail).modules) == expected


def test_a_kill_at_any_time_leaves_the_old_record_or_the_new(path: Path) -> None:
    written = -1
    for patience in range(8):
        command = [sys.executable, "-c", WRITER, path, f"run{patience}", "1000"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            for line in writer.stdout:
                written = int(line)
                if written > patience:
                    break
            writer.send_signal(signal.SIGKILL)
        names = {
            name for name in read_progress(path, pytest.fail).modules if name.startswith(f"run{patience}-")
        }
        numbers = sorted(int(name.partition("-")[2]) for name in names)
        assert numbers == list(range(len(numbers))) and len(numbers) > written
    update_progress(path, lambda p: with_started(p, "after", "now"), pytest.fail)
    assert read_progress(path, pytest.fail).module("after").started == "now"
