"""The mixer: logarithms of n-gram distributions times their weights, and bonuses for the symbols of a match.

`mixed` is the form for processors, one pass over memory in each direction. `plain_mixed` is its twin that torch carries
out.

Shapes: M = n-gram distributions, V = vocab_size, R = contexts of the match model.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.kernels import running
from penwright.kernels.mixing import mix_backward, mix_forward
from penwright.model.context_models.match import Match, agreement, log_length
from penwright.model.ops import weighted_sum


def mixed(weights: Tensor, log_probs: Tensor, bonuses: Tensor, match: Match) -> Tensor:
    """Return the numbers added to the logits, (..., V). Only the weights and bonuses have gradients.

    Args:
        weights: float32 (..., M).
        log_probs: float32 (..., M, V).
        bonuses: float32 (..., 5R), see `with_bonuses`.
        match: Each (..., R).
    """
    if not running.can_run(weights.shape[:-1].numel(), exact=(weights, log_probs, bonuses)):
        return plain_mixed(weights, log_probs, bonuses, match)
    *shape, vocab_size = log_probs.select(-2, 0).shape
    rows = (*(part.flatten(0, -2).contiguous() for part in (weights, bonuses)), log_probs.flatten(0, -3).contiguous())
    matches = (part.flatten(0, -2).contiguous() for part in match)
    result: Tensor = _Mixed.apply(*rows, *matches)  # type: ignore[no-untyped-call]
    return result.view(*shape, vocab_size)


def plain_mixed(weights: Tensor, log_probs: Tensor, bonuses: Tensor, match: Match) -> Tensor:
    """Do the same as `mixed`, left to torch."""
    return with_bonuses(weighted_sum(weights, log_probs), bonuses, match)


def with_bonuses(logits: Tensor, bonuses: Tensor, match: Match) -> Tensor:
    """Add bonuses to logits (..., V).

    Args:
        logits: float32 (..., V).
        bonuses: float32 (..., 5R). Four for the latest successor: always; if the earlier one is the same; if the match
            length is above zero; for each e-fold of it. One for the earlier successor if it is another.
        match: Each (..., R).
    """
    plain, agreeing, proven, lasting, earlier = bonuses.chunk(5, dim=-1)  # (..., R) each
    agrees = agreement(match)
    gains = plain + agreeing * agrees + proven * (match.length > 0) + lasting * log_length(match)
    symbols = torch.cat((match.latest, match.earlier), dim=-1)  # (..., 2 * R)
    gains = torch.cat((gains, earlier * (1.0 - agrees)), dim=-1) * (symbols >= 0)
    return logits.scatter_add(-1, symbols.clamp_min(0), gains)


class _Mixed(torch.autograd.Function):
    """With y = w C + bonuses: dL/dw = C g, and the gradient of a bonus is that of the logit it is added to."""

    @staticmethod
    def forward(
        ctx: Any, weights: Tensor, bonuses: Tensor, log_probs: Tensor, latest: Tensor, earlier: Tensor, length: Tensor
    ) -> Tensor:
        ctx.save_for_backward(log_probs, latest, earlier, length)
        logits = torch.empty_like(log_probs[:, 0])
        match = (latest, earlier, length)
        running.run(mix_forward, len(logits), weights, log_probs, bonuses, *match, logits, work=log_probs.numel())
        return logits

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_logits: Tensor) -> tuple[Tensor | None, ...]:
        log_probs, *match = ctx.saved_tensors
        grad_weights = torch.empty_like(log_probs[:, :, 0])
        grad_bonuses = log_probs.new_empty(len(log_probs), 5 * match[0].shape[1])
        grads = (grad_logits.contiguous(), grad_weights, grad_bonuses)
        running.run(mix_backward, len(log_probs), log_probs, *match, *grads, work=log_probs.numel())
        return grad_weights, grad_bonuses, None, None, None, None
