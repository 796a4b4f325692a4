"""A causal depthwise convolution: every channel sees its own last few values, each with a weight of its own.

`causal_conv` has gradients of its own, because autograd would pad, add and store one whole window per tap.
`plain_causal_conv` is its twin.

Shapes: B = lanes, T = characters per window, D = channels, K = taps.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.kernels.conv import conv_backward, conv_forward
from penwright.kernels.running import can_run, marks_of, run
from penwright.model.cells.fused.operands import product_type


def causal_conv(inputs: Tensor, weight: Tensor, recent: Tensor, resets: Tensor | None) -> Tensor:
    """Convolve over time.

    Args:
        inputs: (T, B, D).
        weight: (K, D), the last row for the present value, the first for the oldest.
        recent: (K - 1, B, D), the values before the window, oldest first.
        resets: bool (T, B) or None; where True, a text begins that nothing before it belongs to.

    Returns:
        (T, B, D), for each step the weighted sum of its own value and the K - 1 before it; under autocast rounded as
        the operand of a product is.
    """
    assert recent.shape == (len(weight) - 1, *inputs.shape[1:]), "kernels do not look where an array ends"
    inputs, dtype = inputs.to(weight.dtype), product_type(weight)
    result: Tensor = _CausalConv.apply(inputs, weight, recent, resets, dtype)  # type: ignore[no-untyped-call]
    return result


def plain_causal_conv(inputs: Tensor, weight: Tensor, recent: Tensor, resets: Tensor | None) -> Tensor:
    """Do the same as `causal_conv`, left to autograd."""
    num_steps, seen, masks = len(inputs), torch.cat((recent, inputs)), _masks(resets, reach=len(recent))
    terms = []
    for tap, mask in enumerate(masks):
        values = seen[tap : tap + num_steps]
        terms.append(weight[tap] * (values if mask is None else values.masked_fill(mask, 0.0)))
    return torch.stack(terms).sum(dim=0)


def recent_after(inputs: Tensor, recent: Tensor, resets: Tensor | None) -> Tensor:
    """Return the values that the next window still sees, zeros where they belong to another text: (K - 1, B, D).

    Args:
        inputs, recent, resets: See `causal_conv`.
    """
    reach = len(recent)
    last = torch.cat((recent, inputs[-reach:]))[-reach:]
    if resets is None:
        return last
    marks = F.pad(resets[-reach:], (0, 0, reach, 1))[-reach:]  # (K - 1, B): a text begins after that value
    begins_later = marks.flip(0).cumsum(0).flip(0) > 0  # (K - 1, B)
    return last.masked_fill(begins_later.unsqueeze(2), 0.0)


def _masks(resets: Tensor | None, *, reach: int) -> list[Tensor | None]:
    """Return for every tap, the oldest first, the steps at which it would look into another text: bool (T, B, 1)."""
    if resets is None or not resets.any():
        return [None] * (reach + 1)
    masks: list[Tensor | None] = [None]  # the present value always belongs to the present text
    seen = torch.zeros_like(resets)
    for lag in range(1, reach + 1):
        seen = seen.clone()
        seen[lag - 1 :] |= resets[: max(0, len(resets) - lag + 1)]
        masks.append(seen.unsqueeze(2))
    return masks[::-1]


class _CausalConv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, recent: Tensor, resets: Tensor | None, dtype: torch.dtype
    ) -> Tensor:
        inputs, recent = inputs.contiguous(), recent.contiguous()
        ctx.save_for_backward(inputs, weight, recent)
        outputs = torch.empty_like(inputs, dtype=dtype)
        ctx.is_by_kernel = can_run(inputs.shape[:2].numel(), outputs, exact=(inputs, weight, recent))
        if ctx.is_by_kernel:
            ctx.marks = marks_of(resets)
            given = (inputs, weight.contiguous(), recent, ctx.marks)
            run(conv_forward, inputs.shape[1], *given, outputs, work=inputs.numel())
            return outputs
        seen = torch.cat((recent, inputs))  # (K - 1 + T, B, D)
        sums = inputs * weight[-1]
        ctx.masks = _masks(resets, reach=len(recent))
        for tap, mask in enumerate(ctx.masks[:-1]):
            sums.addcmul_(_unless(mask, seen[tap : tap + len(inputs)]), weight[tap])
        return outputs.copy_(sums)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        inputs, weight, recent = ctx.saved_tensors
        num_steps, num_lanes, _ = inputs.shape
        reach = len(recent)
        if ctx.is_by_kernel:
            grads = [torch.zeros_like(tensor) for tensor in (inputs, recent)]
            shares = weight.new_zeros(num_lanes, *weight.shape)  # of each lane: sums do not depend on the threads
            given = (inputs, weight.contiguous(), recent, ctx.marks, grad_outputs.contiguous())
            run(conv_backward, num_lanes, *given, *grads, shares, work=inputs.numel())
            return grads[0], shares.sum(dim=0), grads[1], None, None
        seen, all_grads = torch.cat((recent, inputs)), grad_outputs.to(inputs.dtype)
        grad_seen, grad_weight = torch.zeros_like(seen), torch.zeros_like(weight)
        for tap, mask in enumerate(ctx.masks):
            values = _unless(mask, all_grads)
            grad_seen[tap : tap + num_steps].addcmul_(values, weight[tap])
            grad_weight[tap] = (values * seen[tap : tap + num_steps]).sum(dim=(0, 1))
        return grad_seen[reach:], grad_weight, grad_seen[:reach], None, None


def _unless(mask: Tensor | None, values: Tensor) -> Tensor:
    """Return values (T, B, D), zeros where the mask (T, B, 1) says so."""
    return values if mask is None else values.masked_fill(mask, 0.0)
