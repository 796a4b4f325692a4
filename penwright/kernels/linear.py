"""Parameters found in their list, products of rows with them, and what is done to single rows.

Shapes: R = rows.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE
from penwright.kernels.blocks import ROWS
from penwright.kernels.compiling import kernel
from penwright.kernels.parameters import IS_INT8, NO_OFFSET, SCALES, SIZE, START, WIDTH_OF
from penwright.kernels.products import add_product

_ZERO = np.float32(0.0)


@kernel
def copy(values: Any, to: Any) -> None:
    """Copy a row. An assignment would check the lengths, which takes numba seconds to compile."""
    for i in range(len(values)):
        to[i] = values[i]


@kernel
def padded(rows: int) -> int:
    """Return a number of rows rounded up to a multiple of ROWS."""
    return (rows + ROWS - 1) // ROWS * ROWS


@kernel
def add_linear(
    rows: int,
    x: Any,
    begin: int,
    index: int,
    first: int,
    count: int,
    weights: Any,
    y: Any,
) -> None:
    """Add to y the products of rows of x and some outputs of a weight. `listed[index]` says where the weight is.

    The weights are a tuple: the list, int64 (parameters, 5); those of int8 and those of float32, flat; scales.
    """
    listed, int8, floats, scales = weights
    start, size, width = listed[index, START], listed[index, SIZE], listed[index, WIDTH_OF]
    own = scales[listed[index, SCALES] + first : listed[index, SCALES] + first + count]
    if listed[index, IS_INT8]:
        add_product(rows, x, begin, size, int8, start, width, first, own, y)
    else:
        add_product(rows, x, begin, size, floats, start, width, first, own, y)


@kernel
def add_whole(rows: int, x: Any, index: int, weights: Any, y: Any) -> None:
    """Do `add_linear` with all inputs and all outputs."""
    add_linear(rows, x, NO_OFFSET, index, NO_OFFSET, weights[0][index, WIDTH_OF], weights, y)


@kernel
def vector_of(index: int, weights: Any) -> Any:
    """Return a vector of parameters, or a table of them row by row, flat."""
    listed, _, floats, _ = weights
    return floats[listed[index, START] : listed[index, START] + listed[index, SIZE] * listed[index, WIDTH_OF]]


@kernel
def row_of(number: int, index: int, weights: Any) -> Any:
    """Return a row of a table of vectors."""
    listed, _, floats, _ = weights
    start = listed[index, START] + number * listed[index, WIDTH_OF]
    return floats[start : start + listed[index, WIDTH_OF]]


@kernel
def normalise(values: Any, epsilon: Any, out: Any) -> None:
    """Fill `out` with a row scaled to a root mean square of one. Squares are added in a fixed order, in 16 sums."""
    size = len(values)
    parts = np.zeros(16, np.float32)
    for begin in range(0, size - 15, 16):
        for i in range(16):
            parts[i] += values[begin + i] * values[begin + i]
    for i in range(size - size % 16, size):
        parts[i % 16] += values[i] * values[i]
    total = _ZERO
    for i in range(16):
        total += parts[i]
    factor = ONE / np.sqrt(total / np.float32(size) + np.float32(epsilon))
    for i in range(size):
        out[i] = values[i] * factor


@kernel
def square_positive(values: Any) -> None:
    """Replace each number by the square of what it is above zero."""
    for i in range(len(values)):
        value = max(values[i], _ZERO)
        values[i] = value * value
