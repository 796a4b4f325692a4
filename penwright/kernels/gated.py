"""The gated recurrence, all lanes apart: one pass forward and one backward, nothing kept but the memory.

Rows of every product, H each: write gate z, content v, output gate g. See `model.cells.fused.gated` for the formulas.

Shapes: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, fitting, sigmoid, wide
from penwright.kernels.compiling import kernel

_ZERO = np.float32(0.0)


@kernel
def gated_forward(first: int, stop: int, products: Any, resets: Any, memories: Any, outputs: Any) -> None:
    """Fill memories[1:] and outputs of some lanes.

    Args:
        first, stop: Slice of the lanes.
        products: (T, B, 3H).
        resets: bool (T, B), or (0, 0) for none.
        memories: float32 (T + 1, B, H); memories[0] is the memory before the first step.
        outputs: (T, B, H).
    """
    nothing = np.zeros(memories.shape[2], np.float32)
    for lane in range(first, stop):
        for time in range(len(products)):
            begins = len(resets) > 0 and resets[time, lane]
            before = nothing if begins else memories[time, lane]
            _forward_row(products[time, lane], before, memories[time + 1, lane], outputs[time, lane])


@kernel
def _forward_row(products: Any, before: Any, after: Any, outputs: Any) -> None:
    size = len(before)
    for i in range(size):
        write, content, gate = sigmoid(wide(products[i])), wide(products[size + i]), wide(products[2 * size + i])
        memory = before[i] + write * (content - before[i])
        after[i] = memory
        outputs[i] = fitting(memory * gate * sigmoid(gate), outputs)


@kernel
def gated_backward(
    first: int,
    stop: int,
    products: Any,
    resets: Any,
    memories: Any,
    grad_outputs: Any,
    grad_memory: Any,
    grad_products: Any,
) -> None:
    """Fill grad_products of some lanes, and replace the last memory's gradient by the first's.

    Args:
        first, stop, products, resets, memories: See `gated_forward`, after its call.
        grad_outputs: (T, B, H).
        grad_memory: float32 (B, H).
        grad_products: (T, B, 3H).
    """
    nothing = np.zeros(memories.shape[2], np.float32)
    for lane in range(first, stop):
        for time in range(len(products) - 1, -1, -1):
            begins = len(resets) > 0 and resets[time, lane]
            _backward_row(
                products[time, lane],
                nothing if begins else memories[time, lane],
                memories[time + 1, lane],
                grad_outputs[time, lane],
                grad_memory[lane],
                grad_products[time, lane],
            )
            if begins:
                grad_memory[lane, :] = _ZERO


@kernel
def _backward_row(
    products: Any, before: Any, after: Any, grad_outputs: Any, grad_memory: Any, grad_products: Any
) -> None:
    size = len(before)
    for i in range(size):
        write, content, gate = sigmoid(wide(products[i])), wide(products[size + i]), wide(products[2 * size + i])
        grad_output, openness = wide(grad_outputs[i]), sigmoid(gate)
        grad = grad_output * gate * openness + grad_memory[i]
        grad_products[i] = fitting(grad * (content - before[i]) * write * (ONE - write), grad_products)
        grad_products[size + i] = fitting(grad * write, grad_products)
        slope = openness * (ONE + gate * (ONE - openness))
        grad_products[2 * size + i] = fitting(grad_output * after[i] * slope, grad_products)
        grad_memory[i] = grad * (ONE - write)
