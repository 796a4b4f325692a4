"""What the laws ask of symbols: in small letters, and how probable each is as the sampler draws.

Shapes: V = vocab_size, T = predictions.
"""

import numpy as np
from numpy.typing import NDArray

from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import probabilities


def lower(text: str) -> str:
    """Return a text in small letters, with as many characters. A letter whose small form is longer stays."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def chances_of(logits: NDArray[np.float32], *, sampling: SamplingConfig) -> list[NDArray[np.float64]]:
    """Return the chances (V,) that each of T predictions (T, V) gives to the symbols, as the sampler would draw."""
    allowed = np.ones(logits.shape[1], np.bool_)
    return [probabilities(row, config=sampling, allowed=allowed) for row in logits]
