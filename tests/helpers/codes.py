"""The values that the codes of n-gram tables stand for."""

import torch
from torch import Tensor

from penwright.ngrams.lookup_arrays import SHARE_STEPS, TOTAL_STEPS


def share_of(codes: Tensor) -> Tensor:
    """The shares of some codes, float32."""
    return torch.exp2(codes.float() * (-1.0 / SHARE_STEPS))


def total_of(codes: Tensor) -> Tensor:
    """The totals of some codes, float32."""
    return torch.exp2(codes.float() * (1.0 / TOTAL_STEPS))
