"""The two GRU recurrences over a window, from input products and recurrent weights.

Rows of every weight and product, H each: reset r, update z, candidate n. The new state is z * h + (1 - z) * n.

Shapes: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.model.cells.fused.operands import add_product, passed_back, tanh_gradient, tanh_in_place, weight_gradient
from penwright.model.cells.fused.resets import carried, marked_steps


def gru_before_sequence(products: Tensor, weight: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
    """Run the GRU whose reset gate acts before the recurrent product: n = tanh(p_n + U_n (r * h)).

    Args:
        products: (T, B, 3H), input products with their bias; their type is that of the operands of every product.
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
        products: (T, B, 3H), input products with their bias; their type is that of the operands of every product.
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
        num_steps, (num_lanes, size) = len(products), initial.shape
        marks, factors = marked_steps(resets, num_steps=num_steps), weight.to(products.dtype)
        gate_weight = factors[: 2 * size].t()
        candidate_weight = factors[2 * size :].t()
        gates = initial.new_empty(num_steps, num_lanes, 2 * size)
        candidates, values = (initial.new_empty(num_steps, num_lanes, size) for _ in range(2))
        befores, offers = (products.new_empty(num_steps, num_lanes, size) for _ in range(2))  # operands: h and r * h
        hidden = initial
        steps = zip(
            *(products[..., : 2 * size], products[..., 2 * size :], gates, gates[..., :size], gates[..., size:]),
            *(befores, offers, candidates, values, marks),
            strict=True,
        )
        for gate_product, candidate_product, gate, reset, update, before, offer, candidate, value, mark in steps:
            hidden = carried(hidden, mark)
            add_product(gate_product, before.copy_(hidden), gate_weight, out=gate).sigmoid_()
            torch.mul(reset, hidden, out=offer)
            tanh_in_place(add_product(candidate_product, offer, candidate_weight, out=candidate))
            hidden = torch.lerp(candidate, hidden, update, out=value)
        ctx.marks = marks
        ctx.save_for_backward(factors, initial, gates, candidates, befores, offers, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        factors, initial, gates, candidates, befores, offers, values = ctx.saved_tensors
        size = initial.shape[1]
        gate_weight = factors[: 2 * size]
        candidate_weight = factors[2 * size :]
        grad_products = befores.new_empty(*befores.shape[:2], 3 * size)
        grad_gates, grad_candidates = grad_products[..., : 2 * size], grad_products[..., 2 * size :]
        kept, slope = torch.empty_like(initial), torch.empty_like(initial)
        grad = grad_values[-1].clone()
        for time in reversed(range(len(values))):
            reset, update, candidate = gates[time, :, :size], gates[time, :, size:], candidates[time]
            before = carried(values[time - 1] if time else initial, ctx.marks[time])
            grad_reset, grad_update = grad_gates[time, :, :size], grad_gates[time, :, size:]
            written = torch.addcmul(grad, grad, update, value=-1.0, out=kept)  # grad * (1 - z)
            torch.mul(written, torch.sub(values[time], candidate, out=slope), out=grad_update)  # z (h - n) = h' - n
            tanh_gradient(written, candidate, out=grad_candidates[time])
            torch.mul(grad_candidates[time] @ candidate_weight, reset, out=kept)
            torch.mul(kept, torch.addcmul(before, before, reset, value=-1.0, out=slope), out=grad_reset)
            kept.addcmul_(grad, update).add_(grad_gates[time] @ gate_weight)
            grad = passed_back(kept, ctx.marks[time], grad_values, time=time, out=grad)
        dtype = initial.dtype
        grad_weight = torch.cat(
            (weight_gradient(grad_gates, befores, dtype=dtype), weight_gradient(grad_candidates, offers, dtype=dtype))
        )
        return grad_products, grad_weight, grad, None


class _GruAfter(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, products: Tensor, weight: Tensor, candidate_bias: Tensor, initial: Tensor, resets: Tensor | None
    ) -> Tensor:
        num_steps, (num_lanes, size) = len(products), initial.shape
        marks, factors = marked_steps(resets, num_steps=num_steps), weight.to(products.dtype)
        gate_weight = factors[: 2 * size].t()
        candidate_weight = factors[2 * size :].t()
        gates = initial.new_empty(num_steps, num_lanes, 2 * size)
        candidates, offers, values = (initial.new_empty(num_steps, num_lanes, size) for _ in range(3))  # U_n h + c
        befores = products.new_empty(values.shape)
        hidden = initial
        for time in range(num_steps):
            gate, candidate, offer, before = gates[time], candidates[time], offers[time], befores[time]
            hidden = carried(hidden, marks[time])
            add_product(products[time, :, : 2 * size], before.copy_(hidden), gate_weight, out=gate).sigmoid_()
            torch.add(before @ candidate_weight, candidate_bias, out=offer)
            candidate.copy_(products[time, :, 2 * size :]).addcmul_(gate[:, :size], offer)
            tanh_in_place(candidate)
            hidden = torch.lerp(candidate, hidden, gate[:, size:], out=values[time])
        ctx.marks = marks
        ctx.save_for_backward(factors, initial, gates, candidates, offers, befores, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        factors, initial, gates, candidates, offers, befores, values = ctx.saved_tensors
        size = initial.shape[1]
        grad_products, grad_recurrent = (befores.new_empty(*befores.shape[:2], 3 * size) for _ in range(2))
        kept, slope = torch.empty_like(initial), torch.empty_like(initial)
        grad = grad_values[-1].clone()
        for time in reversed(range(len(values))):
            reset, update, candidate = gates[time, :, :size], gates[time, :, size:], candidates[time]
            grad_reset, grad_update, grad_offer = grad_recurrent[time].chunk(3, dim=1)
            written = torch.addcmul(grad, grad, update, value=-1.0, out=kept)  # grad * (1 - z)
            torch.mul(written, torch.sub(values[time], candidate, out=slope), out=grad_update)  # z (h - n) = h' - n
            grad_candidate = tanh_gradient(written, candidate, out=slope)
            grad_products[time, :, 2 * size :] = grad_candidate
            torch.mul(grad_candidate, reset, out=kept)
            grad_offer.copy_(kept)
            torch.mul(kept.mul_(offers[time]), torch.rsub(reset, 1.0), out=grad_reset)
            torch.mul(grad, update, out=kept).add_(grad_recurrent[time] @ factors)
            grad = passed_back(kept, ctx.marks[time], grad_values, time=time, out=grad)
        grad_products[..., : 2 * size] = grad_recurrent[..., : 2 * size]
        grad_weight = weight_gradient(grad_recurrent, befores, dtype=initial.dtype)
        grad_bias = grad_recurrent[..., 2 * size :].sum(dim=(0, 1)).to(initial.dtype)
        return grad_products, grad_weight, grad_bias, grad, None
