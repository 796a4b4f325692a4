"""Weights rounded to 8 bits, with a scale for each row. Without torch.

Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", section 2.1, without the zero point: weights are spread around zero.

Shapes: N = rows (outputs), K = columns (inputs).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_CODE = 127
MIN_COLUMNS = 64
"""Fewest columns of a weight that is rounded: shorter rows are few, and sensitive."""


class RoundedWeight(NamedTuple):
    """A weight in 8 bits: the values are codes times the scale of their row."""

    codes: NDArray[np.int8]
    """(..., N, K), -127 to 127."""
    scales: NDArray[np.float32]
    """(..., N)."""

    def values(self) -> NDArray[np.float32]:
        """Return the weight as float32 (..., N, K)."""
        return self.codes * self.scales[..., None]


def is_rounded(shape: Sequence[int]) -> bool:
    """Return True if a weight of this shape is rounded, False if it stays float32."""
    return len(shape) >= 2 and shape[-1] >= MIN_COLUMNS


def rounded(weight: NDArray[Any]) -> RoundedWeight:
    """Round a weight (..., N, K) of finite values to the nearest codes."""
    highest = np.abs(weight).max(axis=-1)
    scales = np.maximum(highest / MAX_CODE, np.finfo(np.float32).tiny).astype(np.float32)
    codes = np.rint(weight / scales[..., None]).clip(-MAX_CODE, MAX_CODE).astype(np.int8)
    return RoundedWeight(codes, scales)
