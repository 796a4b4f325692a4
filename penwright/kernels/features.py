"""What the bottom of a network sees of the evidence, character by character, in one pass over memory.

Shapes: N = characters, V = vocab_size, M = counted distributions, W = how many of them are shown, F = facts,
R = orders recalled.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, fitting, logarithm
from penwright.kernels.running import kernel

_ZERO = np.float32(0.0)


@kernel
def fill_features(
    first: int,
    stop: int,
    shown: Any,
    centre: float,
    scale: float,
    log_probs: Any,
    facts: Any,
    latest: Any,
    earlier: Any,
    streaks: Any,
    features: Any,
) -> None:
    """Fill the features of some characters.

    Args:
        first, stop: Which characters.
        shown: int64 (W,), which distributions are.
        centre, scale: What is added to a logarithm, and what the sum is multiplied by.
        log_probs: float32 (N, M, V).
        facts: float32 (N, F).
        latest, earlier, streaks: int64 (N, R), what is recalled; -1 for no symbol.
        features: (N, W * V + F + 2 * R): the logarithms, the facts, whether both followers are one symbol, the
            logarithm of 1 + the streak.
    """
    size, num_orders = log_probs.shape[2], latest.shape[1]
    for row in range(first, stop):
        for place in range(len(shown)):
            _show(row, shown[place], np.float32(centre), np.float32(scale), log_probs, features, place * size)
        at = len(shown) * size
        for i in range(facts.shape[1]):
            features[row, at + i] = fitting(facts[row, i], features)
        at += facts.shape[1]
        for order in range(num_orders):
            symbol, streak = latest[row, order], streaks[row, order]
            agrees = ONE if symbol >= 0 and symbol == earlier[row, order] else _ZERO
            features[row, at + order] = fitting(agrees, features)
            lasting = logarithm(np.float32(streak) + ONE) if streak > 0 else _ZERO
            features[row, at + num_orders + order] = fitting(lasting, features)


@kernel
def _show(row: int, told: int, centre: Any, scale: Any, log_probs: Any, features: Any, begin: int) -> None:
    values, out = log_probs[row, told], features[row, begin : begin + log_probs.shape[2]]
    for i in range(len(values)):
        out[i] = fitting((values[i] + centre) * scale, features)
