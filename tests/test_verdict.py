"""What a graded cell earns, from how it ran and what it showed."""

import pytest

from gradebook.grade.verdict import Ended, Run, checkpoint_data, ends_in_value, judge_cell, names_read
from tito.results import MIME_TYPE

GOOD = Run(Ended.OK)


def outputs(*texts: str) -> list[dict]:
    return [{"output_type": "execute_result", "data": {"text/plain": text}} for text in texts]


@pytest.mark.parametrize(
    ("name", "source", "shown", "run", "score"),
    [
        ("test", "assert f()", [], GOOD, 5.0),
        ("test", "assert f()", [], None, 0.0),
        ("test", "assert f()", [], Run(Ended.NOT_RUN), 0.0),
        ("test", "assert f()", [], Run(Ended.ERROR), 0.0),
        ("test", "assert f()", [{"output_type": "error"}], GOOD, 0.0),
        ("test", "assert f()", [{"output_type": "stream", "name": "stderr", "text": "hm"}], GOOD, 5.0),
        ("test", "assert f()", outputs("5"), GOOD, 0.0),
        ("test", "score()", [], GOOD, 5.0),
        ("test", "score()", outputs("2.5"), GOOD, 2.5),
        ("test", "score()", outputs("5", "5"), GOOD, 0.0),
        ("test", "score()", outputs("nan"), GOOD, 0.0),
        ("test", "score()", outputs("inf"), GOOD, 0.0),
        ("test", "score()", outputs("-1"), GOOD, 0.0),
        ("test", "score()", outputs("5.1"), GOOD, 0.0),
        ("test", "score()", outputs("True"), GOOD, 0.0),
        ("test", "score();", outputs("5"), GOOD, 0.0),
        ("checkpoint", "score()", [], GOOD, 0.0),
        ("checkpoint", "score()", outputs("5.0"), GOOD, 5.0),
    ],
)
def test_points_need_proof(name, source, shown, run, score):
    assert judge_cell(name, source, shown, 5.0, run).score == score


def test_names_that_a_cell_takes_from_above():
    source = "from a import b\nimport c.d\nx = y\n[z for z in sum(e)]\nlambda p: p + q\ndef f(r): return s"
    assert names_read(source) == ["e", "q", "s", "sum", "y"]
    assert names_read("not python (") == []
    assert not ends_in_value("not python (")


def test_a_checkpoint_record_that_does_not_add_up_is_not_kept():
    data = {"earned": 5.0, "checks": []}
    shown = [{"output_type": "execute_result", "data": {MIME_TYPE: data}}]
    assert checkpoint_data(shown, 5.0) == data
    assert checkpoint_data(shown, 4.0) is None
