"""Numbers sorted by their digits, against numpy."""

from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from penwright.kernels.sorting import sort

Keys = TypeVar("Keys", NDArray[np.int64], NDArray[np.uint64])


def sorted_copy(keys: Keys, *, lowest: int = 0) -> Keys:
    found = keys.copy()
    sort(found, lowest=lowest)
    return found


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60))
def test_any_numbers_are_sorted(numbers: list[int]) -> None:
    keys = np.array(numbers, dtype=np.int64)
    assert sorted_copy(keys).tolist() == sorted(numbers)
    unsigned = keys.view(np.uint64)
    assert sorted_copy(unsigned).tolist() == sorted(unsigned.tolist())


@given(
    size=st.sampled_from([2, 300, 5_000]),
    low=st.integers(0, 63),
    high=st.integers(0, 63),
    seed=st.integers(0, 2**31),
    is_negative=st.booleans(),
)
def test_numbers_that_differ_in_some_bits_only_are_sorted(
    size: int, low: int, high: int, seed: int, is_negative: bool
) -> None:
    mask = np.uint64(sum(1 << bit for bit in range(min(low, high), max(low, high) + 1)))
    drawn = np.random.default_rng(seed).integers(0, 2**64, size, dtype=np.uint64)
    keys = (drawn & mask).view(np.int64)
    if is_negative:
        keys |= np.int64(-(2**63))
    assert np.array_equal(sorted_copy(keys), np.sort(keys))


@pytest.mark.parametrize("lowest", [1, 16, 40, 63])
def test_lower_bits_are_kept_and_need_not_be_in_order(lowest: int) -> None:
    keys = np.random.default_rng(3).integers(-(2**63), 2**63 - 1, 20_000)
    found = sorted_copy(keys, lowest=lowest)
    assert np.array_equal(np.sort(found), np.sort(keys)), "the same numbers"
    assert (np.diff(found >> lowest) >= 0).all()
