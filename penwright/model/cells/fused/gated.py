"""The gated recurrence over a window, from input products: m_t = (1 - z) * m_(t-1) + z * v and h_t = m_t * silu(g).

Rows of every product, H each: write gate z, content v, output gate g.

`gated_sequence` is the form for processors, with gradients of its own: a kernel, or one operation per time step and
direction. `gated_by_doubling` is the form for accelerators, where a short operation costs as much as a long one: a few
operations over the whole window, their gradients left to autograd.

Shapes: B = lanes, T = characters per window, H = hidden_size.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.kernels.gated import gated_backward, gated_forward
from penwright.kernels.running import can_run, marks_of, run
from penwright.model.cells.fused.operands import sigmoid_gradient
from penwright.model.cells.fused.resets import carried, marked_steps
from penwright.model.cells.scan import scan_by_doubling


def gated_sequence(products: Tensor, initial: Tensor, resets: Tensor | None) -> tuple[Tensor, Tensor]:
    """Run the recurrence.

    Args:
        products: (T, B, 3H), input products with their bias.
        initial: (B, H), the memory before the first step; it sets the type of all that is computed.
        resets: bool (T, B) or None.

    Returns:
        Outputs (T, B, H), of the type of the products, and the memory after the last step, (B, H).
    """
    result: tuple[Tensor, Tensor] = _GatedSequence.apply(products, initial, resets)  # type: ignore[no-untyped-call]
    return result


def gated_by_doubling(products: Tensor, initial: Tensor, resets: Tensor | None) -> tuple[Tensor, Tensor]:
    """Do the same as `gated_sequence`."""
    write, content, gate = products.to(initial.dtype).chunk(3, dim=2)
    write = torch.sigmoid(write)
    decay = 1.0 - write
    if resets is not None:
        decay = decay.masked_fill(resets.unsqueeze(2), 0.0)
        initial = initial.masked_fill(resets[0].unsqueeze(1), 0.0)  # 0 times infinity is not 0
    memories = scan_by_doubling(decay, write * content, initial)
    return (memories * F.silu(gate)).to(products.dtype), memories[-1]


class _GatedSequence(torch.autograd.Function):
    """With G_t, the gradient of m_t from all that comes after it: dL/dv = G * z and dL/dz = G * (v - m_(t-1))."""

    @staticmethod
    def forward(ctx: Any, products: Tensor, initial: Tensor, resets: Tensor | None) -> tuple[Tensor, Tensor]:
        num_steps, (num_lanes, size) = len(products), initial.shape
        assert products.shape[1:] == (num_lanes, 3 * size), "kernels do not look where an array ends"
        products = products.contiguous()
        memories = initial.new_empty(num_steps + 1, num_lanes, size)  # before each step, and after the last
        memories[0] = initial
        outputs = products.new_empty(num_steps, num_lanes, size)
        ctx.save_for_backward(products, memories)
        ctx.is_by_kernel = can_run(num_steps * num_lanes, products, exact=(initial,))
        if ctx.is_by_kernel:
            ctx.marks = marks_of(resets)
            run(gated_forward, num_lanes, products, ctx.marks, memories, outputs, work=products.numel())
            return outputs, memories[-1].clone()
        ctx.marks = marked_steps(resets, num_steps=num_steps)
        write, content, gate = products.to(initial.dtype).chunk(3, dim=2)
        steps = zip(memories[:-1], content, write.sigmoid(), memories[1:], ctx.marks, strict=True)
        for before, content_now, write_now, after, mark in steps:
            torch.lerp(carried(before, mark), content_now, write_now, out=after)
        return outputs.copy_(F.silu(gate).mul_(memories[1:])), memories[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor, grad_last: Tensor) -> tuple[Tensor, Tensor, None]:
        products, memories = ctx.saved_tensors
        grad_products = torch.empty_like(products)
        if ctx.is_by_kernel:
            grad_memory = grad_last.clone(memory_format=torch.contiguous_format)
            given = (products, ctx.marks, memories, grad_outputs.contiguous())
            run(gated_backward, len(grad_memory), *given, grad_memory, grad_products, work=products.numel())
            return grad_products, grad_memory, None
        write, content, gate = products.to(memories.dtype).chunk(3, dim=2)
        write = write.sigmoid()
        grad_write, grad_content, grad_gate = grad_products.chunk(3, dim=2)
        grads = grad_outputs.to(memories.dtype)
        grad_memories = F.silu(gate).mul_(grads)
        grad_gate.copy_(torch.ops.aten.silu_backward(memories[1:] * grads, gate))
        gained, decay = content - memories[:-1], 1.0 - write
        for time, mark in enumerate(ctx.marks):
            if mark is not None:
                gained[time].copy_(torch.where(mark, content[time], gained[time]))
                decay[time].masked_fill_(mark, 0.0)
        later, kept = grad_last, memories.new_ones(())  # the gradient of the memory after a step, and its decay
        for grad, decay_now in zip(reversed(grad_memories.unbind(0)), reversed(decay.unbind(0)), strict=True):
            later, kept = grad.addcmul_(kept, later), decay_now
        grad_content.copy_(grad_memories * write)
        grad_write.copy_(sigmoid_gradient(gained.mul_(grad_memories), write, out=gained))
        return grad_products, kept * later, None
