"""Logits moved by what the text has shown so far. `writing.engines.adaptation` explains it.

Shapes: B = texts, T = symbols read at once, V = vocab_size, R = rows of biases.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE
from penwright.kernels.compiling import kernel

ADAPTS, IS_WAITING, COLUMN, PREVIOUS, WORD, ROW_1, ROW_2, ROW_WORD, ROW_COLUMN, NUM_PLACES = range(10)
"""Entries of a text's places: 1 if it adapts; 1 if a prediction waits for its symbol; symbols since the last line end;
the last symbol; the hash of the word so far, 0 between words; and the rows that the prediction was made with, -1 for
none."""
CHANCES, LOGITS = range(2)
"""What is kept of a waiting prediction."""
_ODD = np.int64(0x9E3779B1)
_BASE = np.int64(0x2545F491)
_NOWHERE = np.int64(0)
_MASK = np.int64(0xFFFFFFFF)
_NONE = np.int64(-1)
_ZERO = np.float32(0.0)


@kernel
def adapt(
    first: int,
    stop: int,
    ids: Any,
    learns: bool,
    is_letter: Any,
    layout: Any,
    rates: Any,
    biases: Any,
    factors: Any,
    waiting: Any,
    places: Any,
    logits: Any,
) -> None:
    """Learn from symbols as they come, and move the logits of what follows each, in every text that adapts.

    Args:
        first, stop: Slice of the texts.
        ids: int64 (B, T).
        learns: False to use what was learned and learn nothing.
        is_letter: bool (V,), the symbols that words are made of.
        layout: int64 (4,): number of rows of the last symbol, of the last two and of the word so far, which stand in
            this order after row 0; the id of a line end, -1 for none. Rows of columns stand last.
        rates: float32 (6,): of the row of all symbols, of the last symbol, of the last two, of the word, of the column,
            and of the factor.
        biases: float32 (B, R, V); row 0 is of all symbols.
        factors: float32 (B,), 1 less than the factor of all logits.
        waiting: float32 (B, 2, V), see CHANCES.
        places: int64 (B, NUM_PLACES).
        logits: float32 (B, T, V), to be changed.
    """
    size_1, size_2, size_word, line_end = layout[0], layout[1], layout[2], layout[3]
    start_2 = 1 + size_1
    start_word = start_2 + size_2
    start_column = start_word + size_word
    num_columns = biases.shape[1] - start_column
    for text in range(first, stop):
        place = places[text]
        if not place[ADAPTS]:
            continue
        for time in range(ids.shape[1]):
            symbol = ids[text, time]
            if learns and place[IS_WAITING]:
                _learn(symbol, rates, biases[text], factors[text : text + 1], waiting[text], place)
            place[COLUMN] = 0 if symbol == line_end else min(place[COLUMN] + 1, num_columns - 1)
            place[WORD] = (place[WORD] * _BASE + symbol + 1) & _MASK if is_letter[symbol] else _NOWHERE
            place[ROW_1] = 1 + symbol if size_1 else _NONE
            place[ROW_2] = start_2 + _hashed(symbol * _BASE + place[PREVIOUS], size_2) if size_2 else _NONE
            place[ROW_WORD] = start_word + _hashed(place[WORD], size_word) if size_word else _NONE
            place[ROW_COLUMN] = start_column + place[COLUMN] if num_columns > 0 else _NONE
            place[PREVIOUS] = symbol
            values, kept = logits[text, time], waiting[text]
            if learns:
                for i in range(len(values)):
                    kept[LOGITS, i] = values[i]
            factor = ONE + factors[text]
            for i in range(len(values)):
                values[i] = values[i] * factor + biases[text, 0, i]
            for entry in range(ROW_1, ROW_COLUMN + 1):
                if place[entry] >= 0:
                    _add(biases[text, place[entry]], values)
            if learns:
                _normalise(values, kept[CHANCES])
            place[IS_WAITING] = 1 if learns else 0


@kernel
def _hashed(number: Any, size: Any) -> Any:
    """Return a number spread over 0 to size - 1."""
    return (((number * _ODD) & _MASK) * size) >> 32


@kernel
def _learn(symbol: int, rates: Any, biases: Any, factor: Any, waiting: Any, place: Any) -> None:
    """Move the rows that a prediction was made with towards the symbol that came."""
    errors, logits = waiting[CHANCES], waiting[LOGITS]
    errors[symbol] -= ONE
    slope = _ZERO
    for i in range(len(errors)):
        slope += errors[i] * logits[i]
    factor[0] -= rates[5] * slope
    _move(biases[0], rates[0], errors)
    for entry in range(ROW_1, ROW_COLUMN + 1):
        if place[entry] >= 0:
            _move(biases[place[entry]], rates[1 + entry - ROW_1], errors)


@kernel
def _move(row: Any, rate: Any, errors: Any) -> None:
    for i in range(len(row)):
        row[i] -= rate * errors[i]


@kernel
def _add(row: Any, values: Any) -> None:
    for i in range(len(row)):
        values[i] += row[i]


@kernel
def _normalise(values: Any, chances: Any) -> None:
    """Fill the probabilities of some logits."""
    highest, total = values[0], _ZERO
    for i in range(len(values)):
        highest = max(highest, values[i])
    for i in range(len(values)):
        chances[i] = np.exp(values[i] - highest)
        total += chances[i]
    for i in range(len(values)):
        chances[i] /= total
