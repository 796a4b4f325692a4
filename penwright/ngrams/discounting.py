"""Discounting: the share of each successor, and the backoff to a shorter context.

The prediction of a context discounts its counts and leaves the rest to a shorter context's:

    p(s) = max(n_s - D(n_s), 0) / n + backoff * p_shorter(s),   backoff = 1 - sum of the shares

with the three discounts of modified Kneser-Ney smoothing, estimated for each kind of context (Chen and Goodman 1999,
"An empirical study of smoothing techniques for language modeling", eq. 17; here every order counts occurrences, as in
their absolute discounting, since lower orders serve contexts that were pruned as well as those that never occurred).

Shapes: V = vocab_size, K = number of kinds of context, C = contexts of all kinds, E = their successors.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.pruning import MAX_SUCCESSORS
from penwright.ngrams.counting import Successors
from penwright.ngrams.external_counting import RisingCount

_STRETCH = 1 << 18
"""Number of counts looked up together, and of contexts: the result takes several times their room."""
_MIN_BACKOFF = 1e-4


class Discounted(NamedTuple):
    """All contexts, one kind after the other."""

    kinds: NDArray[np.int64]
    """(K + 1,), index of each kind's first context, and the end of the last."""
    contexts: NDArray[np.int32]
    """(C,), distinct and rising within a kind."""
    totals: NDArray[np.int64]
    """(C,), count of each context."""
    starts: NDArray[np.int32]
    """(C + 1,), index of each context's first successor, and the end of the last."""
    symbols: NDArray[np.uint16]
    """(E,), rising within a context."""
    shares: NDArray[np.float32]
    """(E,), discounted share of each successor."""
    unigrams: NDArray[np.float32]
    """(V,), the shares of all symbols; they sum to 1."""

    @property
    def sizes(self) -> NDArray[np.int32]:
        """(C,), number of successors of each context, at least one."""
        return np.diff(self.starts)

    def of_kind(self, kind: int) -> slice:
        """Return the slice of a kind's contexts."""
        return slice(int(self.kinds[kind]), int(self.kinds[kind + 1]))

    def backoffs(self) -> NDArray[np.float32]:
        """Return the share that each context leaves to a shorter one, (C,)."""
        backoffs = np.empty(len(self.contexts), dtype=np.float32)
        for first in range(0, len(backoffs), _STRETCH):  # since sums of 64 bits take four times the room
            starts = self.starts[first : first + _STRETCH + 1]
            shares = self.shares[starts[0] : starts[-1]]
            masses = np.add.reduceat(shares, starts[:-1] - starts[0], dtype=np.float64)
            backoffs[first : first + _STRETCH] = np.clip(1.0 - masses, _MIN_BACKOFF, 1.0)
        return backoffs

    def pruned(self, is_kept: NDArray[np.bool_]) -> "Discounted":
        """Return the same with only the marked successors, bool (E,), and the contexts that have any.

        The arrays of the result lie in the memory of these, which are overwritten.
        """
        sizes = np.add.reduceat(is_kept, self.starts[:-1], dtype=np.int32) if len(is_kept) else np.diff(self.starts)
        has_any = sizes > 0
        kinds = [np.count_nonzero(has_any[self.of_kind(kind)]) for kind in range(len(self.kinds) - 1)]
        return Discounted(
            ends_of(np.array(kinds)),
            _moved_up(self.contexts, has_any),
            _moved_up(self.totals, has_any),
            ends_of(sizes[has_any], dtype=np.int32),
            _moved_up(self.symbols, is_kept),
            _moved_up(self.shares, is_kept),
            self.unigrams,
        )


def _moved_up(values: NDArray[Any], is_kept: NDArray[np.bool_]) -> NDArray[Any]:
    """Move the marked values to the front of their array, in their order, and return that part of it."""
    end = 0
    for start in range(0, len(values), _STRETCH):
        kept = values[start : start + _STRETCH][is_kept[start : start + _STRETCH]]
        values[end : end + len(kept)] = kept
        end += len(kept)
    return values[:end]


