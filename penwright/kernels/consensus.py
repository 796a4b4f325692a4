"""The consensus of the context models, character by character. `model.context_models.consensus` explains it.

Shapes: N = characters, V = vocab_size, M = n-gram distributions, W = how many of them are inputs, R = contexts of the
match model.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import exponential
from penwright.kernels.compiling import kernel, summing_kernel

CENTRE, SCALE = np.float32(2.0), np.float32(0.5)
"""Addend of a matched symbol's logarithm of a probability, and factor of the sum, which is about -1 to 1."""
TYPICAL = np.float32(1.0)
"""Typical entropy of a distribution, and typical surprise at its most probable symbol, in nats."""
_ZERO = np.float32(0.0)
_LOWEST = np.float32(-np.inf)


@kernel
def fill_consensus(first: int, stop: int, inputs: Any, log_probs: Any, latest: Any, consensus: Any) -> None:
    """Fill the consensus of some characters.

    Args:
        first, stop: Slice of the characters.
        inputs: int64 (W,), the numbers of the distributions that matched symbols are looked up in.
        log_probs: float32 (N, M, V); (N, 0, 0) for no n-grams.
        latest: int64 (N, R), the matched symbols; -1 for none.
        consensus: float32 (N, R + W * R + 2 * M), to be filled.
    """
    num_kinds, num_outputs = latest.shape[1], log_probs.shape[1]
    share = np.float32(1.0 / max(1, num_kinds))
    for row in range(first, stop):
        at = 0
        for kind in range(num_kinds):
            symbol, votes = latest[row, kind], _ZERO
            if symbol >= 0:
                for other in range(num_kinds):
                    if latest[row, other] == symbol:
                        votes += share
                    elif latest[row, other] >= 0:
                        votes -= share
            consensus[row, at] = votes
            at += 1
        for index in range(len(inputs)):
            for kind in range(num_kinds):
                symbol = latest[row, kind]
                if symbol >= 0:
                    consensus[row, at] = (log_probs[row, inputs[index], symbol] + CENTRE) * SCALE
                else:
                    consensus[row, at] = _ZERO
                at += 1
        for output in range(num_outputs):
            consensus[row, at] = _entropy(row, output, log_probs) - TYPICAL
            consensus[row, at + num_outputs] = _highest(row, output, log_probs) + TYPICAL
            at += 1


@summing_kernel
def _entropy(row: int, output: int, log_probs: Any) -> Any:
    total = _ZERO
    for i in range(log_probs.shape[2]):
        total -= log_probs[row, output, i] * exponential(log_probs[row, output, i])
    return total


@summing_kernel
def _highest(row: int, output: int, log_probs: Any) -> Any:
    highest = _LOWEST
    for i in range(log_probs.shape[2]):
        highest = max(highest, log_probs[row, output, i])
    return highest
