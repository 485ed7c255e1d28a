"""The page on attacks says what was measured, of the whole corpus, and nothing else."""

import json

import pytest

from tests.attack_corpus import load_attacks
from tests.attacks.table import DOCUMENT, RESULTS, key_of, load_table, render

KEYS = {key_of(attack) for attack in load_attacks()}
COMMAND = "run `python -m benchmarks.attacks_beside_nbgrader NAME …` for those that are new"


@pytest.fixture(scope="module")
def results():
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_page_is_what_the_results_say(results):
    assert DOCUMENT.read_text(encoding="utf-8") == render(results, load_table()), COMMAND


def test_each_attack_has_a_result_or_is_left_out_with_a_reason(results):
    left_out = load_table().left_out
    assert results["attacks"].keys() | left_out.keys() == KEYS, COMMAND
    assert not results["attacks"].keys() & left_out.keys()
    assert all(left_out.values())


def test_each_attack_is_of_one_kind():
    kinds = load_table().kinds
    assert sum(len(kind.attacks) for kind in kinds) == len(KEYS)
    assert frozenset().union(*(kind.attacks for kind in kinds)) == KEYS


def test_no_attack_gained_anything_here(results):
    here = {key: told["here"] for key, told in results["attacks"].items()}
    assert {key: told for key, told in here.items() if told["gained"] or told["shows"]} == {}


def test_what_was_compared_tells_the_graders_apart(results):
    gained = [key for key, told in results["attacks"].items() if told["stock"]["gained"]]
    shown = [key for key, told in results["attacks"].items() if told["stock"]["shows"]]
    assert gained and shown
