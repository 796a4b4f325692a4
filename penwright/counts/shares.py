"""Tell what each context says of its followers, and what saying it is worth.

A context discounts what was counted and leaves the rest to a shorter context:

    p(s) = (n_s - D(n_s)) / n + backoff * p_shorter(s),   backoff = 1 - sum of the first terms

with the three discounts of modified Kneser-Ney smoothing, estimated for each kind of context (Chen and Goodman 1999,
"An empirical study of smoothing techniques for language modeling", eq. 17; here every order counts occurrences, as in
their absolute discounting, since lower orders serve contexts that were pruned as well as those that were never met).

Letters: V = vocab_size, C = distinct contexts, E = distinct (context, follower) pairs.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.counts.followers import Followers, parent_numbers

MAX_FOLLOWERS = 255
"""Followers of one context that are worth anything, the most frequent ones."""
ASKED_AT_ONCE = 1 << 21
"""Probabilities looked up at a time, which bounds the memory."""
_VALUE_BITS = 31  # of a positive float32, whose sign bit is clear
_VALUE_MASK = (1 << _VALUE_BITS) - 1
_UNKNOWN_SHARE = 0.1
"""Of a symbol's own share, what it is taken to have in a shorter context that is not found."""


class Said(NamedTuple):
    """What the contexts of one kind say."""

    followers: Followers
    totals: NDArray[np.int64]
    """(C,), how often each context was met."""
    probabilities: NDArray[np.float32]
    """(E,), of each follower."""
    shorter: NDArray[np.float32]
    """(E,), what the shorter context says of it."""
    worth: NDArray[np.float32]
    """(E,), bits that the context's word on it saves on the text that was counted."""


class Lookup:
    """Probabilities of one kind by context and follower, for the kinds that extend it."""

    def __init__(self, followers: Followers, probabilities: NDArray[np.float32]) -> None:
        """Sort them by the numbers that parents are known by; of contexts that share one, either may be found."""
        owners = np.repeat(parent_numbers(followers.contexts), np.diff(followers.starts))
        keys = ((owners << 8) | followers.symbols) << _VALUE_BITS
        keys |= probabilities.view(np.int32)
        keys.sort()
        self._keys = keys  # (E,), 63 bits: context, follower and the probability's own bits

    def find(self, parents: NDArray[np.int32], symbols: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Return the probability of each symbol in each context, (E,); 0 where it is not found.

        Args:
            parents: (E,), the contexts, by the numbers that `parent_numbers` gives them.
            symbols: (E,).
        """
        found = np.zeros(len(parents), dtype=np.float32)
        for start in range(0, len(parents) if len(self._keys) else 0, ASKED_AT_ONCE):
            some = slice(start, start + ASKED_AT_ONCE)
            queries = (parents[some].astype(np.int64) << 8) | symbols[some]  # 32 bits
            queries = (queries << _VALUE_BITS) | np.arange(len(queries))
            queries.sort()  # so that the search moves through memory once
            asked, order = queries >> _VALUE_BITS, queries & _VALUE_MASK
            places = np.searchsorted(self._keys, queries - order)
            keys = self._keys[np.minimum(places, len(self._keys) - 1)]
            values = (keys & _VALUE_MASK).astype(np.int32).view(np.float32)
            found[start + order] = np.where(keys >> _VALUE_BITS == asked, values, 0.0)
        return found


def say(
    followers: Followers, shorter: Lookup | None, unigrams: NDArray[np.float64], *, is_thrifty: bool = False
) -> Said:
    """Tell what the contexts of one kind say.

    What a follower is worth is how many bits the counted text would cost more without it: as often as it was met, less
    its discount, times the logarithm of its probability over what the shorter context says (Seymore and Rosenfeld
    1996, "Scalable backoff language models", section 3, the weighted difference).

    Args:
        followers: Of that kind.
        shorter: The kind that it extends, None for the shortest.
        unigrams: (V,), the share of every symbol.
        is_thrifty: Whether contexts that were met only once are left aside, most of what there is and worth little.
    """
    discounts = _discounts(followers.numbers)
    if is_thrifty:
        followers = _chosen(
            followers, np.repeat(sums_of(followers.numbers, followers.starts) > 1, np.diff(followers.starts))
        )
    numbers, sizes = followers.numbers, np.diff(followers.starts)
    totals = sums_of(numbers, followers.starts)
    discounted = (numbers - discounts[np.minimum(numbers, 3)]).astype(np.float32)
    shares = discounted / np.repeat(totals, sizes).astype(np.float32)
    base = unigrams.astype(np.float32)[followers.symbols]
    if shorter is not None and len(unigrams) <= 256:
        found = shorter.find(np.repeat(followers.parents, sizes), followers.symbols)
        base = np.where(found > 0.0, found, _UNKNOWN_SHARE * base)
    probabilities = shares + np.repeat(1.0 - sums_of(shares, followers.starts), sizes) * base
    worth = discounted * np.log2(probabilities / base)
    if len(sizes) and sizes.max() > MAX_FOLLOWERS:  # a large alphabet
        owners = np.repeat(np.arange(len(sizes)), sizes)
        order = np.lexsort((-numbers, owners))
        worth[order[np.arange(len(order)) - followers.starts[owners] >= MAX_FOLLOWERS]] = -np.inf
    return Said(followers, totals, probabilities.astype(np.float32), base.astype(np.float32), worth.astype(np.float32))


def worth_more(said: Said, least: float) -> Said:
    """Return only what is worth more than `least`, and the contexts that have anything left to say."""
    is_kept = said.worth > least
    has_any = sums_of(is_kept, said.followers.starts) > 0
    return Said(
        _chosen(said.followers, is_kept),
        said.totals[has_any],
        said.probabilities[is_kept],
        said.shorter[is_kept],
        said.worth[is_kept],
    )


def _chosen(followers: Followers, is_kept: NDArray[np.bool_]) -> Followers:
    """Return some of the followers, (E,), and the contexts that have any of them."""
    sizes = sums_of(is_kept, followers.starts)
    has_any = sizes > 0
    return Followers(
        contexts=followers.contexts[has_any],
        starts=np.append(0, np.cumsum(sizes[has_any])),
        parents=followers.parents[has_any],
        symbols=followers.symbols[is_kept],
        numbers=followers.numbers[is_kept],
    )


def sums_of(values: NDArray[Any], starts: NDArray[np.int64]) -> NDArray[Any]:
    """Return the sum of each context's values, (C,), given those of its followers, (E,)."""
    values = values.astype(np.int64) if values.dtype == np.bool_ else values
    sums: NDArray[Any] = np.add.reduceat(values, starts[:-1]) if len(values) else values
    return sums


def _discounts(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return D(0) to D(3 and more), estimated from how many pairs were met once, twice, thrice and four times."""
    once, twice, thrice, four = np.bincount(np.minimum(numbers, 5), minlength=6)[1:5].tolist()
    if not (once and twice and thrice and four):  # too little text to tell
        return np.array([0.0, 0.5, 1.0, 1.4])
    ratio = once / (once + 2 * twice)
    found = [1 - 2 * ratio * twice / once, 2 - 3 * ratio * thrice / twice, 3 - 4 * ratio * four / thrice]
    bounded = [min(max(value, 0.05 * number), 0.95 * number) for number, value in enumerate(found, start=1)]
    return np.array([0.0, *bounded])
