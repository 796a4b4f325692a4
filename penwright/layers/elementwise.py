"""Three small functions with gradients of their own: RMSNorm, the squared ReLU, and the weighted sum of constants.

On a processor autograd spends several times longer on them than needed: forward and backward over 4,096 characters of
width 192 on one core took 7.2 ms against 1.4 ms for the norm, 3.0 ms against 0.8 ms for the squared ReLU (2026-11). The
plain twins stand beside them.

Letters: N = vectors, D = width normalised over, M = constants summed, V = width of each.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.layers.fused.stretches import stretches

EPSILON = 1e-6


def rms_norm(inputs: Tensor) -> Tensor:
    """Scale every vector (..., D) to a root mean square of one, without a weight: the product that follows has one.

    Source: Zhang and Sennrich 2019, "Root Mean Square Layer Normalization", eq. 4, without the gain.
    """
    if not torch.is_grad_enabled():  # one character at a time, even the call of a gradient function is felt
        return inputs * _inverse_rms(inputs)
    rows = inputs.reshape(-1, inputs.shape[-1])
    result: Tensor = _RmsNorm.apply(rows)  # type: ignore[no-untyped-call]
    return result.view(inputs.shape)


def plain_rms_norm(inputs: Tensor) -> Tensor:
    """Do what `rms_norm` does, left to autograd."""
    return F.rms_norm(inputs, (inputs.shape[-1],), eps=EPSILON)


def squared_relu(inputs: Tensor) -> Tensor:
    """Return max(x, 0)^2, element by element.

    Source: So et al. 2021, "Primer: Searching for Efficient Transformers for Language Modeling", section 4.
    """
    if not torch.is_grad_enabled():
        return plain_squared_relu(inputs)
    result: Tensor = _SquaredRelu.apply(inputs)  # type: ignore[no-untyped-call]
    return result


def plain_squared_relu(inputs: Tensor) -> Tensor:
    """Do what `squared_relu` does, left to autograd."""
    return F.relu(inputs).square()


def weighted_sum(weights: Tensor, constants: Tensor) -> Tensor:
    """Return the sum of constants (..., M, V), contiguous, each times its weight (..., M): (..., V).

    Only the weights have a gradient. It is a product with the constants as they lie, where autograd copies them turned.
    """
    if not torch.is_grad_enabled():
        return plain_weighted_sum(weights, constants)
    result: Tensor = _WeightedSum.apply(weights, constants)  # type: ignore[no-untyped-call]
    return result


def plain_weighted_sum(weights: Tensor, constants: Tensor) -> Tensor:
    """Do what `weighted_sum` does, left to autograd."""
    return torch.matmul(weights.unsqueeze(-2), constants).squeeze(-2)


def _inverse_rms(inputs: Tensor) -> Tensor:
    """Return 1 / sqrt(mean(x^2) + EPSILON) of every vector, (..., 1)."""
    norms: Tensor = torch.linalg.vector_norm(inputs, dim=-1, keepdim=True)
    return norms.mul_(norms).div_(inputs.shape[-1]).add_(EPSILON).rsqrt_()


class _RmsNorm(torch.autograd.Function):
    """With y = x / rms(x): dL/dx = (g - y * mean(g * y)) / rms(x)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:
        outputs, factors = torch.empty_like(inputs), inputs.new_empty(len(inputs), 1)
        for rows in stretches(*inputs.shape, device=inputs.device):
            factors[rows] = _inverse_rms(inputs[rows])
            torch.mul(inputs[rows], factors[rows], out=outputs[rows])
        ctx.save_for_backward(outputs, factors)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> Tensor:
        outputs, factors = ctx.saved_tensors
        grad_inputs = torch.empty_like(outputs)
        for rows in stretches(*outputs.shape, device=outputs.device):
            grads, values, out = grad_outputs[rows], outputs[rows], grad_inputs[rows]
            dots = (grads * values).sum(dim=-1, keepdim=True)
            torch.addcmul(grads, values, dots, value=-1.0 / values.shape[-1], out=out).mul_(factors[rows])
        return grad_inputs


class _SquaredRelu(torch.autograd.Function):
    """Saves max(x, 0) alone: dL/dx = 2 * g * max(x, 0)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:
        positive = inputs.clamp_min(0)
        ctx.save_for_backward(positive)
        outputs: Tensor = positive * positive
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        grad_inputs: Tensor = positive * grad_outputs
        return grad_inputs.mul_(2.0)


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
