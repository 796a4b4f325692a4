"""The cells of a stack, a few characters of a few texts at a time, forward only. `model/cells` says what each computes.

A row is a character of a text: row l * T + t is character t of text l. Whatever does not depend on the character
before is done for all rows together.

Shapes: L = texts, T = characters of each, R = L * T rows, D = inputs, H = hidden_size, P = width of the input products.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import sigmoid, tanh
from penwright.kernels.compiling import kernel
from penwright.kernels.linear import add_linear, add_whole, copy, padded, vector_of
from penwright.kernels.parameters import (
    BIAS,
    CANDIDATE_BIAS,
    CONV,
    ELMAN,
    GATED,
    GRU_AFTER,
    GRU_BEFORE,
    INPUT,
    IS_INT8,
    LSTM,
    NO_OFFSET,
    PERCEPTRON,
    RECURRENT,
    SCALES,
    START,
    WIDTH_OF,
    WINDOW,
)

CONV_TAPS = 4


@kernel
def memory_size(cell: int, size: int, hidden: int, window: int) -> int:
    """Return how many numbers a layer remembers."""
    if cell == PERCEPTRON:
        return 0
    if cell == WINDOW:
        return (window - 1) * size
    if cell == LSTM:
        return 2 * hidden
    if cell == GATED:
        return hidden + (CONV_TAPS - 1) * size
    return hidden


@kernel
def run_cell(
    cell: int,
    base: int,
    ids: Any,
    is_one_hot: bool,
    x: Any,
    size: int,
    window: int,
    weights: Any,
    memory: Any,
    at: int,
    out: Any,
) -> None:
    """Read some characters of some texts.

    Args:
        cell: Which cell.
        base: Index of the layer's first parameter.
        ids: int64 (L, T).
        is_one_hot: True if the inputs are the one-hot vectors of the ids.
        x: float32 (padded R, D), not looked at by a cell that looks one-hot inputs up.
        size, window: D, and number of inputs that a window sees.
        weights: The parameters, see `linear.add_linear`.
        memory: float32 (L, F), to be replaced from column `at` on.
        out: float32 (padded R, H), to be filled.
    """
    num_texts, num_steps = ids.shape
    rows = num_texts * num_steps
    if cell == GATED:
        _run_gated(base, num_texts, num_steps, x, size, weights, memory, at, out)
        return
    bias = vector_of(base + BIAS, weights)
    products = np.empty((padded(rows), len(bias)), np.float32)
    for row in range(rows):
        copy(bias, products[row])
    if cell == WINDOW:
        seen = _windows(num_texts, num_steps, x, size, window, memory, at)
        add_whole(rows, seen, base + INPUT, weights, products)
    elif is_one_hot:
        for text in range(num_texts):
            for time in range(num_steps):
                symbol = ids[text, time]
                _look_up(symbol, base + INPUT, weights, products[text * num_steps + time])
    else:
        add_whole(rows, x, base + INPUT, weights, products)
    if cell == WINDOW:
        for row in range(rows):
            _tanh_of(products[row], out[row])
    elif cell == PERCEPTRON:
        for row in range(rows):
            _sigmoid_of(products[row], out[row])
    else:
        _run_recurrent(cell, base, num_texts, num_steps, products, weights, memory, at, out)


@kernel
def _look_up(symbol: int, index: int, weights: Any, products: Any) -> None:
    """Add the product of a one-hot vector, which is a row of the transposed weight."""
    listed, int8, floats, scales = weights
    width = listed[index, WIDTH_OF]
    start, own = listed[index, START] + symbol * width, listed[index, SCALES]
    if listed[index, IS_INT8]:
        for i in range(width):
            products[i] += np.float32(int8[start + i]) * scales[own + i]
    else:
        for i in range(width):
            products[i] += floats[start + i]


@kernel
def _windows(num_texts: int, num_steps: int, x: Any, size: int, window: int, memory: Any, at: int) -> Any:
    """Return the last inputs of each row side by side, oldest first, and remember the last."""
    kept = (window - 1) * size
    seen = np.zeros((padded(num_texts * num_steps), window * size), np.float32)
    for text in range(num_texts):
        recent = memory[text, at : at + kept]
        for time in range(num_steps):
            row = text * num_steps + time
            copy(recent, seen[row, :kept])
            copy(x[row], seen[row, kept:])
            copy(seen[row, size:], recent)
    return seen


@kernel
def _run_recurrent(
    cell: int,
    base: int,
    num_texts: int,
    num_steps: int,
    products: Any,
    weights: Any,
    memory: Any,
    at: int,
    out: Any,
) -> None:
    """Carry the memory of a cell with recurrent products through the rows."""
    hidden, width = out.shape[1], products.shape[1]
    carried = np.zeros((padded(num_texts), hidden), np.float32)
    sums = np.zeros((padded(num_texts), width), np.float32)
    gates = 2 * hidden if cell in (GRU_BEFORE, GRU_AFTER) else width
    for time in range(num_steps):
        for text in range(num_texts):
            copy(memory[text, at : at + hidden], carried[text])
            copy(products[text * num_steps + time], sums[text])
            if cell == GRU_AFTER:
                copy(vector_of(base + CANDIDATE_BIAS, weights), sums[text, gates:])
        count = width if cell == GRU_AFTER else gates
        add_linear(num_texts, carried, NO_OFFSET, base + RECURRENT, NO_OFFSET, count, weights, sums)
        if cell == GRU_BEFORE:
            for text in range(num_texts):
                _reset_by_gate(sums[text, :hidden], carried[text])
            rest = np.zeros((len(sums), hidden), np.float32)
            for text in range(num_texts):
                copy(sums[text, gates:], rest[text])
            add_linear(num_texts, carried, NO_OFFSET, base + RECURRENT, gates, hidden, weights, rest)
            for text in range(num_texts):
                copy(rest[text], sums[text, gates:])
        for text in range(num_texts):
            row, own = text * num_steps + time, memory[text, at : at + hidden]
            if cell == ELMAN:
                _tanh_of(sums[text], own)
            elif cell == LSTM:
                _lstm_step(sums[text], memory[text, at + hidden : at + 2 * hidden], own)
            else:
                offer = products[row, gates:] if cell == GRU_AFTER else sums[text, :0]
                _gru_step(sums[text], offer, own)
            copy(own, out[row])


@kernel
def _tanh_of(values: Any, out: Any) -> None:
    for i in range(len(values)):
        out[i] = tanh(values[i])


@kernel
def _sigmoid_of(values: Any, out: Any) -> None:
    for i in range(len(values)):
        out[i] = sigmoid(values[i])


@kernel
def _reset_by_gate(sums: Any, carried: Any) -> None:
    for i in range(len(carried)):
        carried[i] *= sigmoid(sums[i])


@kernel
def _gru_step(sums: Any, offered: Any, memory: Any) -> None:
    """Replace the memory. `offered` holds the candidate's input products if its gate acts after the product."""
    size = len(memory)
    reset, update, candidate = sums[:size], sums[size : 2 * size], sums[2 * size :]
    if len(offered):
        for i in range(size):
            candidate[i] = offered[i] + sigmoid(reset[i]) * candidate[i]
    for i in range(size):
        value = tanh(candidate[i])
        memory[i] = value + sigmoid(update[i]) * (memory[i] - value)


