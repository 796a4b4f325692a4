"""The linear recurrence h_t = decay_t * h_(t-1) + inputs_t over a window, element by element, without a loop over time.

`scan_by_doubling` joins each step with the one before, then each pair with the pair before, and so on: after the
logarithm of T rounds every value depends on all steps before it. It does more arithmetic than the loop, in far fewer
operations, and their number is decisive on an accelerator. `plain_scan` is its twin.

Source: Hillis and Steele 1986, "Data Parallel Algorithms", p. 1173; the pairs are those of Martin and Cundy 2018,
"Parallelizing Linear Recurrent Neural Nets Over Sequence Length", eq. 8.

Shapes: B = lanes, T = characters per window, H = channels.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def scan_by_doubling(decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """Run the recurrence. A decay of zero forgets everything before that step.

    Args:
        decay: (T, B, H).
        inputs: (T, B, H).
        initial: (B, H), the value before the first step.

    Returns:
        (T, B, H), the value after each step.
    """
    result: Tensor = _Scan.apply(decay, inputs, initial)  # type: ignore[no-untyped-call]
    return result


def plain_scan(decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """Do the same as `scan_by_doubling`, one step after the other."""
    value, values = initial, []
    for decay_now, inputs_now in zip(decay, inputs, strict=True):
        value = decay_now * value + inputs_now
        values.append(value)
    return torch.stack(values)


def _scan(decay: Tensor, values: Tensor) -> Tensor:
    """Return the values after each step (T, B, H) from a start of zeros; `values` is overwritten."""
    offset = 1
    while offset < len(values):
        values[offset:] += decay[offset:] * values[:-offset]
        decay = torch.cat((decay[:offset], decay[offset:] * decay[:-offset]))
        offset *= 2
    return values


class _Scan(torch.autograd.Function):
    """The gradient of a value is the same recurrence backward in time."""

    @staticmethod
    def forward(ctx: Any, decay: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
        values = inputs.clone()
        values[0].addcmul_(decay[0], initial)
        values = _scan(decay, values)
        ctx.save_for_backward(decay, initial, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        decay, initial, values = ctx.saved_tensors
        later = torch.cat((decay[1:], torch.zeros_like(decay[:1]))).flip(0)  # the share that each step passes back
        grad_inputs = _scan(later, grad_values.flip(0)).flip(0)
        grad_decay = grad_inputs * torch.cat((initial.unsqueeze(0), values[:-1]))
        return grad_decay, grad_inputs, decay[0] * grad_inputs[0]
