"""Products of rows with a matrix: right for every shape and slice, and the same bits for any number of rows."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penwright.kernels.blocks import ROWS
from penwright.kernels.products import add_product

SENTINEL = np.float32(7.0)


def product(
    rows: int, x: np.ndarray, weights: np.ndarray, scales: np.ndarray, *, begin: int, start: int, first: int
) -> np.ndarray:
    """The kernel's product of the first rows, added to sevens; `weights` (K, width) lies at `start` of a flat array."""
    size, width = weights.shape
    flat = np.concatenate((np.full(start, 99, weights.dtype), weights.reshape(-1), np.full(3, 99, weights.dtype)))
    padded = np.full(((rows + ROWS - 1) // ROWS * ROWS, x.shape[1]), np.nan, np.float32)
    padded[:rows] = x[:rows]
    y = np.full((rows + 2, len(scales) + 3), SENTINEL)
    add_product(rows, padded, begin, size, flat, start, width, first, scales, y)
    assert (y[rows:] == SENTINEL).all() and (y[:, len(scales) :] == SENTINEL).all(), "it wrote where it should not"
    return y[:rows, : len(scales)]


sizes = st.one_of(st.integers(1, 9), st.sampled_from([63, 64, 65, 130]))
counts = st.one_of(st.integers(1, 9), st.sampled_from([63, 64, 65, 130, 511, 512, 513, 600]))


@pytest.mark.parametrize("dtype", [np.float32, np.int8])
@settings(max_examples=60)
@given(
    rows=st.integers(1, 20),
    size=sizes,
    count=counts,
    begin=st.integers(0, 3),
    start=st.integers(0, 5),
    first=st.integers(0, 4),
    beyond=st.integers(0, 4),
    seed=st.integers(0, 2**32),
)
@example(rows=20, size=5, count=513, begin=1, start=1, first=2, beyond=1, seed=0)
@example(rows=1, size=1, count=1, begin=0, start=0, first=0, beyond=0, seed=0)
def test_a_product_is_right_and_the_same_for_any_number_of_rows(
    dtype: type, rows: int, size: int, count: int, begin: int, start: int, first: int, beyond: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, begin + size + 2)).astype(np.float32)
    shape = (size, first + count + beyond)
    if dtype is np.int8:
        weights = random.integers(-127, 128, shape).astype(np.int8)
    else:
        weights = random.normal(size=shape).astype(np.float32)
    scales = random.uniform(0.5, 2.0, count).astype(np.float32)
    at = {"begin": begin, "start": start, "first": first}
    found = product(rows, x, weights, scales, **at)
    used = weights[:, first : first + count].astype(np.float64)
    needed = SENTINEL + scales * (x[:, begin : begin + size].astype(np.float64) @ used)
    largest = scales * (np.abs(x[:, begin : begin + size]).astype(np.float64) @ np.abs(used)) + SENTINEL
    assert (np.abs(found - needed) <= 1e-6 * largest * (1 + size**0.5)).all()
    alone = [product(1, x[row : row + 1], weights, scales, **at)[0] for row in range(rows)]
    assert np.array_equal(found.view(np.int32), np.stack(alone).view(np.int32))
    fewer = random.integers(1, rows + 1)
    assert np.array_equal(product(int(fewer), x, weights, scales, **at), found[:fewer])


def test_eight_bits_are_as_good_as_the_numbers_they_stand_for() -> None:
    random = np.random.default_rng(0)
    x, codes = random.normal(size=(9, 70)).astype(np.float32), random.integers(-127, 128, (70, 33)).astype(np.int8)
    scales = random.uniform(0.001, 0.002, 33).astype(np.float32)
    at = {"begin": 0, "start": 0, "first": 0}
    rounded = product(9, x, codes, scales, **at)
    whole = product(9, x, codes.astype(np.float32), scales, **at)
    assert np.array_equal(rounded, whole)
