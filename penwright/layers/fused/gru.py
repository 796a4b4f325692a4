"""The two GRU recurrences over a window, from input products and recurrent weights.

Rows of every weight and product, H each: reset r, update z, candidate n. The new state is z * h + (1 - z) * n.

Letters: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.layers.fused.resets import carried, gradients_around, marked_steps, states_before


def gru_before_sequence(products: Tensor, weight: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
    """Run the GRU whose reset gate acts before the recurrent product: n = tanh(p_n + U_n (r * h)).

    Args:
        products: (T, B, 3H), input products with their bias.
        weight: U, (3H, H).
        initial: (B, H).
        resets: bool (T, B) or None.

    Returns:
        (T, B, H), the state after each step.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", eq. 5-8.
    """
    result: Tensor = _GruBefore.apply(products, weight, initial, resets)  # type: ignore[no-untyped-call]
    return result


def gru_after_sequence(
    products: Tensor, weight: Tensor, candidate_bias: Tensor, initial: Tensor, resets: Tensor | None
) -> Tensor:
    """Run the GRU whose reset gate acts after the recurrent product: n = tanh(p_n + r * (U_n h + c)).

    Args:
        products: (T, B, 3H), input products with their bias.
        weight: U, (3H, H).
        candidate_bias: c, (H,).
        initial: (B, H).
        resets: bool (T, B) or None.

    Returns:
        (T, B, H), the state after each step.

    Source: the equations in the reference of `torch.nn.GRU`, whose two biases of a gate are one here.
    """
    result: Tensor = _GruAfter.apply(  # type: ignore[no-untyped-call]
        products, weight, candidate_bias, initial, resets
    )
    return result


class _GruBefore(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, products: Tensor, weight: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
        num_steps, size = len(products), initial.shape[1]
        marks = marked_steps(resets, num_steps=num_steps)
        gate_weight, candidate_weight = weight[: 2 * size].t(), weight[2 * size :].t()
        gates = torch.empty_like(products[..., : 2 * size], memory_format=torch.contiguous_format)  # (T, B, 2H)
        values, candidates, offers = (gates.new_empty(num_steps, *initial.shape) for _ in range(3))  # offers: r * h
        hidden = initial
        for time in range(num_steps):
            hidden = carried(hidden, marks[time])
            product, gate, candidate, offer = products[time], gates[time], candidates[time], offers[time]
            torch.addmm(product[:, : 2 * size], hidden, gate_weight, out=gate).sigmoid_()
            torch.mul(gate[:, :size], hidden, out=offer)
            torch.addmm(product[:, 2 * size :], offer, candidate_weight, out=candidate).tanh_()
            hidden = torch.lerp(candidate, hidden, gate[:, size:], out=values[time])
        ctx.marks = marks
        ctx.save_for_backward(weight, initial, resets, gates, candidates, offers, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        weight, initial, resets, gates, candidates, offers, values = ctx.saved_tensors
        size = initial.shape[1]
        gate_weight, candidate_weight = weight[: 2 * size], weight[2 * size :]
        reset, update = gates[..., :size], gates[..., size:]
        before = states_before(values, initial, resets)
        reset_slopes, update_slopes, candidate_slopes = _slopes(reset, update, candidates, before, before)
        grad_products = torch.cat((gates, candidates), dim=2)  # (T, B, 3H), overwritten below
        grad_offer, grads = torch.empty_like(initial), gradients_around(grad_values)
        for time in reversed(range(len(values))):
            mark, below, grad = ctx.marks[time], grads[time], grads[time + 1]
            carry = below if mark is None else torch.zeros_like(below)
            gate, candidate = grad_products[time, :, : 2 * size], grad_products[time, :, 2 * size :]
            torch.mul(grad, candidate_slopes[time], out=candidate)
            torch.mm(candidate, candidate_weight, out=grad_offer)
            torch.mul(grad_offer, reset_slopes[time], out=gate[:, :size])
            torch.mul(grad, update_slopes[time], out=gate[:, size:])
            carry.addcmul_(grad, update[time]).addcmul_(grad_offer, reset[time]).addmm_(gate, gate_weight)
            if mark is not None:
                below.add_(carry.masked_fill_(mark, 0.0))
        flat = grad_products.flatten(0, 1)  # (TB, 3H)
        grad_weight = torch.cat(
            (flat[:, : 2 * size].t() @ before.flatten(0, 1), flat[:, 2 * size :].t() @ offers.flatten(0, 1))
        )
        return grad_products, grad_weight, grads[0], None


class _GruAfter(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, products: Tensor, weight: Tensor, candidate_bias: Tensor, initial: Tensor, resets: Tensor | None
    ) -> Tensor:
        num_steps, size = len(products), initial.shape[1]
        marks = marked_steps(resets, num_steps=num_steps)
        gate_weight, candidate_weight = weight[: 2 * size].t(), weight[2 * size :].t()
        gates = torch.empty_like(products[..., : 2 * size], memory_format=torch.contiguous_format)  # (T, B, 2H)
        values, candidates, offers = (gates.new_empty(num_steps, *initial.shape) for _ in range(3))  # offers: U_n h + c
        hidden = initial
        for time in range(num_steps):
            hidden = carried(hidden, marks[time])
            product, gate, candidate, offer = products[time], gates[time], candidates[time], offers[time]
            torch.addmm(product[:, : 2 * size], hidden, gate_weight, out=gate).sigmoid_()
            torch.addmm(candidate_bias, hidden, candidate_weight, out=offer)
            torch.addcmul(product[:, 2 * size :], gate[:, :size], offer, out=candidate).tanh_()
            hidden = torch.lerp(candidate, hidden, gate[:, size:], out=values[time])
        ctx.marks = marks
        ctx.save_for_backward(weight, initial, resets, gates, candidates, offers, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        weight, initial, resets, gates, candidates, offers, values = ctx.saved_tensors
        size = initial.shape[1]
        reset, update = gates[..., :size], gates[..., size:]
        before = states_before(values, initial, resets)
        reset_slopes, update_slopes, candidate_slopes = _slopes(reset, update, candidates, before, offers)
        slopes = torch.stack((reset_slopes.mul_(candidate_slopes), update_slopes, candidate_slopes * reset), dim=2)
        grad_recurrent, grads = torch.empty_like(slopes), gradients_around(grad_values)  # (T, B, 3, H), (T + 1, B, H)
        for time in reversed(range(len(values))):
            mark, below, grad = ctx.marks[time], grads[time], grads[time + 1]
            carry = below if mark is None else torch.zeros_like(below)
            grad_product = torch.mul(grad.unsqueeze(1), slopes[time], out=grad_recurrent[time]).flatten(1)  # (B, 3H)
            carry.addcmul_(grad, update[time]).addmm_(grad_product, weight)
            if mark is not None:
                below.add_(carry.masked_fill_(mark, 0.0))
        flat = grad_recurrent.view(-1, 3 * size)  # (TB, 3H)
        grad_weight = flat.t() @ before.flatten(0, 1)
        grad_bias = flat[:, 2 * size :].sum(dim=0)
        torch.mul(grads[1:], candidate_slopes, out=grad_recurrent[:, :, 2])  # the input side of the candidate
        return grad_recurrent.flatten(2), grad_weight, grad_bias, grads[0], None


def _slopes(
    reset: Tensor, update: Tensor, candidates: Tensor, before: Tensor, offers: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return for every step what turns a gradient into that of the reset, update and candidate pre-activation.

    Args:
        reset, update, candidates: (T, B, H), after their sigmoid and tanh.
        before: (T, B, H), the state each step started from.
        offers: (T, B, H), what the reset gate was multiplied with.
    """
    reset_slopes = torch.addcmul(reset, reset, reset, value=-1.0).mul_(offers)  # r (1 - r) * offer
    update_slopes = torch.addcmul(update, update, update, value=-1.0).mul_(before - candidates)
    candidate_slopes = (candidates * candidates).neg_().add_(1.0).mul_(1.0 - update)
    return reset_slopes, update_slopes, candidate_slopes
