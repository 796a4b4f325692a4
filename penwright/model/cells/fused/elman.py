"""The Elman recurrence over a window: h_t = tanh(products_t + U h_(t-1)).

Shapes: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.model.cells.fused.operands import add_product, passed_back, tanh_gradient, tanh_in_place, weight_gradient
from penwright.model.cells.fused.resets import carried, marked_steps


def elman_sequence(products: Tensor, weight: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
    """Run the recurrence.

    Args:
        products: (T, B, H), input products with their bias; their type is that of the operands of every product.
        weight: U, (H, H).
        initial: (B, H).
        resets: bool (T, B) or None.

    Returns:
        (T, B, H), the state after each step.
    """
    result: Tensor = _ElmanSequence.apply(products, weight, initial, resets)  # type: ignore[no-untyped-call]
    return result


class _ElmanSequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, products: Tensor, weight: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
        marks, factors = marked_steps(resets, num_steps=len(products)), weight.to(products.dtype)
        values, befores = initial.new_empty(products.shape), torch.empty_like(products)
        hidden, transposed = initial, factors.t()
        for product, value, before, mark in zip(products, values, befores, marks, strict=True):
            add_product(product, before.copy_(carried(hidden, mark)), transposed, out=value)
            hidden = tanh_in_place(value)
        ctx.marks = marks
        ctx.save_for_backward(factors, befores, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        factors, befores, values = ctx.saved_tensors
        grad_products, grad = torch.empty_like(befores), grad_values[-1].clone()
        kept = torch.empty_like(grad)
        for time in reversed(range(len(values))):
            tanh_gradient(grad, values[time], out=grad_products[time])
            kept.copy_(grad_products[time] @ factors)
            grad = passed_back(kept, ctx.marks[time], grad_values, time=time, out=grad)
        return grad_products, weight_gradient(grad_products, befores, dtype=values.dtype), grad, None
