"""The linear recurrence h_t = decay_t * h_(t-1) + inputs_t, element by element, over a window.

`linear_scan` is the fast form: one fused operation per time step in each direction and nothing saved but its inputs and
outputs. `plain_linear_scan` is its twin, left to autograd. Neither knows of layers or characters.

Letters: B = lanes, T = characters per window, H = channels.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def linear_scan(decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """Run the recurrence. A decay of zero forgets everything before that step.

    Args:
        decay: (B, T, H).
        inputs: (B, T, H).
        initial: (B, H), the value before the first step.

    Returns:
        (B, T, H), the value after each step. Fastest when every argument is the transposed view of time-major memory.
    """
    return time_major_scan(decay.transpose(0, 1), inputs.transpose(0, 1), initial).transpose(0, 1)


def plain_linear_scan(decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """Do what `linear_scan` does, one plain operation after the other."""
    value, values = initial, []
    for time in range(inputs.shape[1]):
        value = decay[:, time] * value + inputs[:, time]
        values.append(value)
    return torch.stack(values, dim=1)


def time_major_scan(decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """Do what `linear_scan` does on time-major tensors: decay and inputs (T, B, H), initial (B, H) -> (T, B, H)."""
    arguments = (decay.contiguous(), inputs.contiguous(), initial.contiguous())
    result: Tensor = _LinearScan.apply(*arguments)  # type: ignore[no-untyped-call]
    return result


class _LinearScan(torch.autograd.Function):
    """Forward in time for the values, backward in time for the gradients; both in place on contiguous memory."""

    @staticmethod
    def forward(ctx: Any, decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
        values = torch.empty_like(inputs)
        value = initial
        for decay_now, input_now, value_now in zip(decay.unbind(0), inputs.unbind(0), values.unbind(0), strict=True):
            value = torch.addcmul(input_now, decay_now, value, out=value_now)
        ctx.save_for_backward(decay, initial, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        decay, initial, values = ctx.saved_tensors
        grad_inputs = grad_values.contiguous().clone()
        decays, grads = decay.unbind(0), grad_inputs.unbind(0)
        for time in range(len(grads) - 2, -1, -1):
            grads[time].addcmul_(decays[time + 1], grads[time + 1])
        grad_decay = torch.empty_like(decay)
        torch.mul(grads[0], initial, out=grad_decay[0])
        torch.mul(grad_inputs[1:], values[:-1], out=grad_decay[1:])
        return grad_decay, grad_inputs, decays[0] * grads[0]
