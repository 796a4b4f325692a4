"""Small functions with gradients of their own: RMSNorm, alone or after a sum, squared ReLU, transposing, weighted sums.

On a processor autograd spends several times longer on them than needed, and torch passes over memory for every sum and
product; `kernels` do each in one pass. The plain twins stand beside them.

Shapes: B = lanes, T = characters per window, D = width normalised over, M = constants summed, V = width of each.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.kernels.ops import (
    add_norm_backward,
    add_norm_forward,
    norm_backward,
    norm_forward,
    squared_relu_backward,
    squared_relu_forward,
)
from penwright.kernels.running import can_run, run

EPSILON = 1e-6


def rms_norm(inputs: Tensor, *, dtype: torch.dtype | None = None) -> Tensor:
    """Scale every vector (..., D) to a root mean square of one, without a weight: the product that follows has one.

    Args:
        inputs: (..., D).
        dtype: Type of the result, None for that of the inputs.

    Source: Zhang and Sennrich 2019, "Root Mean Square Layer Normalization", eq. 4, without the gain.
    """
    dtype = dtype or inputs.dtype
    if not torch.is_grad_enabled():  # one character at a time, even the call of a gradient function is felt
        return (inputs * _inverse_rms(inputs)).to(dtype)
    rows = inputs.reshape(-1, inputs.shape[-1])
    result: Tensor = _RmsNorm.apply(rows, dtype)  # type: ignore[no-untyped-call]
    return result.view(inputs.shape)


def plain_rms_norm(inputs: Tensor) -> Tensor:
    """Do the same as `rms_norm`, left to autograd."""
    return F.rms_norm(inputs, (inputs.shape[-1],), eps=EPSILON)


def add_norm(inputs: Tensor, additions: Tensor, *, dtype: torch.dtype | None = None) -> tuple[Tensor, Tensor]:
    """Return the sum of two tensors (..., D), of the first one's type, and its `rms_norm`.

    Args:
        inputs: (..., D).
        additions: (..., D), of the same type or a narrower one.
        dtype: Type of the normalised sum, None for that of the inputs.
    """
    if not (torch.is_grad_enabled() and can_run(inputs.shape[:-1].numel(), additions, exact=(inputs,))):
        return plain_add_norm(inputs, additions, dtype=dtype)
    rows = (tensor.reshape(-1, tensor.shape[-1]) for tensor in (inputs, additions))
    found: tuple[Tensor, Tensor] = _AddNorm.apply(*rows, dtype or inputs.dtype)  # type: ignore[no-untyped-call]
    return found[0].view(inputs.shape), found[1].view(inputs.shape)


def plain_add_norm(inputs: Tensor, additions: Tensor, *, dtype: torch.dtype | None = None) -> tuple[Tensor, Tensor]:
    """Do the same as `add_norm`, one after the other."""
    sums = inputs + additions
    return sums, rms_norm(sums, dtype=dtype)


def squared_relu(inputs: Tensor) -> Tensor:
    """Return max(x, 0)^2, element by element.

    Source: So et al. 2021, "Primer: Searching for Efficient Transformers for Language Modeling", section 4.
    """
    if not torch.is_grad_enabled():
        return plain_squared_relu(inputs)
    result: Tensor = _SquaredRelu.apply(inputs)  # type: ignore[no-untyped-call]
    return result


def plain_squared_relu(inputs: Tensor) -> Tensor:
    """Do the same as `squared_relu`, left to autograd."""
    return F.relu(inputs).square()


def transposed(values: Tensor) -> Tensor:
    """Return (B, T, ...) as contiguous (T, B, ...), or the other way round. Gradients are contiguous too.

    With a mere view, every operation before it would get a transposed gradient and make a contiguous copy of its own.
    """
    if not torch.is_grad_enabled():
        return values.transpose(0, 1)
    result: Tensor = _Transposed.apply(values)  # type: ignore[no-untyped-call]
    return result


def weighted_sum(weights: Tensor, constants: Tensor) -> Tensor:
    """Return the sum of constants (..., M, V), contiguous, each times its weight (..., M): (..., V).

    Only the weights have a gradient. It is one product with the constants in place, where autograd transposes a copy.
    """
    if not torch.is_grad_enabled():
        return plain_weighted_sum(weights, constants)
    result: Tensor = _WeightedSum.apply(weights, constants)  # type: ignore[no-untyped-call]
    return result


def plain_weighted_sum(weights: Tensor, constants: Tensor) -> Tensor:
    """Do the same as `weighted_sum`, left to autograd."""
    return torch.matmul(weights.unsqueeze(-2), constants).squeeze(-2)


def _inverse_rms(inputs: Tensor) -> Tensor:
    """Return 1 / sqrt(mean(x^2) + EPSILON) of every vector, (..., 1)."""
    norms: Tensor = torch.linalg.vector_norm(inputs, dim=-1, keepdim=True)
    return norms.mul_(norms).div_(inputs.shape[-1]).add_(EPSILON).rsqrt_()


class _RmsNorm(torch.autograd.Function):
    """With y = x / rms(x): dL/dx = (g - y * mean(g * y)) / rms(x)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, dtype: torch.dtype) -> Tensor:
        if can_run(len(inputs), exact=(inputs,)):
            inputs = inputs.contiguous()
            outputs, factors = torch.empty_like(inputs, dtype=dtype), inputs.new_empty(len(inputs))
            run(norm_forward, len(inputs), inputs, EPSILON, factors, outputs, work=inputs.numel())
        else:
            factors = _inverse_rms(inputs).squeeze(1)
            outputs = (inputs * factors.unsqueeze(1)).to(dtype)
        ctx.save_for_backward(inputs, factors)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor, None]:
        inputs, factors = ctx.saved_tensors
        if can_run(len(inputs), grad_outputs, exact=(inputs,)):
            grad_inputs = torch.empty_like(inputs)
            tensors = (inputs, factors, grad_outputs.contiguous(), grad_inputs)
            run(norm_backward, len(inputs), *tensors, work=inputs.numel())
            return grad_inputs, None
        grads, factors = grad_outputs.to(inputs.dtype), factors.unsqueeze(1)
        outputs = inputs * factors
        return (grads - outputs * (grads * outputs).mean(dim=-1, keepdim=True)) * factors, None


