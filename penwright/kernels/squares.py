"""The squared ReLU, forward and backward in one pass each.

Letters: N = rows, D = width.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import fitting, wide
from penwright.kernels.running import kernel

_ZERO, _TWO = np.float32(0.0), np.float32(2.0)


@kernel
def squared_relu_forward(first: int, stop: int, inputs: Any, outputs: Any) -> None:
    """Fill some rows of the outputs (N, D), max(x, 0)^2 of the inputs (N, D)."""
    for row in range(first, stop):
        _squared(inputs[row], outputs[row])


@kernel
def squared_relu_backward(first: int, stop: int, inputs: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    """Fill some rows of the inputs' gradients (N, D), 2 * g * max(x, 0)."""
    for row in range(first, stop):
        _gradient(inputs[row], grad_outputs[row], grad_inputs[row])


@kernel
def _squared(inputs: Any, outputs: Any) -> None:
    for i in range(len(inputs)):
        positive = max(wide(inputs[i]), _ZERO)
        outputs[i] = fitting(positive * positive, outputs)


@kernel
def _gradient(inputs: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    for i in range(len(inputs)):
        grad_inputs[i] = fitting(_TWO * wide(grad_outputs[i]) * max(wide(inputs[i]), _ZERO), grad_inputs)