@kernel
def _lstm_step(sums: Any, cell: Any, memory: Any) -> None:
    size = len(memory)
    output, entry, forget, content = sums[:size], sums[size : 2 * size], sums[2 * size : 3 * size], sums[3 * size :]
    for i in range(size):
        cell[i] = sigmoid(forget[i]) * cell[i] + sigmoid(entry[i]) * tanh(content[i])
        memory[i] = sigmoid(output[i]) * tanh(cell[i])


@kernel
def _run_gated(
    base: int,
    num_texts: int,
    num_steps: int,
    x: Any,
    size: int,
    weights: Any,
    memory: Any,
    at: int,
    out: Any,
) -> None:
    """Convolve all rows, take their products, and carry the leaky memory through them."""
    rows, hidden = num_texts * num_steps, out.shape[1]
    taps, bias = vector_of(base + CONV, weights), vector_of(base + BIAS, weights)
    mixed = np.empty((padded(rows), size), np.float32)
    products = np.empty((padded(rows), 3 * hidden), np.float32)
    for text in range(num_texts):
        recent = memory[text, at + hidden : at + hidden + (CONV_TAPS - 1) * size]
        for time in range(num_steps):
            row = text * num_steps + time
            _convolve(recent, x[row], taps, mixed[row])
            copy(bias, products[row])
    add_whole(rows, mixed, base + INPUT, weights, products)
    for text in range(num_texts):
        own = memory[text, at : at + hidden]
        for time in range(num_steps):
            row = text * num_steps + time
            _gated_step(products[row], own, out[row])


@kernel
def _convolve(recent: Any, x: Any, taps: Any, mixed: Any) -> None:
    """Fill `mixed` with the weighted sum of the last three inputs and this one, and remember this one."""
    size = len(x)
    oldest, older, old = recent[:size], recent[size : 2 * size], recent[2 * size :]
    t0, t1, t2, t3 = taps[:size], taps[size : 2 * size], taps[2 * size : 3 * size], taps[3 * size :]
    for i in range(size):
        mixed[i] = ((t0[i] * oldest[i] + t1[i] * older[i]) + t2[i] * old[i]) + t3[i] * x[i]
    for i in range(size):
        oldest[i], older[i], old[i] = older[i], old[i], x[i]


@kernel
def _gated_step(products: Any, memory: Any, out: Any) -> None:
    size = len(memory)
    write, content, gate = products[:size], products[size : 2 * size], products[2 * size :]
    for i in range(size):
        memory[i] = memory[i] + sigmoid(write[i]) * (content[i] - memory[i])
    for i in range(size):
        out[i] = memory[i] * (gate[i] * sigmoid(gate[i]))
