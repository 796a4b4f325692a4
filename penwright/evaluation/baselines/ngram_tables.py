"""N-gram tables over characters: what counting alone can learn, as normalised probabilities.

A table of order k holds how often each symbol followed each context of k symbols. The orders are interpolated: a
context passes probability to the next shorter one in proportion to the number of distinct symbols that followed it,
down to a uniform distribution. Before a book begins, the context is a symbol of its own, so that books do not run into
each other. This module knows nothing of models, files or characters.

Source: Witten and Bell 1991, "The Zero-Frequency Problem: Estimating the Probabilities of Novel Events in Adaptive Text
Compression", method C, interpolated.

Shapes: N = scored symbols of all passages, K = distinct pairs (context, symbol) of a table, k = order.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Ids
from penwright.kernels.sorting import sort

UInt64s = NDArray[np.uint64]

# Odd multipliers and shifts of a 64-bit finalizer: Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number
# Generators" (constants of David Stafford's variant 13).
_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27))


class _Table(NamedTuple):
    """Counts of the symbols that followed the contexts of one order."""

    keys: UInt64s  # (K,), ascending; a context's hash in the high bits, the symbol that followed in the low ones
    starts: NDArray[np.int64]  # (K + 1,), occurrences of all keys before each


def iter_probabilities(
    train: Sequence[Ids], held_out: Sequence[Ids], *, num_symbols: int, first_symbol: int, max_order: int
) -> Iterator[NDArray[np.float64]]:
    """Count one order after the other and yield the probabilities of the held-out symbols.

    Contexts are hashed. Two that share a hash, with a chance of about 1e-6 in a text of 20 million symbols, share their
    counts; the probabilities still sum to one.

    Args:
        train: Texts to count. The first symbol of each is context only.
        held_out: Texts to predict. The first symbol of each is context only.
        num_symbols: Number of symbols that can be predicted, from 1.
        first_symbol: Lowest of these symbols; the others follow it.
        max_order: Length of the longest context, from 0.

    Yields:
        Probabilities of all held-out symbols, shape (N,), for each order from 0 to `max_order`. For every context they
        sum to one over `num_symbols`. Memory: about three times 8 bytes for each symbol counted.
    """
    edge = first_symbol + num_symbols
    symbol_bits = edge.bit_length()
    probabilities = np.full(sum(len(ids) - 1 for ids in held_out), 1 / num_symbols)
    for order in range(max_order + 1):
        table = _count(_keys(train, order=order, edge=edge, symbol_bits=symbol_bits))
        queries = _keys(held_out, order=order, edge=edge, symbol_bits=symbol_bits)
        probabilities = _mix(table, queries, probabilities, symbol_bits=symbol_bits)
        yield probabilities


class NgramCounts:
    """Tables of all orders up to some length, kept to predict any text: whole distributions, not only what came."""

    def __init__(self, train: Sequence[Ids], *, num_symbols: int, first_symbol: int, max_order: int) -> None:
        """Count texts.

        Args:
            train, num_symbols, first_symbol, max_order: See `iter_probabilities`.
        """
        self.num_symbols, self.first_symbol, self.max_order = num_symbols, first_symbol, max_order
        self._edge = first_symbol + num_symbols
        self._bits = self._edge.bit_length()
        self._tables = [_count(self._keys_of(train, order)) for order in range(max_order + 1)]

    def num_entries(self) -> int:
        """Return the number of distinct pairs (context, symbol) of all tables."""
        return sum(len(table.keys) for table in self._tables)

    def distributions(self, ids: Ids, *, max_order: int | None = None) -> NDArray[np.float64]:
        """Return what is expected in place of each symbol but the first.

        Args:
            ids: A text, or the end of one, of at least two symbols. A symbol to be predicted may be any. A text that
                is no end begins with the symbol that the counted texts begin with.
            max_order: Longest context used, None for all that were counted.

        Returns:
            Probabilities (N, num_symbols), N = len(ids) - 1; each row sums to one.
        """
        low_bits = np.uint64((1 << self._bits) - 1)
        chances = np.full((len(ids) - 1, self.num_symbols), 1 / self.num_symbols)
        orders = self.max_order if max_order is None else max_order
        for order, table in enumerate(self._tables[: orders + 1]):
            contexts = self._keys_of([ids], order) & ~low_bits
            first = np.searchsorted(table.keys, contexts, side="left")
            last = np.searchsorted(table.keys, contexts | low_bits, side="right")
            variety = last - first
            total = table.starts[last] - table.starts[first]
            passed_on = np.where(variety > 0, variety / np.maximum(1, total + variety), 1.0)
            chances *= passed_on[:, None]
            rows = np.repeat(np.arange(len(contexts)), variety)
            entries = np.arange(len(rows)) - np.repeat(np.cumsum(variety) - variety, variety) + first[rows]
            symbols = (table.keys[entries] & low_bits).astype(np.int64) - self.first_symbol
            counts = table.starts[entries + 1] - table.starts[entries]
            chances[rows, symbols] += counts / (total + variety)[rows]
        return chances

    def _keys_of(self, texts: Sequence[Ids], order: int) -> UInt64s:
        return _keys(texts, order=order, edge=self._edge, symbol_bits=self._bits)


def _keys(texts: Sequence[Ids], *, order: int, edge: int, symbol_bits: int) -> UInt64s:
    """Return the key of every scored symbol: the hash of the `order` symbols before it, then the symbol itself."""
    keys = np.empty(sum(len(ids) - 1 for ids in texts), dtype=np.uint64)
    low_bits = np.uint64((1 << symbol_bits) - 1)
    done = 0
    for ids in texts:
        num_scored = len(ids) - 1
        padding = np.full(max(0, order - 1), edge, dtype=np.uint64)
        symbols = np.concatenate([padding, ids.astype(np.uint64)])
        hashes = np.zeros(num_scored, dtype=np.uint64)
        for back in range(1, order + 1):
            first = len(padding) + 1 - back
            hashes += symbols[first : first + num_scored] + np.uint64(1)
            for multiplier, shift in zip(_MULTIPLIERS, _SHIFTS, strict=True):
                hashes ^= hashes >> shift
                hashes *= multiplier
        hashes &= ~low_bits
        hashes |= symbols[len(padding) + 1 :]
        keys[done : done + num_scored] = hashes
        done += num_scored
    return keys


def _count(keys: UInt64s) -> _Table:
    """Return the table of some keys, which are sorted in place."""
    sort(keys)
    is_first = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    firsts = np.flatnonzero(is_first)
    return _Table(keys[firsts], np.append(firsts, len(keys)))


def _mix(table: _Table, queries: UInt64s, shorter: NDArray[np.float64], *, symbol_bits: int) -> NDArray[np.float64]:
    """Return (count + variety * shorter) / (total + variety) where the context was seen, else `shorter`."""
    distinct, inverse = np.unique(queries, return_inverse=True)  # ascending lookups walk through memory in order
    low_bits = np.uint64((1 << symbol_bits) - 1)
    row = np.searchsorted(table.keys, distinct)
    is_known = np.append(table.keys, np.uint64(0))[row] == distinct  # beyond the last key nothing is counted
    count = np.where(is_known, table.starts[np.minimum(row + 1, len(table.keys))] - table.starts[row], 0)
    first = np.searchsorted(table.keys, distinct & ~low_bits, side="left")
    last = np.searchsorted(table.keys, distinct | low_bits, side="right")
    total = table.starts[last] - table.starts[first]
    variety = last - first
    own = count / np.maximum(1, total + variety)
    passed_on = np.where(variety > 0, variety / np.maximum(1, total + variety), 1.0)
    mixed: NDArray[np.float64] = own[inverse] + passed_on[inverse] * shorter
    return mixed
