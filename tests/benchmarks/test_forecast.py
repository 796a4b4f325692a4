"""The law that is fitted to outcomes."""

from math import prod
from typing import Any

import pytest
from forecast import fit, update_for

from penwright.training.planning.forecast import Law, update_factor

LAW = Law(0.5, 0.6, 0.3, 0.35, 0.45, 0.25, 0.06, 0.3, 10.0, spread=0.0)


def outcome(*, shelf_chars: int, num_parameters: int, chars_read: float) -> dict[str, Any]:
    facts = {"shelf_chars": shelf_chars, "num_parameters": num_parameters, "chars_read": chars_read}
    update = update_for(chars_read / 1e6)
    bits = 2.0 * LAW.share(**facts) * update_factor(prod(update), chars_read=chars_read)
    return {**facts, "update": update, "difficulty": 2.0, "bits_per_char": bits}


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, Any]]:
    return [
        outcome(shelf_chars=shelf, num_parameters=weights, chars_read=read)
        for shelf in (1_000_000, 60_000_000)
        for weights in (200_000, 2_000_000)
        for read in (500_000, 5_000_000, 50_000_000)
    ]


def test_a_fit_finds_what_outcomes_follow(outcomes: list[dict[str, Any]]) -> None:
    assert fit(outcomes).spread < 0.005


def test_a_fit_says_how_far_the_furthest_outcome_lies_from_it(outcomes: list[dict[str, Any]]) -> None:
    odd = {**outcomes[0], "bits_per_char": 1.2 * outcomes[0]["bits_per_char"]}
    assert 0.05 < fit([odd, *outcomes[1:]]).spread < 0.2


def test_what_outcomes_say_nothing_of_stays_as_expected(outcomes: list[dict[str, Any]]) -> None:
    of_one_size = [each for each in outcomes if each["num_parameters"] == 200_000]
    assert fit(of_one_size).size_power == pytest.approx(0.3, rel=0.2)


def test_a_longer_training_is_made_in_more_lanes_as_a_plan_would_choose() -> None:
    assert [update_for(millions) for millions in (2.0, 8.0, 24.0)] == [(16, 128), (32, 128), (64, 128)]
