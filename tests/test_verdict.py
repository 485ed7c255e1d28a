"""What a graded cell earns, from how it ended and the text of its value."""

import pytest

from gradebook.grade.verdict import Ended, ends_in_value, judge_cell


@pytest.mark.parametrize(
    ("name", "ended", "value", "score"),
    [
        ("test", Ended.OK, None, 5.0),
        ("test", Ended.NOT_RUN, None, 0.0),
        ("test", Ended.ERROR, None, 0.0),
        ("test", Ended.TIMEOUT, "5", 0.0),
        ("test", Ended.DIED, None, 0.0),
        ("test", Ended.OK, "2.5", 2.5),
        ("test", Ended.OK, "nan", 0.0),
        ("test", Ended.OK, "inf", 0.0),
        ("test", Ended.OK, "-1", 0.0),
        ("test", Ended.OK, "5.1", 0.0),
        ("test", Ended.OK, "True", 0.0),
        ("test", Ended.OK, "", 0.0),
        ("checkpoint", Ended.OK, None, 0.0),
        ("checkpoint", Ended.OK, "5.0", 5.0),
    ],
)
def test_points_need_proof(name, ended, value, score):
    assert judge_cell(name, ended, value, 5.0).score == score


@pytest.mark.parametrize(
    ("source", "shown"), [("score()", True), ("score();", False), ("x = 1", False), ("not python (", False)]
)
def test_a_cell_shows_the_value_of_its_last_line(source, shown):
    assert ends_in_value(source) is shown
