"""Products of a few rows with a matrix, in an order of additions that depends on nothing else.

Each output adds the products of its inputs one after the other, the first input first. So a row has the same result,
to the last bit, alone and beside any others, and on processors with vectors of any width. Outputs lie side by side
in memory (the matrix is kept transposed), and a processor computes as many of them at once as its vectors hold.

One row reads the matrix from memory once, and that is what its time goes into. A few rows at a time share a tile of the
matrix that stays in the cache: then it is the multiplications, which `blocks` spells out.

Weights are float32, or int8 with a float32 scale for each output (Jacob et al. 2018, "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", section 2.1, without the zero point).

Shapes: R = rows, K = inputs, N = outputs.
"""

from typing import Any

import numpy as np

from penwright.kernels.blocks import ROWS, TILE, multiply_block
from penwright.kernels.compiling import kernel

_FEW = 3  # up to so many rows, it is faster to do each for itself
_WIDE = 512
_STEPS = 4  # inputs whose products are added in one round
_ZERO = np.float32(0.0)


@kernel
def add_product(
    rows: int, x: Any, begin: int, size: int, weights: Any, start: int, width: int, first: int, scales: Any, y: Any
) -> None:
    """Add the product of some rows to others: y[:, :N] += scale * (x[:, begin:begin + K] @ W[:, first:first + N]).

    Args:
        rows: R.
        x: float32, at least R rows rounded up to a multiple of ROWS; what the last rows hold does not matter.
        begin, size: Slice of the inputs, K of them.
        weights: float32 or int8, flat; W (K, width) begins at `start`, input by input.
        start, width: See there.
        first: First of the outputs.
        scales: float32 (N,), one for each output.
        y: float32 (at least R, at least N), to be added to.
    """
    num_outputs, done = len(scales), 0
    if rows > _FEW:
        tile, sums = np.empty(size * TILE, np.float32), np.empty(ROWS * TILE, np.float32)
        done = rows - (rows % ROWS == 1)  # as it is for one left over
        for column in range(0, num_outputs, TILE):
            count = min(TILE, num_outputs - column)
            own = scales[column : column + count]
            _copy_tile(weights, start + first + column, width, count, tile)
            for begun in range(0, done, ROWS):
                multiply_block(tile, x, begun * x.shape[1] + begin, x.shape[1], size, sums)
                for row in range(begun, min(done, begun + ROWS)):
                    at = (row - begun) * TILE
                    _add_scaled(sums[at : at + count], own, y[row, column : column + count])
    sums = np.empty(min(_WIDE, num_outputs), np.float32)
    for row in range(done, rows):
        for column in range(0, num_outputs, _WIDE):
            count = min(_WIDE, num_outputs - column)
            _multiply_row(weights, start + first + column, width, x[row, begin : begin + size], sums[:count])
            _add_scaled(sums[:count], scales[column : column + count], y[row, column : column + count])


@kernel
def _add_scaled(sums: Any, scales: Any, y: Any) -> None:
    for i in range(len(sums)):
        y[i] += sums[i] * scales[i]


@kernel
def _multiply_row(weights: Any, start: int, width: int, x: Any, sums: Any) -> None:
    """Fill `sums` with the product of one row and as many columns."""
    count, size, k = len(sums), len(x), 0
    for i in range(len(sums)):
        sums[i] = _ZERO
    while k + _STEPS <= size:
        at = start + k * width
        w0, w1 = weights[at : at + count], weights[at + width : at + width + count]
        at += 2 * width
        w2, w3 = weights[at : at + count], weights[at + width : at + width + count]
        x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        for i in range(count):
            low = (sums[i] + x0 * np.float32(w0[i])) + x1 * np.float32(w1[i])
            sums[i] = (low + x2 * np.float32(w2[i])) + x3 * np.float32(w3[i])
        k += _STEPS
    while k < size:
        w0, x0 = weights[start + k * width : start + k * width + count], x[k]
        for i in range(count):
            sums[i] = sums[i] + x0 * np.float32(w0[i])
        k += 1


@kernel
def _copy_tile(weights: Any, start: int, width: int, count: int, tile: Any) -> None:
    """Copy some columns of the matrix to rows of TILE numbers, zeros after the last column."""
    for k in range(len(tile) // TILE):
        row, copy = weights[start + k * width : start + k * width + count], tile[k * TILE : (k + 1) * TILE]
        for i in range(count):
            copy[i] = np.float32(row[i])
        for i in range(count, TILE):
            copy[i] = _ZERO
