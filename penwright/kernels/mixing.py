"""What the evidence adds to the logits, character by character: a weighted sum of distributions, and bonuses.

Shapes: N = characters, V = vocab_size, M = distributions, R = orders recalled.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, logarithm
from penwright.kernels.running import kernel, summing_kernel

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
    streaks: Any,
    logits: Any,
) -> None:
    """Fill the logits of some characters.

    Args:
        first, stop: Which characters.
        weights: float32 (N, M).
        log_probs: float32 (N, M, V).
        bonuses: float32 (N, 5R), see `model.context_models.mixing.with_bonuses`.
        latest, earlier, streaks: int64 (N, R), what is recalled. What is no symbol, as -1 is none, is passed over.
        logits: float32 (N, V).
    """
    num_orders, vocab_size = latest.shape[1], log_probs.shape[2]
    for row in range(first, stop):
        _scale(row, weights[row, 0], log_probs, logits)
        for told in range(1, log_probs.shape[1]):
            _add_scaled(row, told, weights[row, told], log_probs, logits)
        for order in range(num_orders):
            symbol, other, streak = latest[row, order], earlier[row, order], streaks[row, order]
            if 0 <= symbol < vocab_size:
                gain = bonuses[row, order]
                if symbol == other:
                    gain += bonuses[row, num_orders + order]
                if streak > 0:
                    gain += bonuses[row, 2 * num_orders + order]
                    gain += bonuses[row, 3 * num_orders + order] * logarithm(np.float32(streak) + ONE)
                logits[row, symbol] += gain
            if 0 <= other < vocab_size and other != symbol:
                logits[row, other] += bonuses[row, 4 * num_orders + order]


@kernel
def _scale(row: int, weight: Any, log_probs: Any, logits: Any) -> None:
    for i in range(logits.shape[1]):
        logits[row, i] = weight * log_probs[row, 0, i]


@kernel
def _add_scaled(row: int, told: int, weight: Any, log_probs: Any, logits: Any) -> None:
    for i in range(logits.shape[1]):
        logits[row, i] += weight * log_probs[row, told, i]


@kernel
def mix_backward(
    first: int,
    stop: int,
    log_probs: Any,
    latest: Any,
    earlier: Any,
    streaks: Any,
    grad_logits: Any,
    grad_weights: Any,
    grad_bonuses: Any,
) -> None:
    """Fill the gradients of the weights, float32 (N, M), and of the bonuses, float32 (N, 5R), of some characters; all
    else as of `mix_forward`."""
    num_orders, vocab_size = latest.shape[1], log_probs.shape[2]
    for row in range(first, stop):
        for told in range(log_probs.shape[1]):
            grad_weights[row, told] = _dot(row, told, log_probs, grad_logits)
        for order in range(num_orders):
            symbol, other, streak = latest[row, order], earlier[row, order], streaks[row, order]
            grad = grad_logits[row, symbol] if 0 <= symbol < vocab_size else _ZERO
            grad_bonuses[row, order] = grad
            grad_bonuses[row, num_orders + order] = grad if symbol == other else _ZERO
            grad_bonuses[row, 2 * num_orders + order] = grad if streak > 0 else _ZERO
            grad_bonuses[row, 3 * num_orders + order] = (
                grad * logarithm(np.float32(streak) + ONE) if streak > 0 else _ZERO
            )
            is_other = 0 <= other < vocab_size and other != symbol
            grad_bonuses[row, 4 * num_orders + order] = grad_logits[row, other] if is_other else _ZERO


@summing_kernel
def _dot(row: int, told: int, log_probs: Any, grad_logits: Any) -> Any:
    total = _ZERO
    for i in range(grad_logits.shape[1]):
        total += log_probs[row, told, i] * grad_logits[row, i]
    return total
