"""The mixer, character by character: a weighted sum of distributions, and bonuses for the symbols of a match.

Shapes: N = characters, V = vocab_size, M = distributions, R = contexts of the match model.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, logarithm
from penwright.kernels.compiling import kernel, summing_kernel

_ZERO = np.float32(0.0)


@kernel
def mix_forward(
    first: int,
    stop: int,
    weights: Any,
    log_probs: Any,
    bonuses: Any,
    latest: Any,
    earlier: Any,
    lengths: Any,
    logits: Any,
) -> None:
    """Fill the logits of some characters.

    Args:
        first, stop: Slice of the characters.
        weights: float32 (N, M).
        log_probs: float32 (N, M, V).
        bonuses: float32 (N, 5R), see `model.context_models.mixing.with_bonuses`.
        latest, earlier, lengths: int64 (N, R), the match. Numbers that are no symbol, such as -1, are passed over.
        logits: float32 (N, V).
    """
    num_kinds, vocab_size = latest.shape[1], log_probs.shape[2]
    for row in range(first, stop):
        _scale(row, weights[row, 0], log_probs, logits)
        for output in range(1, log_probs.shape[1]):
            _add_scaled(row, output, weights[row, output], log_probs, logits)
        for kind in range(num_kinds):
            symbol, other, length = latest[row, kind], earlier[row, kind], lengths[row, kind]
            if 0 <= symbol < vocab_size:
                gain = bonuses[row, kind]
                if symbol == other:
                    gain += bonuses[row, num_kinds + kind]
                if length > 0:
                    gain += bonuses[row, 2 * num_kinds + kind]
                    gain += bonuses[row, 3 * num_kinds + kind] * logarithm(np.float32(length) + ONE)
                logits[row, symbol] += gain
            if 0 <= other < vocab_size and other != symbol:
                logits[row, other] += bonuses[row, 4 * num_kinds + kind]


@kernel
def _scale(row: int, weight: Any, log_probs: Any, logits: Any) -> None:
    for i in range(logits.shape[1]):
        logits[row, i] = weight * log_probs[row, 0, i]


@kernel
def _add_scaled(row: int, output: int, weight: Any, log_probs: Any, logits: Any) -> None:
    for i in range(logits.shape[1]):
        logits[row, i] += weight * log_probs[row, output, i]


@kernel
def mix_backward(
    first: int,
    stop: int,
    log_probs: Any,
    latest: Any,
    earlier: Any,
    lengths: Any,
    grad_logits: Any,
    grad_weights: Any,
    grad_bonuses: Any,
) -> None:
    """Fill the gradients of the weights, float32 (N, M), and of the bonuses, float32 (N, 5R), of some characters; all
    else as of `mix_forward`."""
    num_kinds, vocab_size = latest.shape[1], log_probs.shape[2]
    for row in range(first, stop):
        for output in range(log_probs.shape[1]):
            grad_weights[row, output] = _dot(row, output, log_probs, grad_logits)
        for kind in range(num_kinds):
            symbol, other, length = latest[row, kind], earlier[row, kind], lengths[row, kind]
            grad = grad_logits[row, symbol] if 0 <= symbol < vocab_size else _ZERO
            grad_bonuses[row, kind] = grad
            grad_bonuses[row, num_kinds + kind] = grad if symbol == other else _ZERO
            grad_bonuses[row, 2 * num_kinds + kind] = grad if length > 0 else _ZERO
            grad_bonuses[row, 3 * num_kinds + kind] = (
                grad * logarithm(np.float32(length) + ONE) if length > 0 else _ZERO
            )
            is_other = 0 <= other < vocab_size and other != symbol
            grad_bonuses[row, 4 * num_kinds + kind] = grad_logits[row, other] if is_other else _ZERO


@summing_kernel
def _dot(row: int, output: int, log_probs: Any, grad_logits: Any) -> Any:
    total = _ZERO
    for i in range(grad_logits.shape[1]):
        total += log_probs[row, output, i] * grad_logits[row, i]
    return total
