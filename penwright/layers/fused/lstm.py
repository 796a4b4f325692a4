"""The LSTM recurrence over a window, from input products and recurrent weights.

Rows of every weight and product, H each: output o, input i, forget f, new content g.

Letters: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.layers.fused.resets import carried, gradients_around, marked_steps, states_before


def lstm_sequence(
    products: Tensor, weight: Tensor, initial_hidden: Tensor, initial_cell: Tensor, resets: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Run the recurrence.

    Args:
        products: (T, B, 4H), input products with their bias.
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
        num_steps, size = len(products), initial_hidden.shape[1]
        marks, transposed = marked_steps(resets, num_steps=num_steps), weight.t()
        gates = torch.empty_like(products)  # (T, B, 4H)
        values, cells, squashed = (gates.new_empty(num_steps, *initial_hidden.shape) for _ in range(3))
        hidden, cell = initial_hidden, initial_cell
        for time in range(num_steps):
            gate = torch.addmm(products[time], carried(hidden, marks[time]), transposed, out=gates[time])
            gate[:, : 3 * size].sigmoid_()
            gate[:, 3 * size :].tanh_()
            output, entry, forget, content = gate.chunk(4, dim=1)
            cell = torch.mul(forget, carried(cell, marks[time]), out=cells[time]).addcmul_(entry, content)
            hidden = torch.mul(output, torch.tanh(cell, out=squashed[time]), out=values[time])
        ctx.marks = marks
        ctx.save_for_backward(weight, initial_hidden, initial_cell, resets, gates, values, cells, squashed)
        return values, cell.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor, grad_cell: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        weight, initial_hidden, initial_cell, resets, gates, values, cells, squashed = ctx.saved_tensors
        size = initial_hidden.shape[1]
        output, forget = gates[..., :size], gates[..., 2 * size : 3 * size]
        slopes = _slopes(gates, states_before(cells, initial_cell, resets))  # (T, B, 3, H)
        output_slopes = torch.addcmul(output, output, output, value=-1.0).mul_(squashed)
        cell_slopes = (squashed * squashed).neg_().add_(1.0).mul_(output)
        grad_products, grads = torch.empty_like(gates), gradients_around(grad_values)  # (T, B, 4H), (T + 1, B, H)
        grad_cell = grad_cell.clone()
        for time in reversed(range(len(values))):
            mark, below, grad, grad_gate = ctx.marks[time], grads[time], grads[time + 1], grad_products[time]
            carry = below if mark is None else torch.zeros_like(below)
            grad_cell.addcmul_(grad, cell_slopes[time])
            torch.mul(grad, output_slopes[time], out=grad_gate[:, :size])
            torch.mul(grad_cell.unsqueeze(1), slopes[time], out=grad_gate[:, size:].view(-1, 3, size))
            grad_cell.mul_(forget[time])
            carry.addmm_(grad_gate, weight)
            if mark is not None:
                below.add_(carry.masked_fill_(mark, 0.0))
                grad_cell.masked_fill_(mark, 0.0)
        before = states_before(values, initial_hidden, resets)
        grad_weight = grad_products.flatten(0, 1).t() @ before.flatten(0, 1)
        return grad_products, grad_weight, grads[0], grad_cell, None


def _slopes(gates: Tensor, cells_before: Tensor) -> Tensor:
    """Return what turns a gradient of the cell into that of the pre-activations of i, f and g.

    Args:
        gates: (T, B, 4H), after their sigmoid and tanh.
        cells_before: (T, B, H), the cell each step started from.

    Returns:
        (T, B, 3, H).
    """
    _, entry, forget, content = gates.chunk(4, dim=2)
    return torch.stack(
        (
            torch.addcmul(entry, entry, entry, value=-1.0).mul_(content),
            torch.addcmul(forget, forget, forget, value=-1.0).mul_(cells_before),
            (content * content).neg_().add_(1.0).mul_(entry),
        ),
        dim=2,
    )
