"""Discounting: the share of each successor, and the backoff to a shorter context.

The prediction of a context discounts its counts and leaves the rest to a shorter context's:

    p(s) = max(n_s - D(n_s), 0) / n + backoff * p_shorter(s),   backoff = 1 - sum of the shares

with the three discounts of modified Kneser-Ney smoothing, estimated for each kind of context (Chen and Goodman 1999,
"An empirical study of smoothing techniques for language modeling", eq. 17; here every order counts occurrences, as in
their absolute discounting, since lower orders serve contexts that were pruned as well as those that never occurred).

Shapes: V = vocab_size, K = number of kinds of context, C = contexts of all kinds, E = their successors.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.pruning import MAX_SUCCESSORS
from penwright.ngrams.counting import Successors

_STRETCH = 1 << 20
"""Number of counts looked up together: the result takes four times their room."""
_MIN_BACKOFF = 1e-4


class Discounted(NamedTuple):
    """All contexts, one kind after the other."""

    kinds: NDArray[np.int64]
    """(K + 1,), index of each kind's first context, and the end of the last."""
    contexts: NDArray[np.int32]
    """(C,), distinct and rising within a kind."""
    totals: NDArray[np.int32]
    """(C,), count of each context."""
    starts: NDArray[np.int64]
    """(C + 1,), index of each context's first successor, and the end of the last."""
    symbols: NDArray[np.uint16]
    """(E,), rising within a context."""
    shares: NDArray[np.float32]
    """(E,), discounted share of each successor."""
    unigrams: NDArray[np.float32]
    """(V,), the shares of all symbols; they sum to 1."""

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(C,), number of successors of each context, at least one."""
        return np.diff(self.starts)

    def of_kind(self, kind: int) -> slice:
        """Return the slice of a kind's contexts."""
        return slice(int(self.kinds[kind]), int(self.kinds[kind + 1]))

    def backoffs(self) -> NDArray[np.float32]:
        """Return the share that each context leaves to a shorter one, (C,)."""
        masses = np.add.reduceat(self.shares, self.starts[:-1], dtype=np.float64) if len(self.shares) else self.shares
        return np.clip(1.0 - masses, _MIN_BACKOFF, 1.0).astype(np.float32)

    def pruned(self, is_kept: NDArray[np.bool_]) -> "Discounted":
        """Return the same with only the marked successors, bool (E,), and the contexts that have any."""
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


def discounted(counted: Iterable[Successors], *, vocab_size: int, min_count: int = 1) -> Discounted:
    """Discount the counts of successors.

    Args:
        counted: K kinds, from `count_successors`.
        vocab_size: V.
        min_count: Smallest count of a context that is not left out. `unigrams` include the successors of all.
    """
    unigrams = np.full(vocab_size, 0.1)  # nothing is impossible
    parts: list[tuple[NDArray[np.generic], ...]] = []
    for successors in counted:
        if not parts:
            unigrams += np.bincount(successors.symbols, weights=successors.counts, minlength=vocab_size)
        parts.append(_kind_discounted(successors, min_count=min_count))
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


def _kind_discounted(successors: Successors, *, min_count: int) -> tuple[NDArray[np.generic], ...]:
    """Return contexts, totals, numbers of successors, successors and shares of one kind."""
    contexts, starts, symbols, counts, counts_of_counts = successors
    # Divide the discounted counts by their totals.
    sizes = np.diff(starts)
    totals = np.add.reduceat(counts, starts[:-1]) if len(counts) else counts
    discounts = _discounts(counts_of_counts).astype(np.float32)
    shares = counts.astype(np.float32)
    for start in range(0, len(shares), _STRETCH):
        stretch = slice(start, start + _STRETCH)
        shares[stretch] -= discounts[np.minimum(counts[stretch], 3)]
    shares /= np.repeat(totals, sizes)
    if len(sizes) and sizes.max() > MAX_SUCCESSORS:  # with a large alphabet, only the most frequent stay
        owners = np.repeat(np.arange(len(sizes)), sizes)
        order = np.lexsort((-counts, owners))
        is_frequent = np.empty(len(counts), dtype=np.bool_)
        is_frequent[order] = np.arange(len(order)) - starts[owners] < MAX_SUCCESSORS
        sizes, symbols, shares = np.minimum(sizes, MAX_SUCCESSORS), symbols[is_frequent], shares[is_frequent]
    if len(totals) and totals.min() < min_count:
        is_kept = totals >= min_count
        is_of_kept = np.repeat(is_kept, sizes)
        contexts, totals, sizes = contexts[is_kept], totals[is_kept], sizes[is_kept]
        symbols, shares = symbols[is_of_kept], shares[is_of_kept]
    return contexts, totals, sizes, symbols, shares


def _discounts(counts_of_counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return D(0) to D(3 and more), estimated from the numbers of pairs with a count of one, two, three and four."""
    _, once, twice, thrice, four = counts_of_counts.tolist()
    if not (once and twice and thrice and four):  # too little text to tell
        return np.array([0.0, 0.5, 1.0, 1.4])
    ratio = once / (once + 2 * twice)
    found = [1 - 2 * ratio * twice / once, 2 - 3 * ratio * thrice / twice, 3 - 4 * ratio * four / thrice]
    bounded = [min(max(value, 0.05 * number), 0.95 * number) for number, value in enumerate(found, start=1)]
    return np.array([0.0, *bounded])
