"""The Elman recurrence over a window: h_t = tanh(products_t + U h_(t-1)).

Letters: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.layers.fused.resets import carried, gradients_around, marked_steps, states_before


def elman_sequence(products: Tensor, weight: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
    """Run the recurrence.

    Args:
        products: (T, B, H), input products with their bias.
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
        marks = marked_steps(resets, num_steps=len(products))
        values, transposed, hidden = torch.empty_like(products), weight.t(), initial
        for product, value, mark in zip(products.unbind(0), values.unbind(0), marks, strict=True):
            hidden = torch.addmm(product, carried(hidden, mark), transposed, out=value).tanh_()
        ctx.marks = marks
        ctx.save_for_backward(weight, initial, resets, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        weight, initial, resets, values = ctx.saved_tensors
        slopes = (values * values).neg_().add_(1.0)  # (T, B, H)
        grad_products, grads = torch.empty_like(slopes), gradients_around(grad_values)
        around, products = grads.unbind(0), grad_products.unbind(0)
        for time in reversed(range(len(products))):
            mark, below = ctx.marks[time], around[time]
            carry = below if mark is None else torch.zeros_like(below)
            torch.mul(around[time + 1], slopes[time], out=products[time])
            carry.addmm_(products[time], weight)
            if mark is not None:
                below.add_(carry.masked_fill_(mark, 0.0))
        before = states_before(values, initial, resets)
        grad_weight = grad_products.flatten(0, 1).t() @ before.flatten(0, 1)
        return grad_products, grad_weight, grads[0], None
