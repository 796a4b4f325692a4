"""The causal depthwise convolution, lane by lane: every row is read while it is still in the cache for the next taps.

Shapes: B = lanes, T = characters per window, D = channels, K = taps.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import fitting, wide
from penwright.kernels.compiling import kernel


@kernel
def conv_forward(first: int, stop: int, inputs: Any, weight: Any, recent: Any, resets: Any, outputs: Any) -> None:
    """Fill the outputs of some lanes.

    Args:
        first, stop: Slice of the lanes.
        inputs: float32 (T, B, D).
        weight: float32 (K, D), the last row for the present value.
        recent: float32 (K - 1, B, D), the values before the window, oldest first.
        resets: bool (T, B), or (0, 0) for none.
        outputs: (T, B, D).
    """
    reach = len(recent)
    sums = np.empty(inputs.shape[2], np.float32)
    for lane in range(first, stop):
        seen = reach  # values before the present one that belong to the same text, as far as taps reach
        for time in range(len(inputs)):
            seen = min(seen + 1, reach)
            if len(resets) and resets[time, lane]:
                seen = 0
            _scaled(inputs[time, lane], weight[reach], sums)
            for lag in range(1, seen + 1):
                if lag <= time:
                    _add_product(inputs[time - lag, lane], weight[reach - lag], sums)
                else:
                    _add_product(recent[reach + time - lag, lane], weight[reach - lag], sums)
            _copied(sums, outputs[time, lane])


@kernel
def conv_backward(
    first: int,
    stop: int,
    inputs: Any,
    weight: Any,
    recent: Any,
    resets: Any,
    grad_outputs: Any,
    grad_inputs: Any,
    grad_recent: Any,
    grad_weights: Any,
) -> None:
    """Add to the gradients of some lanes.

    Args:
        first, stop, inputs, weight, recent, resets: See `conv_forward`.
        grad_outputs: (T, B, D).
        grad_inputs, grad_recent: float32, zeros of the shapes of inputs and recent.
        grad_weights: float32 zeros (B, K, D), each lane's share.
    """
    reach = len(recent)
    grads = np.empty(inputs.shape[2], np.float32)
    for lane in range(first, stop):
        seen = reach
        for time in range(len(inputs)):
            seen = min(seen + 1, reach)
            if len(resets) and resets[time, lane]:
                seen = 0
            _widened(grad_outputs[time, lane], grads)
            for lag in range(seen + 1):
                tap = reach - lag
                if lag <= time:
                    _add_product(grads, weight[tap], grad_inputs[time - lag, lane])
                    _add_product(grads, inputs[time - lag, lane], grad_weights[lane, tap])
                else:
                    _add_product(grads, weight[tap], grad_recent[reach + time - lag, lane])
                    _add_product(grads, recent[reach + time - lag, lane], grad_weights[lane, tap])


@kernel
def _scaled(values: Any, factors: Any, products: Any) -> None:
    for i in range(len(products)):
        products[i] = values[i] * factors[i]


@kernel
def _add_product(values: Any, factors: Any, sums: Any) -> None:
    for i in range(len(sums)):
        sums[i] += values[i] * factors[i]


@kernel
def _widened(values: Any, copies: Any) -> None:
    for i in range(len(copies)):
        copies[i] = wide(values[i])


@kernel
def _copied(values: Any, copies: Any) -> None:
    for i in range(len(copies)):
        copies[i] = fitting(values[i], copies)
