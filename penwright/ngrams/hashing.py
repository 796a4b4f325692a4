"""The numbers that contexts are hashed with, as plain arrays. `contexts` gives the formulas. Without torch."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def signed(value: int) -> int:
    """Return a number modulo 2^64 as the int64 of the same bits."""
    value %= 1 << 64
    return value - (1 << 64) if value >> 63 else value


ODD = 0x9E3779B97F4A7C15
"""P, the base of the polynomial."""
POWER = signed(ODD)
INVERSE = signed(pow(ODD, -1, 1 << 64))
SPREAD = signed(0xD6E8FEB86659FD93)
_SALT = 0xBF58476D1CE4E5B9
WORD_MIX = (signed(0x94D049BB133111EB), signed(0xC2B2AE3D27D4EB4F))
FACTORS = np.array([POWER, *WORD_MIX, SPREAD])
"""P, the two factors that join words, and the one that spreads bits; as a kernel takes them."""


@lru_cache(maxsize=16)
def salts(count: int) -> NDArray[np.int64]:
    """Return a salt for each kind, so that equal symbols hash differently in each."""
    return np.array([signed(_SALT * (kind + 1)) for kind in range(count)])


@lru_cache(maxsize=16)
def leaving(orders: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the weight P^order of the symbol that leaves the rolling hash of each order."""
    return np.array([signed(pow(ODD, order, 1 << 64)) for order in orders])
