"""Operations of the fused loops, the same way in every precision.

The input products that a loop is given set the type of the *operands* of its matrix products: bfloat16 under autocast,
else that of the weights. Everything else, states, gates and their gradients, is kept in the type of the weights. An
operand is rounded once, into memory that holds the whole window, so that the gradient of a weight needs no second pass.

Shapes: B = lanes, T = characters per window, H = hidden_size, P = width of a layer's products.
"""

import torch
from torch import Tensor

ROWS_PER_PRODUCT = 1_200
"""Rows that one bfloat16 product of a weight's gradient adds up before float32 takes over. Longer ones overflow the
cache: 600 to 1,200 rows ran 5 to 8 % faster than 6,000 (AMD, AVX512-BF16, 2026-11), and round less."""


def product_type(weight: Tensor) -> torch.dtype:
    """Return the type that autocast gives a product with this weight; without autocast its own."""
    device = weight.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype


def add_product(addend: Tensor, operand: Tensor, factor: Tensor, *, out: Tensor) -> Tensor:
    """Write `addend + operand @ factor` to `out` and return it. The sum is taken in the type of `out`.

    Args:
        addend: (B, P).
        operand: (B, H), of the same type.
        factor: (H, P), of the same type.
        out: (B, P), of that type or a wider one.
    """
    if operand.dtype == out.dtype:
        return torch.addmm(addend, operand, factor, out=out)
    return out.copy_(operand @ factor).add_(addend)


def tanh_in_place(values: Tensor) -> Tensor:
    """Replace numbers by their hyperbolic tangent and return them.

    It is computed as 2 sigmoid(2 a) - 1, to within a rounding of 1: torch hands its own to a library that takes five
    times as long on processors of other makers (220 against 45 microseconds for 200 by 512 numbers, AMD, 2026-11).
    """
    return values.mul_(2.0).sigmoid_().mul_(2.0).sub_(1.0)


def weight_gradient(grad_products: Tensor, operands: Tensor, *, dtype: torch.dtype) -> Tensor:
    """Return the gradient of a weight over the whole window.

    Args:
        grad_products: (T, B, P), the gradient of the weight's products.
        operands: (T, B, H), the other factors of these products, of the same type.
        dtype: Type of the weight.

    Returns:
        (P, H). One product where the types agree; else float32 sums over a few.
    """
    if operands.dtype == dtype:
        return grad_products.flatten(0, 1).t() @ operands.flatten(0, 1)
    total = operands.new_zeros(grad_products.shape[2], operands.shape[2], dtype=dtype)
    rows = (torch.split(tensor.flatten(0, 1), ROWS_PER_PRODUCT) for tensor in (grad_products, operands))
    for grads, factors in zip(*rows, strict=True):
        total.add_(grads.t() @ factors)
    return total


def tanh_gradient(grad: Tensor, outputs: Tensor, *, out: Tensor) -> Tensor:
    """Write `grad * (1 - outputs^2)` to `out` and return it; `outputs` is the result of the tangent."""
    result: Tensor = torch.ops.aten.tanh_backward.grad_input(grad, outputs, grad_input=out)
    return result


def sigmoid_gradient(grad: Tensor, outputs: Tensor, *, out: Tensor) -> Tensor:
    """Write `grad * outputs * (1 - outputs)` to `out` and return it; `outputs` is the result of the sigmoid."""
    result: Tensor = torch.ops.aten.sigmoid_backward.grad_input(grad, outputs, grad_input=out)
    return result


def passed_back(kept: Tensor, mark: Tensor | None, grad_values: Tensor, *, time: int, out: Tensor) -> Tensor:
    """Return the gradient of the state before a step: the sum of what the step passes back and what arrives there.

    Args:
        kept: (B, H), passed back by the step; overwritten.
        mark: bool (B, 1) or None, the lanes that begin anew at this step: nothing before it matters to them.
        grad_values: (T, B, H), arriving at each state from outside the recurrence.
        time: Index of the step. Nothing arrives from outside at the state before step 0.
        out: (B, H), memory of the result.
    """
    if mark is not None:
        kept.masked_fill_(mark, 0.0)
    return torch.add(kept, grad_values[time - 1], out=out) if time else out.copy_(kept)
