"""Products of a few rows with a matrix, in an order of additions that depends on nothing else.

Each output adds the products of its inputs one after the other, the first input first. So a row has the same result,
to the last bit, alone and beside any others, and on processors with vectors of any width. Outputs lie side by side
in memory (the matrix is kept transposed), and a processor computes as many of them at once as its vectors hold.

One row reads the matrix from memory once, and that is what its time goes into. Eight rows at a time share a tile of
the matrix that stays in the cache: then it is the multiplications.

Weights are float32, or int8 with a float32 scale for each output (Jacob et al. 2018, "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", section 2.1, without the zero point).

Shapes: R = rows, K = inputs, N = outputs.
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel

ROWS = 8
"""Rows that share a tile. Arrays of rows are padded to a multiple of it."""
_FEW = 4  # up to so many rows left over, it is faster to do each for itself
_TILE = 64
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
        tile, sums = np.empty(size * _TILE, np.float32), np.empty(ROWS * _TILE, np.float32)
        groups = (rows + ROWS - 1 - _FEW) // ROWS
        done = min(rows, groups * ROWS)
        for column in range(0, num_outputs, _TILE):
            count = min(_TILE, num_outputs - column)
            _copy_tile(weights, start + first + column, width, count, tile)
            for group in range(groups):
                _multiply_rows(tile, x, group * ROWS, begin, size, sums)
                for row in range(group * ROWS, min(done, group * ROWS + ROWS)):
                    at = (row - group * ROWS) * _TILE
                    for i in range(count):
                        y[row, column + i] += sums[at + i] * scales[column + i]
    sums = np.empty(min(_WIDE, num_outputs), np.float32)
    for row in range(done, rows):
        for column in range(0, num_outputs, _WIDE):
            count = min(_WIDE, num_outputs - column)
            _multiply_row(weights, start + first + column, width, x[row, begin : begin + size], sums[:count])
            for i in range(count):
                y[row, column + i] += sums[i] * scales[column + i]


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
    """Copy some columns of the matrix to rows of _TILE numbers, zeros after the last column."""
    for k in range(len(tile) // _TILE):
        row, copy = weights[start + k * width : start + k * width + count], tile[k * _TILE : (k + 1) * _TILE]
        for i in range(count):
            copy[i] = np.float32(row[i])
        for i in range(count, _TILE):
            copy[i] = _ZERO


@kernel
def _multiply_rows(tile: Any, x: Any, row: int, begin: int, size: int, sums: Any) -> None:
    """Fill `sums` (ROWS, _TILE) with the products of ROWS rows and a tile."""
    for i in range(len(sums)):
        sums[i] = _ZERO
    k = 0
    while k + _STEPS <= size:
        at = tile[k * _TILE : (k + _STEPS) * _TILE]
        column = begin + k
        a0, a1, a2, a3 = x[row, column], x[row, column + 1], x[row, column + 2], x[row, column + 3]
        b0, b1, b2, b3 = x[row + 1, column], x[row + 1, column + 1], x[row + 1, column + 2], x[row + 1, column + 3]
        c0, c1, c2, c3 = x[row + 2, column], x[row + 2, column + 1], x[row + 2, column + 2], x[row + 2, column + 3]
        d0, d1, d2, d3 = x[row + 3, column], x[row + 3, column + 1], x[row + 3, column + 2], x[row + 3, column + 3]
        e0, e1, e2, e3 = x[row + 4, column], x[row + 4, column + 1], x[row + 4, column + 2], x[row + 4, column + 3]
        f0, f1, f2, f3 = x[row + 5, column], x[row + 5, column + 1], x[row + 5, column + 2], x[row + 5, column + 3]
        g0, g1, g2, g3 = x[row + 6, column], x[row + 6, column + 1], x[row + 6, column + 2], x[row + 6, column + 3]
        h0, h1, h2, h3 = x[row + 7, column], x[row + 7, column + 1], x[row + 7, column + 2], x[row + 7, column + 3]
        for i in range(_TILE):
            w0, w1, w2, w3 = at[i], at[i + _TILE], at[i + 2 * _TILE], at[i + 3 * _TILE]
            sums[i] = (((sums[i] + a0 * w0) + a1 * w1) + a2 * w2) + a3 * w3
            j = i + _TILE
            sums[j] = (((sums[j] + b0 * w0) + b1 * w1) + b2 * w2) + b3 * w3
            j = i + 2 * _TILE
            sums[j] = (((sums[j] + c0 * w0) + c1 * w1) + c2 * w2) + c3 * w3
            j = i + 3 * _TILE
            sums[j] = (((sums[j] + d0 * w0) + d1 * w1) + d2 * w2) + d3 * w3
            j = i + 4 * _TILE
            sums[j] = (((sums[j] + e0 * w0) + e1 * w1) + e2 * w2) + e3 * w3
            j = i + 5 * _TILE
            sums[j] = (((sums[j] + f0 * w0) + f1 * w1) + f2 * w2) + f3 * w3
            j = i + 6 * _TILE
            sums[j] = (((sums[j] + g0 * w0) + g1 * w1) + g2 * w2) + g3 * w3
            j = i + 7 * _TILE
            sums[j] = (((sums[j] + h0 * w0) + h1 * w1) + h2 * w2) + h3 * w3
        k += _STEPS
    while k < size:
        at = tile[k * _TILE : (k + 1) * _TILE]
        for other in range(ROWS):
            value, begin_at = x[row + other, begin + k], other * _TILE
            for i in range(_TILE):
                sums[begin_at + i] = sums[begin_at + i] + value * at[i]
        k += 1