def ends_of(sizes: NDArray[Any], *, dtype: type[Any] = np.int64) -> NDArray[Any]:
    """Return where each of some parts begins that lie side by side, and the end of the last, in some type."""
    ends = np.zeros(len(sizes) + 1, dtype=dtype)
    np.cumsum(sizes, dtype=dtype, out=ends[1:])
    return ends


def discounted(counted: Iterable[Successors], *, vocab_size: int, min_count: int | RisingCount = 1) -> Discounted:
    """Discount the counts of successors.

    Args:
        counted: K kinds, from `count_successors`.
        vocab_size: V.
        min_count: Smallest count of a context that is not left out. `unigrams` include the successors of all. It may
            rise while kinds are counted.
    """

    def least() -> int:
        return min_count if isinstance(min_count, int) else min_count.value

    unigrams = np.full(vocab_size, 0.1)  # nothing is impossible
    parts: list[_Kind] = []
    least_before = least()
    for successors in counted:
        if not parts:
            unigrams += np.bincount(successors.symbols, weights=successors.counts, minlength=vocab_size)
        parts.append(_kind_discounted(successors, min_count=least()))
        del successors  # before the next kind is counted
        if least() > least_before:
            least_before = least()
            for kind in range(len(parts)):  # one after the other, so that only one is held twice
                parts[kind] = _of_count(parts[kind], least_before)
    kinds = ends_of(np.array([len(part.totals) for part in parts]))
    # Lay the kinds side by side, one array after the other, and let go of the parts.
    columns = [list(column) for column in zip(*parts, strict=True)]
    parts.clear()
    contexts, totals, sizes, symbols, shares = (_joined(columns) for _ in range(len(_Kind._fields)))
    starts = ends_of(sizes, dtype=np.int32)  # fewer than 2^28, see `ModelConfig.ngram_entries`
    unigrams /= unigrams.sum()
    return Discounted(kinds, contexts, totals, starts, symbols, shares, unigrams.astype(np.float32))


def _joined(columns: list[list[NDArray[Any]]]) -> NDArray[Any]:
    """Take the first column away and return its arrays end to end."""
    return np.concatenate(columns.pop(0))


class _Kind(NamedTuple):
    """Contexts, totals, numbers of successors, successors and shares of one kind."""

    contexts: NDArray[np.int32]
    totals: NDArray[np.int64]
    sizes: NDArray[np.uint8]
    symbols: NDArray[np.uint16]
    shares: NDArray[np.float32]


def _of_count(kind: _Kind, least: int) -> _Kind:
    """Return only the contexts of some count and more."""
    is_kept = kind.totals >= least
    if is_kept.all():
        return kind
    is_of_kept = np.repeat(is_kept, kind.sizes)
    return _Kind(
        kind.contexts[is_kept],
        kind.totals[is_kept],
        kind.sizes[is_kept],
        kind.symbols[is_of_kept],
        kind.shares[is_of_kept],
    )


def _kind_discounted(successors: Successors, *, min_count: int) -> _Kind:
    """Discount the counts of one kind."""
    contexts, starts, symbols, counts, counts_of_counts = successors
    # Divide the discounted counts by their totals.
    sizes = np.diff(starts)
    totals = np.add.reduceat(counts, starts[:-1], dtype=np.int64) if len(counts) else np.zeros(0, np.int64)
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
    return _of_count(_Kind(contexts, totals, sizes.astype(np.uint8), symbols, shares), min_count)


def _discounts(counts_of_counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return D(0) to D(3 and more), estimated from the numbers of pairs with a count of one, two, three and four."""
    _, once, twice, thrice, four = counts_of_counts.tolist()
    if not (once and twice and thrice and four):  # too little text to tell
        return np.array([0.0, 0.5, 1.0, 1.4])
    ratio = once / (once + 2 * twice)
    found = [1 - 2 * ratio * twice / once, 2 - 3 * ratio * thrice / twice, 3 - 4 * ratio * four / thrice]
    bounded = [min(max(value, 0.05 * number), 0.95 * number) for number, value in enumerate(found, start=1)]
    return np.array([0.0, *bounded])
