"""The gated recurrence, all lanes apart: one pass forward and one backward, nothing kept but the memory.

Rows of every product, H each: write gate z, content v, output gate g. See `layers.fused.gated` for the formulas.

Letters: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

from penwright.kernels.arithmetic import ONE, fitting, sigmoid, wide
from penwright.kernels.running import kernel


@kernel
def gated_forward(first: int, stop: int, products: Any, resets: Any, memories: Any, outputs: Any) -> None:
    """Fill memories[1:] and outputs of some lanes.

    Args:
        first, stop: Which lanes.
        products: (T, B, 3H).
        resets: bool (T, B), or (0, 0) for none.
        memories: float32 (T + 1, B, H); memories[0] is the memory before the first step.
        outputs: (T, B, H).
    """
    for lane in range(first, stop):
        for time in range(len(products)):
            kept = ONE
            if len(resets) and resets[time, lane]:
                kept -= ONE
            _forward_row(products[time, lane], kept, memories[time, lane], memories[time + 1, lane], outputs[time, lane])


@kernel
def _forward_row(products: Any, kept: Any, before: Any, after: Any, outputs: Any) -> None:
    size = len(before)
    for i in range(size):
        write, content, gate = sigmoid(wide(products[i])), wide(products[size + i]), wide(products[2 * size + i])
        old = before[i] * kept
        memory = old + write * (content - old)
        after[i] = memory
        outputs[i] = fitting(memory * gate * sigmoid(gate), outputs)


@kernel
def gated_backward(
    first: int, stop: int, products: Any, resets: Any, memories: Any, grad_outputs: Any, grad_memory: Any, grad_products: Any
) -> None:
    """Fill grad_products of some lanes, and replace the last memory's gradient by the first's.

    Args:
        first, stop, products, resets, memories: As of `gated_forward`, afterwards.
        grad_outputs: (T, B, H).
        grad_memory: float32 (B, H).
        grad_products: (T, B, 3H).
    """
    for lane in range(first, stop):
        for time in range(len(products) - 1, -1, -1):
            kept = ONE
            if len(resets) and resets[time, lane]:
                kept -= ONE
            _backward_row(
                products[time, lane],
                kept,
                memories[time, lane],
                memories[time + 1, lane],
                grad_outputs[time, lane],
                grad_memory[lane],
                grad_products[time, lane],
            )


@kernel
def _backward_row(
    products: Any, kept: Any, before: Any, after: Any, grad_outputs: Any, grad_memory: Any, grad_products: Any
) -> None:
    size = len(before)
    for i in range(size):
        write, content, gate = sigmoid(wide(products[i])), wide(products[size + i]), wide(products[2 * size + i])
        grad_output, openness = wide(grad_outputs[i]), sigmoid(gate)
        grad = grad_output * gate * openness + grad_memory[i]
        grad_products[i] = fitting(grad * (content - before[i] * kept) * write * (ONE - write), grad_products)
        grad_products[size + i] = fitting(grad * write, grad_products)
        grad_products[2 * size + i] = fitting(grad_output * after[i] * openness * (ONE + gate * (ONE - openness)), grad_products)
        grad_memory[i] = grad * (ONE - write) * kept