class _AddNorm(torch.autograd.Function):
    """The sum's gradient adds its own to that of the norm, see `_RmsNorm`."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, additions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        inputs, additions = inputs.contiguous(), additions.contiguous()
        sums, factors = torch.empty_like(inputs), inputs.new_empty(len(inputs))
        outputs = torch.empty_like(inputs, dtype=dtype)
        run(add_norm_forward, len(inputs), inputs, additions, EPSILON, sums, factors, outputs, work=inputs.numel())
        ctx.save_for_backward(sums, factors)
        ctx.dtype = additions.dtype
        return sums, outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_sums: Tensor, grad_outputs: Tensor) -> tuple[Tensor, Tensor, None]:
        sums, factors = ctx.saved_tensors
        grad_inputs, grad_additions = torch.empty_like(sums), torch.empty_like(sums, dtype=ctx.dtype)
        grads = (grad_sums.contiguous(), grad_outputs.contiguous())
        run(add_norm_backward, len(sums), sums, factors, *grads, grad_inputs, grad_additions, work=sums.numel())
        return grad_inputs, grad_additions, None


class _SquaredRelu(torch.autograd.Function):
    """dL/dx = 2 * g * max(x, 0)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:
        ctx.save_for_backward(inputs)
        if not can_run(inputs.shape[:-1].numel(), inputs):
            return plain_squared_relu(inputs)
        inputs = inputs.contiguous()
        outputs = torch.empty_like(inputs)
        rows = (tensor.view(-1, tensor.shape[-1]) for tensor in (inputs, outputs))
        run(squared_relu_forward, inputs.numel() // inputs.shape[-1], *rows, work=inputs.numel())
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> Tensor:
        (inputs,) = ctx.saved_tensors
        if not can_run(inputs.shape[:-1].numel(), inputs, grad_outputs):
            plain: Tensor = inputs.clamp_min(0).mul_(grad_outputs).mul_(2.0)
            return plain
        grad_inputs = torch.empty(inputs.shape, dtype=inputs.dtype)
        given = (inputs.contiguous(), grad_outputs.contiguous())
        rows = (tensor.view(-1, tensor.shape[-1]) for tensor in (*given, grad_inputs))
        run(squared_relu_backward, inputs.numel() // inputs.shape[-1], *rows, work=inputs.numel())
        return grad_inputs


class _Transposed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.transpose(0, 1).contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> Tensor:
        return grad_outputs.transpose(0, 1).contiguous()


class _WeightedSum(torch.autograd.Function):
    """With y = w C: dL/dw = C g."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, constants: Tensor) -> Tensor:
        ctx.save_for_backward(constants)
        return plain_weighted_sum(weights, constants)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor, None]:
        (constants,) = ctx.saved_tensors
        return torch.matmul(constants, grad_outputs.unsqueeze(-1)).squeeze(-1), None
