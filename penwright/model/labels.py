"""Labels of texts, such as their writers: each is a vector, and a text may have several in shares.

The vector of a text is part of its state, so it can change between any two symbols. No label is the vector of zeros.
This module knows nothing of what the labels are.

Shapes: B = lanes, E = width of the stream, K = labels.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class LabelState(NamedTuple):
    """The labels of B texts."""

    vector: Tensor
    """(B, E), the sum of the labels' vectors by their shares."""


def label_vectors(labels: Tensor, embedding: Tensor) -> Tensor:
    """Return the vector of each label.

    Args:
        labels: int64 (...), 0 to K - 1, or -1 for no label.
        embedding: (K, E).

    Returns:
        (..., E).
    """
    none = embedding.new_zeros(1, embedding.shape[1])
    return F.embedding(labels + 1, torch.cat([none, embedding]))
