"""The LSTM recurrence over a window, from input products and recurrent weights.

Rows of every weight and product, H each: output o, input i, forget f, new content g.

Shapes: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.model.cells.fused.operands import (
    add_product,
    passed_back,
    sigmoid_gradient,
    tanh_gradient,
    tanh_in_place,
    weight_gradient,
)
from penwright.model.cells.fused.resets import carried, marked_steps


def lstm_sequence(
    products: Tensor, weight: Tensor, initial_hidden: Tensor, initial_cell: Tensor, resets: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Run the recurrence.

    Args:
        products: (T, B, 4H), input products with their bias; their type is that of the operands of every product.
        weight: (4H, H).
        initial_hidden: (B, H).
        initial_cell: (B, H).
        resets: bool (T, B) or None.

    Returns:
        (T, B, H), the output after each step, and (B, H), the cell after the last.

    Source: Gers, Schmidhuber and Cummins 2000, "Learning to Forget", section 3, without peepholes.
    """
    outputs: tuple[Tensor, Tensor] = _Lstm.apply(  # type: ignore[no-untyped-call]
        products, weight, initial_hidden, initial_cell, resets
    )
    return outputs


class _Lstm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, products: Tensor, weight: Tensor, initial_hidden: Tensor, initial_cell: Tensor, resets: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        num_steps = len(products)
        marks, factors = marked_steps(resets, num_steps=num_steps), weight.to(products.dtype)
        gates = initial_hidden.new_empty(products.shape)
        values, cells, squashed = (gates.new_empty(num_steps, *initial_hidden.shape) for _ in range(3))
        befores, transposed = products.new_empty(values.shape), factors.t()
        hidden, cell = initial_hidden, initial_cell
        for time in range(num_steps):
            mark, gate = marks[time], gates[time]
            add_product(products[time], befores[time].copy_(carried(hidden, mark)), transposed, out=gate)
            output, entry, forget, content = gate.chunk(4, dim=1)
            content.mul_(2.0)
            gate.sigmoid_()
            content.mul_(2.0).sub_(1.0)  # the tangent, as in `tanh_in_place`, in one pass with the gates
            cell = torch.mul(forget, carried(cell, mark), out=cells[time]).addcmul_(entry, content)
            tanh_in_place(squashed[time].copy_(cell))
            hidden = torch.mul(output, squashed[time], out=values[time])
        ctx.marks = marks
        ctx.save_for_backward(factors, initial_cell, gates, values, cells, squashed, befores)
        return values, cell.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor, grad_cell: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        factors, initial_cell, gates, values, cells, squashed, befores = ctx.saved_tensors
        grad_products = befores.new_empty(gates.shape)
        grad, grad_cell = grad_values[-1].clone(), grad_cell.clone()
        kept, shut = torch.empty_like(grad), torch.empty_like(grad)
        for time in reversed(range(len(values))):
            mark, before = ctx.marks[time], carried(cells[time - 1] if time else initial_cell, ctx.marks[time])
            output, entry, forget, content = gates[time].chunk(4, dim=1)
            grad_output, grad_entry, grad_forget, grad_content = grad_products[time].chunk(4, dim=1)
            torch.sub(grad, torch.mul(grad, output, out=kept), out=shut)  # grad * (1 - o)
            torch.mul(shut, values[time], out=grad_output)
            grad_cell.add_(tanh_gradient(kept, squashed[time], out=shut))
            sigmoid_gradient(torch.mul(grad_cell, content, out=kept), entry, out=grad_entry)
            sigmoid_gradient(torch.mul(grad_cell, before, out=kept), forget, out=grad_forget)
            tanh_gradient(torch.mul(grad_cell, entry, out=kept), content, out=grad_content)
            grad_cell.mul_(forget)
            if mark is not None:
                grad_cell.masked_fill_(mark, 0.0)
            kept.copy_(grad_products[time] @ factors)
            grad = passed_back(kept, mark, grad_values, time=time, out=grad)
        return grad_products, weight_gradient(grad_products, befores, dtype=values.dtype), grad, grad_cell, None
