"""The score of one book: a value that a card and a run's records hold. This module does not import torch."""

import math
from dataclasses import dataclass
from typing import Annotated

from penwright.settings import MAX_INT64, Between


@dataclass(frozen=True, kw_only=True, slots=True)
class BookScore:
    """Score of one book."""

    title: str
    author: str
    num_chars: Annotated[int, Between(0, MAX_INT64)]
    """Number of characters scored."""
    bits_per_char: Annotated[float, Between(0, math.inf)]
    accuracy: Annotated[float, Between(0, 1)]
    """Share of symbols predicted right, 0 to 1."""
