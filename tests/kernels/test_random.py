"""The generator: the numbers that its authors published, evenly spread, another for each position."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.kernels.random import philox, uniform

WORD = (1 << 32) - 1
MAX_SEED = (1 << 63) - 1
words = st.integers(0, WORD)
MULTIPLIERS, WEYL = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)


def philox_words(counter: list[int], key: list[int]) -> list[int]:
    """Four random words."""
    out = np.empty(4, np.uint64)
    philox(np.array(key, np.uint64), np.array(counter, np.uint64), out)
    return out.tolist()


def plain_words(counter: list[int], key: list[int]) -> list[int]:
    """The formula of the paper, in Python's own numbers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        (high_0, low_0), (high_1, low_1) = (
            divmod(factor * word, 1 << 32) for factor, word in zip(MULTIPLIERS, c[::2], strict=True)
        )
        c = [high_1 ^ c[1] ^ k[0], low_1, high_0 ^ c[3] ^ k[1], low_0]
        k = [(word + step) & WORD for word, step in zip(k, WEYL, strict=True)]
    return c


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_the_published_numbers_come_out(counter: str, key: str, expected: str) -> None:
    """Those of Random123's file kat_vectors, for philox4x32 with 10 rounds."""
    counts, keys, needed = ([int(word, 16) for word in each.split()] for each in (counter, key, expected))
    assert philox_words(counts, keys) == needed == plain_words(counts, keys)


@given(st.lists(words, min_size=4, max_size=4), st.lists(words, min_size=2, max_size=2))
def test_the_kernel_follows_the_formula(counter: list[int], key: list[int]) -> None:
    assert philox_words(counter, key) == plain_words(counter, key)


@given(st.integers(0, MAX_SEED), words, st.integers(0, MAX_SEED), words)
def test_a_number_is_made_of_two_words(seed: int, sample: int, position: int, attempt: int) -> None:
    """53 bits of the first two, the high ones first; every bit of the seed and of the position counts."""
    first, second, _, _ = plain_words([position & WORD, position >> 32, sample, attempt], [seed & WORD, seed >> 32])
    found = uniform(seed, sample, position, attempt)
    assert 0.0 <= found < 1.0
    assert found == ((first >> 5) * (1 << 26) + (second >> 6)) / (1 << 53)


@pytest.mark.parametrize("name", ["seed", "sample", "position", "attempt"])
def test_numbers_are_evenly_spread_whatever_is_counted(name: str) -> None:
    """In 64 boxes: chi-squared, of which one in a thousand is above 103. And neighbours have nothing to do with each
    other."""
    at = {"seed": 5, "sample": 0, "position": 7, "attempt": 0}
    found = np.array([uniform(*{**at, name: value}.values()) for value in range(20_000)])
    boxes = np.bincount((found * 64).astype(int), minlength=64)
    assert float(((boxes - len(found) / 64) ** 2).sum() * 64 / len(found)) < 103
    assert abs(float(np.corrcoef(found[:-1], found[1:])[0, 1])) < 0.025
    assert len(set(found.tolist())) == len(found)


@pytest.mark.parametrize("bit", [31, 32, 33, 62])
def test_seeds_that_differ_in_one_bit_differ(bit: int) -> None:
    """The upper half included."""
    assert uniform(5, 0, 7, 0) != uniform(5 ^ 1 << bit, 0, 7, 0)
