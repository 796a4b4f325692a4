"""A counter-based generator: the number at any position is computed from its position, and from nothing before it.

Philox with four words of 32 bits and ten rounds (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy
as 1, 2, 3", section 3.3). Tests hold it against the values that its authors published.
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel

_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROUNDS = 10


@kernel
def philox(key: Any, counter: Any, out: Any) -> None:
    """Fill `out` with four random words.

    Args:
        key: uint64 (2,), words of 32 bits.
        counter: uint64 (4,), words of 32 bits.
        out: uint64 (4,), words of 32 bits.
    """
    c0, c1, c2, c3 = counter[0], counter[1], counter[2], counter[3]
    k0, k1 = key[0], key[1]
    for _ in range(_ROUNDS):
        product_0, product_1 = _MULTIPLIER_0 * c0, _MULTIPLIER_1 * c2
        c0, c2 = (product_1 >> _WORD) ^ c1 ^ k0, (product_0 >> _WORD) ^ c3 ^ k1
        c1, c3 = product_1 & _LOW, product_0 & _LOW
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    out[0], out[1], out[2], out[3] = c0, c1, c2, c3


@kernel
def uniform(seed: int, sample: int, position: int, attempt: int) -> float:
    """Return a number from 0 up to but not including 1, a multiple of 2^-53.

    Args:
        seed: 0 to 2^63 - 1, the key.
        sample: 0 to 2^32 - 1, which of several texts with one seed.
        position: 0 to 2^63 - 1, number of symbols read before the one that is drawn.
        attempt: 0 to 2^32 - 1, number of symbols drawn before for this position and put back.
    """
    key, counter, words = np.empty(2, np.uint64), np.empty(4, np.uint64), np.empty(4, np.uint64)
    key[0], key[1] = np.uint64(seed) & _LOW, np.uint64(seed) >> _WORD
    counter[0], counter[1] = np.uint64(position) & _LOW, np.uint64(position) >> _WORD
    counter[2], counter[3] = np.uint64(sample), np.uint64(attempt)
    philox(key, counter, words)
    return np.float64((words[0] >> np.uint64(5)) * np.uint64(1 << 26) + (words[1] >> np.uint64(6))) * 2.0**-53
