"""Weights in 8 bits: no farther from the truth than half a step, and stable once rounded."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.model.rounding import MAX_CODE, MIN_COLUMNS, RoundedWeight, is_rounded, rounded

finite = st.floats(-(2.0**100), 2.0**100, width=32)
weights = (
    st.integers(1, 9)
    .flatmap(lambda columns: st.lists(st.lists(finite, min_size=columns, max_size=columns), min_size=1, max_size=5))
    .map(lambda lists: np.array(lists, np.float32))
)


@given(weights)
def test_a_weight_is_rounded_to_the_nearest_step_of_its_row(weight: np.ndarray) -> None:
    found = rounded(weight)
    assert found.codes.dtype == np.int8 and found.scales.dtype == np.float32
    assert found.codes.shape == weight.shape and found.scales.shape == weight.shape[:1]
    assert (np.abs(found.codes.astype(int)) <= MAX_CODE).all()
    assert (found.scales > 0).all()
    error = np.abs(found.values().astype(np.float64) - weight)
    assert (error <= found.scales[:, None] * 0.5001).all()
    assert found.values().dtype == np.float32


@given(weights)
def test_the_largest_of_a_row_takes_the_largest_code(weight: np.ndarray) -> None:
    highest = np.abs(weight).max(axis=1)
    large = highest > 1e-30
    assert (np.abs(rounded(weight).codes.astype(int)).max(axis=1)[large] == MAX_CODE).all()


@given(weights)
def test_rounded_once_a_weight_stays_as_it_is(weight: np.ndarray) -> None:
    once = rounded(weight).values()
    again = rounded(once)
    assert np.array_equal(again.codes, rounded(weight).codes)
    assert again.values() == pytest.approx(once, rel=1e-6)


def test_a_row_of_zeros_stays_zero_and_rows_do_not_share_a_scale() -> None:
    found = rounded(np.array([[0.0, 0.0], [1e-3, -2e-3], [500.0, 1.0]], np.float32))
    assert found.values()[0].tolist() == [0.0, 0.0]
    assert found.values()[1] == pytest.approx([1e-3, -2e-3], rel=0.01)
    assert found.codes[2].tolist() == [127, 0]


def test_a_table_of_more_dimensions_has_a_scale_for_each_row() -> None:
    weight = np.random.default_rng(0).normal(size=(3, 4, 70)).astype(np.float32)
    found = rounded(weight)
    assert found.scales.shape == (3, 4)
    assert np.array_equal(found.values()[1], RoundedWeight(found.codes[1], found.scales[1]).values())


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((MIN_COLUMNS,), False),
        ((5_000,), False),
        ((), False),
        ((1, MIN_COLUMNS), True),
        ((500, MIN_COLUMNS - 1), False),
        ((2, 3, MIN_COLUMNS), True),
        ((MIN_COLUMNS, 0), False),
    ],
)
def test_long_rows_are_rounded_and_short_ones_are_not(shape: Any, expected: bool) -> None:
    assert is_rounded(shape) == expected
