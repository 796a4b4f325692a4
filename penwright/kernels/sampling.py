"""One symbol drawn from logits: banned symbols, top-k, top-p, min-p and temperature. `writing.sampling` explains them.

Shapes: V = vocab_size.
"""

import math
from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel
from penwright.kernels.parameters import NO_OFFSET
from penwright.kernels.random import uniform

NO_NUMBER = -1
"""Result where a logit is not a number."""
_LARGEST = np.float32(np.finfo(np.float32).max)
_TINY = float(np.finfo(np.float32).tiny)


@kernel
def choose(
    logits: Any, allowed: Any, temperature: float, top_k: int, top_p: float, min_p: float, draw: float, chances: Any
) -> int:
    """Fill the chances of all symbols and return the one at which their running sum passes the draw.

    Args:
        logits: float32 (V,), infinities included.
        allowed: bool (V,), with at least one True.
        temperature, top_k, top_p, min_p: See `SamplingConfig`.
        draw: 0 up to but not including 1.
        chances: float64 (V,), to be filled; they sum to 1 but for rounding.

    Returns:
        The symbol, or NO_NUMBER.
    """
    size, best = len(logits), NO_NUMBER
    for i in range(size):
        if np.isnan(logits[i]):
            return NO_NUMBER
        if allowed[i] and (best < 0 or logits[i] > logits[best]):
            best = i
    if temperature == 0:
        chances[:] = 0.0
        chances[best] = 1.0
        return best
    highest = min(max(logits[best], -_LARGEST), _LARGEST)
    scores = np.full(size, -math.inf)
    for i in range(size):
        if allowed[i]:
            scores[i] = np.float64(min(max(logits[i], -_LARGEST), _LARGEST)) - np.float64(highest)
    floor = math.log(min_p) if min_p > 0 else -math.inf
    is_limited = top_p < 1 or 0 < top_k < size
    if is_limited:
        _keep_most_probable(scores, top_k, top_p)
    heat = max(temperature, _TINY)
    total = 0.0
    for i in range(size):
        chances[i] = math.exp(scores[i] / heat) if scores[i] >= floor and scores[i] > -math.inf else 0.0
        total += chances[i]
    passed, chosen = 0.0, best
    is_found = False
    for i in range(size):
        passed += chances[i]
        chances[i] /= total
        if not is_found and passed > draw * total:
            chosen, is_found = i, True
    return chosen


@kernel
def _keep_most_probable(scores: Any, top_k: int, top_p: float) -> None:
    """Set to minus infinity the scores of all symbols that top-k or top-p does not keep; of equals the first stays."""
    order = np.argsort(-scores, kind="mergesort")
    total = 0.0
    for symbol in order:
        total += math.exp(scores[symbol])
    before = 0.0
    for rank in range(len(order)):
        symbol = order[rank]
        chance = math.exp(scores[symbol]) / total
        if rank and ((top_p < 1 and before >= top_p) or (top_k > 0 and rank >= top_k)):
            scores[symbol] = -math.inf
        before += chance


@kernel
def choose_rows(
    first: int,
    stop: int,
    logits: Any,
    allowed: Any,
    limits: Any,
    numbers: Any,
    symbols: Any,
) -> None:
    """Draw the next symbol of several texts.

    Args:
        first, stop: Slice of the texts.
        logits: float32 (B, 1, V).
        allowed: bool (B, V).
        limits: float64 (B, 4): temperature, top_k, top_p and min_p of each text.
        numbers: int64 (B, 3): seed, sample and position of each text.
        symbols: int64 (B, 1), to be filled; NO_NUMBER where a logit is not a number.
    """
    chances = np.empty(logits.shape[2])
    for row in range(first, stop):
        draw = uniform(numbers[row, 0], numbers[row, 1], numbers[row, 2], NO_OFFSET)
        symbols[row, 0] = choose(
            logits[row, 0],
            allowed[row],
            limits[row, 0],
            int(limits[row, 1]),
            limits[row, 2],
            limits[row, 3],
            draw,
            chances,
        )
