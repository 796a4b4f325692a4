"""What was counted, discounted: the share of each follower, and what is left to a shorter context.

The prediction of a context discounts what was counted and leaves the rest to a shorter context's:

    p(s) = max(n_s - D(n_s), 0) / n + backoff * p_shorter(s),   backoff = 1 - sum of the shares

with the three discounts of modified Kneser-Ney smoothing, estimated for each kind of context (Chen and Goodman 1999,
"An empirical study of smoothing techniques for language modeling", eq. 17; here every order counts occurrences, as in
their absolute discounting, since lower orders serve contexts that were pruned as well as those that were never met).

Shapes: V = vocab_size, K = number of kinds of context, C = contexts of all kinds, E = their followers.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.pruning import MAX_FOLLOWERS
from penwright.ngrams.counting import Followers

_STRETCH = 1 << 20
"""Numbers looked at together, where the result of looking takes four times their room."""
_MIN_BACKOFF = 1e-4


class Discounted(NamedTuple):
    """All contexts that were counted, one kind after the other."""

    kinds: NDArray[np.int64]
    """(K + 1,), where the contexts of each kind begin, and the end of the last."""
    contexts: NDArray[np.int32]
    """(C,), distinct and rising within a kind."""
    totals: NDArray[np.int32]
    """(C,), how often each was met."""
    starts: NDArray[np.int64]
    """(C + 1,), where each one's followers begin, and the end of the last."""
    symbols: NDArray[np.uint16]
    """(E,), rising within a context."""
    shares: NDArray[np.float32]
    """(E,), what is left of each follower's share."""
    unigrams: NDArray[np.float32]
    """(V,), the shares of all symbols; they sum to 1."""

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(C,), followers of each context, at least one."""
        return np.diff(self.starts)

    def of_kind(self, kind: int) -> slice:
        """Return where the contexts of a kind stand."""
        return slice(int(self.kinds[kind]), int(self.kinds[kind + 1]))

    def backoffs(self) -> NDArray[np.float32]:
        """Return what each context leaves to a shorter one, (C,)."""
        masses = np.add.reduceat(self.shares, self.starts[:-1], dtype=np.float64) if len(self.shares) else self.shares
        return np.clip(1.0 - masses, _MIN_BACKOFF, 1.0).astype(np.float32)

    def thinned(self, is_kept: NDArray[np.bool_]) -> "Discounted":
        """Return what is left with some of the followers only, bool (E,), and the contexts that have any."""
        sums = np.concatenate([[0], np.cumsum(is_kept, dtype=np.int64)])
        sizes = sums[self.starts[1:]] - sums[self.starts[:-1]]
        has_any = sizes > 0
        return Discounted(
            np.concatenate([[0], np.cumsum(has_any, dtype=np.int64)])[self.kinds],
            self.contexts[has_any],
            self.totals[has_any],
            np.concatenate([[0], np.cumsum(sizes[has_any])]),
            self.symbols[is_kept],
            self.shares[is_kept],
            self.unigrams,
        )


def discounted(counted: Iterable[Followers], *, vocab_size: int, min_met: int = 1) -> Discounted:
    """Discount what was counted.

    Args:
        counted: K kinds, from `count_followers`.
        vocab_size: V.
        min_met: Contexts that were met less often are left out; `unigrams` tell of their followers all the same.
    """
    unigrams = np.full(vocab_size, 0.1)  # nothing is impossible
    parts: list[tuple[NDArray[np.generic], ...]] = []
    for followers in counted:
        if not parts:
            unigrams += np.bincount(followers.symbols, weights=followers.numbers, minlength=vocab_size)
        parts.append(_kind_discounted(followers, min_met=min_met))
    contexts, totals, sizes, symbols, shares = (np.concatenate([part[field] for part in parts]) for field in range(5))
    return Discounted(
        np.concatenate([[0], np.cumsum([len(part[0]) for part in parts], dtype=np.int64)]),
        contexts,
        totals,
        np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
        symbols,
        shares,
        (unigrams / unigrams.sum()).astype(np.float32),
    )


def _kind_discounted(followers: Followers, *, min_met: int) -> tuple[NDArray[np.generic], ...]:
    """Return contexts, totals, numbers of followers, followers and shares of one kind."""
    contexts, starts, symbols, numbers, met = followers
    sizes = np.diff(starts)
    totals = np.add.reduceat(numbers, starts[:-1]) if len(numbers) else numbers
    discounts = _discounts(met).astype(np.float32)
    shares = numbers.astype(np.float32)
    for start in range(0, len(shares), _STRETCH):
        stretch = slice(start, start + _STRETCH)
        shares[stretch] -= discounts[np.minimum(numbers[stretch], 3)]
    shares /= np.repeat(totals, sizes)
    if len(sizes) and sizes.max() > MAX_FOLLOWERS:  # a large alphabet
        owners = np.repeat(np.arange(len(sizes)), sizes)
        order = np.lexsort((-numbers, owners))
        is_frequent = np.empty(len(numbers), dtype=np.bool_)
        is_frequent[order] = np.arange(len(order)) - starts[owners] < MAX_FOLLOWERS
        sizes, symbols, shares = np.minimum(sizes, MAX_FOLLOWERS), symbols[is_frequent], shares[is_frequent]
    if len(totals) and totals.min() < min_met:
        is_met = totals >= min_met
        is_of_met = np.repeat(is_met, sizes)
        contexts, totals, sizes = contexts[is_met], totals[is_met], sizes[is_met]
        symbols, shares = symbols[is_of_met], shares[is_of_met]
    return contexts, totals, sizes, symbols, shares


def _discounts(met: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return D(0) to D(3 and more), estimated from how many pairs were met once, twice, thrice and four times."""
    _, once, twice, thrice, four = met.tolist()
    if not (once and twice and thrice and four):  # too little text to tell
        return np.array([0.0, 0.5, 1.0, 1.4])
    ratio = once / (once + 2 * twice)
    found = [1 - 2 * ratio * twice / once, 2 - 3 * ratio * thrice / twice, 3 - 4 * ratio * four / thrice]
    bounded = [min(max(value, 0.05 * number), 0.95 * number) for number, value in enumerate(found, start=1)]
    return np.array([0.0, *bounded])
