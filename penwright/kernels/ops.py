"""RMSNorm of rows, alone or after an addition, and the squared ReLU: one pass over memory in each direction.

RMSNorm: with y = x / rms(x): dL/dx = (g - y * mean(g * y)) / rms(x).

Shapes: N = rows, D = width normalised over.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, fitting, wide
from penwright.kernels.compiling import kernel, summing_kernel

_ZERO, _TWO = np.float32(0.0), np.float32(2.0)


@kernel
def norm_forward(first: int, stop: int, inputs: Any, epsilon: Any, factors: Any, outputs: Any) -> None:
    """Fill the factors float32 (N,), 1 / rms(x), and the outputs (N, D) of some rows of float32 inputs (N, D)."""
    for row in range(first, stop):
        factors[row] = _normed(inputs[row], epsilon, outputs[row])


@kernel
def add_norm_forward(
    first: int, stop: int, inputs: Any, additions: Any, epsilon: Any, sums: Any, factors: Any, outputs: Any
) -> None:
    """Add (N, D) to float32 inputs (N, D), fill the sums, float32 (N, D), and normalise them as `norm_forward` does."""
    for row in range(first, stop):
        _added(inputs[row], additions[row], sums[row])
        factors[row] = _normed(sums[row], epsilon, outputs[row])


@kernel
def norm_backward(first: int, stop: int, inputs: Any, factors: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    """Fill the inputs' gradients, float32 (N, D), of some rows; the rest as in `norm_forward`."""
    for row in range(first, stop):
        mean = _mean_product(grad_outputs[row], inputs[row])
        _norm_gradient(inputs[row], factors[row], mean, grad_outputs[row], grad_inputs[row])


@kernel
def add_norm_backward(
    first: int,
    stop: int,
    sums: Any,
    factors: Any,
    grad_sums: Any,
    grad_outputs: Any,
    grad_inputs: Any,
    grad_additions: Any,
) -> None:
    """Fill the gradients of inputs, float32 (N, D), and additions (N, D), which are one but for their types.

    Args:
        first, stop: Slice of the rows.
        sums, factors: As `add_norm_forward` left them.
        grad_sums: float32 (N, D), from the other uses of the sums.
        grad_outputs: (N, D).
        grad_inputs, grad_additions: To be filled.
    """
    for row in range(first, stop):
        mean = _mean_product(grad_outputs[row], sums[row])
        _norm_gradient(sums[row], factors[row], mean, grad_outputs[row], grad_inputs[row])
        _added_both(grad_sums[row], grad_inputs[row], grad_additions[row])


@kernel
def squared_relu_forward(first: int, stop: int, inputs: Any, outputs: Any) -> None:
    """Fill some rows of the outputs (N, D), max(x, 0)^2 of the inputs (N, D)."""
    for row in range(first, stop):
        _squared(inputs[row], outputs[row])


@kernel
def squared_relu_backward(first: int, stop: int, inputs: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    """Fill some rows of the inputs' gradients (N, D), 2 * g * max(x, 0)."""
    for row in range(first, stop):
        _squared_gradient(inputs[row], grad_outputs[row], grad_inputs[row])


@kernel
def _added(inputs: Any, additions: Any, sums: Any) -> None:
    for i in range(len(sums)):
        sums[i] = inputs[i] + wide(additions[i])


@kernel
def _added_both(grads: Any, totals: Any, rounded: Any) -> None:
    for i in range(len(totals)):
        total = totals[i] + grads[i]
        totals[i] = total
        rounded[i] = fitting(total, rounded)


@summing_kernel
def _normed(inputs: Any, epsilon: Any, outputs: Any) -> Any:
    size = len(inputs)
    total = np.float32(0.0)
    for i in range(size):
        total += inputs[i] * inputs[i]
    factor = ONE / np.sqrt(total / np.float32(size) + np.float32(epsilon))
    for i in range(size):
        outputs[i] = fitting(inputs[i] * factor, outputs)
    return factor


@summing_kernel
def _mean_product(grads: Any, inputs: Any) -> Any:
    total = np.float32(0.0)
    for i in range(len(inputs)):
        total += wide(grads[i]) * inputs[i]
    return total / np.float32(len(inputs))


@kernel
def _norm_gradient(inputs: Any, factor: Any, mean: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    along = mean * factor * factor
    for i in range(len(inputs)):
        grad_inputs[i] = (wide(grad_outputs[i]) - inputs[i] * along) * factor


@kernel
def _squared(inputs: Any, outputs: Any) -> None:
    for i in range(len(inputs)):
        positive = max(wide(inputs[i]), _ZERO)
        outputs[i] = fitting(positive * positive, outputs)


@kernel
def _squared_gradient(inputs: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    for i in range(len(inputs)):
        grad_inputs[i] = fitting(_TWO * wide(grad_outputs[i]) * max(wide(inputs[i]), _ZERO), grad_inputs)
